import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';

const READY_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 50;
const LOG_TAIL_CHARS = 2_000;

/** What every private MariaDB is like. */
export const SERVER_OPTIONS = [
  '--bind-address=127.0.0.1',
  '--skip-name-resolve',
  '--innodb-flush-log-at-trx-commit=1',
  '--innodb-buffer-pool-size=128M',
  '--max-connections=500',
  '--character-set-server=utf8mb4',
  '--collation-server=utf8mb4_unicode_ci',
];

/** Whether its programs have to be told as whom they are to run. */
export const IS_ROOT = process.getuid?.() === 0;

/**
 * MariaDB's programs with a data folder of their own and none of this machine's settings.
 * @param user as whom they run when we are root.
 */
export function dataOptions(folder, user = 'root') {
  // One that starts deletes from its folder for temporary files whatever looks like another one's leftovers.
  const temporary = `${folder}-temporary`;
  mkdirSync(temporary, { recursive: true });
  if (IS_ROOT) chmodSync(temporary, 0o777);
  return [
    '--no-defaults',
    `--datadir=${folder}`,
    `--tmpdir=${temporary}`,
    ...(IS_ROOT ? [`--user=${user}`] : []),
  ];
}

/** The first contents of a data folder. */
export function installData(installer, options, log) {
  return finished(
    run(installer, [...options, '--auth-root-authentication-method=normal', '--skip-test-db'], log),
    'mariadb-install-db',
  );
}

/** The statements that make the user of the tests. */
export function createUser(user, password) {
  return [
    `CREATE USER IF NOT EXISTS '${user}'@'127.0.0.1' IDENTIFIED BY '${password}'`,
    `GRANT ALL ON *.* TO '${user}'@'127.0.0.1' WITH GRANT OPTION`,
  ];
}

export function run(program, args, log, env = process.env) {
  const output = openSync(log, 'a');
  const child = spawn(program, args, { stdio: ['ignore', output, output], env });
  child.on('error', (error) => writeFileSync(log, `${error.message}\n`, { flag: 'a' }));
  return child;
}

export function finished(child, name) {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`${name} ended with ${signal ?? code}`)),
    );
  });
}

export function hasEnded(child) {
  return child.exitCode !== null || child.signalCode !== null;
}

/**
 * False when the server ended; throws when it lives but is not ready in time.
 * @param address its URL, or its socket.
 * @param isReady asked over a connection to it; without it the connection is enough.
 */
export async function answers(child, address, isReady = async () => true) {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let lastError;
  while (Date.now() < deadline) {
    if (hasEnded(child)) return false;
    try {
      const connection = await createConnection(
        address.startsWith('/')
          ? { socketPath: address, user: 'root' }
          : address.replace('mariadb:', 'mysql:'),
      );
      try {
        if (await isReady(connection)) return true;
      } finally {
        await connection.end();
      }
    } catch (error) {
      lastError = error;
    }
    await sleep(POLL_INTERVAL_MS);
  }
  throw new Error(`mariadbd was not ready within ${READY_TIMEOUT_MS} ms: ${lastError?.message}`);
}

export function tail(file) {
  try {
    return readFileSync(file, 'utf8').slice(-LOG_TAIL_CHARS);
  } catch (error) {
    return `(no log: ${error.message})`;
  }
}
