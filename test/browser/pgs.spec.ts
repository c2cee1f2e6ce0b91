import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { faultsInBooks, readAccount } from '../support/books.js';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { eventually } from '../support/rooms.js';
import type { PaymentWish } from '../support/simulator-control.js';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { Cancelling } from './cancelling.js';
import { CheckoutPage, type Method } from './checkout-page.js';
import { Visitors } from './visitors.js';

const RECOVERY = { RECOVERY_INTERVAL_MS: '100', RECOVERY_GRACE_MS: '1000' };
const channel = (method: Method, pg: string) => `${method}=channel-key-sim-${pg}@${pg}`;
/** A method has one channel, so two shops have those of all. */
const SHOPS = [
  [
    channel('card', 'html5_inicis'),
    channel('trans', 'uplus'),
    channel('phone', 'mobilians'),
    channel('kakaopay', 'kakaopay'),
  ],
  [channel('card', 'kcp'), channel('phone', 'danal')],
];
const DAY_SECONDS = 24 * 60 * 60;
const secondsAgo = (days: number) => Math.floor(Date.now() / 1000) - days * DAY_SECONDS;
const NO_PART = '일부만 취소할 수는 없습니다';
const TEL = '010-1234-5678';

describeInBrowser('each PG, from its window to its refusal', () => {
  let services: TopUpService[];
  let browser: Browser;
  let visitors: Visitors;

  beforeAll(async () => {
    [services, browser] = await Promise.all([
      Promise.all(
        SHOPS.map((methods) =>
          startTopUpService({ env: { ...RECOVERY, PAYMENT_METHODS: methods.join(',') } }),
        ),
      ),
      launchChromium(),
    ]);
    visitors = new Visitors(
      browser,
      services.flatMap(({ url, simulatorUrl }) => [url, simulatorUrl]),
    );
  });

  afterEach(() => visitors.leave());

  afterAll(async () => {
    await browser.close();
    for (const service of services) await service.stop();
  });

  function shopOf(pg: string): TopUpService {
    const index = SHOPS.findIndex((methods) => methods.some((method) => method.endsWith(`@${pg}`)));
    const shop = services[index];
    if (!shop) throw new Error(`no shop has ${pg}`);
    return shop;
  }

  /** A buyer at the shop of a PG, with what they once paid in other ways. */
  async function buyerAt(pg: string, past: Partial<PaymentWish>[] = []) {
    const service = shopOf(pg);
    const { client, account } = await service.user();
    const old: string[] = [];
    for (const wish of past) {
      const { imp_uid: impUid } = await orderAndPay(client, service.simulator, { pg_provider: pg, ...wish });
      await credit(client, impUid);
      old.push(impUid);
    }
    const checkout = await CheckoutPage.open(
      await visitors.device({ timezoneId: 'Asia/Seoul' }),
      service.url,
      {
        client,
      },
    );
    await checkout.part('package-10000').waitFor();
    const page = new Cancelling(checkout);

    /** Pays in the window of the PG. */
    const pay = async (method: Method): Promise<string> => {
      await checkout.choose(10_000, method);
      if (await checkout.part('tel').isVisible()) await checkout.part('tel').fill(TEL);
      await checkout.openWindow(10_000, method);
      expect(await checkout.window.locator('[data-test=pg]').innerText()).toMatch(new RegExp(`· ${pg}$`));
      await checkout.press('approve');
      await checkout.outcome('credited');
      const impUid = await checkout.impUid();
      await checkout.part('result-close').click();
      await page.cancelButton(impUid).waitFor();
      return impUid;
    };
    const cancel = async (impUid: string, amount?: string): Promise<void> => {
      await page.cancel(impUid, amount);
      await page.ended('done');
      await page.close();
    };
    /** Only the whole of it is offered, and the dialog says so. */
    const cancelAsAWhole = async (impUid: string): Promise<void> => {
      await page.open(impUid);
      expect(await page.part('cancel-part').isVisible()).toBe(false);
      expect(await page.part('cancel-limit').innerText()).toContain(NO_PART);
      await page.part('cancel-confirm').click();
      await page.ended('done');
      await page.close();
    };
    /** The dialog says why, and has nothing to confirm. */
    const isNotOffered = async (impUid: string, words: RegExp): Promise<void> => {
      await page.cancelButton(impUid).click();
      await page.part('cancel-limit').filter({ hasText: words }).waitFor();
      expect(await page.part('cancel-confirm').isVisible()).toBe(false);
      await page.close();
    };
    /** The PG itself refuses, for it holds too little of the shop's money. */
    const isRefused = async (impUid: string, amount?: string): Promise<void> => {
      await service.simulator.setHabits({ unsettled_won: 0 });
      try {
        await page.cancel(impUid, amount);
        await page.ended('refused');
      } finally {
        await service.simulator.setHabits({ unsettled_won: null });
      }
      expect(await page.part('cancel-end-text').innerText()).toContain('내일 다시 취소하거나');
      await page.close();
    };
    const hasRows = async (amounts: number[]): Promise<void> => {
      // What a PG refused is held until a last look.
      await eventually(async () => {
        expect((await readAccount(service.books, account.id)).balance.heldPoint).toBe(0);
      });
      const { rows } = await readAccount(service.books, account.id);
      expect(rows.map(({ amount }) => amount)).toEqual(amounts);
      expect(await faultsInBooks(service.books, account.id)).toEqual([]);
      const paid = await service.simulator.paymentsOf(account.email);
      expect(paid.every(({ pg_provider }) => pg_provider === pg)).toBe(true);
    };
    return { pay, cancel, cancelAsAWhole, isNotOffered, isRefused, hasRows, old };
  }

  describe('KG Inicis', () => {
    it('is paid by card, cancelled in part and wholly, and not after the month of a phone bill', async () => {
      const buyer = await buyerAt('html5_inicis', [{ pay_method: 'phone', paid_at: secondsAgo(32) }]);
      const [bill = ''] = buyer.old;

      const impUid = await buyer.pay('card');
      await buyer.cancel(impUid, '3000');
      await buyer.cancel(impUid);
      await buyer.isNotOffered(bill, /취소 기한이 .+ 끝나.+계좌 환불을 문의/);

      await buyer.hasRows([10_000, 10_000, -3_000, -7_000]);
    });
  });

  describe('NHN KCP', () => {
    it('is paid by card, cancelled in part and wholly, and not while it holds too little', async () => {
      const buyer = await buyerAt('kcp');

      const impUid = await buyer.pay('card');
      await buyer.cancel(impUid, '3000');
      await buyer.isRefused(impUid);
      await buyer.hasRows([10_000, -3_000]);
      await buyer.cancel(impUid);

      await buyer.hasRows([10_000, -3_000, -7_000]);
    });
  });

  describe('LG U+, the old module of Toss Payments', () => {
    it('is paid by transfer, cancelled in part and wholly, and a phone bill only wholly', async () => {
      const buyer = await buyerAt('uplus', [{ pay_method: 'phone' }]);
      const [bill = ''] = buyer.old;

      const impUid = await buyer.pay('trans');
      await buyer.cancel(impUid, '3000');
      await buyer.cancel(impUid);
      await buyer.cancelAsAWhole(bill);

      await buyer.hasRows([10_000, 10_000, -3_000, -7_000, -10_000]);
    });
  });

  describe('KG Mobilians', () => {
    it('is paid by phone bill, cancelled only wholly, and not after its month', async () => {
      const buyer = await buyerAt('mobilians', [{ pay_method: 'phone', paid_at: secondsAgo(32) }]);
      const [bill = ''] = buyer.old;

      await buyer.cancelAsAWhole(await buyer.pay('phone'));
      await buyer.isNotOffered(bill, /취소 기한이 .+ 끝나.+계좌 환불을 문의/);

      await buyer.hasRows([10_000, 10_000, -10_000]);
    });
  });

  describe('Danal', () => {
    it('is paid by phone bill, cancelled only wholly, and not while it holds too little', async () => {
      const buyer = await buyerAt('danal');

      const impUid = await buyer.pay('phone');
      await buyer.isRefused(impUid);
      await buyer.hasRows([10_000]);
      await buyer.cancelAsAWhole(impUid);

      await buyer.hasRows([10_000, -10_000]);
    });
  });

  describe('KakaoPay', () => {
    it('is paid in its app, cancelled in part and wholly, and not after a year', async () => {
      const buyer = await buyerAt('kakaopay', [{ pay_method: 'card', paid_at: secondsAgo(370) }]);
      const [old = ''] = buyer.old;

      const impUid = await buyer.pay('kakaopay');
      await buyer.cancel(impUid, '3000');
      await buyer.cancel(impUid);
      await buyer.isNotOffered(old, /취소 기한이 .+ 끝나/);

      await buyer.hasRows([10_000, 10_000, -3_000, -7_000]);
    });
  });
});
