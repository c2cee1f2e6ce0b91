import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { CheckoutPage } from './checkout-page.js';
import { expectCredited } from './expect-credited.js';
import { PHONE, Visitors } from './visitors.js';

/** In the order of the shop; KakaoPay takes 2,000,000 won at most. */
const ENV = {
  PAYMENT_METHODS: [
    'kakaopay=channel-key-sim-kakaopay@kakaopay',
    'card=channel-key-sim-tosspayments@tosspayments',
    'phone=channel-key-sim-danal@danal',
  ].join(','),
  PAYMENT_LIMITS: 'card:day=10000',
  POINT_PACKAGES: '5000,10000,2500000',
  POINT_MAX_BALANCE: '5000000',
  TAX: 'tax_free',
};

describeInBrowser('the ways to pay on the checkout page', () => {
  let service: TopUpService;
  let browser: Browser;
  let visitors: Visitors;

  beforeAll(async () => {
    service = await startTopUpService({ env: ENV });
    browser = await launchChromium();
    visitors = new Visitors(browser, [service.url, service.simulatorUrl]);
  });

  afterEach(() => visitors.leave());

  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  async function open(device?: Parameters<typeof CheckoutPage.open>[0]) {
    const { client, account } = await service.user();
    const ownDevice = device ?? (await visitors.device());
    const checkout = await CheckoutPage.open(ownDevice, service.url, { client });
    await checkout.part('package-5000').waitFor();
    return { checkout, account, client, device: ownDevice };
  }

  const shown = ({ page }: CheckoutPage) =>
    page
      .locator('#methods label')
      .evaluateAll((labels: HTMLElement[]) =>
        labels.map((label) => [
          label.innerText.trim(),
          label.querySelector('use')?.getAttribute('href') ?? null,
        ]),
      );
  const checked = ({ page }: CheckoutPage) =>
    page.locator('input[name=method]:checked').getAttribute('value');

  it('are those of the shop in its order, each with its mark, and no others', async () => {
    const { checkout } = await open();
    expect(await shown(checkout)).toEqual([
      ['카카오페이', '#mark-kakaopay'],
      ['신용·체크카드', '#mark-card'],
      ['휴대폰 결제', '#mark-phone'],
    ]);
    expect(await checked(checkout)).toBe('KAKAOPAY');
    expect(await checkout.part('method-hint').innerText()).toBe('카카오페이 결제창에서 결제합니다.');
    const drawn = await checkout.page
      .locator('#methods use')
      .evaluateAll((uses) =>
        uses.map((use) => document.querySelector(use.getAttribute('href') ?? '')?.localName),
      );
    expect(drawn).toEqual(['symbol', 'symbol', 'symbol']);
  });

  it('name their payment company in the language of the page', async () => {
    const { checkout } = await open(await visitors.device({ locale: 'en-US' }));
    await checkout.part('method-card').check();
    expect(await checkout.part('method-hint').innerText()).toBe('You pay in the window of Toss Payments.');
    await checkout.part('language').click();
    await checkout.part('method-hint').filter({ hasText: '토스페이먼츠 결제창에서' }).waitFor();
    expect(await checked(checkout)).toBe('CARD');
  });

  it('begin with the one that this device used last', async () => {
    const { checkout, account } = await open();
    await checkout.openWindow(5_000, 'card');
    await checkout.press('approve');
    await checkout.outcome('credited');
    await checkout.goto();
    await checkout.part('package-5000').waitFor();
    expect(await checked(checkout)).toBe('CARD');
    await expectCredited(service, account.id, [5_000]);
  });

  it('tell their window what the amount is made of', async () => {
    const { checkout, account } = await open();
    await checkout.openWindow(5_000, 'card');
    await checkout.press('approve');
    await checkout.outcome('credited');
    const [payment] = await service.simulator.paymentsOf(account.email);
    const tax = await service.simulator.taxOf(payment?.imp_uid ?? '');
    expect(tax).toMatchObject({ tax_free: 5_000, vat_amount: null });
  });

  it.each(['blocked', 'damaged'])('can be used where what the device has kept is %s', async (kept) => {
    const device = await visitors.device();
    await device.addInitScript((isBlocked) => {
      if (isBlocked) Object.defineProperty(globalThis, 'localStorage', { get: () => undefined });
      else if (location.pathname === '/payment.html') localStorage.setItem('point-top-up.method', '{"CARD"');
    }, kept === 'blocked');
    const { checkout, account } = await open(device);
    expect(await checked(checkout)).toBe('KAKAOPAY');
    await checkout.openWindow(5_000, 'card');
    await checkout.press('approve');
    await checkout.outcome('credited');
    await expectCredited(service, account.id, [5_000]);
  });

  it('ask for a telephone number only where the method needs one', async () => {
    const { checkout } = await open();
    for (const [method, asks] of [
      ['kakaopay', false],
      ['card', false],
      ['phone', true],
      ['kakaopay', false],
    ] as const) {
      await checkout.part(`method-${method}`).check();
      expect([method, await checkout.part('tel').isVisible()]).toEqual([method, asks]);
    }
  });

  it.each([
    ['ko-KR', {}, '2,000,000원까지', /카카오페이로는 한 번에 100원부터 2,000,000원까지/],
    ['en-US', PHONE, 'up to ₩2,000,000', /KakaoPay takes from ₩100 to ₩2,000,000 at once/],
  ])('say what they cannot take before the window opens (%s)', async (locale, options, note, words) => {
    const { checkout } = await open(await visitors.device({ ...options, locale }));
    await checkout.part('package-2500000').check();
    expect(await checkout.part('method-error').innerText()).toMatch(words);
    expect(await checkout.page.locator('#methods label').first().innerText()).toContain(note);
    await checkout.part('pay').click();
    await checkout.focusComesTo('method-kakaopay');
    expect(checkout.calls('createPaymentOrder')).toBe(0);
    await checkout.expectNoSidewaysScrolling();

    await checkout.part('package-10000').check();
    expect(await checkout.part('method-error').innerText()).toBe('');
    expect(await checkout.page.locator('#methods label').first().innerText()).not.toContain(note);
  });

  it('say how much of a day’s limit is left when it is exceeded', async () => {
    const { checkout, account } = await open();
    await checkout.openWindow(5_000, 'card');
    await checkout.press('approve');
    await checkout.outcome('credited');
    await checkout.part('result-close').click();
    await checkout.choose(10_000, 'card');
    await checkout.part('pay').click();
    await checkout.part('pay-error').filter({ hasText: '하루에' }).waitFor();
    expect(await checkout.part('pay-error').innerText()).toMatch(
      /신용·체크카드로 하루에 .+ 10,000원이고 오늘은 5,000원 남았습니다/,
    );
    await expectCredited(service, account.id, [5_000]);
  });

  describe('that the shop has changed meanwhile', () => {
    it('are shown anew, and the refusal says what to do', async () => {
      const { client } = await service.user();
      const device = await visitors.device();
      let isStale = true;
      await device.route('**/graphql', async (route, request) => {
        if (!isStale || !request.postData()?.includes('paymentMethods')) return route.fallback();
        isStale = false;
        const response = await route.fetch();
        const body = await response.json();
        const [first] = body.data.paymentMethods;
        body.data.paymentMethods = [{ ...first, method: 'TRANSFER' }];
        return route.fulfill({ response, json: body });
      });
      const checkout = await CheckoutPage.open(device, service.url, { client });
      await checkout.choose(5_000, 'trans');
      await checkout.part('pay').click();
      await checkout.part('pay-error').filter({ hasText: '다른 결제 수단을 골라 주세요' }).waitFor();
      await checkout.part('method-card').waitFor();
      expect(await checkout.part('method-trans').count()).toBe(0);
      await checkout.openWindow(5_000, 'card');
      await checkout.press('close');
      await checkout.outcome('notPaid');
    });
  });
});
