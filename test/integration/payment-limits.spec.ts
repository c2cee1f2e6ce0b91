import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { PaymentMethod } from '../../src/config/payment-methods.js';
import { GatewayPaymentState } from '../../src/gateway/gateway-payment.js';
import { methodOf } from '../../src/iamport/methods.js';
import { readPaidBefore } from '../../src/payment/paid-before.js';
import { Payment } from '../../src/payment/payment.entity.js';
import { PaymentOrder, StoredOrderState } from '../../src/payment/payment-order.entity.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';
import type { PaymentWish } from '../support/simulator-control.js';
import { watchStatements } from '../support/statements.js';

const { CARD, KAKAOPAY, PHONE, TRANSFER, VIRTUAL_ACCOUNT } = PaymentMethod;

describeOnEachDatabase('the limits of a way to pay', (database) => {
  let house: GatewayAndRooms;
  let during: ReturnType<typeof watchStatements>;
  let ownerId: string;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env, {
      PAYMENT_METHODS: 'card,kakaopay=@kakaopay,trans=@kcp,phone,vbank',
      POINT_PACKAGES: '100,300,5000,10000,30000,50000',
      PAYMENT_LIMITS: 'card:max=30000;day=40000;month=60000,phone:month=10000,vbank:day=30000',
    });
    during = watchStatements(house.rooms.books);
  });
  afterAll(() => house.close());
  beforeEach(async () => {
    ({ id: ownerId } = await house.user());
    await house.simulator.forgetRequests();
  });

  const order = (amount: number, method: PaymentMethod) => house.rooms.orders.create(ownerId, amount, method);

  /** A credited payment. @returns its id at the gateway. */
  async function buy(amount: number, wish: Partial<PaymentWish> = {}): Promise<string> {
    const { imp_uid: impUid } = await house.pay(await house.order(ownerId, amount), wish);
    await house.rooms.transactions.create(ownerId, impUid);
    return impUid;
  }

  /** What was refused, or the order. No order and no call of the gateway came of a refusal. */
  async function outcome(amount: number, method: PaymentMethod) {
    const ordersBefore = await house.rooms.books.manager.countBy(PaymentOrder, { ownerId });
    const callsBefore = (await house.simulator.requests()).total;
    try {
      await order(amount, method);
      return 'ordered';
    } catch (error) {
      expect(await house.rooms.books.manager.countBy(PaymentOrder, { ownerId })).toBe(ordersBefore);
      expect((await house.simulator.requests()).total).toBe(callsBefore);
      const { code, details } = error as { code: string; details: object };
      return { code, ...details };
    }
  }

  const exceeded = (method: PaymentMethod, limit: string, max: number, left: number) => ({
    code: 'METHOD_LIMIT_EXCEEDED',
    method,
    limit,
    max,
    left,
  });

  test('are those of the payment company and of the shop for one payment', async () => {
    expect(await outcome(300, TRANSFER)).toEqual(exceeded(TRANSFER, 'AMOUNT_MIN', 400, 0));
    expect(await outcome(50_000, CARD)).toEqual(exceeded(CARD, 'AMOUNT_MAX', 30_000, 30_000));
    expect(await outcome(100, KAKAOPAY)).toBe('ordered');
    expect(await outcome(30_000, CARD)).toBe('ordered');
  });

  test('count what was paid this way today, and leave the other ways open', async () => {
    await buy(30_000);

    expect(await outcome(30_000, CARD)).toEqual(exceeded(CARD, 'DAY', 40_000, 10_000));
    expect(await outcome(10_000, CARD)).toBe('ordered');
    expect(await outcome(30_000, KAKAOPAY)).toBe('ordered');
  });

  test('do not count what was paid another way, at another company that is a way to pay, or by somebody else', async () => {
    await buy(30_000, { pay_method: 'trans' });
    await buy(30_000, { pg_provider: 'kakaopay' });
    const buyer = ownerId;
    ({ id: ownerId } = await house.user());
    await buy(30_000);
    ownerId = buyer;

    expect(await outcome(30_000, CARD)).toBe('ordered');
  });

  test('count less what went back', async () => {
    const impUid = await buy(30_000);
    expect(await outcome(30_000, CARD)).toMatchObject({ limit: 'DAY' });

    await house.rooms.cancellations.cancel(ownerId, { impUid, amount: 15_000 });
    expect(await outcome(30_000, CARD)).toEqual(exceeded(CARD, 'DAY', 40_000, 25_000));
    await house.rooms.cancellations.cancel(ownerId, { impUid });
    expect(await outcome(30_000, CARD)).toBe('ordered');
  });

  test('of a month count what was paid on other days of it', async () => {
    await buy(5_000, { pay_method: 'phone' });
    await buy(5_000, { pay_method: 'phone' });

    expect(await outcome(5_000, PHONE)).toEqual(exceeded(PHONE, 'MONTH', 10_000, 0));
  });

  test('count an account that waits for its deposit', async () => {
    const waiting = await order(10_000, VIRTUAL_ACCOUNT);
    await house.rooms.books.manager.update(
      PaymentOrder,
      { merchantUid: waiting.merchantUid },
      { state: StoredOrderState.AWAITING_DEPOSIT },
    );

    expect(await outcome(30_000, VIRTUAL_ACCOUNT)).toEqual(exceeded(VIRTUAL_ACCOUNT, 'DAY', 30_000, 20_000));
  });

  test('hold also for an order that is there already: its window is not opened again', async () => {
    await order(30_000, CARD);
    await buy(30_000);

    expect(await outcome(30_000, CARD)).toMatchObject({ limit: 'DAY' });
  });

  test('do not stop money that was paid all the same from being credited', async () => {
    for (let time = 1; time <= 3; time += 1) await buy(30_000);

    expect(await house.accountOf(ownerId)).toMatchObject({ point: 90_000, rows: [30_000, 30_000, 30_000] });
  });

  test('begin anew with the Korean day and the Korean month', async () => {
    const now = new Date('2026-12-01T20:00:00+09:00');
    const paidAt = {
      before: '2026-11-30T23:59:59.999+09:00',
      monthBegan: '2026-12-01T00:00:00+09:00',
      today: '2026-12-01T19:59:59+09:00',
    };
    for (const at of Object.values(paidAt)) {
      const gatewayPaymentId = await buy(10_000);
      await house.rooms.books.manager.update(Payment, { gatewayPaymentId }, { paidAt: new Date(at) });
    }
    const read = (at: Date) =>
      readPaidBefore(house.rooms.books.manager, ownerId, (paid) => methodOf(paid) === CARD, at);

    expect(await read(now)).toEqual({ day: 20_000, month: 20_000 });
    expect(await read(new Date('2026-12-02T00:00:00+09:00'))).toEqual({ day: 0, month: 20_000 });
    expect(await read(new Date('2026-11-30T23:59:59.999+09:00'))).toMatchObject({ month: 30_000 });
    expect(await read(new Date('2027-01-01T00:00:00+09:00'))).toEqual({ day: 0, month: 0 });
  });

  test('do not count a deposit that the bank took back', async () => {
    const gatewayPaymentId = await buy(10_000);
    await house.rooms.books.manager.update(
      Payment,
      { gatewayPaymentId },
      { state: GatewayPaymentState.READY },
    );

    const paid = await readPaidBefore(house.rooms.books.manager, ownerId, () => true, new Date());
    expect(paid).toEqual({ day: 0, month: 0 });
  });

  test('cost a statement only where a day or a month has a limit', async () => {
    const { id: other } = await house.user();
    const create = (method: PaymentMethod) => () => house.rooms.orders.create(other, 5_000, method);
    const insert =
      database.name === 'SQLite' ? 'INSERT point_payment_order' : 'INSERT point_payment_order FOR UPDATE';

    expect(await during(create(TRANSFER))).toEqual(['SELECT point_account', insert]);
    // The same order, to be paid another way.
    expect(await during(create(KAKAOPAY))).toEqual(['SELECT point_account', 'UPDATE point_payment_order']);
    expect(await during(create(KAKAOPAY))).toEqual(['SELECT point_account']);
    expect(await during(create(CARD))).toEqual([
      'SELECT point_payment',
      'SELECT point_account',
      'UPDATE point_payment_order',
    ]);
  });
});

describeOnEachDatabase('the way to pay of an order', (database) => {
  let house: GatewayAndRooms;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env, { PAYMENT_METHODS: 'trans,card' });
  });
  afterAll(() => house.close());

  const stored = async (merchantUid: string) =>
    (await house.rooms.books.manager.findOneByOrFail(PaymentOrder, { merchantUid })).method;

  test('is the first offered one where nobody says, and otherwise the one that was wanted last', async () => {
    const { id: ownerId } = await house.user();

    const first = await house.rooms.orders.create(ownerId, 10_000);
    expect([first.method, await stored(first.merchantUid)]).toEqual([TRANSFER, TRANSFER]);

    const again = await house.rooms.orders.create(ownerId, 10_000, CARD);
    expect(again.merchantUid).toBe(first.merchantUid);
    expect([again.method, await stored(first.merchantUid)]).toEqual([CARD, CARD]);
  });

  test('is one that is offered: another is refused, and nobody is called', async () => {
    const { id: ownerId } = await house.user();
    await house.simulator.forgetRequests();

    await expect(house.rooms.orders.create(ownerId, 10_000, PHONE)).rejects.toMatchObject({
      code: 'METHOD_NOT_OFFERED',
      details: { offered: [TRANSFER, CARD] },
    });
    expect((await house.simulator.requests()).total).toBe(0);
    expect(await house.rooms.books.manager.countBy(PaymentOrder, { ownerId })).toBe(0);
  });

  test('is the same for all who want the same at once, and one order', async () => {
    const { id: ownerId } = await house.user();

    const made = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        house.rooms.orders.create(ownerId, 10_000, index % 2 ? CARD : TRANSFER),
      ),
    );

    const [{ merchantUid }] = made as [PaymentOrder];
    expect(new Set(made.map((one) => one.merchantUid)).size).toBe(1);
    expect(made.map((one) => one.method)).toEqual(made.map((_, index) => (index % 2 ? CARD : TRANSFER)));
    expect([CARD, TRANSFER]).toContain(await stored(merchantUid));
  });
});
