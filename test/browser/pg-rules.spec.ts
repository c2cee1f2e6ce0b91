import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { faultsInBooks, readAccount } from '../support/books.js';
import { cancelPayment } from '../support/cancel-operations.js';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import type { PaymentWish } from '../support/simulator-control.js';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { Cancelling } from './cancelling.js';
import { CheckoutPage } from './checkout-page.js';
import { PHONE, Visitors } from './visitors.js';

const RECOVERY = { RECOVERY_INTERVAL_MS: '100', RECOVERY_GRACE_MS: '1000' };
const DAY_SECONDS = 24 * 60 * 60;
const secondsAgo = (days: number) => Math.floor(Date.now() / 1000) - days * DAY_SECONDS;
const CANCEL_CALL = 'POST /payments/cancel';

describeInBrowser('what a PG allows, in the cancel dialog', () => {
  let service: TopUpService;
  let browser: Browser;
  let visitors: Visitors;

  beforeAll(async () => {
    service = await startTopUpService({ env: RECOVERY });
    browser = await launchChromium();
    visitors = new Visitors(browser, [service.url, service.simulatorUrl]);
  });

  afterEach(() => visitors.leave());

  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  /** A new user with one credited payment of 10,000 won, on the page. */
  async function payer(wish: Partial<PaymentWish>, device: BrowserContextOptions = {}) {
    const { client, account } = await service.user();
    const { imp_uid: impUid } = await orderAndPay(client, service.simulator, wish);
    await credit(client, impUid);
    const context = await visitors.device(device);
    const checkout = await CheckoutPage.open(context, service.url, { client });
    await checkout.history();
    return { account, client, checkout, page: new Cancelling(checkout), impUid };
  }

  async function setUnsettledWon(unsettledWon: number | null): Promise<void> {
    const response = await fetch(`${service.simulatorUrl}/_simulator/habits`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ unsettled_won: unsettledWon }),
    });
    expect(response.ok).toBe(true);
  }

  const cancelCalls = async () => (await service.simulator.requests()).counts[CANCEL_CALL] ?? 0;

  async function expectRows(ownerId: string, amounts: number[]): Promise<void> {
    const { balance, rows } = await readAccount(service.books, ownerId);
    expect(rows.map(({ amount }) => amount)).toEqual(amounts);
    expect(balance.heldPoint).toBe(0);
    expect(await faultsInBooks(service.books, ownerId)).toEqual([]);
  }

  it('cancels a card of Toss Payments in part, and then the rest of it', async () => {
    const { account, page, impUid } = await payer({ pg_provider: 'tosspayments', pay_method: 'card' });

    await page.cancel(impUid, '3000');
    await page.ended('done');
    await page.close();
    await page.cancel(impUid);
    await page.ended('done');

    await expectRows(account.id, [10_000, -3_000, -7_000]);
  });

  it('offers a phone bill as a whole only, with its last day', async () => {
    const wish = { pg_provider: 'mobilians', pay_method: 'phone' };
    const { account, page, impUid } = await payer(wish, { timezoneId: 'Asia/Seoul' });

    await page.open(impUid);

    expect(await page.part('cancel-part').isVisible()).toBe(false);
    expect(await page.part('cancel-limit').innerText()).toContain('일부만 취소할 수는 없습니다');
    expect(await page.part('cancel-until').innerText()).toMatch(/11:59까지 취소할 수 있습니다\.$/);
    await page.part('cancel-confirm').click();
    await page.ended('done');
    await expectRows(account.id, [10_000, -10_000]);
  });

  it.each<[string, Partial<PaymentWish>, RegExp]>([
    [
      'a card of KSNET after six months',
      { pg_provider: 'ksnet', pay_method: 'card', paid_at: secondsAgo(190) },
      /취소 기한이 .+ 끝나.+계좌 환불을 문의/,
    ],
    [
      'a virtual account of Danal',
      { pg_provider: 'danal_tpay', pay_method: 'vbank' },
      /취소할 수 없습니다.+계좌 환불을 문의/,
    ],
  ])('%s cannot be confirmed: the dialog says why and what to do', async (_, wish, words) => {
    const { account, page, impUid } = await payer(wish);
    const calls = await cancelCalls();

    await page.cancelButton(impUid).click();
    await page.part('cancel-limit').filter({ hasText: words }).waitFor();

    expect(await page.part('cancel-confirm').isVisible()).toBe(false);
    expect(await page.part('cancel-until').innerText()).toBe('');
    await page.close();
    expect(await cancelCalls()).toBe(calls);
    await expectRows(account.id, [10_000]);
  });

  it('asks for an account where a virtual account of Toss Payments is refunded', async () => {
    const { account, page, impUid } = await payer({ pg_provider: 'tosspayments', pay_method: 'vbank' });

    await page.open(impUid);
    await page.part('refund-bank').selectOption({ index: 1 });
    await page.part('refund-number').fill('110-123-456789');
    await page.part('refund-holder').fill('김하늘');
    await page.part('cancel-confirm').click();

    await page.ended('done');
    await expectRows(account.id, [10_000, -10_000]);
  });

  it('says how long a card can usually be cancelled, in English on a phone as well', async () => {
    const { checkout, page, impUid } = await payer({}, { ...PHONE, locale: 'en-US' });

    await page.open(impUid);

    expect(await page.part('cancel-until').innerText()).toMatch(
      /^It can usually be cancelled until .+ depending/,
    );
    expect(await page.part('cancel-limit').innerText()).toBe('');
    await checkout.expectNoSidewaysScrolling();
  });

  it('with too little of the shop’s money says that it can be tried again, and keeps the points', async () => {
    const { account, page, impUid } = await payer({ pg_provider: 'kcp' });
    await setUnsettledWon(0);
    try {
      await page.cancel(impUid);
      await page.ended('refused');
    } finally {
      await setUnsettledWon(null);
    }

    expect(await page.part('cancel-end-text').innerText()).toContain('내일 다시 취소하거나');
    await page.close();
    await page.balanceIs('10,000P');
    await page.cancel(impUid);
    await page.ended('done');
    await expectRows(account.id, [10_000, -10_000]);
  });

  it('takes back the choice of a part that has become impossible meanwhile, and offers the rest', async () => {
    const { account, client, page, impUid } = await payer({ pg_provider: 'ksnet' });
    await page.open(impUid);
    await page.choosePart('100');
    // On another device: as many parts as KSNET takes.
    for (let part = 1; part <= 9; part += 1) await cancelPayment(client, { impUid, amount: 100 });

    await page.part('cancel-confirm').click();
    await page.part('cancel-error').filter({ hasText: '일부만 취소할 수는 없습니다' }).waitFor();
    await page.part('cancel-part').waitFor({ state: 'hidden' });

    expect(await page.part('cancel-given-back').innerText()).toBe('9,100원');
    await page.part('cancel-confirm').click();
    await page.ended('done');
    await expectRows(account.id, [10_000, ...Array.from({ length: 9 }, () => -100), -9_100]);
  });
});
