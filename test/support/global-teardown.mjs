import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { findLeaks } from './server-logs.mjs';

/**
 * Runs once after all suites: ends the private MariaDB and proves that no server of the whole run wrote a
 * secret that a test had used.
 * @throws when a secret stands in a log; that fails the run.
 */
export default async function globalTeardown() {
  const child = globalThis.privateMariadb;
  if (child?.connected) {
    child.ref();
    child.disconnect();
    await once(child, 'exit');
  }

  const folder = process.env.TEST_LOG_DIR;
  const leaks = findLeaks(folder);
  if (leaks.length > 0) {
    // The folder stays for the person who has to find out why.
    throw new Error(`Secrets were written to a log (kept in ${folder}):\n${leaks.join('\n')}`);
  }
  rmSync(folder, { recursive: true, force: true });
}
