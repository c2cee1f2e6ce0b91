import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { PolicyReason } from '../../src/cancellation/shop-policy.js';
import { CancelByShopOnly } from '../../src/cancellation/refusals.js';
import { Cancellation } from '../../src/payment/cancellation.entity.js';
import { Payment } from '../../src/payment/payment.entity.js';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { TermsNotAgreed } from '../../src/payment/refusals.js';
import { type CancelPolicy, NO_SHOP, type Shop } from '../../src/shop/shop.js';
import { proveBooks } from '../../src/verification/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';

const VERSION = '2026-12-01';
const DAY_MS = 24 * 60 * 60_000;

describeOnEachDatabase('the terms of a shop', (database) => {
  /** What the shop says of cancellations; each test says its own. */
  let cancelPolicy: CancelPolicy;
  let house: GatewayAndRooms;
  const shop: Shop = {
    ...NO_SHOP,
    consent: { version: VERSION, text: { ko: '동의합니다', en: 'I agree' } },
    get cancelPolicy() {
      return cancelPolicy;
    },
  };

  beforeAll(async () => {
    // Of the shop's own policy alone.
    house = await openGatewayAndRooms(database.env, { REFUND_PRESETS: 'NONE' }, { shop });
  });
  afterEach(() => proveBooks(house.rooms.books, () => undefined));
  afterAll(() => house.close());

  async function charged(changed: Partial<CancelPolicy>) {
    cancelPolicy = { ...NO_SHOP.cancelPolicy, ...changed };
    const { id: ownerId } = await house.user();
    const order = await house.order(ownerId, 10_000);
    const { imp_uid: impUid } = await house.pay(order);
    await house.rooms.transactions.create(ownerId, impUid);
    return { ownerId, impUid };
  }
  const cancel = ({ ownerId, impUid }: { ownerId: string; impUid: string }, amount?: number) =>
    house.rooms.cancellations.cancel(ownerId, { impUid, ...(amount !== undefined && { amount }) });
  async function expectLeftToShop(
    made: { ownerId: string; impUid: string },
    reason: PolicyReason,
    amount?: number,
  ) {
    const calls = await house.cancelCalls();
    await expect(cancel(made, amount)).rejects.toMatchObject({ details: { reason } });
    await expect(cancel(made, amount)).rejects.toBeInstanceOf(CancelByShopOnly);
    expect(await house.accountOf(made.ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
    expect(await house.rooms.books.manager.countBy(Cancellation, { ownerId: made.ownerId })).toBe(0);
    expect(await house.cancelCalls()).toBe(calls);
  }

  test('are stored with each order by their version', async () => {
    const { id: ownerId } = await house.user();
    const { merchantUid } = await house.rooms.orders.create(ownerId, 10_000, undefined, VERSION);

    const order = await house.rooms.books.manager.findOneByOrFail(PaymentOrder, { merchantUid });
    expect(order.termsVersion).toBe(VERSION);
  });

  test.each([undefined, '', '2025-01-01'])('make no order for who agreed to %s', async (version) => {
    const { id: ownerId } = await house.user();
    await house.simulator.forgetRequests();

    await expect(house.rooms.orders.create(ownerId, 10_000, undefined, version)).rejects.toBeInstanceOf(
      TermsNotAgreed,
    );
    expect(await house.rooms.books.manager.countBy(PaymentOrder, { ownerId })).toBe(0);
    expect((await house.simulator.requests()).total).toBe(0);
  });

  test('that are new make another order than the one that is open', async () => {
    const { id: ownerId } = await house.user();
    const make = () => house.rooms.orders.create(ownerId, 10_000, undefined, VERSION);
    const { merchantUid } = await make();
    expect((await make()).merchantUid).toBe(merchantUid);
    await house.rooms.books.manager.update(PaymentOrder, { merchantUid }, { termsVersion: '2025-01-01' });

    expect((await make()).merchantUid).not.toBe(merchantUid);
  });

  test('leave every cancellation to the shop where shoppers may not', async () => {
    await expectLeftToShop(await charged({ byShopper: false }), PolicyReason.OFF);
  });

  test('leave a cancellation to the shop whose days are over', async () => {
    const made = await charged({ withinDays: 3 });
    const paidAt = new Date(Date.now() - 5 * DAY_MS);
    await house.rooms.books.manager.update(Payment, { gatewayPaymentId: made.impUid }, { paidAt });

    await expectLeftToShop(made, PolicyReason.TOO_LATE);
  });

  test('leave a part to the shop, and not the whole', async () => {
    const made = await charged({ partial: false });
    await expectLeftToShop(made, PolicyReason.ONLY_IN_FULL, 4_000);

    expect(await cancel(made)).toMatchObject({ state: 'DONE' });
    expect(await house.accountOf(made.ownerId)).toEqual({ point: 0, held: 0, rows: [10_000, -10_000] });
  });

  test('leave less than the least to the shop', async () => {
    const made = await charged({ minAmount: 5_000 });
    await expectLeftToShop(made, PolicyReason.TOO_SMALL, 4_999);

    expect(await cancel(made, 5_000)).toMatchObject({ state: 'DONE' });
  });
});
