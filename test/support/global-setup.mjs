import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findMariadb, isContinuousIntegration, MARIADB_HINT } from './requirements.mjs';

/**
 * Runs once before all suites: makes the folder that collects every server's output, and a private MariaDB
 * when TEST_DATABASE_URL names none. The suites learn of both by TEST_LOG_DIR and TEST_DATABASE_URL.
 */
export default async function globalSetup() {
  process.env.TEST_LOG_DIR = mkdtempSync(join(tmpdir(), 'point-top-up-test-logs-'));
  if (process.env.TEST_DATABASE_URL) return;
  if (!findMariadb()) {
    if (isContinuousIntegration()) throw new Error(`MariaDB is missing and CI=true: ${MARIADB_HINT}`);
    return;
  }
  process.env.TEST_DATABASE_URL = await startPrivateMariadb();
}

/** Starts the private MariaDB; it ends with this process however this process ends. */
function startPrivateMariadb() {
  const program = fileURLToPath(new URL('./private-mariadb.mjs', import.meta.url));
  // Detached: Ctrl-C in the terminal must reach only Jest, or MariaDB would vanish under running suites.
  const child = spawn(process.execPath, [program], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  globalThis.privateMariadb = child;
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => reject(new Error(`the private MariaDB ended with ${signal ?? code}`)));
    child.on('message', (message) => {
      if (message.type === 'failed') {
        reject(new Error(`The private MariaDB did not start: ${message.message}`));
        return;
      }
      // Nothing may keep Jest alive only because MariaDB still runs.
      child.unref();
      child.channel.unref();
      resolve(message.url);
    });
  });
}
