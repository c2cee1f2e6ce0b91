// A program of its own: runs one MariaDB in a folder of its own for as long as its parent lives.
//
// It is a separate, detached process because Jest runs no teardown on Ctrl-C or SIGKILL. The closing of
// the IPC channel is the one sign that no death of the parent can withhold.
//
// Arguments are further options of the server.
//
// Messages of the parent: `kill` ends MariaDB like a power cut, `start` starts it again on the same data and port.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.mjs';
import {
  answers,
  createUser,
  dataOptions,
  hasEnded,
  installData,
  run,
  SERVER_OPTIONS,
  tail,
} from './mariadb-process.mjs';
import { findMariadb } from './requirements.mjs';

const START_ATTEMPTS = 3;
const USER = 'point_test';

const folder = mkdtempSync(join(tmpdir(), 'point-top-up-mariadb-'));
const dataFolder = join(folder, 'data');
const password = randomBytes(16).toString('hex');
const errorLog = join(folder, 'error.log');
const initFile = join(folder, 'init.sql');
let port;
let running;

process.on('disconnect', () => void end());
process.on('SIGTERM', () => void end());

await tell(async () => ({ type: 'ready', url: await start(), pid: running.pid }));
process.on('message', ({ type }) => {
  if (type === 'kill') void tell(async () => (await kill(), { type: 'killed' }));
  if (type === 'start') void tell(async () => ({ type: 'ready', url: await startAgain(), pid: running.pid }));
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
  if (!running || hasEnded(running)) return;
  const ended = once(running, 'exit');
  running.kill('SIGKILL');
  await ended;
}

async function start() {
  const programs = findMariadb();
  if (!programs) throw new Error('MariaDB is not installed');

  await installData(programs.installer, dataOptions(dataFolder), errorLog);
  writeFileSync(
    initFile,
    createUser(USER, password)
      .map((statement) => `${statement};\n`)
      .join(''),
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

function runServer(program) {
  return run(
    program,
    [
      ...dataOptions(dataFolder),
      ...SERVER_OPTIONS,
      `--port=${port}`,
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
      `--init-file=${initFile}`,
      ...process.argv.slice(2),
    ],
    errorLog,
  );
}
