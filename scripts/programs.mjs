// The programs that `npm start` runs beside each other, each as a process (group) of its own.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT } from './prepare.mjs';
import { showReadably } from './readable-log.mjs';

// Longer than the server gives balancers and then the requests that have begun.
const STOP_TIMEOUT_MS = 70_000;
const HEALTH_POLL_INTERVAL_MS = 300;
const POLL_INTERVAL_MS = 50;
const DEFAULT_PORT = 3000;

// A process group of its own: Ctrl-C in the terminal then reaches only us, and we can end the server before the
// gateway it still talks to. Windows would open a console window for it.
const ownGroup = process.platform !== 'win32';

/**
 * Starts one of our built programs. `ready` gives its address; `ended` its exit code (1 for a signal), which may come
 * without `ready`. It also ends by itself when we are killed, because its IPC channel closes.
 *
 * @param readable its log is shown as lines for people instead of JSON.
 */
export function startProgram(file, env, { readable = false } = {}) {
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    cwd: PROJECT,
    env,
    detached: ownGroup,
    stdio: ['ignore', readable ? 'pipe' : 'inherit', 'inherit', 'ipc'],
  });
  if (readable) void showReadably(child.stdout);
  const ready = new Promise((resolve) => {
    child.on('message', (message) => {
      if (message.type === 'ready') resolve(message.url.replace(/\/$/, ''));
    });
  });
  return { ready, ended: exitCodeOf(child), stop: () => stop(child) };
}

/**
 * Starts the server under Nest’s watcher, its log as lines for people. The watcher passes no messages on, so the health
 * page is asked.
 */
export function watchServer(env) {
  const nest = join(PROJECT, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  // Without a shell between: Nest would take the shell's end for the server's and start the next one on a taken port.
  const child = spawn(process.execPath, [nest, 'start', '--watch', '--no-shell', '--preserveWatchOutput'], {
    cwd: PROJECT,
    env,
    detached: ownGroup,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  void showReadably(child.stdout);
  const url = `http://localhost:${env.PORT || DEFAULT_PORT}`;
  return {
    ready: whenHealthy(url, child),
    ended: exitCodeOf(child),
    stop: () => stop(child),
    /** Calls back each time when the server answers after it did not. */
    onReadyAgain: (callback) => void watchHealth(url, child, callback),
  };
}

async function watchHealth(url, child, callback) {
  let wasHealthy = true;
  while (isRunning(child)) {
    await sleep(HEALTH_POLL_INTERVAL_MS);
    const healthy = await isHealthy(url);
    if (healthy && !wasHealthy) callback();
    wasHealthy = healthy;
  }
}

async function isHealthy(url) {
  try {
    return (await fetch(`${url}/health/live`)).ok;
  } catch {
    // It does not listen yet; a fault in the sources may keep it so until they are corrected.
    return false;
  }
}

async function whenHealthy(url, child) {
  while (isRunning(child)) {
    if (await isHealthy(url)) return url;
    await sleep(HEALTH_POLL_INTERVAL_MS);
  }
  // The end of the watcher ends us; there is no address to give.
  return new Promise(() => {});
}

function exitCodeOf(child) {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

function isRunning(child) {
  return child.exitCode === null && child.signalCode === null;
}

/** Ends the program and what it started, in order; after STOP_TIMEOUT_MS without asking again. */
async function stop(child) {
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  signal(child, 'SIGTERM');
  while (groupLives(child)) {
    if (Date.now() > deadline) {
      signal(child, 'SIGKILL');
      return;
    }
    await sleep(POLL_INTERVAL_MS);
  }
}

function groupLives(child) {
  return ownGroup ? signal(child, 0) : isRunning(child);
}

/** False when there is nobody left to hear it. */
function signal(child, name) {
  try {
    return ownGroup ? process.kill(-child.pid, name) : child.kill(name);
  } catch (error) {
    // macOS says EPERM for a group of which only ended processes are left.
    if (error.code !== 'ESRCH' && error.code !== 'EPERM') throw error;
    return false;
  }
}
