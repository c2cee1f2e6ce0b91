import { describe } from '@jest/globals';
import { chromium, type Browser } from 'playwright-core';
import { CHROMIUM_HINT, findChromium, isContinuousIntegration } from './requirements.mjs';

/**
 * A suite that needs a real browser. Without Chromium it is reported as skipped, with the way to get it;
 * with CI=true that is a failure.
 */
export function describeInBrowser(suite: string, body: () => void): void {
  if (findChromium()) {
    describe(suite, body);
    return;
  }
  if (isContinuousIntegration()) throw new Error(`Chromium is missing and CI=true: ${CHROMIUM_HINT}`);
  describe.skip(`${suite} (skipped, Chromium is missing: ${CHROMIUM_HINT})`, body);
}

/**
 * Starts a browser in which no name outside this machine resolves: what works in it works offline.
 * @throws when Chromium is missing; use it inside `describeInBrowser`.
 */
export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error(`Chromium is missing: ${CHROMIUM_HINT}`);
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost',
    ],
  });
}
