// What the programs of the bench share, and the starting and ending of them.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const START_TIMEOUT_MS = 60_000;
// Longer than the server gives the requests that have begun.
const STOP_TIMEOUT_MS = 40_000;
const LOG_TAIL_CHARS = 2000;

export const HOST = '127.0.0.1';
/** As our server makes them. */
export const MERCHANT_UID_PREFIX = 'pt';

/** An order and its payment have one id, so that the gateway needs no list of them. */
export function merchantUidOf(impUid) {
  return `${MERCHANT_UID_PREFIX}${impUid.slice('imp_'.length)}`;
}

/** Ends the program with its parent, listens on a free port and tells the parent where. */
export async function listen(server) {
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C reaches all programs at once; the parent ends them in order.
  process.on('SIGINT', () => {});
  await new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, HOST, resolve);
  });
  process.send({ type: 'ready', url: `http://${HOST}:${server.address().port}` });
}

/**
 * Starts a program that says `ready` over its channel. It ends by itself when we die, because the channel closes.
 *
 * @param program file of this folder.
 * @param logFile where its output goes: a file, as in production, because writing the log is part of the work.
 * @throws with the end of its output when it ends instead.
 */
export async function startProgram(program, { env, logFile, nodeArguments = [], workingFolder }) {
  const log = openSync(logFile, 'a');
  const child = fork(fileURLToPath(new URL(program, import.meta.url)), {
    cwd: workingFolder,
    env,
    execArgv: nodeArguments,
    stdio: ['ignore', log, log, 'ipc'],
    // A process group of its own: Ctrl-C reaches only us, and we end the programs in order.
    detached: process.platform !== 'win32',
  });
  closeSync(log);
  const url = await new Promise((resolve, reject) => {
    const failed = (why) => reject(new Error(`${program}: ${why}\n${tailOf(logFile)}`));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      failed(`not ready within ${START_TIMEOUT_MS} ms`);
    }, START_TIMEOUT_MS);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      failed(`ended with ${signal ?? code}`);
    });
    child.on('message', (message) => {
      if (message.type !== 'ready') return;
      clearTimeout(timer);
      resolve(message.url);
    });
  });
  return { url, child, pid: child.pid, logFile, stop: () => stop(child) };
}

export function tailOf(logFile) {
  return readFileSync(logFile, 'utf8').slice(-LOG_TAIL_CHARS);
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(timer);
}

/** Known before the start, because the server is told its port. */
export async function freePort() {
  const probe = createServer().listen(0, HOST);
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
