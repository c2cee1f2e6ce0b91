import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { ErrorCode } from '../../src/refusal/error-code.js';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { CheckoutPage, operationOf } from './checkout-page.js';
import { Cancelling } from './cancelling.js';
import { expectCredited } from './expect-credited.js';
import { PHONE, Visitors } from './visitors.js';

/** What only the page's developer or another server could have done wrong: a shopper reads that something unexpected happened. */
const DEVELOPERS_CODES = [
  'BAD_REQUEST',
  'FORBIDDEN',
  'GRAPHQL_PARSE_FAILED',
  'HOLD_AMOUNT_EXCEEDED',
  'HOLD_ENDED',
  'HOLD_NOT_FOUND',
  'IDEMPOTENCY_KEY_REUSED',
  'INTERNAL_SERVER_ERROR',
  'OPERATION_RESOLUTION_FAILURE',
  'OWNER_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'SPEND_NOT_FOUND',
];
const DETAILS = {
  left: 5_000,
  available: 1,
  needed: 2,
  point: 1,
  maxBalance: 2_000_000,
  openOrders: 9_000,
  max: 50_000,
  method: 'CARD',
  until: '2026-12-03T14:59:59.000Z',
};
const DEVELOPERS_WORDS =
  /[a-z][A-Z][a-z]*[A-Z]?|[A-Za-z]_\w|undefined|null|NaN|\{|\[|GraphQL|token|server says/;
const REASONS: Partial<Record<string, string[]>> = {
  PAYMENT_MISMATCH: ['AMOUNT', 'CHANNEL', 'CURRENCY', 'ORDER_ALREADY_PAID', 'BALANCE_FULL'],
  METHOD_LIMIT_EXCEEDED: ['AMOUNT_MIN', 'AMOUNT_MAX', 'DAY', 'MONTH'],
  PAYMENT_NOT_PAID: ['READY', 'FAILED', 'CANCELLED'],
  BAD_USER_INPUT: [
    'email',
    'refundAccount.bank',
    'refundAccount.holder',
    'refundAccount.number',
    'refundAccount.phone',
  ],
};

describeInBrowser('a shopper', () => {
  let service: TopUpService;
  let browser: Browser;
  let visitors: Visitors;

  beforeAll(async () => {
    service = await startTopUpService();
    browser = await launchChromium();
    visitors = new Visitors(browser, [service.url, service.simulatorUrl]);
  });

  afterEach(() => visitors.leave());

  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  async function userWithPage(device?: BrowserContext) {
    const { client, account } = await service.user();
    const ownDevice = device ?? (await visitors.device());
    const checkout = await CheckoutPage.open(ownDevice, service.url, { client });
    await checkout.part('package-5000').waitFor();
    return { client, account, device: ownDevice, checkout };
  }

  describe.each(['ko-KR', 'en-US'])('reads of a refusal (%s)', (locale) => {
    const readerText = (page: Page, code: string, details: object) =>
      page.evaluate(
        async ([url, ...error]) => {
          const { ApiError } = await import(url);
          return new ApiError(...error).readerText as string;
        },
        [
          `${service.url}/payment/api.js`,
          code,
          'Call createPaymentOrder [REJECT_CARD_COMPANY] imp_uid',
          details,
        ] as const,
      );

    it('a text of the page for every code, and the number for support where there is none', async () => {
      const page = (await CheckoutPage.open(await visitors.device({ locale }), service.url)).page;
      const general = await readerText(page, 'A_CODE_OF_TOMORROW', {});
      const numbered = await readerText(page, 'A_CODE_OF_TOMORROW', { id: '01ERRORID' });
      expect(numbered).toContain('01ERRORID');

      for (const code of [...Object.values(ErrorCode), 'TOO_MANY_OPEN_ORDERS']) {
        for (const reason of REASONS[code] ?? ['']) {
          const told = await readerText(page, code, {
            ...DETAILS,
            reason,
            field: reason,
            limit: reason,
            retryAfterSeconds: 3,
          });
          expect([code, reason, told]).toEqual([code, reason, expect.not.stringMatching(DEVELOPERS_WORDS)]);
          expect([code, told === general]).toEqual([code, DEVELOPERS_CODES.includes(code)]);
        }
      }
    });

    it('how much the open orders take of the limit', async () => {
      const page = (await CheckoutPage.open(await visitors.device({ locale }), service.url)).page;
      expect(await readerText(page, 'POINT_LIMIT_EXCEEDED', DETAILS)).toMatch(/2,000,000P.*9,000/);
      expect(await readerText(page, 'POINT_LIMIT_EXCEEDED', { ...DETAILS, openOrders: 0 })).not.toContain(
        '9,000',
      );
    });
  });

  it('reads in the other language what was refused before', async () => {
    const checkout = await CheckoutPage.open(await visitors.device(), service.url);
    await checkout.part('email').fill('nobody@example.com');
    await checkout.part('password').fill('not the password');
    await checkout.part('submit-auth').click();
    await checkout.part('auth-error').filter({ hasText: '이메일 또는 비밀번호가 맞지 않습니다.' }).waitFor();
    await checkout.part('language').click();
    expect(await checkout.part('auth-error').innerText()).toBe(
      'The e-mail address or the password is wrong.',
    );
  });

  it('who logs in again does not read what was refused before', async () => {
    const { account, checkout } = await userWithPage();
    let refuse = true;
    await checkout.page.route('**/graphql', (route, request) =>
      refuse && operationOf(request) === 'createPaymentOrder'
        ? route.fulfill({
            json: {
              errors: [{ message: 'createPaymentOrder', extensions: { code: 'GATEWAY_UNAVAILABLE' } }],
            },
          })
        : route.fallback(),
    );
    await checkout.choose(5_000);
    await checkout.part('pay').click();
    await checkout.part('pay-error').filter({ hasText: '결제사와 연결' }).waitFor();
    refuse = false;
    await checkout.part('log-out').click();
    await checkout.part('auth').waitFor();
    await checkout.logIn(account);
    expect(await checkout.part('pay-error').innerText()).toBe('');
  });

  describe('with two tabs', () => {
    const noNews = 'delete globalThis.BroadcastChannel';
    const noNewsAtAll = `${noNews}; Storage.prototype.setItem = () => { throw new DOMException('blocked', 'SecurityError'); }`;

    it.each([
      ['that tell each other', ''],
      ['that tell each other by storage', noNews],
    ])('%s sees in the second what was paid in the first, without touching it', async (_how, script) => {
      const device = await visitors.device();
      if (script) await device.addInitScript(`if (top === self) { ${script} }`);
      const { checkout } = await userWithPage(device);
      const second = await CheckoutPage.open(device, service.url);
      await checkout.toFront();
      await checkout.openWindow(5_000);
      await checkout.press('approve');
      await checkout.outcome('credited');
      await second.part('balance').getByText('5,000P', { exact: true }).waitFor();
      const impUid = await checkout.impUid();
      expect(await second.history()).toEqual([{ amount: '+5,000P', impUid }]);

      await checkout.part('result-close').click();
      const page = new Cancelling(checkout);
      await page.cancel(impUid);
      await page.ended('done');
      await second.part('balance').getByText('0P', { exact: true }).waitFor();
    });

    it('that cannot tell each other sees it when the second is looked at', async () => {
      const device = await visitors.device();
      await device.addInitScript(`if (top === self) { ${noNewsAtAll} }`);
      const { client, checkout } = await userWithPage(device);
      await credit(client, (await orderAndPay(client, service.simulator)).imp_uid);
      const calls = checkout.calls('pointTransactions');
      // Longer ago than the pause between two looks; then somebody looks, again and again.
      await checkout.page.waitForTimeout(1_100);
      for (let looks = 0; looks < 20; looks += 1) {
        await checkout.page.evaluate(() => globalThis.dispatchEvent(new Event('focus')));
      }
      await checkout.part('balance').getByText('10,000P', { exact: true }).waitFor();
      expect(checkout.calls('pointTransactions')).toBe(calls + 1);
    });
  });

  it('whose payment comes back to another person’s log-in gets the points with the next log-in', async () => {
    const { account, device, checkout } = await userWithPage(await visitors.device(PHONE));
    const other = await service.user();
    await checkout.openWindowOnPhone(5_000);
    await device.clearCookies();
    await checkout.pressOnPhone('approve');
    await checkout.part('auth').waitFor();
    await checkout.logIn(other.account);
    await checkout.outcome('refused');
    expect(await checkout.part('result-title').innerText()).toBe('다른 계정의 결제일 수 있습니다');
    expect(await checkout.part('result-text').innerText()).toContain('결제한 계정으로 로그인하면');
    await expectCredited(service, other.account.id, []);

    // The other one is asked once and not at each visit.
    await checkout.goto();
    await checkout.history();
    expect(await checkout.part('result').isVisible()).toBe(false);

    await checkout.part('log-out').click();
    await checkout.part('auth').waitFor();
    await checkout.logIn(account);
    await checkout.outcome('credited');
    await expectCredited(service, account.id, [5_000]);
  });
});
