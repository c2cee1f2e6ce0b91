import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser, BrowserContext } from 'playwright-core';
import { PointTransactionStatus } from '../../src/point-transaction/point-transaction.entity.js';
import { Lot } from '../../src/point-transaction/lot.entity.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { faultsInBooks, readAccount } from '../support/books.js';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import type { GraphqlClient } from '../support/graphql-client.js';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { Cancelling } from './cancelling.js';
import { CheckoutPage } from './checkout-page.js';
import { PHONE, Visitors } from './visitors.js';

/** Soon enough that an open cancellation is finished between two of the page's questions. */
const REFUNDS = {
  POINT_PACKAGES: '5000,10000,30000,50000,100000,70000:+700',
  REFUND_PRESETS: 'UNUSED_7_DAYS,EXPIRED_90',
};
const RECOVERY = { RECOVERY_INTERVAL_MS: '100', RECOVERY_GRACE_MS: '1000' };
const CONNECTION_CUT = /net::ERR_FAILED/;
const CANCEL_CALL = 'POST /payments/cancel';
const READ_CALL = 'GET /payments/{imp_uid}';

/** A fault on demand of the simulator, for one call unless it says more. */
type Fault = { kind: string; [field: string]: unknown };

const EVENTUALLY_TRIES = 100;
const EVENTUALLY_PAUSE_MS = 50;

/** @throws when it does not become true in time */
async function eventually(isTrue: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < EVENTUALLY_TRIES; tries += 1) {
    if (await isTrue()) return;
    await setTimeout(EVENTUALLY_PAUSE_MS);
  }
  throw new Error(`not true within ${EVENTUALLY_TRIES * EVENTUALLY_PAUSE_MS} ms: ${String(isTrue)}`);
}

describeInBrowser('cancelling on the checkout page', () => {
  let service: TopUpService;
  let browser: Browser;
  let visitors: Visitors;

  beforeAll(async () => {
    service = await startTopUpService({ env: { ...RECOVERY, ...REFUNDS } });
    browser = await launchChromium();
    visitors = new Visitors(browser, [service.url, service.simulatorUrl]);
  });

  afterEach(async () => {
    await gateway('DELETE', '/faults');
    await visitors.leave();
  });

  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  async function gateway<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${service.simulatorUrl}/_simulator${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    expect(response.ok).toBe(true);
    return (await response.json()) as Answer;
  }

  /** The next cancels at the gateway go wrong in this way, one after the other. */
  async function gatewayCancels(...faults: Fault[]): Promise<void> {
    await gateway('POST', '/faults', { faults: faults.map((fault) => ({ call: CANCEL_CALL, ...fault })) });
  }

  /**
   * The gateway gives no answer to the next cancel, whether it carries it out (`cut-after`) or not (`cut-before`), and what
   * became of it cannot be found out before `releaseGateway`.
   */
  async function gatewayLeavesOpen(impUid: string, kind: 'cut-before' | 'cut-after', ...later: Fault[]) {
    await gatewayCancels({ kind }, ...later);
    await gateway('POST', '/faults', { kind: 'hold-before', call: READ_CALL, imp_uid: impUid });
  }

  async function gatewayHolds(): Promise<void> {
    const { holds } = await gateway<{ holds: unknown[] }>('GET', '/holds?count=1&wait_ms=5000');
    expect(holds).toHaveLength(1);
  }

  /** Lets the call go on that a `hold-…` fault has stopped. */
  async function releaseGateway(): Promise<void> {
    await gatewayHolds();
    await gateway('POST', '/holds/release', {});
  }

  async function gatewayPayments() {
    const { list } = await gateway<{ list: { imp_uid: string; cancel_amount: number }[] }>(
      'GET',
      '/payments?limit=1000',
    );
    return list;
  }

  async function paid(client: GraphqlClient, amount: number): Promise<string> {
    const { imp_uid } = await orderAndPay(client, service.simulator, { orderAmount: amount });
    await credit(client, imp_uid);
    return imp_uid;
  }

  /** A new user who has paid these amounts, on the page. */
  async function payer(amounts: number[], device?: BrowserContext) {
    const { client, account } = await service.user();
    const impUids: string[] = [];
    for (const amount of amounts) impUids.push(await paid(client, amount));
    const checkout = await CheckoutPage.open(device ?? (await visitors.device()), service.url, { client });
    await checkout.history();
    const [impUid = '', other = ''] = impUids;
    return { client, account, checkout, page: new Cancelling(checkout), impUid, other };
  }

  /** The books are in order and have exactly these rows of a user; the gateway has given back as much. */
  async function expectBooked(ownerId: string, amounts: number[], { spent = false } = {}): Promise<void> {
    const { balance, rows } = await readAccount(service.books, ownerId);
    expect(rows.map(({ amount }) => amount)).toEqual(amounts);
    expect(balance.heldPoint).toBe(0);
    // Points that were spent by hand have no row.
    if (!spent) expect(await faultsInBooks(service.books, ownerId)).toEqual([]);
    const cancelled = rows.filter(({ status }) => status === PointTransactionStatus.CANCEL);
    const own = new Set(rows.map(({ impUid }) => impUid));
    const givenBack = (await gatewayPayments()).filter(({ imp_uid }) => own.has(imp_uid));
    expect(givenBack.reduce((sum, { cancel_amount }) => sum + cancel_amount, 0)).toBe(
      cancelled.reduce((sum, { amount }) => sum - amount, 0),
    );
  }

  /** Stands for spending, which is not built yet. */
  async function spend(ownerId: string, points: number): Promise<void> {
    await service.books.manager.decrement(PointAccount, { ownerId }, 'point', points);
  }

  it('gives a whole payment back after a confirmation, with the reason that was typed', async () => {
    const { client, account, page, impUid } = await payer([10_000]);
    await page.open(impUid);
    expect(page.sent).toEqual([]);
    expect(await page.part('cancel-given-back').innerText()).toBe('10,000원');
    expect(await page.part('cancel-point-after').innerText()).toBe('0P');
    await page.part('cancel-reason').fill('실수로 두 번 눌렀어요');
    await page.part('cancel-confirm').click();
    await page.ended('done');
    expect(await page.part('cancel-end-title').innerText()).toBe('10,000원을 취소했습니다');
    await page.close();

    await page.balanceIs('0P');
    await page.state(impUid, 'ALL').waitFor();
    expect(await page.cancelButton(impUid).count()).toBe(0);
    expect((await page.checkout.history()).map(({ amount }) => amount)).toEqual(['-10,000P', '+10,000P']);
    const { cancellations } = await client.succeed<{ cancellations: { nodes: unknown[] } }>(
      '{ cancellations { nodes { impUid amount state reason } } }',
    );
    expect(cancellations.nodes).toEqual([
      { impUid, amount: 10_000, state: 'DONE', reason: '실수로 두 번 눌렀어요' },
    ]);
    await expectBooked(account.id, [10_000, -10_000]);
  });

  it('gives nothing back when the dialog is closed', async () => {
    const { account, page, impUid } = await payer([10_000]);
    await page.open(impUid);
    await page.close();
    await page.open(impUid);
    await page.checkout.page.keyboard.press('Escape');
    await page.part('cancel-dialog').waitFor({ state: 'hidden' });
    expect(page.sent).toEqual([]);
    await expectBooked(account.id, [10_000]);
  });

  it('gives parts back until nothing is left, and always offers what is left', async () => {
    const { account, page, impUid } = await payer([10_000]);
    await page.cancel(impUid, '3,000');
    await page.ended('done');
    await page.close();
    await page.balanceIs('7,000P');
    expect(await page.state(impUid, 'PART').innerText()).toBe('3,000원 취소됨');

    await page.open(impUid);
    expect(await page.part('cancel-given-back').innerText()).toBe('7,000원');
    await page.choosePart('2000');
    await page.part('cancel-confirm').click();
    await page.ended('done');
    await page.close();
    await page.cancel(impUid);
    await page.ended('done');
    await page.close();
    await page.balanceIs('0P');
    await page.state(impUid, 'ALL').waitFor();
    expect(new Set(page.sent.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(3);
    await expectBooked(account.id, [10_000, -3_000, -2_000, -5_000]);
  });

  it('sends no amount that cannot be cancelled', async () => {
    const { account, page, impUid } = await payer([10_000]);
    await page.open(impUid);
    for (const amount of ['', '0', '-1', '1.5', '10,001', '천원', '99999999999']) {
      await page.choosePart(amount);
      await page.part('cancel-confirm').click();
      expect(await page.part('cancel-amount-error').innerText()).not.toBe('');
      await page.checkout.focusComesTo('cancel-amount');
    }
    expect(page.sent).toEqual([]);
    await expectBooked(account.id, [10_000]);
  });

  it('says that points are spent, and cancels as much as there is', async () => {
    const { account, page, impUid } = await payer([10_000]);
    await spend(account.id, 6_000);
    await page.open(impUid);
    expect(await page.part('cancel-limit').innerText()).toMatch(/10,000원이 남아 .*4,000원까지/);
    await page.part('cancel-confirm').click();
    await page.ended('done');
    await page.close();
    await page.balanceIs('0P');

    await page.cancelButton(impUid).click();
    await page.part('cancel-limit').filter({ hasText: '지금은 취소할 수 없습니다' }).waitFor();
    expect(await page.part('cancel-confirm').isVisible()).toBe(false);
    await page.close();
    expect(page.sent.map(({ amount }) => amount)).toEqual([4_000]);
    await expectBooked(account.id, [10_000, -4_000], { spent: true });
  });

  it('shows the refusal beside the button when points were spent since the dialog opened', async () => {
    const { account, page, impUid } = await payer([10_000]);
    await page.open(impUid);
    await spend(account.id, 6_000);
    await page.part('cancel-confirm').click();
    await page.part('cancel-error').filter({ hasText: '지금은 4,000원이 환불됩니다' }).waitFor();
    await page.part('cancel-limit').filter({ hasText: '4,000원까지' }).waitFor();
    await page.part('cancel-confirm').filter({ hasText: '4,000원 취소하기' }).click();
    await page.ended('done');
    await expectBooked(account.id, [10_000, -4_000], { spent: true });
  });

  it('shows the bonus that goes with it, also of a part, and sends what it showed', async () => {
    const { page, impUid } = await payer([70_000]);
    await page.open(impUid);
    await page.part('cancel-bonus').filter({ hasText: '700P' }).waitFor();
    expect(await page.part('cancel-point-after').innerText()).toBe('0P');
    await page.choosePart('7000');
    await page.part('cancel-bonus').filter({ hasText: /^70P/ }).waitFor();
    if (process.env.SHOTS) await page.checkout.page.screenshot({ path: `${process.env.SHOTS}/bonus.png` });
    await page.part('cancel-confirm').click();
    await page.ended('done');

    const quoted = { amount: 7_000, points: 7_070, bonus: 70, fee: 0 };
    expect(page.sent).toMatchObject([{ amount: 7_000, quoted }]);
    await page.close();
    await page.balanceIs('63,630P');
  });

  it('shows why money of expired points goes back, and what the shop keeps of it', async () => {
    const { account, page, impUid } = await payer([10_000]);
    const nothing = { remaining: 0, expired: 10_000, openUntil: null, nextExpiryAt: null };
    await service.books.manager.update(Lot, { ownerId: account.id }, nothing);
    await spend(account.id, 10_000);

    await page.open(impUid);
    await page.part('cancel-limit').filter({ hasText: '유효기간이 끝난 포인트의 금액' }).waitFor();
    expect(await page.part('cancel-fee').innerText()).toBe('1,000원');
    expect(await page.part('cancel-given-back').innerText()).toBe('9,000원');
    if (process.env.SHOTS) await page.checkout.page.screenshot({ path: `${process.env.SHOTS}/expired.png` });
    await page.part('cancel-confirm').click();
    await page.ended('done');
    expect(page.sent).toMatchObject([{ quoted: { amount: 9_000, points: 0, bonus: 0, fee: 1_000 } }]);
  });

  it('says why the gateway refuses, leaves the points, and still knows it after a reload', async () => {
    const { account, page, impUid } = await payer([10_000]);
    await gatewayCancels({ kind: 'refuse', message: '결제취소에 실패하였습니다.(취소 기간이 지났습니다)' });
    await page.cancel(impUid);
    await page.ended('refused');
    const answer = await page.part('cancel-end-text').innerText();
    expect(answer).toContain('취소 기간이 지났습니다');
    expect(answer).toContain('포인트는 그대로입니다');
    await page.close();
    await page.balanceIs('10,000P');
    await page.checkout.goto();
    await page.state(impUid, 'REFUSED').waitFor();
    expect(await page.row(impUid).innerText()).toContain('취소 기간이 지났습니다');
    await expectBooked(account.id, [10_000]);

    await page.cancel(impUid);
    await page.ended('done');
    await expectBooked(account.id, [10_000, -10_000]);
  });

  it('holds the points while the gateway’s answer is missing, and says in the open dialog that it is done', async () => {
    const { account, page, impUid } = await payer([10_000, 5_000]);
    await gatewayLeavesOpen(impUid, 'cut-after');
    await page.cancel(impUid, '4000');
    await page.ended('pending');
    await page.balanceIs('15,000P', { held: '4,000P' });
    expect(await page.part('available').innerText()).toBe('11,000P');
    await releaseGateway();
    await page.ended('done');
    await page.close();
    await page.balanceIs('11,000P');
    await page.state(impUid, 'PART').waitFor();
    expect(await page.part('open-cancellation').count()).toBe(0);
    await expectBooked(account.id, [10_000, 5_000, -4_000]);
  });

  it('follows an open cancellation after the dialog was closed', async () => {
    const { account, page, impUid } = await payer([10_000]);
    await gatewayLeavesOpen(impUid, 'cut-before');
    await page.cancel(impUid);
    await page.ended('pending');
    await page.close();
    expect(await page.part('open-cancellation').getAttribute('data-imp-uid')).toBe(impUid);
    await page.state(impUid, 'PENDING').waitFor();
    expect(await page.cancelButton(impUid).count()).toBe(0);
    await releaseGateway();
    await page.noticed('done');
    await page.state(impUid, 'ALL').waitFor();
    await page.balanceIs('0P');
    await page.part('cancel-notice-close').click();
    expect(await page.part('cancel-notice').isVisible()).toBe(false);
    await expectBooked(account.id, [10_000, -10_000]);
  });

  it('follows it to a refusal as well', async () => {
    const { account, page, impUid } = await payer([10_000]);
    await gatewayLeavesOpen(impUid, 'cut-before', { kind: 'refuse', message: '취소할 수 없는 카드입니다.' });
    await page.cancel(impUid);
    await page.ended('pending');
    await page.close();
    await releaseGateway();
    await page.noticed('refused');
    expect(await page.part('cancel-notice-text').innerText()).toContain('취소할 수 없는 카드입니다.');
    await page.state(impUid, 'REFUSED').waitFor();
    await page.balanceIs('10,000P');
    await expectBooked(account.id, [10_000]);
  });

  it('follows an open cancellation after a reload', async () => {
    const { account, page, impUid } = await payer([10_000]);
    await gatewayCancels({ kind: 'hold-after' });
    await page.cancel(impUid);
    await gatewayHolds();
    // Everything is still under way: the gateway, the server and the page's own call.
    await page.checkout.goto();
    await page.state(impUid, 'PENDING').waitFor();
    await page.part('open-cancellation').waitFor();
    await page.balanceIs('10,000P', { held: '10,000P' });
    await releaseGateway();
    await page.noticed('done');
    await page.balanceIs('0P');
    expect(page.sent).toHaveLength(1);
    await expectBooked(account.id, [10_000, -10_000]);
  });

  it('asks at once about an open cancellation when the person wants it', async () => {
    const { client, page, impUid } = await payer([10_000]);
    await gatewayLeavesOpen(impUid, 'cut-after');
    await page.checkout.stopClock();
    await page.cancel(impUid);
    await page.ended('pending');
    await page.close();
    await releaseGateway();
    await eventually(async () => {
      const answer = await client.succeed<{ me: { point: number } }>('{ me { point } }');
      return answer.me.point === 0;
    });
    expect(await page.part('cancel-notice').isVisible()).toBe(false);
    await page.part('check-cancellation').click();
    await page.noticed('done');
  });

  it('cancels once when the button is pressed again and again', async () => {
    const { account, page, impUid } = await payer([10_000]);
    await page.open(impUid);
    await page.choosePart('3000');
    await page.part('cancel-confirm').dblclick();
    await page.checkout.page.evaluate(() =>
      document.querySelector<HTMLFormElement>('#cancel-form')?.requestSubmit(),
    );
    await page.ended('done');
    expect(page.sent).toHaveLength(1);
    await expectBooked(account.id, [10_000, -3_000]);
  });

  it('cancels once when the answers are lost: it asks again with the same key', async () => {
    const { account, page, impUid } = await payer([10_000]);
    visitors.expectFault(CONNECTION_CUT);
    await page.checkout.cut('cancelPointTransaction', { times: 2, afterWork: true });
    await page.cancel(impUid, '3000');
    await page.part('cancel-progress').filter({ hasText: '같은 요청을 다시' }).waitFor();
    await page.ended('done');
    expect(page.sent).toHaveLength(3);
    expect(new Set(page.sent.map((variables) => JSON.stringify(variables))).size).toBe(1);
    await expectBooked(account.id, [10_000, -3_000]);
  });

  it('asks again at once when the device is online again', async () => {
    const { account, page, impUid } = await payer([10_000]);
    visitors.expectFault(CONNECTION_CUT);
    await page.checkout.cut('cancelPointTransaction');
    await page.checkout.stopClock();
    await page.cancel(impUid);
    await page.part('cancel-progress').filter({ hasText: '같은 요청을 다시' }).waitFor();
    await page.checkout.mendConnection();
    await page.checkout.deviceIsOnlineAgain();
    await page.ended('done');
    expect(new Set(page.sent.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    await expectBooked(account.id, [10_000, -10_000]);
  });

  it('stops asking after a while, says that it does not know, and asks again with the same key', async () => {
    const { account, page, impUid } = await payer([10_000]);
    visitors.expectFault(CONNECTION_CUT);
    await page.checkout.page.clock.install();
    await page.checkout.cut('cancelPointTransaction');
    await page.cancel(impUid);
    for (let tries = 2; tries <= 8; tries += 1) {
      await page.part('cancel-progress').filter({ hasText: '같은 요청을 다시' }).waitFor();
      await page.checkout.page.clock.runFor(30_000);
      await page.checkout.called('cancelPointTransaction', tries);
    }
    await page.ended('undecided');
    await page.close();
    await page.state(impUid, 'ASKING').waitFor();
    await page.cancelButton(impUid).click();
    await page.ended('undecided');
    await page.checkout.mendConnection();
    await page.part('cancel-again').click();
    await page.ended('done');
    expect(new Set(page.sent.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    await expectBooked(account.id, [10_000, -10_000]);
  });

  it('goes on when the dialog is closed before the answer', async () => {
    const { account, page, impUid } = await payer([10_000]);
    await gatewayCancels({ kind: 'hold-before' });
    await page.cancel(impUid);
    await page.close();
    await page.state(impUid, 'ASKING').waitFor();
    await releaseGateway();
    await page.noticed('done');
    await page.balanceIs('0P');
    await expectBooked(account.id, [10_000, -10_000]);
  });

  it('does not begin a second cancellation while another device has one under way', async () => {
    const { account, client, page, impUid } = await payer([10_000]);
    await page.open(impUid);
    await gatewayCancels({ kind: 'hold-before' });
    const elsewhere = client.call(
      'mutation ($i: String!) { cancelPointTransaction(impUid: $i, amount: 1000) { state } }',
      {
        i: impUid,
      },
    );
    await gatewayHolds();
    await page.part('cancel-confirm').click();
    await page.part('cancel-error').filter({ hasText: '다른 취소가 진행 중' }).waitFor();
    await page.part('cancel-limit').filter({ hasText: '다른 취소가 진행 중' }).waitFor();
    expect(await page.part('cancel-confirm').isVisible()).toBe(false);
    await releaseGateway();
    await elsewhere;
    await expectBooked(account.id, [10_000, -1_000]);
  });

  it('goes on after the log-in when the login was over', async () => {
    const { account, page, impUid } = await payer([10_000]);
    await page.open(impUid);
    await page.choosePart('2500');
    const { page: tab } = page.checkout;
    await tab.context().clearCookies();
    await tab.route('**/graphql', (route, request) =>
      route.continue({ headers: { ...request.headers(), authorization: 'Bearer over' } }),
    );
    await page.part('cancel-confirm').click();
    await page.part('auth').waitFor();
    expect(await page.part('cancel-dialog').isVisible()).toBe(false);
    await tab.unroute('**/graphql');
    await page.checkout.logIn(account);
    await page.ended('loginNeeded');
    await expectBooked(account.id, [10_000]);
    await page.part('cancel-again').click();
    await page.ended('done');
    await expectBooked(account.id, [10_000, -2_500]);
  });

  it('is used by keyboard alone, and the focus comes back', async () => {
    const { account, page } = await payer([10_000]);
    const { keyboard } = page.checkout.page;
    await page.part('history-title').focus();
    await page.checkout.tabTo('cancel');
    await keyboard.press('Enter');
    await page.part('cancel-confirm').waitFor();
    await page.checkout.focusComesTo('cancel-title');
    await keyboard.press('Escape');
    await page.part('cancel-dialog').waitFor({ state: 'hidden' });
    await page.checkout.focusComesTo('cancel');

    await keyboard.press('Enter');
    await page.part('cancel-confirm').waitFor();
    await page.checkout.tabTo('cancel-all');
    await keyboard.press('ArrowRight');
    await page.checkout.tabTo('cancel-amount');
    await keyboard.type('2500');
    await page.checkout.tabTo('cancel-reason');
    await keyboard.type('마음이 바뀌었어요');
    await keyboard.press('Enter');
    await page.ended('done');
    await page.checkout.focusComesTo('cancel-end-title');
    await page.checkout.tabTo('cancel-close');
    await keyboard.press('Enter');
    await page.part('cancel-dialog').waitFor({ state: 'hidden' });
    await page.checkout.focusComesTo('cancel');
    await expectBooked(account.id, [10_000, -2_500]);
  });

  it.each([
    { locale: 'ko-KR', confirm: '10,000원 취소하기', done: '10,000원을 취소했습니다' },
    { locale: 'en-US', confirm: 'Cancel ₩10,000', done: '₩10,000 cancelled' },
  ])('fits a phone of 320 pixels ($locale)', async ({ locale, confirm, done }) => {
    const device = await visitors.device({ ...PHONE, viewport: { width: 320, height: 640 }, locale });
    const { page, impUid } = await payer([10_000], device);
    const expectFitting = async () => {
      await page.checkout.expectNoSidewaysScrolling();
      const { content, view } = await page.part('cancel-dialog').evaluate((dialog) => ({
        content: dialog.scrollWidth,
        view: dialog.clientWidth,
      }));
      expect(content).toBeLessThanOrEqual(view);
    };
    await page.open(impUid);
    expect(await page.part('cancel-confirm').innerText()).toBe(confirm);
    await page.choosePart('10000000');
    await page.part('cancel-confirm').click();
    await expectFitting();
    await page.part('cancel-all').check();
    await gatewayLeavesOpen(impUid, 'cut-after');
    await page.part('cancel-confirm').click();
    await page.ended('pending');
    await expectFitting();
    await releaseGateway();
    await page.ended('done');
    expect(await page.part('cancel-end-title').innerText()).toBe(done);
    await expectFitting();
    await page.close();
    await page.state(impUid, 'ALL').waitFor();
    await page.checkout.expectNoSidewaysScrolling();
  });

  it('shows a cancellation made in the PortOne console, and a debt when its points were spent', async () => {
    const { account, page, impUid } = await payer([10_000]);
    const cancelInConsole = async (amount: number, rows: number) => {
      await gateway('POST', `/payments/${impUid}/cancel`, { amount });
      // As the gateway would tell it; payments of the tests name no address for its notices.
      await fetch(`${service.url}/webhooks/iamport`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ imp_uid: impUid, status: 'cancelled' }),
      });
      await eventually(async () => (await readAccount(service.books, account.id)).rows.length === rows);
      await page.checkout.goto();
    };
    await cancelInConsole(2_000, 2);
    await page.balanceIs('8,000P');
    expect(await page.state(impUid, 'PART').innerText()).toBe('2,000원 취소됨');
    expect(await page.part('debt').isVisible()).toBe(false);
    await expectBooked(account.id, [10_000, -2_000]);

    await spend(account.id, 5_000);
    await cancelInConsole(8_000, 3);
    await page.balanceIs('-5,000P');
    expect(await page.part('debt').innerText()).toContain('5,000P가 모자랍니다');
    await page.state(impUid, 'ALL').waitFor();
    await expectBooked(account.id, [10_000, -2_000, -8_000], { spent: true });
  });

  it('tells the gateway where to send its notice, so that a payment is credited without the page', async () => {
    const { client, account } = await service.user();
    const checkout = await CheckoutPage.open(await visitors.device(), service.url, { client });
    await checkout.holdOnce('createPointTransaction');
    await checkout.openWindow(5_000);
    await checkout.press('approve');
    await checkout.called('createPointTransaction', 1);
    await checkout.page.close();
    await eventually(async () => (await readAccount(service.books, account.id)).rows.length === 1);
    await expectBooked(account.id, [5_000]);
  });

  it('says that money which cannot be credited goes back by itself, and it does', async () => {
    const { client, account } = await service.user();
    const { imp_uid } = await orderAndPay(client, service.simulator, { orderAmount: 5_000, amount: 4_000 });
    const checkout = await CheckoutPage.open(await visitors.device(), service.url, {
      client,
      query: `?imp_uid=${imp_uid}`,
    });
    await checkout.outcome('refused');
    expect(await checkout.part('result-text').innerText()).toContain('자동으로 돌려드립니다');
    await expectBooked(account.id, []);
    await eventually(async () => {
      const payment = (await gatewayPayments()).find((one) => one.imp_uid === imp_uid);
      return payment?.cancel_amount === 4_000;
    });
  });
});
