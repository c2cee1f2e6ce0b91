import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser, BrowserContext } from 'playwright-core';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { CheckoutPage, operationOf } from './checkout-page.js';
import { Visitors } from './visitors.js';

/** Longer than Chromium remembers a click. */
const SLOW_MS = 5_600;
/** A PG whose window is a pop-up, as many are. It names the order, and answers when it is told to. */
const POPUP_SDK = `window.IMP = {
  init() {},
  request_pay({ merchant_uid, channelKey }, answer) {
    const popup = window.open('about:blank', 'pg', 'width=400');
    (window.asked ??= []).push({ merchant_uid, channelKey, isOpen: popup !== null });
    window.answer = answer;
  },
};`;

describeInBrowser('a payment window that is a pop-up', () => {
  let service: TopUpService;
  let browser: Browser;
  let visitors: Visitors;

  beforeAll(async () => {
    service = await startTopUpService();
    browser = await launchChromium({ blocksPopups: true });
    visitors = new Visitors(browser, [service.url, service.simulatorUrl]);
  });

  afterEach(() => visitors.leave());

  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  async function pageWithPopups(): Promise<{ device: BrowserContext; checkout: CheckoutPage }> {
    const { client } = await service.user();
    const device = await visitors.device();
    await device.route('**/v1/iamport.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: POPUP_SDK }),
    );
    const checkout = await CheckoutPage.open(device, service.url, { client });
    await checkout.part('package-10000').waitFor();
    return { device, checkout };
  }

  async function slowOrders(checkout: CheckoutPage, delayMs: number): Promise<void> {
    await checkout.page.route('**/graphql', async (route, request) => {
      if (operationOf(request) === 'createPaymentOrder') await sleep(delayMs);
      await route.fallback();
    });
  }

  /** Looking at the page counts as a gesture in it, so nobody looks while the click is being forgotten. */
  async function payByALateOrder(checkout: CheckoutPage, delayMs = SLOW_MS): Promise<void> {
    await slowOrders(checkout, delayMs);
    await checkout.choose(10_000);
    await checkout.part('pay').click();
    await sleep(delayMs + 400);
    await checkout.part('paying-text').filter({ hasText: '한 번 더' }).waitFor();
  }

  const asked = ({ page }: CheckoutPage) =>
    page.evaluate(
      () =>
        (
          globalThis as unknown as {
            asked?: { merchant_uid: string; channelKey?: string; isOpen: boolean }[];
          }
        ).asked,
    );

  it('opens by the first click when the order is there in time: its script was there before', async () => {
    const { checkout } = await pageWithPopups();
    await checkout.page.waitForFunction(() => 'IMP' in globalThis);
    await checkout.choose(10_000);
    await checkout.part('pay').click();
    await checkout.part('start-over').waitFor();
    expect(await asked(checkout)).toMatchObject([{ isOpen: true }]);
  });

  it('asks for one more click when the order came late, and opens at once for the same order', async () => {
    const { checkout } = await pageWithPopups();
    await payByALateOrder(checkout);
    expect(await asked(checkout)).toBeUndefined();
    expect(await checkout.part('pay').innerText()).toContain('결제창 열기');
    await checkout.focusComesTo('pay');
    await checkout.part('pay').click();
    await checkout.part('start-over').waitFor();
    expect(await asked(checkout)).toMatchObject([{ isOpen: true }]);
    expect(checkout.calls('createPaymentOrder')).toBe(1);
  });

  it('makes another order for another amount only, and comes back to the first one', async () => {
    const { checkout } = await pageWithPopups();
    await payByALateOrder(checkout);
    await checkout.choose(5_000);
    expect(await checkout.part('pay').innerText()).toBe('5,000원 결제하기');
    expect(await checkout.part('paying-text').innerText()).toBe('');
    await checkout.choose(10_000);
    expect(await checkout.part('pay').innerText()).toContain('결제창 열기');
    await checkout.part('pay').click();
    await checkout.part('start-over').waitFor();
    expect(await asked(checkout)).toMatchObject([{ isOpen: true }]);
    expect(checkout.calls('createPaymentOrder')).toBe(1);
  });

  it('never opens the window of one method for an order that was made for another', async () => {
    const { checkout } = await pageWithPopups();
    await payByALateOrder(checkout);
    await checkout.page.unroute('**/graphql');
    await checkout.part('method-kakaopay').check();
    expect(await checkout.part('pay').innerText()).toBe('10,000원 결제하기');
    await checkout.part('pay').click();
    await checkout.part('start-over').waitFor();
    expect(await asked(checkout)).toMatchObject([{ channelKey: 'channel-key-sim-kakaopay', isOpen: true }]);
    expect(checkout.calls('createPaymentOrder')).toBe(2);
  });

  it('leaves an order that has waited too long, and makes a new one', async () => {
    const { checkout } = await pageWithPopups();
    await checkout.page.clock.install();
    await payByALateOrder(checkout);
    await checkout.page.unroute('**/graphql');
    await checkout.page.clock.fastForward('06:00');
    await checkout.part('pay').click();
    await checkout.part('start-over').waitFor();
    expect(await asked(checkout)).toMatchObject([{ isOpen: true }]);
    expect(checkout.calls('createPaymentOrder')).toBe(2);
  });

  it('keeps no order for the next person at this browser', async () => {
    const other = await service.user();
    const { checkout } = await pageWithPopups();
    await payByALateOrder(checkout);
    await checkout.page.unroute('**/graphql');
    await checkout.part('log-out').click();
    await checkout.part('auth').waitFor();
    await checkout.logIn(other.account);
    await checkout.choose(10_000);
    expect(await checkout.part('pay').innerText()).toBe('10,000원 결제하기');
    await checkout.part('pay').click();
    await checkout.part('start-over').waitFor();
    expect(checkout.calls('createPaymentOrder')).toBe(2);
  });

  it('measures the time where the browser does not tell whether a click still counts', async () => {
    const { checkout } = await pageWithPopups();
    await checkout.page.evaluate(() =>
      Object.defineProperty(navigator, 'userActivation', { value: undefined }),
    );
    await payByALateOrder(checkout, 1_200);
    expect(await asked(checkout)).toBeUndefined();
  });
});
