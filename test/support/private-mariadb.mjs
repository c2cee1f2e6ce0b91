// A program of its own: runs one MariaDB in a folder of its own for as long as its parent lives.
//
// It is a separate, detached process because Jest runs no teardown on Ctrl-C or SIGKILL. The closing of
// the IPC channel is the one sign that no death of the parent can withhold.
//
// Messages of the parent: `kill` ends MariaDB like a power cut, `start` starts it again on the same data and port.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { findMariadb } from './requirements.mjs';

const READY_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 50;
const START_ATTEMPTS = 3;
const ERROR_LOG_TAIL_CHARS = 2_000;
const USER = 'point_test';

const folder = mkdtempSync(join(tmpdir(), 'point-top-up-mariadb-'));
const password = randomBytes(16).toString('hex');
const errorLog = join(folder, 'error.log');
const initFile = join(folder, 'init.sql');
let port;
let running;

process.on('disconnect', () => void end());
process.on('SIGTERM', () => void end());

await tell(async () => ({ type: 'ready', url: await start() }));
process.on('message', ({ type }) => {
  if (type === 'kill') void tell(async () => (await kill(), { type: 'killed' }));
  if (type === 'start') void tell(async () => ({ type: 'ready', url: await startAgain() }));
});

async function tell(work) {
  try {
    process.send(await work());
  } catch (error) {
    process.send({ type: 'failed', message: `${error.message}\n${tail(errorLog)}` }, () => void end());
  }
}

/** The data is thrown away, so there is nothing to shut down in order. */
async function end() {
  await kill();
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  process.exit(0);
}

async function kill() {
  if (!running || running.exitCode !== null || running.signalCode !== null) return;
  const ended = once(running, 'exit');
  running.kill('SIGKILL');
  await ended;
}

async function start() {
  const programs = findMariadb();
  if (!programs) throw new Error('MariaDB is not installed');

  await finished(
    run(programs.installer, [
      ...commonOptions(),
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ]),
    'mariadb-install-db',
  );

  writeFileSync(
    initFile,
    `CREATE USER IF NOT EXISTS '${USER}'@'127.0.0.1' IDENTIFIED BY '${password}';\n` +
      `GRANT ALL ON *.* TO '${USER}'@'127.0.0.1' WITH GRANT OPTION;\n`,
    { mode: 0o600 },
  );

  for (let attempt = 1; ; attempt += 1) {
    // Another process may take the port between our look and MariaDB's bind, hence the attempts.
    port = await freePort();
    running = runServer(programs.server);
    if (await answers(running, url())) return url();
    if (attempt === START_ATTEMPTS) throw new Error(`mariadbd did not start in ${START_ATTEMPTS} attempts`);
  }
}

async function startAgain() {
  running = runServer(findMariadb().server);
  if (!(await answers(running, url()))) throw new Error('mariadbd did not start again');
  return url();
}

function url() {
  return `mariadb://${USER}:${password}@127.0.0.1:${port}`;
}

function commonOptions() {
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  return ['--no-defaults', `--datadir=${join(folder, 'data')}`, ...asRoot];
}

function runServer(program) {
  return run(program, [
    ...commonOptions(),
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--socket=${join(folder, 'socket')}`,
    `--pid-file=${join(folder, 'pid')}`,
    `--init-file=${initFile}`,
    '--skip-name-resolve',
    '--innodb-flush-log-at-trx-commit=1',
    '--innodb-buffer-pool-size=128M',
    '--max-connections=500',
    '--character-set-server=utf8mb4',
    '--collation-server=utf8mb4_unicode_ci',
  ]);
}

function run(program, args) {
  const log = openSync(errorLog, 'a');
  const child = spawn(program, args, { stdio: ['ignore', log, log] });
  child.on('error', (error) => writeFileSync(errorLog, `${error.message}\n`, { flag: 'a' }));
  return child;
}

function finished(child, name) {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`${name} ended with ${signal ?? code}`)),
    );
  });
}

/** False when the server ended; throws when it lives but does not answer in time. */
async function answers(child, url) {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let lastError;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) return false;
    try {
      const connection = await createConnection(url.replace('mariadb:', 'mysql:'));
      await connection.end();
      return true;
    } catch (error) {
      lastError = error;
      await sleep(POLL_INTERVAL_MS);
    }
  }
  throw new Error(`mariadbd did not answer within ${READY_TIMEOUT_MS} ms: ${lastError?.message}`);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function tail(file) {
  try {
    return readFileSync(file, 'utf8').slice(-ERROR_LOG_TAIL_CHARS);
  } catch (error) {
    return `(no error log: ${error.message})`;
  }
}
