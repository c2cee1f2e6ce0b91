import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { readSettings } from '../../src/config/settings.js';
import { Lot } from '../../src/point-transaction/lot.entity.js';
import { HoldService } from '../../src/spending/hold.service.js';
import { User, UserRole } from '../../src/user/user.entity.js';
import { GATEWAY_ENV } from '../support/books.js';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { eventually } from '../support/rooms.js';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { CheckoutPage } from './checkout-page.js';
import { PHONE, Visitors } from './visitors.js';

const ARGUMENTS = 'reason: $reason, reference: "order-1042", idempotencyKey: $key';
const VARIABLES = '$ownerId: ID!, $reason: String!, $key: String!';

const until = new Date(Date.now() + 3_600_000);

describeInBrowser('the history of spent points', () => {
  let service: TopUpService;
  let browser: Browser;
  let visitors: Visitors;
  let client: Awaited<ReturnType<TopUpService['user']>>['client'];

  beforeAll(async () => {
    service = await startTopUpService({ env: { RECOVERY_INTERVAL_MS: '100' } });
    browser = await launchChromium();
    visitors = new Visitors(browser, [service.url, service.simulatorUrl]);
    const user = await service.user();
    client = user.client;
    const ownerId = user.account.id;
    await credit(client, (await orderAndPay(client, service.simulator)).imp_uid);
    const boss = await service.user();
    const { manager } = service.books;
    await manager.update(User, { id: boss.account.id }, { role: UserRole.OPERATOR });
    const call = (field: string, amount: number, reason: string, more = '') =>
      boss.client.succeed<Record<string, { id: string }>>(
        `mutation (${VARIABLES}) { ${field}(ownerId: $ownerId, amount: ${amount}, ${ARGUMENTS}${more}) { id } }`,
        { ownerId, reason, key: `${field} ${amount}` },
      );
    const { spendPoints } = await call('spendPoints', 3000, '요가 수업');
    await boss.client.succeed(
      'mutation ($id: ID!) { cancelSpend(spendId: $id, amount: 1000, reason: "수업 시간 변경", idempotencyKey: "back") { id } }',
      { id: spendPoints?.id },
    );
    const { grantPoints } = await call('grantPoints', 70, '가입 축하');
    const past = new Date(Date.now() - 1000);
    await manager.update(Lot, { id: grantPoints?.id }, { openUntil: past, nextExpiryAt: past });
    await eventually(async () => {
      const { status } = (
        await client.succeed<{ pointTransactions: { nodes: { status: string }[] } }>(
          '{ pointTransactions(first: 1) { nodes { status } } }',
        )
      ).pointTransactions.nodes[0]!;
      expect(status).toBe('EXPIRE');
    });
    await call('holdPoints', 2000, '배송 전', `, until: "${until.toISOString()}"`);
    const spare = await call('holdPoints', 1000, '대기', `, until: "${until.toISOString()}"`);
    await boss.client.succeed('mutation ($id: ID!) { voidHold(holdId: $id) { state } }', {
      id: spare.holdPoints?.id,
    });
  });

  afterEach(() => visitors.leave());

  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  it.each([
    [
      'ko-KR',
      ['유효기간 만료', '포인트 지급', '사용 취소', '포인트 사용', '포인트 충전'],
      '주문 order-1042',
      ['사용 예약', '까지'],
    ],
    [
      'en-US',
      ['Expired', 'Points granted', 'Points returned', 'Points used', 'Top-up'],
      'Order order-1042',
      ['Reserved', 'Until '],
    ],
  ])('says what, why and for what on a phone (%s)', async (locale, titles, order, [reserved, untilWord]) => {
    const device = await visitors.device({ ...PHONE, locale });
    const checkout = await CheckoutPage.open(device, service.url, { client });
    await checkout.part('history-row').first().waitFor();

    const rows = checkout.part('history-row');
    expect(await rows.locator('.row-title').allInnerTexts()).toEqual(titles);
    expect(await rows.locator('.row-icon:visible').count()).toBe(titles.length);
    expect(await rows.locator('[data-test=reason]').allInnerTexts()).toEqual([
      '가입 축하',
      '수업 시간 변경',
      '요가 수업',
    ]);
    expect(await rows.locator('[data-test=reference]').allInnerTexts()).toEqual([order, order, order]);
    expect(await checkout.part('held').innerText()).toContain('2,000');
    // One row for each open hold, which together are what is held; the one that ended is gone.
    const holds = checkout.part('open-hold');
    expect(await holds.count()).toBe(1);
    const shown = await holds.innerText();
    for (const words of [reserved, '2,000', untilWord, '배송 전', order]) expect(shown).toContain(words);
    expect(await holds.locator('time').getAttribute('datetime')).toBe(until.toISOString());
    expect(await checkout.part('open-holds-more').isHidden()).toBe(true);
    const { page } = checkout;
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    if (process.env.PICTURES) {
      await page.screenshot({ path: `${process.env.PICTURES}/${locale}-phone.png`, fullPage: true });
    }
  });

  it('shows fifty of more holds, and says that there are more', async () => {
    const { client: holder, account } = await service.user();
    await credit(holder, (await orderAndPay(holder, service.simulator)).imp_uid);
    const holds = new HoldService(service.books, readSettings(GATEWAY_ENV));
    for (let amount = 1; amount <= 51; amount++) {
      const idempotencyKey = `hold ${amount}`;
      await holds.hold({ ownerId: account.id, amount, reason: '배송 전', idempotencyKey, until });
    }
    const checkout = await CheckoutPage.open(await visitors.device(PHONE), service.url, { client: holder });
    await checkout.part('open-holds-more').waitFor();

    expect(await checkout.part('open-hold').count()).toBe(50);
  });

  it('says what its drawings mean in words alone, so that nobody needs to see them', async () => {
    const checkout = await CheckoutPage.open(await visitors.device(), service.url, { client });
    await checkout.part('history-row').first().waitFor();

    for (const icon of await checkout.page.locator('.row-icon').all()) {
      expect(await icon.getAttribute('aria-hidden')).toBe('true');
    }
    if (process.env.PICTURES) {
      await checkout.page.screenshot({ path: `${process.env.PICTURES}/pc.png`, fullPage: true });
    }
  });
});
