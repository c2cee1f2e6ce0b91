import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { Cancelling } from './cancelling.js';
import { CheckoutPage } from './checkout-page.js';
import { PHONE, Visitors } from './visitors.js';

/** A phone bill of a PG that wants the buyer's number, and a package that it does not take. */
const ENV = {
  PAYMENT_METHODS: [
    'card',
    'kakaopay=channel-key-sim-kakaopay@kakaopay',
    'naverpay=channel-key-sim-naverpay@naverpay',
    'tosspay=channel-key-sim-tosspay_v2@tosspay_v2',
    'trans',
    'phone=channel-key-sim-danal@danal',
    'vbank',
  ].join(','),
  POINT_PACKAGES: '5000,10000,2500000',
  POINT_MAX_BALANCE: '5000000',
};

interface Violation {
  id: string;
  impact: string | null;
  nodes: { target: string[]; failureSummary?: string }[];
}

const SERIOUS = ['serious', 'critical'];
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

describeInBrowser('axe on the checkout page', () => {
  let service: TopUpService;
  let browser: Browser;
  let visitors: Visitors;
  let axe: string;

  beforeAll(async () => {
    [service, browser, axe] = await Promise.all([
      startTopUpService({ env: ENV }),
      launchChromium(),
      readFile(AXE, 'utf8'),
    ]);
    visitors = new Visitors(browser, [service.url, service.simulatorUrl]);
  });

  afterEach(() => visitors.leave());

  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  /** What axe finds serious in the page as it stands, by rule and place. */
  async function seriousFaults({ page }: CheckoutPage): Promise<string[]> {
    // Past the page's own policy, which allows no inline script, as a browser extension would.
    await page.evaluate(axe);
    const violations = await page.evaluate(async () => {
      const { axe: tool } = globalThis as unknown as {
        axe: { run: (where: object) => Promise<{ violations: Violation[] }> };
      };
      return (await tool.run({ exclude: [['dialog iframe']] })).violations;
    });
    return violations
      .filter(({ impact }) => impact !== null && SERIOUS.includes(impact))
      .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
  }

  const DEVICES: [string, BrowserContextOptions][] = [
    ['a desk, in Korean', {}],
    ['a desk in the dark, in English', { locale: 'en-US', colorScheme: 'dark' }],
    ['a phone, in English', { ...PHONE, userAgent: undefined, locale: 'en-US' }],
  ];

  describe.each(DEVICES)('on %s', (_device, options) => {
    it('finds nothing serious in any state', async () => {
      const { client, account } = await service.user();
      const { imp_uid: impUid } = await orderAndPay(client, service.simulator);
      await credit(client, impUid);
      const checkout = await CheckoutPage.open(await visitors.device(options), service.url);
      const found: Record<string, string[]> = {};
      const look = async (state: string) => {
        found[state] = await seriousFaults(checkout);
      };
      await look('log in');
      await checkout.part('switch-auth').click();
      await checkout.part('submit-auth').click();
      await look('sign up, with faults');
      await checkout.part('switch-auth').click();
      await checkout.logIn(account);
      await checkout.part('package-5000').waitFor();
      await checkout.history();
      await look('form');
      await checkout.part('pay').click();
      await look('no amount chosen');
      await checkout.choose(2_500_000, 'kakaopay');
      await look('an amount that the method does not take');
      await checkout.choose(5_000, 'phone');
      await checkout.part('pay').click();
      await look('no telephone number');
      await checkout.openWindow(5_000, 'card');
      await look('window open');
      await checkout.press('decline');
      await checkout.outcome('notPaid');
      await look('not paid');
      await checkout.part('result-close').click();
      await checkout.openWindow(5_000, 'naverpay');
      await checkout.press('approve');
      await checkout.outcome('credited');
      await look('credited');
      await checkout.part('result-close').click();
      await checkout.openWindow(5_000, 'vbank');
      await checkout.press('approve');
      await checkout.deposit().waitFor();
      await look('waiting for a deposit');
      const page = new Cancelling(checkout);
      await page.open(impUid);
      await look('cancel dialog');
      await page.choosePart('3000');
      await page.part('cancel-confirm').click();
      await page.ended('done');
      await look('cancelled');
      await page.close();
      await look('history');

      expect(found).toEqual(Object.fromEntries(Object.keys(found).map((state) => [state, []])));
      expect(Object.keys(found)).toHaveLength(13);
    });
  });

  it('would find an image without words', async () => {
    const checkout = await CheckoutPage.open(await visitors.device(), service.url);
    await checkout.page.evaluate(() => {
      const image = document.createElement('img');
      image.src = 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==';
      document.querySelector('main')?.append(image);
    });
    expect(await seriousFaults(checkout)).toEqual([expect.stringMatching(/^image-alt: /)]);
  });
});
