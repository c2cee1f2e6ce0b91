import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { ulid } from 'ulid';
import type { RefundPresetName } from '../../src/config/refund-presets.js';
import type { Settings } from '../../src/config/settings.js';
import { CancellationService } from '../../src/cancellation/cancellation.service.js';
import type { CancelRequest } from '../../src/cancellation/cancel-request.js';
import { createLogger } from '../../src/logging/logger.js';
import { Cancellation, CancellationState } from '../../src/payment/cancellation.entity.js';
import { Payment } from '../../src/payment/payment.entity.js';
import { Lot, LotKind } from '../../src/point-transaction/lot.entity.js';
import { type CancelPolicy, NO_SHOP } from '../../src/shop/shop.js';
import { ExpiryWork } from '../../src/spending/expiry-work.js';
import { proveBooks } from '../../src/verification/books.js';
import { cancellationsOf, faultsInBooks, readAccount } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { loseAnswer, onCancel } from '../support/faulty-gateway.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';

const DAY_MS = 24 * 60 * 60_000;
const RANDOM_HISTORIES = 12;
const RANDOM_TIMEOUT_MS = 180_000;

describeOnEachDatabase('refunds after use', (database) => {
  let house: GatewayAndRooms;
  let books: DataSource;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env, { POINT_PACKAGES: '5000,10000:+500,60000' });
    ({ books } = house.rooms);
  });
  afterEach(() => proveBooks(books, () => undefined));
  afterAll(() => house.close());

  /** The refunds of a shop that says so. */
  function refundsOf(
    changed: Partial<Pick<Settings, 'refundPresets' | 'bonusOnRefund'>>,
    cancelPolicy: Partial<CancelPolicy> = {},
  ): CancellationService {
    const { settings, gateways, reconciliation } = house.rooms;
    const shop = { cancelPolicy: { ...NO_SHOP.cancelPolicy, ...cancelPolicy } };
    const told = { ...settings, ...changed };
    return new CancellationService(books, told, createLogger('silent'), gateways, reconciliation, shop);
  }

  async function buy(ownerId: string, amount: number): Promise<string> {
    const order = await house.rooms.orders.create(ownerId, amount);
    const { imp_uid: impUid } = await house.pay(order);
    await house.rooms.transactions.create(ownerId, impUid);
    return impUid;
  }
  const spend = (ownerId: string, amount: number) =>
    house.rooms.spending.spend({ ownerId, amount, reason: '주문', idempotencyKey: ulid() });
  const back = (spendId: string, amount?: number) =>
    house.rooms.spending.cancelSpend({ spendId, amount, reason: '반품', idempotencyKey: ulid() });
  const paymentOf = (impUid: string) => books.manager.findOneByOrFail(Payment, { gatewayPaymentId: impUid });
  const lotOf = async (impUid: string, kind = LotKind.PAID) =>
    books.manager.findOneByOrFail(Lot, { paymentId: (await paymentOf(impUid)).id, kind });
  const expectBooks = async (ownerId: string, point: number) => {
    expect((await readAccount(books, ownerId)).balance).toMatchObject({ point, heldPoint: 0 });
    expect(await faultsInBooks(books, ownerId, { mayOwe: true })).toEqual([]);
  };
  const rowsOf = async (ownerId: string) =>
    (await readAccount(books, ownerId)).rows.map(({ status, amount }) => [status, amount]);
  const leftAtGateway = async (impUid: string) => {
    const { amount, cancel_amount: cancelled } = await house.view.read(impUid);
    return amount - cancelled;
  };
  /** Their time is over, and that is booked. */
  async function expire(...lots: Lot[]): Promise<void> {
    const past = new Date(Date.now() - 1_000);
    for (const { id, remaining } of lots) {
      const until = remaining > 0 ? { openUntil: past, nextExpiryAt: past } : {};
      await books.manager.update(Lot, { id }, { expiresAt: past, ...until });
    }
    const { expired } = new ExpiryWork(books, createLogger('silent'));
    for (const piece of (await expired.take()).pieces) await expired.do(piece);
  }

  describe('by a preset', () => {
    const paidDaysAgo = async (impUid: string, days: number) =>
      books.manager.update(
        Payment,
        { gatewayPaymentId: impUid },
        { paidAt: new Date(Date.now() - days * DAY_MS) },
      );

    test('give all of an unused payment back in seven days, whatever else the policy says', async () => {
      const { id: ownerId } = await house.user();
      const refunds = refundsOf({}, { withinDays: 1, minAmount: 50_000, partial: false });
      const impUid = await buy(ownerId, 5_000);
      await paidDaysAgo(impUid, 5);

      expect(await refunds.quote(ownerId, impUid)).toMatchObject({
        refundable: 5_000,
        limitedBy: null,
        policyReason: null,
        partialCancel: 'NO',
        plan: { basis: 'UNUSED_7_DAYS', amount: 5_000, points: 5_000, bonus: 0, fee: 0 },
      });
      await expect(refunds.cancel(ownerId, { impUid, amount: 4_999 })).rejects.toMatchObject({
        code: 'CANCEL_BY_SHOP_ONLY',
        details: { reason: 'TOO_LATE' },
      });
      await refunds.cancel(ownerId, { impUid });

      expect(await cancellationsOf(books, impUid)).toMatchObject([{ basis: 'UNUSED_7_DAYS', points: 5_000 }]);
      await expectBooks(ownerId, 0);
    });

    test('give nothing where the time is over, a part was used, none is on, or the shop lets nobody cancel', async () => {
      const { id: ownerId } = await house.user();
      const impUid = await buy(ownerId, 5_000);
      await paidDaysAgo(impUid, 9);
      const strict = { withinDays: 1 };
      const tooLate = { code: 'CANCEL_BY_SHOP_ONLY', details: { reason: 'TOO_LATE' } };
      await expect(refundsOf({}, strict).cancel(ownerId, { impUid })).rejects.toMatchObject(tooLate);

      await paidDaysAgo(impUid, 5);
      await expect(
        refundsOf({ refundPresets: [] }, strict).cancel(ownerId, { impUid }),
      ).rejects.toMatchObject(tooLate);
      const off = refundsOf({}, { byShopper: false });
      expect(await off.quote(ownerId, impUid)).toMatchObject({ refundable: 0, plan: null });
      await expect(off.cancel(ownerId, { impUid })).rejects.toMatchObject({ details: { reason: 'OFF' } });
      await spend(ownerId, 1);
      await expect(refundsOf({}, strict).cancel(ownerId, { impUid })).rejects.toMatchObject(tooLate);

      await expectBooks(ownerId, 4_999);
      expect(await cancellationsOf(books, impUid)).toEqual([]);
    });

    test('give the rest back once enough was used, and not while a hold may still give it free', async () => {
      const { id: ownerId } = await house.user();
      const refunds = refundsOf({ refundPresets: ['PREPAID_80'] }, { withinDays: 1 });
      const impUid = await buy(ownerId, 5_000);
      await paidDaysAgo(impUid, 100);
      await spend(ownerId, 3_000);
      const until = new Date(Date.now() + 60_000);
      const asked = { ownerId, amount: 1_000, reason: '주문', idempotencyKey: ulid(), until };
      const { id: holdId } = await house.rooms.holds.hold(asked);

      await expect(refunds.cancel(ownerId, { impUid })).rejects.toMatchObject({
        code: 'CANCEL_BY_SHOP_ONLY',
      });
      await house.rooms.holds.confirm(holdId);
      expect(await refunds.quote(ownerId, impUid)).toMatchObject({
        refundable: 1_000,
        unspent: 1_000,
        plan: { basis: 'PREPAID_80', amount: 1_000, points: 1_000, fee: 0 },
      });
      await refunds.cancel(ownerId, { impUid });

      await expectBooks(ownerId, 0);
      expect(await leftAtGateway(impUid)).toBe(4_000);
    });

    test('give a share back of what expired, and neither points nor a debt come of it', async () => {
      const { id: ownerId } = await house.user();
      const refunds = refundsOf({ refundPresets: ['EXPIRED_90_95'] });
      const impUid = await buy(ownerId, 60_000);
      const other = await buy(ownerId, 5_000);
      await spend(ownerId, 10_000);
      const lot = await lotOf(impUid);
      await expire(lot);
      await expectBooks(ownerId, 5_000);
      expect(await lotOf(impUid)).toMatchObject({ remaining: 0, expired: 50_000 });

      const { plan, ...quote } = await refunds.quote(ownerId, impUid);
      expect(quote).toMatchObject({ refundable: 47_500, unspent: 0, expired: 50_000 });
      expect(plan).toEqual({ basis: 'EXPIRED_90_95', amount: 47_500, points: 0, bonus: 0, fee: 2_500 });
      await refunds.cancel(ownerId, { impUid, amount: 47_500, quoted: plan ?? undefined });

      expect((await rowsOf(ownerId)).slice(-4)).toEqual([
        ['EXPIRE', -50_000],
        ['EXPIRE_CANCEL', 50_000],
        ['CANCEL', -47_500],
        ['REFUND_FEE', -2_500],
      ]);
      expect(await lotOf(impUid)).toMatchObject({ remaining: 0, expired: 0 });
      expect((await lotOf(other)).remaining).toBe(5_000);
      expect(await leftAtGateway(impUid)).toBe(12_500);
      await expectBooks(ownerId, 5_000);
      await proveBooks(books, () => undefined);
      await expect(refunds.cancel(ownerId, { impUid })).rejects.toMatchObject({ code: 'INSUFFICIENT_POINT' });
    });

    test('hold nothing of what expired while the gateway is silent, and end once', async () => {
      const { id: ownerId } = await house.user();
      const refunds = refundsOf({ refundPresets: ['EXPIRED_90'] });
      const impUid = await buy(ownerId, 10_000);
      await expire(await lotOf(impUid), await lotOf(impUid, LotKind.BONUS));
      house.gateway.misbehave(onCancel(loseAnswer, 1));

      const { state } = await refunds.cancel(ownerId, { impUid });
      expect(state).toBe(CancellationState.PENDING);
      await expectBooks(ownerId, 0);
      await expect(refunds.cancel(ownerId, { impUid })).rejects.toMatchObject({ code: 'CANCEL_IN_PROGRESS' });
      await house.rooms.recoverUntil(async () => {
        expect(await cancellationsOf(books, impUid)).toMatchObject([{ state: CancellationState.DONE }]);
      });

      expect((await rowsOf(ownerId)).slice(-3)).toEqual([
        ['EXPIRE_CANCEL', 10_000],
        ['CANCEL', -9_000],
        ['REFUND_FEE', -1_000],
      ]);
      expect(await leftAtGateway(impUid)).toBe(1_000);
      await expectBooks(ownerId, 0);
    });

    test('are not given to somebody in debt', async () => {
      const { id: ownerId } = await house.user();
      const refunds = refundsOf({ refundPresets: ['EXPIRED_100'] });
      const impUid = await buy(ownerId, 5_000);
      await expire(await lotOf(impUid));
      const owed = await buy(ownerId, 5_000);
      await spend(ownerId, 5_000);
      await house.view.cancelOutside(owed);
      await house.rooms.reconcile(owed);

      await expect(refunds.cancel(ownerId, { impUid })).rejects.toMatchObject({ code: 'INSUFFICIENT_POINT' });
      await expectBooks(ownerId, -5_000);
    });
  });

  test('made in the console of a payment that expired take what expired and no other points', async () => {
    const { id: ownerId } = await house.user();
    const impUid = await buy(ownerId, 10_000);
    await buy(ownerId, 5_000);
    await spend(ownerId, 1_500);
    await expire(await lotOf(impUid), await lotOf(impUid, LotKind.BONUS));
    const { point } = (await readAccount(books, ownerId)).balance;

    await house.view.cancelOutside(impUid, 8_000);
    await house.rooms.reconcile(impUid);
    await house.rooms.reconcile(impUid);

    await expectBooks(ownerId, point);
    // The bonus was spent, and is taken of what expired as well.
    expect((await rowsOf(ownerId)).slice(-4)).toEqual([
      ['EXPIRE_CANCEL', 8_000],
      ['CANCEL', -8_000],
      ['EXPIRE_CANCEL', 400],
      ['BONUS_CANCEL', -400],
    ]);
  });

  describe('of a payment whose bonus was spent', () => {
    async function withSpentBonus(): Promise<{ ownerId: string; impUid: string }> {
      const { id: ownerId } = await house.user();
      const impUid = await buy(ownerId, 10_000);
      await spend(ownerId, 300);
      return { ownerId, impUid };
    }

    test('are whole where the shop forgives it, and what was not spent of it goes', async () => {
      const { ownerId, impUid } = await withSpentBonus();
      const refunds = refundsOf({ bonusOnRefund: 'FORGIVE' });
      expect(await refunds.quote(ownerId, impUid)).toMatchObject({
        plan: { amount: 10_000, points: 10_200, bonus: 200, fee: 0 },
      });
      await refunds.cancel(ownerId, { impUid });
      await expectBooks(ownerId, 0);
    });

    test('are refused where the shop wants to be asked, and as much goes as the bonus covers', async () => {
      const { ownerId, impUid } = await withSpentBonus();
      const refunds = refundsOf({ bonusOnRefund: 'REFUSE' });
      expect(await refunds.quote(ownerId, impUid)).toMatchObject({
        refundable: 4_019,
        limitedBy: 'SHOP_POLICY',
        policyReason: 'BONUS_SPENT',
      });
      await expect(refunds.cancel(ownerId, { impUid })).rejects.toMatchObject({
        code: 'CANCEL_BY_SHOP_ONLY',
        details: { reason: 'BONUS_SPENT' },
      });
      await refunds.cancel(ownerId, { impUid, amount: 4_019 });
      await expectBooks(ownerId, 10_200 - 4_019 - 200);
    });

    test('take nothing for bonus that expired', async () => {
      const { id: ownerId } = await house.user();
      const impUid = await buy(ownerId, 10_000);
      await expire(await lotOf(impUid, LotKind.BONUS));
      const refunds = refundsOf({});
      expect(await refunds.quote(ownerId, impUid)).toMatchObject({
        plan: { amount: 10_000, points: 10_000, bonus: 0 },
      });
      await refunds.cancel(ownerId, { impUid });
      await expectBooks(ownerId, 0);
    });
  });

  describe('that were quoted', () => {
    test('are carried out as quoted, and the same request again is the same refund', async () => {
      const { id: ownerId } = await house.user();
      const impUid = await buy(ownerId, 10_000);
      const refunds = refundsOf({});
      const { plan } = await refunds.quote(ownerId, impUid, 4_000);
      expect(plan).toEqual({ basis: 'SHOP_POLICY', amount: 4_000, points: 4_200, bonus: 200, fee: 0 });
      const request: CancelRequest = {
        impUid,
        amount: 4_000,
        quoted: plan ?? undefined,
        idempotencyKey: 'key',
      };

      const [first, second] = [
        await refunds.cancel(ownerId, request),
        await refunds.cancel(ownerId, request),
      ];

      expect(second.id).toBe(first.id);
      expect(first).toMatchObject({ amount: 4_000, points: 4_200, bonus: 200, fee: 0 });
      await expectBooks(ownerId, 6_300);
      const other = { ...request, quoted: { amount: 4_000, points: 4_000, bonus: 0, fee: 0 } };
      await expect(refunds.cancel(ownerId, other)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    });

    test('are refused with the new figures when points were spent meanwhile, and nothing is held', async () => {
      const { id: ownerId } = await house.user();
      const impUid = await buy(ownerId, 10_000);
      const refunds = refundsOf({});
      const { plan } = await refunds.quote(ownerId, impUid);
      await spend(ownerId, 500);

      const request = { impUid, amount: 10_000, quoted: plan ?? undefined };
      await expect(refunds.cancel(ownerId, request)).rejects.toMatchObject({
        code: 'REFUND_QUOTE_CHANGED',
        details: { basis: 'SHOP_POLICY', amount: 9_524, points: 10_000, bonus: 476, fee: 0 },
      });
      // The sum is the same, and more points would go for it.
      const part = { amount: 9_000, points: 9_450, bonus: 450, fee: 0 };
      await refunds.cancel(ownerId, { impUid, amount: 9_000, quoted: part });
      await expectBooks(ownerId, 550);
      await spend(ownerId, 550);
      await expect(refunds.cancel(ownerId, { ...request, amount: 1_000 })).rejects.toMatchObject({
        code: 'REFUND_QUOTE_CHANGED',
        details: { amount: 0, points: 0 },
      });
    });

    test('and spends at the same moment: one of them, never both', async () => {
      for (let round = 0; round < 5; round++) {
        const { id: ownerId } = await house.user();
        const impUid = await buy(ownerId, 10_000);
        const refunds = refundsOf({});
        const { plan } = await refunds.quote(ownerId, impUid);

        const [spent, refunded] = await Promise.allSettled([
          spend(ownerId, 700),
          refunds.cancel(ownerId, { impUid, amount: 10_000, quoted: plan ?? undefined }),
        ]);

        expect([spent.status, refunded.status].toSorted()).toEqual(['fulfilled', 'rejected']);
        if (refunded.status === 'rejected')
          expect(refunded.reason).toMatchObject({ code: 'REFUND_QUOTE_CHANGED' });
        await expectBooks(ownerId, spent.status === 'fulfilled' ? 9_800 : 0);
      }
    });

    test('leave the gateway alone when they are refused', async () => {
      const { id: ownerId } = await house.user();
      const impUid = await buy(ownerId, 5_000);
      const quoted = { amount: 5_000, points: 4_999, bonus: 0, fee: 0 };
      await expect(refundsOf({}).cancel(ownerId, { impUid, quoted })).rejects.toMatchObject({
        code: 'REFUND_QUOTE_CHANGED',
        details: { amount: 5_000, points: 5_000 },
      });
      expect(await leftAtGateway(impUid)).toBe(5_000);
      expect(await cancellationsOf(books, impUid)).toEqual([]);
      await expectBooks(ownerId, 5_000);
    });
  });

  test('are held by the database to the points that go for them', async () => {
    const { id: ownerId } = await house.user();
    const impUid = await buy(ownerId, 10_000);
    const { id } = await refundsOf({}).cancel(ownerId, { impUid, amount: 1_000 });
    for (const wrong of [
      { points: 1_049 },
      { fee: 1 },
      { fee: -1, points: 1_049 },
      { expiredPoints: 1 },
      { bonusFromPaid: 51 },
    ]) {
      await expect(books.manager.update(Cancellation, { id }, wrong)).rejects.toThrow(
        /ck_point_cancellation_points/,
      );
    }
    const lot = await lotOf(impUid);
    await expect(books.manager.update(Lot, { id: lot.id }, { expired: 1_001 })).rejects.toThrow(
      /ck_point_lot_remaining/,
    );
  });

  test(
    'over random histories never give more than was paid, and the books are right at the end of each',
    async () => {
      const step = fc.record({
        kind: fc.constantFrom('buy', 'spend', 'spend', 'back', 'expire', 'outside', 'refund', 'refund'),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
        which: fc.nat(2),
        preset: fc.constantFrom<RefundPresetName>(
          'PREPAID_80',
          'VOUCHER_60_80',
          'EXPIRED_90',
          'EXPIRED_90_95',
        ),
        bonusOnRefund: fc.constantFrom('DEDUCT_FROM_REFUND' as const, 'FORGIVE' as const, 'REFUSE' as const),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
          const { id: ownerId } = await house.user();
          const paid = [await buy(ownerId, 10_000)];
          const spends: string[] = [];
          for (const { kind, share, which, preset, bonusOnRefund } of steps) {
            const impUid = String(paid[which % paid.length]);
            const part = (whole: number) => Math.max(1, Math.floor(whole * share));
            const { point } = (await readAccount(books, ownerId)).balance;
            if (kind === 'buy' && paid.length < 3)
              paid.push(await buy(ownerId, which === 0 ? 60_000 : 10_000));
            if (kind === 'spend' && point > 0) spends.push((await spend(ownerId, part(point))).id);
            if (kind === 'back') await back(spends[which] ?? '', undefined).catch(refused);
            if (kind === 'expire') await expire(await lotOf(impUid));
            if (kind === 'outside') {
              const left = await leftAtGateway(impUid);
              if (left > 0) await house.view.cancelOutside(impUid, part(left));
              await house.rooms.reconcile(impUid);
            }
            if (kind === 'refund') {
              const refunds = refundsOf({ refundPresets: [preset], bonusOnRefund });
              const { plan, refundable } = await refunds.quote(ownerId, impUid);
              const asked =
                share < 0.5 || refundable === 0
                  ? plan
                  : (await refunds.quote(ownerId, impUid, part(refundable))).plan;
              if (!asked) continue;
              // What was just quoted is carried out just so.
              expect(
                await refunds.cancel(ownerId, { impUid, amount: asked.amount, quoted: asked }),
              ).toMatchObject({
                state: CancellationState.DONE,
                ...asked,
              });
              expect((await readAccount(books, ownerId)).balance.point).toBe(point - asked.points);
            }
          }
          for (const impUid of paid) {
            const { amount, cancelledAmount } = await paymentOf(impUid);
            expect(amount - cancelledAmount).toBe(await leftAtGateway(impUid));
            const refunds = (await cancellationsOf(books, impUid)).filter(
              ({ state }) => state === CancellationState.DONE,
            );
            const taken = refunds.reduce((sum, one) => sum + one.amount + one.fee, 0);
            expect(taken).toBeLessThanOrEqual(amount);
          }
          expect(await faultsInBooks(books, ownerId, { mayOwe: true })).toEqual([]);
        }),
        { numRuns: RANDOM_HISTORIES },
      );
      await proveBooks(books, () => undefined);
    },
    RANDOM_TIMEOUT_MS,
  );
});

/** A clear no changes nothing. */
function refused(error: unknown): void {
  if (!(error instanceof Error) || !('code' in error)) throw error;
}
