import { expect } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core';

/** Long, because a busy machine is slow; nobody waits for it unless a test fails. */
const VISIBLE_WITHIN_MS = 30_000;
/** As phones name themselves: iamport's script goes away with the whole page then. */
export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
  userAgent:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
};

/**
 * The devices of one test. Whatever a page does in them that a user or an operator would call a fault is collected: page
 * errors, console errors (a violated security policy is one), and every request to another host than ours.
 */
export class Visitors {
  #contexts: BrowserContext[] = [];
  #faults: string[] = [];
  #expected: RegExp[] = [];

  /** @param origins the addresses that pages may load from */
  constructor(
    private readonly browser: Browser,
    private readonly origins: string[],
  ) {}

  /** A device that nobody has used yet. */
  async device(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.browser.newContext({
      locale: 'ko-KR',
      viewport: { width: 1280, height: 900 },
      // Nothing here looks at movement, and waiting for it takes time.
      reducedMotion: 'reduce',
      ...options,
    });
    context.setDefaultTimeout(VISIBLE_WITHIN_MS);
    context.on('weberror', (fault) => this.#faults.push(`page error: ${fault.error().message}`));
    context.on('console', (message) => {
      if (message.type() === 'error')
        this.#faults.push(`console: ${message.text()} (${message.location().url})`);
    });
    context.on('request', (request) => {
      const url = new URL(request.url());
      if (/^https?:$/.test(url.protocol) && !this.origins.includes(url.origin)) {
        this.#faults.push(`asked ${url.href}`);
      }
    });
    this.#contexts.push(context);
    return context;
  }

  /** For a test that breaks something itself: such a fault does not fail it, but it must be seen. */
  expectFault(fault: RegExp): void {
    this.#expected.push(fault);
  }

  /** Takes all devices away, and fails when there was a fault that nobody expected. */
  async leave(): Promise<void> {
    for (const context of this.#contexts) await context.close();
    const [faults, expected] = [this.#faults, this.#expected];
    this.#contexts = [];
    this.#faults = [];
    this.#expected = [];
    expect(faults.filter((fault) => !expected.some((pattern) => pattern.test(fault)))).toEqual([]);
    expect(expected.filter((pattern) => !faults.some((fault) => pattern.test(fault)))).toEqual([]);
  }
}
