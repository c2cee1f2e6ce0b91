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
 *
 * @param lanName a name by which this machine is reached as by an address of the local network: over http no page of it is
 *   a secure context, as one of localhost is.
 * @param blocksPopups as people's browsers do; browsers under test do not by themselves.
 * @throws when Chromium is missing; use it inside `describeInBrowser`.
 */
export function launchChromium({
  lanName,
  blocksPopups = false,
}: { lanName?: string; blocksPopups?: boolean } = {}): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error(`Chromium is missing: ${CHROMIUM_HINT}`);
  const ownNames = lanName ? `MAP ${lanName} 127.0.0.1 , ` : '';
  return chromium.launch({
    executablePath,
    ...(blocksPopups ? { ignoreDefaultArgs: ['--disable-popup-blocking'] } : {}),
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
      `--host-resolver-rules=${ownNames}MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost`,
    ],
  });
}
