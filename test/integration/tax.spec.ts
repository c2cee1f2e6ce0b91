import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Payment } from '../../src/payment/payment.entity.js';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { Cancellation, CancellationState } from '../../src/payment/cancellation.entity.js';
import { CashReceiptPurpose } from '../../src/gateway/cash-receipts.js';
import { taxToldOf } from '../../src/gateway/gateway.js';
import { CancelRefused } from '../../src/cancellation/refusals.js';
import { proveBooks } from '../../src/verification/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';
import { randomFrom } from '../support/random.js';
import { eventually } from '../support/rooms.js';
import type { PaymentWish } from '../support/simulator-control.js';

const CARD = { PAYMENT_METHODS: 'card=channel-key-sim-html5_inicis@html5_inicis' };
const RANDOM_PAYMENTS = 12;
const REFUND_ACCOUNT = { holder: '김포인트', bank: '004', number: '12345678901', phone: '01012345678' };

describeOnEachDatabase('the parts of an amount for the tax office', (database) => {
  let taxFree: GatewayAndRooms;
  let vat: GatewayAndRooms;
  let none: GatewayAndRooms;

  beforeAll(async () => {
    taxFree = await openGatewayAndRooms(database.env, { ...CARD, TAX: 'tax_free', CASH_RECEIPT: 'ask' });
    vat = await openGatewayAndRooms(database.env, { ...CARD, TAX: 'vat', CASH_RECEIPT: 'ask' });
    none = await openGatewayAndRooms(database.env, CARD);
  });
  beforeEach(() => {
    for (const house of [taxFree, vat, none]) house.gateway.behave();
  });
  afterEach(() => proveBooks(vat.rooms.books, () => undefined));
  afterAll(() => Promise.all([taxFree.close(), vat.close(), none.close()]));

  /** Pays an order of a new user in a window that is told what the server says. */
  async function paid(house: GatewayAndRooms, wish: Partial<PaymentWish> = {}, amount = 10_000) {
    const { id: ownerId } = await house.user();
    const order = await house.rooms.orders.create(ownerId, amount);
    return { ownerId, order, impUid: await payment(house, order, wish) };
  }
  async function payment(house: GatewayAndRooms, order: PaymentOrder, wish: Partial<PaymentWish> = {}) {
    const method = { pg_provider: 'html5_inicis', pay_method: 'card', ...wish };
    const told = taxToldOf(
      house.rooms.gateways.forNewOrders,
      { pg: method.pg_provider, method: method.pay_method },
      order,
    );
    const { imp_uid } = await house.pay(order, { ...method, tax_free: told.taxFree, vat_amount: told.vat });
    return imp_uid;
  }
  async function charged(house: GatewayAndRooms, wish: Partial<PaymentWish> = {}, amount = 10_000) {
    const made = await paid(house, wish, amount);
    await house.rooms.transactions.create(made.ownerId, made.impUid);
    return made;
  }
  const cancel = (
    house: GatewayAndRooms,
    { ownerId, impUid }: { ownerId: string; impUid: string },
    amount?: number,
  ) => house.rooms.cancellations.cancel(ownerId, { impUid, ...(amount !== undefined && { amount }) });
  const stored = (house: GatewayAndRooms, gatewayPaymentId: string) =>
    house.rooms.books.manager.findOneByOrFail(Payment, { gatewayPaymentId });

  test('are stored with the order and its payment, and each cancellation takes its share', async () => {
    const made = await charged(vat);
    expect(made.order).toMatchObject({ taxFree: 0, vat: 909 });
    expect(await stored(vat, made.impUid)).toMatchObject({ taxFree: 0, vat: 909 });

    await cancel(vat, made, 3_333);
    expect(await vat.simulator.taxOf(made.impUid)).toMatchObject({ cancelled_vat: 302 });
    await cancel(vat, made, 1_000);
    expect(await vat.simulator.taxOf(made.impUid)).toMatchObject({ cancelled_vat: 393 });
    await cancel(vat, made);
    expect(await vat.simulator.taxOf(made.impUid)).toMatchObject({
      cancelled_vat: 909,
      cancelled_tax_free: 0,
    });
  });

  test('are not stored and not sent where the shop names none', async () => {
    const made = await charged(none);
    expect(made.order).toMatchObject({ taxFree: null, vat: null });
    expect(await stored(none, made.impUid)).toMatchObject({ taxFree: null, vat: null });

    const bodies = none.gateway.bodiesOf('/payments/cancel');
    await cancel(none, made, 4_000);
    expect(Object.keys(bodies[0] ?? {})).toEqual(['imp_uid', 'amount', 'checksum', 'reason']);
  });

  test.each([
    'html5_inicis',
    'kcp',
    'kcp_quick',
    'kakaopay',
    'tosspay_v2',
    'nice',
    'nice_v2',
    'kicc',
    'payco',
    'smartro_v2',
    'mobilians_v2',
    'welcome',
    'ksnet',
    'daou',
    'tosspayments',
  ])('fit what %s wants, of a part and of the rest, tax-free or taxed', async (pg_provider) => {
    for (const house of [taxFree, vat]) {
      const made = await charged(house, { pg_provider });
      await cancel(house, made, 3_500);
      await cancel(house, made, 3_500);
      await cancel(house, made);

      const tax = await house.simulator.taxOf(made.impUid);
      expect(tax).toMatchObject({
        cancelled_tax_free: tax?.tax_free ?? 0,
        cancelled_vat: tax?.vat_amount ?? 0,
        tax_free: house === taxFree ? 10_000 : 0,
      });
    }
  });

  test('are refused by a company that must be told them again when they are missing', async () => {
    const made = await charged(taxFree, { pg_provider: 'kcp' });
    await taxFree.rooms.books.manager.update(Payment, { gatewayPaymentId: made.impUid }, { taxFree: null });

    await expect(cancel(taxFree, made, 4_000)).rejects.toBeInstanceOf(CancelRefused);
  });

  test('of a virtual account are named except at those that take none', async () => {
    for (const [pg_provider, told] of [
      ['kcp', 10_000],
      ['ksnet', null],
      ['daou', null],
    ] as const) {
      const { impUid } = await charged(taxFree, {
        pg_provider,
        pay_method: 'vbank',
        vbank_num: '110123456789',
      });
      expect(await stored(taxFree, impUid)).toMatchObject({ taxFree: told });
    }
  });

  test('come out exactly after any cancellations of parts', async () => {
    const random = randomFrom();
    const whole = (max: number) => 1 + Math.floor(random() * max);
    for (let made = 0; made < RANDOM_PAYMENTS; made++) {
      const pgs = ['html5_inicis', 'nice', 'nice_v2', 'tosspay_v2'];
      const one = await charged(vat, { pg_provider: pgs[made % pgs.length] as string }, 5_000);
      for (let left = 5_000; left > 0;) {
        const amount = Math.min(left, whole(2_500));
        await cancel(vat, one, amount);
        left -= amount;
      }
      const tax = await vat.simulator.taxOf(one.impUid);
      expect(tax).toMatchObject({ cancelled_vat: 455, cancelled_tax_free: 0 });
    }
  });

  test('go with a cancellation whose first call was lost, the same ones', async () => {
    const made = await charged(vat);
    await cancel(vat, made, 1_234);
    await vat.simulator.addFaults([{ kind: 'cut-before', call: 'POST /payments/cancel' }]);
    const pending = await cancel(vat, made, 2_345);
    expect(pending.state).toBe(CancellationState.PENDING);

    await vat.rooms.recoverUntil(async () => {
      const { state } = await vat.rooms.books.manager.findOneByOrFail(Cancellation, { id: pending.id });
      expect(state).toBe(CancellationState.DONE);
    });
    expect(await vat.simulator.taxOf(made.impUid)).toMatchObject({ cancelled_vat: 325 });
  });

  test('go with the rest after a cancellation in the console', async () => {
    for (const house of [taxFree, vat]) {
      const made = await charged(house, { pg_provider: 'nice' });
      await house.simulator.cancel(made.impUid, { amount: 3_333 });
      await house.rooms.reconcile(made.impUid);

      await cancel(house, made);
      const tax = await house.simulator.taxOf(made.impUid);
      expect(tax).toMatchObject({ cancelled_tax_free: tax?.tax_free, cancelled_vat: tax?.vat_amount });
    }
  });

  test('go with money that goes back by itself, as of a second payment of one order', async () => {
    const made = await charged(taxFree, { pg_provider: 'kcp' });
    const second = await payment(taxFree, made.order, { pg_provider: 'kcp' });
    await taxFree.rooms.reconcile(second);

    await taxFree.rooms.recoverUntil(async () => {
      const { cancelledAmount } = await taxFree.rooms.read(second);
      expect(cancelledAmount).toBe(10_000);
    });
    expect(await taxFree.simulator.taxOf(second)).toMatchObject({ cancelled_tax_free: 10_000 });
  });

  test('are unknown of another amount than the window was told, so none are named', async () => {
    const { id: ownerId } = await taxFree.user();
    const order = await taxFree.rooms.orders.create(ownerId, 10_000);
    const { imp_uid: impUid } = await taxFree.pay({ ...order, amount: 9_000 });
    await taxFree.rooms.reconcile(impUid);

    expect(await stored(taxFree, impUid)).toMatchObject({ taxFree: null, vat: null });
    await taxFree.rooms.recoverUntil(async () =>
      expect(await taxFree.rooms.read(impUid)).toMatchObject({ cancelledAmount: 9_000 }),
    );
  });

  test('stand on cash receipts, also on one for the rest', async () => {
    for (const [house, whole, rest] of [
      [taxFree, 0, 0],
      [vat, 909, 546],
    ] as const) {
      await house.simulator.setHabits({ receipt_after_part: 'cancelled' });
      const made = await charged(house, { pay_method: 'trans' });
      const receipts = house.rooms.cashReceipts;
      await receipts.request(made.ownerId, made.impUid, CashReceiptPurpose.PERSON, '010-1234-5678');
      expect(await house.simulator.receiptOf(made.impUid)).toMatchObject({ amount: 10_000, vat: whole });

      await cancel(house, made, 4_000);
      await house.rooms.recoverWhile(() =>
        eventually(async () =>
          expect(await house.simulator.receiptOf(made.impUid)).toMatchObject({
            amount: 6_000,
            vat: rest,
            cancelled_at: 0,
          }),
        ),
      );
    }
  });

  test('cannot be stored that are more than the amount', async () => {
    const made = await charged(vat);
    const { manager } = vat.rooms.books;
    const { merchantUid } = made.order;
    for (const parts of [{ taxFree: 10_000, vat: 1 }, { vat: -1 }, { taxFree: 10_001 }]) {
      await expect(manager.update(Payment, { merchantUid }, parts)).rejects.toThrow(/constraint|CHECK/i);
      await expect(manager.update(PaymentOrder, { merchantUid }, parts)).rejects.toThrow(/constraint|CHECK/i);
    }
  });

  test('of a refund that is paid later are counted once', async () => {
    const made = await charged(taxFree, {
      pg_provider: 'smartro_v2',
      pay_method: 'vbank',
      vbank_num: '110123456789',
    });
    const { ownerId, impUid } = made;
    await taxFree.rooms.cancellations.cancel(ownerId, {
      impUid,
      amount: 4_000,
      refundAccount: REFUND_ACCOUNT,
    });
    await taxFree.simulator.act(impUid, 'refund-done');
    await taxFree.rooms.reconcile(impUid);

    expect(await taxFree.simulator.taxOf(impUid)).toMatchObject({ cancelled_tax_free: 4_000 });
    expect((await taxFree.accountOf(ownerId)).point).toBe(6_000);
  });
});

describeOnEachDatabase('a payment with a card company’s immediate discount', (database) => {
  let house: GatewayAndRooms;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env);
  });
  afterEach(() => proveBooks(house.rooms.books, () => undefined));
  afterAll(() => house.close());

  /** 10 % off from 10,000 won on: the card paid 1,000 less than was ordered. */
  async function discounted(amount = 10_000, id = 'promotion-id-sim-rate') {
    const { id: ownerId } = await house.user();
    const order = await house.order(ownerId, amount);
    const promotion = { id, discount: id.endsWith('rate') ? amount / 10 : 1_000 };
    const { imp_uid: impUid } = await house.pay(order, { promotion });
    const { credit } = await house.rooms.transactions.create(ownerId, impUid);
    return { ownerId, impUid, credit };
  }
  const cancel = (of: { ownerId: string; impUid: string }, amount?: number) =>
    house.rooms.cancellations.cancel(of.ownerId, { impUid: of.impUid, ...(amount && { amount }) });

  test('credits what was ordered, and goes back wholly in the same terms', async () => {
    const made = await discounted();
    expect(made.credit.amount).toBe(10_000);

    expect(await cancel(made)).toMatchObject({ state: 'DONE', amount: 10_000, checksum: 10_000 });
    expect(await house.accountOf(made.ownerId)).toEqual({ point: 0, held: 0, rows: [10_000, -10_000] });
  });

  test('goes back in parts, with what is left before the discount as the checksum', async () => {
    const made = await discounted(20_000);

    expect(await cancel(made, 10_000)).toMatchObject({ state: 'DONE', amount: 10_000, checksum: 20_000 });
    expect(await cancel(made, 10_000)).toMatchObject({ state: 'DONE', amount: 10_000, checksum: 10_000 });
    expect(await house.accountOf(made.ownerId)).toEqual({
      point: 0,
      held: 0,
      rows: [20_000, -10_000, -10_000],
    });
  });

  test('keeps its points when a part would leave less than the discount is for', async () => {
    const made = await discounted();

    await expect(cancel(made, 500)).rejects.toBeInstanceOf(CancelRefused);
    await house.rooms.recoverUntil(async () =>
      expect(await house.accountOf(made.ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] }),
    );
    expect(await cancel(made)).toMatchObject({ state: 'DONE', amount: 10_000 });
  });

  test('gives less discount to what is left, and the books stay in the terms of the order', async () => {
    const made = await discounted(6_000, 'promotion-id-sim-won');

    expect(await cancel(made, 2_000)).toMatchObject({ state: 'DONE', amount: 2_000, checksum: 6_000 });
    expect((await house.accountOf(made.ownerId)).point).toBe(4_000);
  });
});
