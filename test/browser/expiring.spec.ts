import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { ulid } from 'ulid';
import { addDays, koreanDayOf, periodOfDay } from '../../src/calendar/korean-time.js';
import { inTransaction } from '../../src/database/transaction.js';
import { lockAccount, openAccount } from '../../src/point-account/accounts.js';
import { bring } from '../../src/point-transaction/ledger.js';
import { LotKind } from '../../src/point-transaction/lot.entity.js';
import { PointTransactionStatus } from '../../src/point-transaction/point-transaction.entity.js';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { CheckoutPage } from './checkout-page.js';
import { PHONE, Visitors } from './visitors.js';

const HOUR_MS = 60 * 60_000;

describeInBrowser('points that expire soon', () => {
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

  async function give(ownerId: string, amount: number, days: number): Promise<string> {
    const day = addDays(koreanDayOf(new Date()), days);
    const expiresAt = new Date(periodOfDay(day).from.getTime() + 23 * HOUR_MS);
    await openAccount(service.books.manager, ownerId);
    await inTransaction(service.books, 'READ COMMITTED', async (manager) => {
      const fact = { reference: `grant:${ulid()}`, status: PointTransactionStatus.GRANT, amount };
      bring(manager, await lockAccount(manager, ownerId), fact, { kind: LotKind.ADJUST, expiresAt });
    });
    return day;
  }
  const said = (locale: string, day: string) =>
    new Intl.DateTimeFormat(locale, { month: 'long', day: 'numeric', timeZone: 'UTC' }).format(new Date(day));

  it('stand below the balance with their days, in both languages and until they are gone', async () => {
    const { client, account } = await service.user();
    const first = await give(account.id, 300, 3);
    await give(account.id, 200, 3);
    const second = await give(account.id, 1_000, 20);
    await give(account.id, 5_000, 60);
    const checkout = await CheckoutPage.open(await visitors.device(PHONE), service.url, { client });
    const lines = checkout.part('expiring').locator('li');
    await lines.nth(1).waitFor();

    expect(await lines.allTextContents()).toEqual([
      `${said('ko-KR', first)}에 500P가 만료됩니다.`,
      `${said('ko-KR', second)}에 1,000P가 만료됩니다.`,
    ]);
    if (process.env.SHOTS)
      await checkout.page.screenshot({ path: `${process.env.SHOTS}/expiring-phone.png` });
    await checkout.part('language').click();
    await lines.filter({ hasText: '500P expire on' }).waitFor();
    expect(await lines.allTextContents()).toEqual([
      `500P expire on ${said('en-US', first)}.`,
      `1,000P expire on ${said('en-US', second)}.`,
    ]);
    if (process.env.SHOTS) await checkout.page.screenshot({ path: `${process.env.SHOTS}/expiring-en.png` });
    expect(await checkout.part('balance').textContent()).toBe('6,500P');
  });

  it('are not there where nothing expires soon', async () => {
    const { client, account } = await service.user();
    await give(account.id, 5_000, 60);
    const checkout = await CheckoutPage.open(await visitors.device(), service.url, { client });
    await checkout.part('balance').filter({ hasText: '5,000' }).waitFor();

    expect(await checkout.part('expiring').isHidden()).toBe(true);
  });
});
