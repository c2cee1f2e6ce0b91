import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Locator } from 'playwright-core';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import type { GraphqlClient } from '../support/graphql-client.js';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { Cancelling } from './cancelling.js';
import { CheckoutPage } from './checkout-page.js';
import { expectCredited } from './expect-credited.js';
import { PHONE, Visitors } from './visitors.js';

/** Soon enough that an account whose time is over ends between two of the page's questions. */
const RECOVERY = { RECOVERY_INTERVAL_MS: '100' };
const NO_WEBHOOKS = { IAMPORT_SIMULATOR_WEBHOOKS: 'never' };
const KOREA_AHEAD_MS = 9 * 60 * 60_000;
/** Long enough to open an account, short enough to wait for. */
const SHORT_LIFE_MS = 12_000;

describeInBrowser('virtual accounts on the checkout page', () => {
  let service: TopUpService;
  let browser: Browser;
  let visitors: Visitors;

  beforeAll(async () => {
    service = await startTopUpService({ env: RECOVERY });
    browser = await launchChromium();
    visitors = new Visitors(browser, [service.url, service.simulatorUrl]);
  });

  afterEach(async () => {
    await control('DELETE', '/faults');
    await visitors.leave();
  });

  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  async function control(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${service.simulatorUrl}/_simulator${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    expect(response.ok).toBe(true);
    return response.json();
  }

  const deposit = (impUid: string) => control('POST', `/payments/${impUid}/deposit`, {});

  /** A new user whose account was opened in the window, on the page. */
  async function buyer(device?: BrowserContext, amount = 10_000) {
    const { client, account } = await service.user();
    const checkout = await CheckoutPage.open(device ?? (await visitors.device()), service.url, { client });
    await order(checkout, amount);
    const [payment] = await service.simulator.paymentsOf(account.email);
    if (!payment) throw new Error('the gateway has no payment');
    return { client, account, checkout, payment, impUid: payment.imp_uid };
  }

  async function order(checkout: CheckoutPage, amount: number): Promise<void> {
    const before = await checkout.deposit().count();
    await checkout.openWindow(amount, 'vbank');
    await checkout.press('approve');
    await checkout.deposit().nth(before).waitFor();
  }

  /** Two devices of one person, each with a log-in of its own. */
  async function elsewhere(
    { email, password }: { email: string; password: string },
    options?: BrowserContextOptions,
  ): Promise<CheckoutPage> {
    const client = service.client();
    await client.login({ email, password });
    return CheckoutPage.open(await visitors.device(options), service.url, { client });
  }

  const number = (of: Locator) => of.locator('[data-test=deposit-number]').innerText();
  const inside = (of: Locator, name: string) => of.locator(`[data-test=deposit-${name}]`);

  it('shows the account, the same after a reload, and the points when the simulator’s console plays the deposit', async () => {
    const { account, checkout, payment, impUid } = await buyer();
    const card = checkout.deposit();
    await checkout.focusComesTo('deposit-title');
    expect(await inside(card, 'title').innerText()).toBe('10,000원을 입금해 주세요');
    expect(await number(card)).toBe(payment.vbank_num);
    expect(await inside(card, 'bank').innerText()).toBe(payment.vbank_name);
    expect(await inside(card, 'holder').innerText()).toBe(payment.vbank_holder);
    expect(await inside(card, 'amount').innerText()).toBe('10,000원');
    expect(await inside(card, 'due').getAttribute('datetime')).toBe(
      new Date(Number(payment.vbank_date) * 1000).toISOString(),
    );
    expect(await inside(card, 'left').innerText()).toMatch(/^[23]일( \d+시간)? 남음$/);
    expect(await checkout.part('result').isVisible()).toBe(false);
    expect(await checkout.part('pay').isVisible()).toBe(true);
    await expectCredited(service, account.id, []);

    await checkout.goto();
    await card.waitFor();
    expect(await number(card)).toBe(payment.vbank_num);
    await checkout.part('awaited-show').click();
    await checkout.focusComesTo('deposit-title');

    const desk = await (await visitors.device()).newPage();
    await desk.goto(`${service.simulatorUrl}/console`);
    const row = desk.locator(`[data-imp-uid="${impUid}"]`).first();
    await row.locator('summary').click();
    await row.locator('[data-test=deposit]').click();

    await checkout.deposit('PAID').waitFor();
    expect(await checkout.part('deposit-title').innerText()).toBe('10,000P 충전되었습니다');
    expect(await checkout.part('deposits-news').innerText()).toContain('10,000P 충전되었습니다');
    await checkout.part('balance').getByText('10,000P', { exact: true }).waitFor();
    expect(await checkout.part('awaited-deposit').count()).toBe(0);
    await checkout.part('history-row').waitFor();
    expect(await checkout.history()).toEqual([{ amount: '+10,000P', impUid }]);
    await expectCredited(service, account.id, [10_000]);

    await checkout.part('deposit-close').click();
    await checkout.focusComesTo('checkout-title');
    await checkout.goto();
    await checkout.history();
    expect(await checkout.part('deposit').count()).toBe(0);
  });

  it('shows it on a phone that comes back by redirect, and on another device', async () => {
    const { client, account } = await service.user();
    const phone = await CheckoutPage.open(await visitors.device(PHONE), service.url, { client });
    await phone.openWindowOnPhone(5_000, 'vbank');
    await phone.pressOnPhone('approve');
    await phone.deposit().waitFor();
    expect(phone.page.url()).toBe(`${service.url}/payment.html`);
    const [payment] = await service.simulator.paymentsOf(account.email);
    const desk = await elsewhere(account);
    await desk.deposit().waitFor();
    expect(await number(desk.deposit())).toBe(payment?.vbank_num);
    await deposit(payment?.imp_uid ?? '');
    await desk.deposit('PAID').waitFor();
    await phone.deposit('PAID').waitFor();
    await expectCredited(service, account.id, [5_000]);
  });

  it('tells after a reload that the money came while nobody looked', async () => {
    const { account, checkout, impUid } = await buyer();
    const { page } = checkout;
    await page.goto('about:blank');
    await deposit(impUid);
    await checkout.goto();
    await checkout.deposit('PAID').waitFor();
    await expectCredited(service, account.id, [10_000]);
  });

  it('shows each of several orders that wait, and ends each for itself', async () => {
    const { account, checkout, impUid } = await buyer();
    await order(checkout, 5_000);
    expect(await checkout.part('deposit-title').allInnerTexts()).toEqual([
      '5,000원을 입금해 주세요',
      '10,000원을 입금해 주세요',
    ]);
    expect(await checkout.part('awaited-deposit').count()).toBe(2);
    await deposit(impUid);
    await checkout.deposit('PAID').waitFor();
    expect(await checkout.deposit().count()).toBe(1);
    expect(await inside(checkout.deposit(), 'title').innerText()).toBe('5,000원을 입금해 주세요');
    await expectCredited(service, account.id, [10_000]);
  });

  it('gives an order up after a question, and closes its account', async () => {
    const { account, checkout, client } = await buyer();
    await checkout.part('deposit-give-up').click();
    await checkout.focusComesTo('give-up-title');
    await checkout.page.keyboard.press('Escape');
    await checkout.part('give-up-dialog').waitFor({ state: 'hidden' });
    await checkout.focusComesTo('deposit-give-up');
    expect(checkout.calls('cancelPaymentOrder')).toBe(0);

    await checkout.part('deposit-give-up').click();
    await checkout.part('give-up-confirm').click();
    await checkout.deposit('CANCELLED').waitFor();
    await checkout.part('give-up-dialog').waitFor({ state: 'hidden' });
    await checkout.focusComesTo('deposit-title');
    expect(await checkout.part('deposit-title').innerText()).toBe('10,000원 주문을 취소했습니다');
    expect(await service.simulator.paymentsOf(account.email)).toMatchObject([{ status: 'failed' }]);
    expect(await client.succeed('{ awaitingDeposits { merchantUid } }')).toEqual({ awaitingDeposits: [] });
    await expectCredited(service, account.id, []);
  });

  it('says until when it waits where the payment company closes no account', async () => {
    const { checkout } = await buyer();
    await control('POST', '/faults', { kind: 'refuse', call: 'DELETE /vbanks/{imp_uid}' });
    await checkout.part('deposit-give-up').click();
    await checkout.part('give-up-confirm').click();
    await checkout.part('give-up-error').filter({ hasText: '주문이 저절로 끝납니다' }).waitFor();
    await checkout.part('give-up-close').click();
    expect(await checkout.deposit().count()).toBe(1);
  });

  it('shows the points where the deposit comes before it is given up', async () => {
    const { account, checkout, impUid } = await buyer();
    await checkout.part('deposit-give-up').click();
    await control('POST', '/faults', { kind: 'hold-before', call: 'DELETE /vbanks/{imp_uid}' });
    await checkout.part('give-up-confirm').click();
    await control('GET', '/holds?count=1&wait_ms=5000');
    await deposit(impUid);
    await control('POST', '/holds/release', {});
    await checkout.deposit('PAID').waitFor();
    await checkout.part('give-up-dialog').waitFor({ state: 'hidden' });
    await expectCredited(service, account.id, [10_000]);
  });

  it('says that the time is over, after the gateway was asked', async () => {
    const { client } = await service.user();
    const device = await visitors.device();
    await device.route('**/graphql', async (route, request) => {
      if (!request.postData()?.includes('createPaymentOrder')) return route.fallback();
      const response = await route.fetch();
      const due = new Date(Date.now() + SHORT_LIFE_MS + KOREA_AHEAD_MS).toISOString().replaceAll(/\D/g, '');
      const body = (await response.text()).replace(/("vbankDue":")\d+/, `$1${due.slice(0, 14)}`);
      return route.fulfill({ response, body });
    });
    const checkout = await CheckoutPage.open(device, service.url, { client });
    await order(checkout, 10_000);
    const card = checkout.deposit();
    const due = Date.parse((await inside(card, 'due').getAttribute('datetime')) ?? '');
    expect(await inside(card, 'left').innerText()).toBe('1분 남음');
    await setTimeout(Math.max(0, due - Date.now()) + 1000);
    const merchantUid = (await card.getAttribute('data-merchant-uid')) ?? '';
    // The server looks a minute later.
    await service.books.manager.update(PaymentOrder, { merchantUid }, { nextCheckAt: new Date() });
    await checkout.deposit('EXPIRED').waitFor();
    expect(await checkout.part('deposit-title').innerText()).toBe('10,000원 주문의 입금 기한이 지났습니다');
  });

  it('copies the number where the browser lets it, and selects it where it does not', async () => {
    const device = await visitors.device();
    await device.grantPermissions(['clipboard-read', 'clipboard-write']);
    const { checkout, payment } = await buyer(device);
    const { page } = checkout;
    const note = checkout.part('deposit-note');
    await checkout.part('deposit-copy').click();
    await note.filter({ hasText: '복사했습니다' }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(payment.vbank_num);

    await page.addInitScript(() => {
      Object.defineProperty(navigator, 'clipboard', { value: undefined });
      document.execCommand = () => false;
    });
    await checkout.goto();
    await checkout.part('deposit-copy').click();
    await note.filter({ hasText: '선택해 두었습니다' }).waitFor();
    const selected = () => page.evaluate(() => String(getSelection()));
    expect(await selected()).toBe(payment.vbank_num);
    // The page goes on asking, and the selection stays.
    await checkout.called('awaitingDeposits', checkout.calls('awaitingDeposits') + 1);
    expect(await selected()).toBe(payment.vbank_num);
  });

  it('stops asking while nobody sees it, and asks at once when somebody does', async () => {
    const { checkout, impUid } = await buyer();
    const { page } = checkout;
    await page.clock.install();
    await checkout.goto();
    await checkout.deposit().waitFor();
    const setHidden = (hidden: boolean) =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    await setHidden(true);
    await page.clock.runFor(120_000);
    const calls = checkout.calls('awaitingDeposits');
    // An answer comes in its own time, and only after it the page would ask again.
    for (let minutes = 0; minutes < 10; minutes += 1) {
      await page.clock.runFor(61_000);
      await setTimeout(50);
    }
    expect(checkout.calls('awaitingDeposits')).toBe(calls);
    await deposit(impUid);
    await setHidden(false);
    await checkout.deposit('PAID').waitFor();
  });

  it('asks ever more seldom, stops after some hours, says so, and goes on when the buyer wants it', async () => {
    const { checkout } = await buyer();
    const { page } = checkout;
    await page.clock.install();
    await checkout.goto();
    await checkout.deposit().waitFor();
    const before = checkout.calls('awaitingDeposits');
    const stopped = checkout.part('deposit-note').filter({ hasText: '자동 확인을 쉬고' });
    // Some of these minutes go by while the page takes in an answer and does not ask yet.
    for (let minutes = 0; minutes < 1000 && !(await stopped.isVisible()); minutes += 1) {
      await page.clock.runFor(61_000);
      await checkout.answered();
    }
    await stopped.waitFor();
    expect(checkout.calls('awaitingDeposits') - before).toBeLessThanOrEqual(125);
    await checkout.part('deposit-report').click();
    await checkout.part('deposit-note').filter({ hasText: '아직 입금이 보이지 않습니다' }).waitFor();
  }, 180_000);

  it.each([
    { locale: 'ko-KR', done: '환불을 접수했습니다' },
    { locale: 'en-US', done: 'accepted' },
  ])(
    'asks for the account of a refund that is paid later, and follows it to its end ($locale)',
    async ({ locale, done }) => {
      const { client } = await service.user();
      const impUid = await paidIntoAccount(client, 'smartro_v2');
      const device = await visitors.device({ ...PHONE, viewport: { width: 320, height: 640 }, locale });
      const checkout = await CheckoutPage.open(device, service.url, { client });
      const page = new Cancelling(checkout);
      await page.open(impUid);
      await page.part('cancel-confirm').click();
      await checkout.focusComesTo('refund-bank');
      expect(await faults(checkout)).toEqual([true, true, true, true]);
      await checkout.expectNoSidewaysScrolling();
      await page.part('refund-bank').selectOption({ index: 1 });
      await page.part('refund-number').fill('110-12가');
      await page.part('refund-holder').fill('김하늘');
      await page.part('refund-phone').fill('010-1234-5678');
      await page.part('cancel-confirm').click();
      await checkout.focusComesTo('refund-number');
      expect(await faults(checkout)).toEqual([false, true, false, false]);
      expect(page.sent).toEqual([]);
      await page.part('refund-number').fill('110-123-456789');
      await page.part('cancel-confirm').click();
      await page.ended('pending');
      expect(await page.part('cancel-end-title').innerText()).toContain(done);
      await checkout.part('result-factExpected').waitFor();
      expect(page.sent).toMatchObject([
        { refundAccount: { number: '110123456789', holder: '김하늘', phone: '01012345678' } },
      ]);
      await page.close();
      await page.balanceIs('10,000P', { held: '10,000P' });
      await page.part('open-cancellation').waitFor();
      await control('POST', `/payments/${impUid}/refund-done`, {});
      await page.noticed('done');
      await page.balanceIs('0P');
    },
  );

  it('asks for no phone number where the payment company needs none, and says when the money comes', async () => {
    const { account, checkout, impUid } = await buyer();
    await deposit(impUid);
    await checkout.deposit('PAID').waitFor();
    const page = new Cancelling(checkout);
    await page.cancelButton(impUid).waitFor();
    await page.open(impUid);
    expect(await page.part('refund-phone').isVisible()).toBe(false);
    await page.part('refund-bank').selectOption({ label: '신한은행' });
    await page.part('refund-number').fill('110-123-456789');
    await page.part('refund-holder').fill('김하늘');
    await page.part('cancel-confirm').click();
    await page.ended('done');
    expect(await page.part('cancel-end-text').innerText()).toContain('다음 영업일');
    await page.close();
    await page.balanceIs('0P');
    expect(await page.part('refund-number').inputValue()).toBe('');
    expect(await service.simulator.paymentsOf(account.email)).toMatchObject([{ cancel_amount: 10_000 }]);
  });

  it('is used by keyboard alone', async () => {
    const { client, account } = await service.user();
    const checkout = await CheckoutPage.open(await visitors.device(), service.url, { client });
    const { keyboard } = checkout.page;
    await checkout.part('package-10000').focus();
    await keyboard.press('Space');
    await checkout.tabTo('method-card');
    await keyboard.press('ArrowLeft');
    await checkout.part('method-hint').filter({ hasText: '3일 안에' }).waitFor();
    await checkout.tabTo('pay');
    await keyboard.press('Enter');
    await checkout.window.locator('[data-test=approve]:focus').waitFor();
    await keyboard.press('Enter');
    await checkout.focusComesTo('deposit-title');
    await checkout.tabTo('deposit-copy');
    await keyboard.press('Enter');
    await checkout.part('deposit-note').filter({ hasText: '계좌번호를' }).waitFor();
    await checkout.tabTo('deposit-report');
    await keyboard.press('Enter');
    await checkout.part('deposit-note').filter({ hasText: '아직 입금이 보이지 않습니다' }).waitFor();
    await checkout.focusComesTo('deposit-report');
    await checkout.tabTo('deposit-give-up');
    await keyboard.press('Enter');
    await checkout.tabTo('give-up-confirm');
    await keyboard.press('Enter');
    await checkout.deposit('CANCELLED').waitFor();
    await checkout.focusComesTo('deposit-title');
    await checkout.tabTo('deposit-close');
    await keyboard.press('Enter');
    await checkout.focusComesTo('checkout-title');
    await expectCredited(service, account.id, []);
  });

  it('speaks English, and fits a phone of 320 pixels', async () => {
    const device = await visitors.device({ viewport: { width: 320, height: 640 }, locale: 'en-US' });
    const { checkout } = await buyer(device, 100_000);
    expect(await checkout.part('deposit-title').innerText()).toBe('Please transfer ₩100,000');
    expect(await checkout.part('deposit-left').innerText()).toMatch(/^[23] days( \d+ hours?)? left$/);
    await checkout.expectNoSidewaysScrolling();
    await checkout.part('language').click();
    expect(await checkout.part('deposit-title').innerText()).toBe('100,000원을 입금해 주세요');
    await checkout.expectNoSidewaysScrolling();
    await checkout.part('deposit-give-up').click();
    await checkout.part('give-up-confirm').waitFor();
    await checkout.expectNoSidewaysScrolling();
  });

  /** A payment into an account at another payment company than the channels have. */
  async function paidIntoAccount(client: GraphqlClient, pgProvider: string): Promise<string> {
    const { imp_uid } = await orderAndPay(client, service.simulator, {
      pay_method: 'vbank',
      pg_provider: pgProvider,
    });
    await credit(client, imp_uid);
    return imp_uid;
  }

  /** Whether something is wrong with bank, number, holder and phone. */
  async function faults(checkout: CheckoutPage): Promise<boolean[]> {
    const texts = await Promise.all(
      ['bank', 'number', 'holder', 'phone'].map((field) =>
        checkout.part(`refund-${field}-error`).innerText(),
      ),
    );
    return texts.map((text) => text !== '');
  }

  describe('where no notice comes', () => {
    let quiet: TopUpService;

    beforeAll(async () => {
      quiet = await startTopUpService({ simulatorEnv: NO_WEBHOOKS });
      visitors = new Visitors(browser, [service.url, service.simulatorUrl, quiet.url, quiet.simulatorUrl]);
    });

    afterAll(() => quiet?.stop());

    it('looks at the gateway when the buyer says to have paid', async () => {
      const { client, account } = await quiet.user();
      const checkout = await CheckoutPage.open(await visitors.device(), quiet.url, { client });
      await order(checkout, 10_000);
      await checkout.part('deposit-report').click();
      await checkout.part('deposit-note').filter({ hasText: '다시 보내지 마세요' }).waitFor();
      expect(checkout.calls('reportDeposit')).toBe(1);
      const [payment] = await quiet.simulator.paymentsOf(account.email);
      await fetch(`${quiet.simulatorUrl}/_simulator/payments/${payment?.imp_uid}/deposit`, {
        method: 'POST',
      });
      await checkout.part('deposit-report').click();
      await checkout.deposit('PAID').waitFor();
      await checkout.focusComesTo('deposit-title');
      await expectCredited(quiet, account.id, [10_000]);
    });

    it('looks by itself now and then', async () => {
      const { client, account } = await quiet.user();
      const checkout = await CheckoutPage.open(await visitors.device(), quiet.url, { client });
      await order(checkout, 10_000);
      const [payment] = await quiet.simulator.paymentsOf(account.email);
      await fetch(`${quiet.simulatorUrl}/_simulator/payments/${payment?.imp_uid}/deposit`, {
        method: 'POST',
      });
      // An answer comes in its own time.
      for (let steps = 0; steps < 100 && !(await checkout.deposit('PAID').isVisible()); steps += 1) {
        await checkout.page.clock.runFor(15_000);
        await setTimeout(50);
      }
      await checkout.deposit('PAID').waitFor();
      await expectCredited(quiet, account.id, [10_000]);
    });
  });

  it('offers none where the shop has none', async () => {
    const shop = await startTopUpService({ env: { VBANK_DUE_DAYS: '0', PAYMENT_METHODS: 'card' } });
    try {
      visitors = new Visitors(browser, [shop.url, shop.simulatorUrl]);
      const { client } = await shop.user();
      const checkout = await CheckoutPage.open(await visitors.device(), shop.url, { client });
      await checkout.part('package-10000').waitFor();
      expect(await checkout.part('method-vbank').isVisible()).toBe(false);
    } finally {
      await shop.stop();
    }
  });
});
