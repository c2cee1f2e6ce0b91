import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { lastCheckAfter } from '../../src/payment/check-schedule.js';
import { Attention, AttentionKind } from '../../src/attention/attention.entity.js';
import { PaymentOrder, StoredOrderState } from '../../src/payment/payment-order.entity.js';
import { Cancellation, CancellationKind, CancellationState } from '../../src/payment/cancellation.entity.js';
import { Payment } from '../../src/payment/payment.entity.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { faultsInBooks, readAccount } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { watchStatements } from '../support/statements.js';
import { cutBefore, onCancel, refuse } from '../support/faulty-gateway.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';
import { openRooms, type Rooms } from '../support/rooms.js';
import type { PaymentWish } from '../support/simulator-control.js';

const MINUTE_MS = 60_000;
const PIECES = 12;
const { PENDING, DONE, REFUSED } = CancellationState;

describeOnEachDatabase('recovery', (database) => {
  let house: GatewayAndRooms;
  let rooms: Rooms;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env);
    rooms = house.rooms;
  });

  beforeEach(() => house.gateway.behave());

  afterAll(() => house.close());

  /** With what their payments are called. */
  const giveBacksOf = async (ownerId: string) => {
    const { manager } = rooms.books;
    const payments = await manager.findBy(Payment, { ownerId });
    const giveBacks = await manager.findBy(Cancellation, { ownerId, kind: CancellationKind.GIVE_BACK });
    return giveBacks.map((giveBack) => {
      const payment = payments.find(({ id }) => id === giveBack.paymentId);
      return { ...giveBack, impUid: payment?.gatewayPaymentId, merchantUid: payment?.merchantUid };
    });
  };
  const orderOf = (merchantUid: string) => rooms.books.manager.findOneByOrFail(PaymentOrder, { merchantUid });
  const makeOld = (merchantUid: string, minutes: number) =>
    rooms.books.manager.update(
      PaymentOrder,
      { merchantUid },
      {
        createdAt: new Date(Date.now() - minutes * MINUTE_MS),
        // An hour after it, as of each order for which no account waits.
        expiresAt: new Date(Date.now() + (60 - minutes) * MINUTE_MS),
        nextCheckAt: new Date(),
      },
    );

  describe('of an order whose browser never came back', () => {
    test('credits what was paid, and does not ask again before it is time', async () => {
      const { id: ownerId } = await house.user();
      const order = await house.orderToCheck(ownerId);
      await house.pay(order);

      await rooms.recoverUntil(async () => {
        expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
        const { state, nextCheckAt } = await orderOf(order.merchantUid);
        expect(state).toBe(StoredOrderState.PAID);
        // The first time of the schedule that is not over: on a slow machine the second.
        expect([MINUTE_MS, 2 * MINUTE_MS]).toContain(Number(nextCheckAt) - order.createdAt.getTime());
      });
      expect(await faultsInBooks(rooms.books, ownerId)).toEqual([]);
    });

    test('credits the attempt that was paid, of several that were not', async () => {
      const { id: ownerId } = await house.user();
      const order = await house.orderToCheck(ownerId);
      await house.pay(order, { status: 'failed' });
      await house.pay(order, { status: 'ready' });
      const { imp_uid: paid } = await house.pay(order);
      await house.pay(order, { status: 'failed' });

      await rooms.recoverUntil(async () => {
        expect((await house.accountOf(ownerId)).rows).toEqual([10_000]);
      });
      const { rows } = await readAccount(rooms.books, ownerId);
      expect(rows.map(({ impUid }) => impUid)).toEqual([paid]);
    });

    test('credits what is left of a payment that was partly cancelled meanwhile', async () => {
      const { id: ownerId } = await house.user();
      const order = await house.orderToCheck(ownerId);
      await house.pay(order, { cancel_amount: 3_000 });

      await rooms.recoverUntil(async () => {
        expect((await house.accountOf(ownerId)).rows).toEqual([7_000]);
      });
    });

    test('leaves an unpaid one alone until the next time, and for ever after the last', async () => {
      const { id: ownerId } = await house.user();
      const [young, old] = [await house.orderToCheck(ownerId), await house.orderToCheck(ownerId)];
      await house.pay(young, { status: 'ready' });
      await makeOld(young.merchantUid, 16);
      await makeOld(old.merchantUid, 100);

      await rooms.recoverUntil(async () => {
        expect((await orderOf(young.merchantUid)).nextCheckAt?.getTime()).toBeGreaterThan(
          Date.now() + MINUTE_MS,
        );
        expect((await orderOf(old.merchantUid)).nextCheckAt).toBeNull();
      });
      await house.simulator.forgetRequests();
      await rooms.recoverWhile(() => sleep(200));

      expect((await house.simulator.requests()).total).toBe(0);
      expect((await house.accountOf(ownerId)).rows).toEqual([]);
    });

    test('leaves a paid one alone until the end of its time, and asks nobody before', async () => {
      const { id: ownerId } = await house.user();
      const order = await house.orderToCheck(ownerId);
      const { imp_uid: impUid } = await house.pay(order);
      await rooms.transactions.create(ownerId, impUid);
      await house.simulator.forgetRequests();

      await rooms.recoverUntil(async () => {
        const { createdAt, nextCheckAt } = await orderOf(order.merchantUid);
        expect(nextCheckAt).toEqual(lastCheckAfter(createdAt, createdAt));
      });
      expect((await house.simulator.requests()).total).toBe(0);
    });

    test('asks about many unpaid orders in one call, and credits those that were paid', async () => {
      const { id: ownerId } = await house.user();
      const orders = [];
      for (let count = 0; count < 30; count++) orders.push(await house.orderToCheck(ownerId));
      for (const order of orders.slice(0, 3)) await house.pay(order);
      for (const order of orders.slice(3, 6)) await house.pay(order, { status: 'ready' });
      await house.simulator.forgetRequests();

      await rooms.recoverUntil(async () => {
        expect((await house.accountOf(ownerId)).rows).toEqual([10_000, 10_000, 10_000]);
      });
      expect((await house.simulator.requests()).counts).toEqual({ 'GET /payments': 1 });
    });

    test('asks once more, about it alone, before it gives up an order that somebody tried to pay', async () => {
      const { id: ownerId } = await house.user();
      const [tried, untouched] = [await house.orderToCheck(ownerId), await house.orderToCheck(ownerId)];
      await house.pay(tried, { status: 'failed' });
      for (const { merchantUid } of [tried, untouched]) await makeOld(merchantUid, 100);
      await house.simulator.forgetRequests();

      await rooms.recoverUntil(async () => {
        for (const { merchantUid } of [tried, untouched]) {
          expect((await orderOf(merchantUid)).nextCheckAt).toBeNull();
        }
      });
      expect((await house.simulator.requests()).counts).toEqual({
        'GET /payments': 1,
        'GET /payments/findAll/{merchant_uid}': 1,
      });
    });

    test('leaves it to a person when it meets a fault of ours until the last time, and not before', async () => {
      const { id: ownerId } = await house.user();
      const [first, order] = [await house.order(ownerId), await house.orderToCheck(ownerId)];
      await rooms.transactions.create(ownerId, (await house.pay(first)).imp_uid);
      // The next row of this user gets a number that is taken, whatever the gateway says.
      await rooms.books.manager.update(PointAccount, ownerId, { transactionCount: 0 });
      await house.pay(order);
      const { merchantUid } = order;
      const attentions = () => rooms.books.manager.findBy(Attention, { merchantUid });
      const meetTheFault = async (minutes: number): Promise<Date | null> => {
        await makeOld(merchantUid, minutes);
        const met = rooms.recoverUntil(async () => expect(rooms.errors.join()).toMatch(/uniq|duplicate/i));
        await expect(met).rejects.toThrow(/uniq|duplicate/i);
        rooms.errors.length = 0;
        return (await orderOf(merchantUid)).nextCheckAt;
      };

      expect(Number(await meetTheFault(16))).toBeGreaterThan(Date.now() + 5 * MINUTE_MS);
      expect(await attentions()).toEqual([]);
      expect(await meetTheFault(100)).toBeNull();

      expect(await attentions()).toEqual([
        expect.objectContaining({ kind: AttentionKind.WORK_GIVEN_UP, subject: merchantUid, ownerId }),
      ]);
    });

    test('asks again later when the gateway does not answer', async () => {
      const { id: ownerId } = await house.user();
      const order = await house.orderToCheck(ownerId);
      await house.pay(order);
      house.gateway.misbehave((request, response) => {
        if (!request.url?.startsWith('/payments?')) return false;
        response.destroy();
        return true;
      });

      await rooms.recoverUntil(async () => {
        expect((await orderOf(order.merchantUid)).nextCheckAt?.getTime()).toBeGreaterThan(
          Date.now() + MINUTE_MS,
        );
      });
      expect((await house.accountOf(ownerId)).rows).toEqual([]);

      house.gateway.behave();
      await rooms.books.manager.update(
        PaymentOrder,
        { merchantUid: order.merchantUid },
        { nextCheckAt: new Date() },
      );
      await rooms.recoverUntil(async () => {
        expect((await house.accountOf(ownerId)).rows).toEqual([10_000]);
      });
    });
  });

  describe('of money that can never be credited', () => {
    test.each<[string, Partial<PaymentWish>, string, number]>([
      ['is more than was asked for', { amount: 10_001 }, '금액', 10_001],
      ['is less than was asked for', { amount: 9_999 }, '금액', 9_999],
      ['is in dollars and cents', { amount: 10.55, currency: 'USD' }, '원화', 10.55],
      [
        'is in dollars, and partly cancelled',
        { amount: 10.5, currency: 'USD', cancel_amount: 3.25 },
        '원화',
        7.25,
      ],
      [
        'is more than was asked for, and partly cancelled',
        { amount: 12_000, cancel_amount: 2_000 },
        '금액',
        10_000,
      ],
    ])('gives it back once, with a reason, when it %s', async (_title, wish, reason, left) => {
      const { id: ownerId } = await house.user();
      const order = await house.orderToCheck(ownerId);
      const payment = await house.pay(order, wish);
      await house.simulator.forgetRequests();

      await rooms.recoverUntil(async () => {
        expect((await house.view.read(payment.imp_uid)).cancel_amount).toBe(payment.amount);
        expect(await giveBacksOf(ownerId)).toEqual([expect.objectContaining({ state: DONE })]);
      });
      await rooms.reconcile(payment.imp_uid);
      await rooms.recoverWhile(() => sleep(100));

      expect(await house.cancelCalls()).toBe(1);
      const [giveBack] = await giveBacksOf(ownerId);
      expect(giveBack).toMatchObject({
        impUid: payment.imp_uid,
        merchantUid: order.merchantUid,
        amount: left,
        checksum: left,
        currency: payment.currency,
        reason: expect.stringContaining(reason),
      });
      const { cancel_history: history } = await house.view.read(payment.imp_uid);
      expect(history.at(-1)).toMatchObject({ amount: left, reason: expect.stringContaining(reason) });
      expect(await house.accountOf(ownerId)).toEqual({ point: 0, held: 0, rows: [] });
      expect((await orderOf(order.merchantUid)).state).toBe(StoredOrderState.READY);
    });

    test('gives a second payment of an order back once and keeps the first', async () => {
      const { id: ownerId } = await house.user();
      const order = await house.orderToCheck(ownerId);
      const first = await house.pay(order);
      await rooms.transactions.create(ownerId, first.imp_uid);
      const second = await house.pay(order);
      await makeOld(order.merchantUid, 100);
      await house.simulator.forgetRequests();

      await rooms.recoverUntil(async () => {
        expect(await giveBacksOf(ownerId)).toEqual([
          expect.objectContaining({ impUid: second.imp_uid, state: DONE, amount: 10_000 }),
        ]);
      });

      expect(await house.cancelCalls()).toBe(1);
      expect((await house.view.read(second.imp_uid)).cancel_amount).toBe(10_000);
      expect((await house.view.read(first.imp_uid)).cancel_amount).toBe(0);
      expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
      expect(await rooms.cancellations.page(ownerId, 10, undefined)).toEqual([]);
      expect((await rooms.cancellations.giveBacks(1, undefined))[0]?.payment.gatewayPaymentId).toBe(
        second.imp_uid,
      );
      expect(await faultsInBooks(rooms.books, ownerId)).toEqual([]);
    });

    test('gives it back when its payer’s own claim found it, and tells them why it is not credited', async () => {
      const { id: ownerId } = await house.user();
      const order = await house.order(ownerId);
      const { imp_uid: impUid } = await house.pay(order, { amount: 9_000 });

      await expect(rooms.transactions.create(ownerId, impUid)).rejects.toMatchObject({
        code: 'PAYMENT_MISMATCH',
        details: { reason: 'AMOUNT' },
      });
      await rooms.recoverUntil(async () => {
        expect((await house.view.read(impUid)).cancel_amount).toBe(9_000);
        expect(await giveBacksOf(ownerId)).toEqual([expect.objectContaining({ state: DONE })]);
      });
    });

    test('does not give anything back for another person’s claim or an altered one', async () => {
      const [owner, thief] = [await house.user(), await house.user()];
      const order = await house.order(owner.id);
      const { imp_uid: impUid } = await house.pay(order);
      await house.simulator.forgetRequests();

      await expect(rooms.transactions.create(thief.id, impUid)).rejects.toMatchObject({
        code: 'PAYMENT_NOT_FOUND',
      });
      await expect(rooms.transactions.create(owner.id, impUid, 1)).rejects.toMatchObject({
        details: { reason: 'CLAIMED_AMOUNT' },
      });
      await rooms.recoverWhile(() => sleep(200));

      expect(await house.cancelCalls()).toBe(0);
      expect(await giveBacksOf(owner.id)).toEqual([]);
      expect((await rooms.transactions.create(owner.id, impUid)).credit.amount).toBe(10_000);
    });

    test('leaves it to a person when the payment company refuses to take it back, however often it is told of', async () => {
      const { id: ownerId } = await house.user();
      const order = await house.orderToCheck(ownerId);
      const { imp_uid: impUid } = await house.pay(order, { amount: 9_000 });
      let calls = 0;
      house.gateway.misbehave(
        onCancel((response) => {
          calls += 1;
          refuse(response);
        }),
      );

      await rooms.recoverUntil(async () => {
        expect(await giveBacksOf(ownerId)).toEqual([
          expect.objectContaining({ state: REFUSED, refusal: expect.stringContaining('마감된 거래') }),
        ]);
      });
      for (let news = 0; news < 5; news++) await rooms.reconcile(impUid);
      await rooms.recoverWhile(() => sleep(100));
      const [giveBack, ...more] = await giveBacksOf(ownerId);
      expect(more).toEqual([]);
      expect(calls).toBe(1);
      expect(await rooms.books.manager.findBy(Attention, { ownerId })).toEqual([
        expect.objectContaining({
          kind: AttentionKind.GIVE_BACK_REFUSED,
          subject: giveBack?.id,
          resolvedAt: null,
        }),
      ]);
      expect(await house.accountOf(ownerId)).toEqual({ point: 0, held: 0, rows: [] });

      // Another sum is another question.
      house.gateway.behave();
      await house.view.cancelOutside(impUid, 2_000);
      await rooms.reconcile(impUid);
      await rooms.recoverUntil(async () => {
        expect((await house.view.read(impUid)).cancel_amount).toBe(9_000);
        expect((await giveBacksOf(ownerId)).map(({ state, amount }) => [state, amount])).toEqual([
          [REFUSED, 9_000],
          [DONE, 7_000],
        ]);
      });
    });

    test('asks for the rest when some went back outside after the refusal and nobody looks at the order any more', async () => {
      const { id: ownerId } = await house.user();
      const order = await house.order(ownerId);
      const { imp_uid: impUid } = await house.pay(order, { amount: 9_000 });
      const { manager } = rooms.books;
      await expect(rooms.transactions.create(ownerId, impUid)).rejects.toMatchObject({
        details: { reason: 'AMOUNT' },
      });
      const [payment, giveBack] = [
        await manager.findOneByOrFail(Payment, { gatewayPaymentId: impUid }),
        await manager.findOneByOrFail(Cancellation, { ownerId }),
      ];
      house.gateway.misbehave(onCancel(refuse));
      await rooms.cancellations.send(payment, Object.assign(giveBack, { sentAt: new Date() }));
      expect(await giveBacksOf(ownerId)).toEqual([
        expect.objectContaining({ state: PENDING, refusal: expect.any(String) }),
      ]);
      await house.view.cancelOutside(impUid, 2_000);
      house.gateway.behave();
      await manager.update(PaymentOrder, { merchantUid: order.merchantUid }, { nextCheckAt: null });

      await rooms.recoverUntil(async () => {
        expect((await giveBacksOf(ownerId)).map(({ state, amount }) => [state, amount])).toEqual([
          [REFUSED, 9_000],
          [DONE, 7_000],
        ]);
      });
      expect((await house.view.read(impUid)).cancel_amount).toBe(9_000);
      expect(await manager.findBy(Attention, { ownerId })).toEqual([]);
    });

    test('leaves nothing to a person when all went back outside after the refusal', async () => {
      const { id: ownerId } = await house.user();
      const order = await house.order(ownerId);
      const { imp_uid: impUid } = await house.pay(order, { amount: 9_000 });
      await expect(rooms.transactions.create(ownerId, impUid)).rejects.toMatchObject({
        details: { reason: 'AMOUNT' },
      });
      // In two parts, so that none of them is taken for ours.
      await house.view.cancelOutside(impUid, 2_000);
      await house.view.cancelOutside(impUid, 7_000);

      await rooms.recoverUntil(async () => {
        expect((await giveBacksOf(ownerId)).map(({ state, amount }) => [state, amount])).toEqual([
          [REFUSED, 9_000],
        ]);
      });
      expect(await rooms.books.manager.findBy(Attention, { ownerId })).toEqual([]);
    });

    test('gives back what would not fit into the balance', async () => {
      const { id: ownerId } = await house.user();
      await rooms.books.manager.update(PointAccount, ownerId, { point: 2 ** 31 - 1 - 9_999 });
      const order = await house.order(ownerId);
      const { imp_uid: impUid } = await house.pay(order);

      await expect(rooms.transactions.create(ownerId, impUid)).rejects.toMatchObject({
        code: 'PAYMENT_MISMATCH',
        details: { reason: 'BALANCE_FULL' },
      });
      await rooms.recoverUntil(async () => {
        expect((await house.view.read(impUid)).cancel_amount).toBe(10_000);
      });
      expect((await house.accountOf(ownerId)).rows).toEqual([]);
      expect((await orderOf(order.merchantUid)).state).toBe(StoredOrderState.READY);
    });

    test.each<[string, Partial<PaymentWish>]>([
      ['a test payment', {}],
      ['a test payment of another amount', { amount: 12_345 }],
      ['a test payment in dollars', { currency: 'USD' }],
    ])('does not touch %s on a live server', async (_title, wish) => {
      const live = await openRooms({
        database: database.env,
        gatewayUrl: house.gateway.url,
        env: { IAMPORT_TEST_MODE: 'false' },
      });
      try {
        const { id: ownerId } = await house.user();
        const order = await house.orderToCheck(ownerId);
        const payment = await house.pay(order, wish);
        await house.simulator.forgetRequests();

        await live.recoverUntil(async () => {
          expect((await orderOf(order.merchantUid)).nextCheckAt).not.toEqual(order.nextCheckAt);
          expect((await house.simulator.requests()).total).toBeGreaterThan(0);
          expect(live.errors.filter((line) => line.includes(payment.imp_uid))).toEqual([
            expect.stringContaining('another channel'),
          ]);
        });
        await live.recoverWhile(() => sleep(100));

        expect(await house.cancelCalls()).toBe(0);
        expect(await giveBacksOf(ownerId)).toEqual([]);
        expect(await house.accountOf(ownerId)).toEqual({ point: 0, held: 0, rows: [] });
        expect((await house.view.read(payment.imp_uid)).cancel_amount).toBe(0);
        expect(await rooms.books.manager.findBy(Attention, { ownerId })).toEqual([
          expect.objectContaining({ kind: AttentionKind.OTHER_CHANNEL, subject: payment.imp_uid }),
        ]);
        // Another look that shows the same costs no transaction, and writes no second line.
        const looks = watchStatements(live.books);
        expect(await looks(() => live.reconciliation.reconcileOrder(order))).toEqual([
          'SELECT point_payment',
        ]);
        expect(live.errors.filter((line) => line.includes(payment.imp_uid))).toHaveLength(1);
      } finally {
        await live.close();
      }
    });

    test('does not touch a payment that is not for one of our orders', async () => {
      const payment = await house.simulator.pay({ merchant_uid: 'another-shop-1', amount: 10_000 });
      await house.simulator.forgetRequests();

      await rooms.reconcile(payment.imp_uid);
      await rooms.recoverWhile(() => sleep(200));

      expect(await house.cancelCalls()).toBe(0);
      expect(await rooms.books.manager.countBy(Payment, { gatewayPaymentId: payment.imp_uid })).toBe(0);
    });
  });

  describe('of cancellations', () => {
    /** So many users, each with an open cancellation that the gateway never heard of and that is due. */
    async function openCancellations(count: number): Promise<string[]> {
      house.gateway.misbehave(onCancel(cutBefore));
      const userIds: string[] = [];
      for (let index = 0; index < count; index++) {
        const { id: ownerId } = await house.user();
        const { imp_uid: impUid } = await house.pay(await house.order(ownerId));
        await rooms.transactions.create(ownerId, impUid);
        const { state } = await rooms.cancellations.cancel(ownerId, { impUid });
        expect(state).toBe(PENDING);
        userIds.push(ownerId);
      }
      house.gateway.behave();
      return userIds;
    }

    test('that runs in two instances sends each piece once', async () => {
      const { graceMs } = rooms.settings.recovery;
      // A second instance on SQLite is refused at its start; two workers in one are as near as it comes.
      const other =
        database.name === 'MariaDB'
          ? await openRooms({ database: database.env, gatewayUrl: house.gateway.url })
          : rooms;
      try {
        const userIds = await openCancellations(PIECES);
        // So long ago that nothing can still run; and as in production a call takes much less than that.
        for (const { settings } of [rooms, other]) settings.recovery.graceMs = MINUTE_MS;
        const sentAt = new Date(Date.now() - 2 * MINUTE_MS);
        await rooms.books.manager.update(Cancellation, { state: PENDING }, { sentAt });
        await house.simulator.forgetRequests();

        const allDone = async () => {
          for (const ownerId of userIds) {
            expect(await house.accountOf(ownerId)).toEqual({ point: 0, held: 0, rows: [10_000, -10_000] });
          }
        };
        await Promise.all([rooms.recoverUntil(allDone), other.recoverUntil(allDone)]);

        expect(await house.cancelCalls()).toBe(PIECES);
        for (const ownerId of userIds) expect(await faultsInBooks(rooms.books, ownerId)).toEqual([]);
      } finally {
        rooms.settings.recovery.graceMs = graceMs;
        if (other !== rooms) await other.close();
      }
    });

    test('that the gateway does not answer looks again after growing pauses, at least every 15 minutes', async () => {
      const [ownerId] = await openCancellations(1);
      house.gateway.misbehave((_request, response) => {
        response.destroy();
        return true;
      });

      for (const [attempts, pauseMs] of [
        [0, 2_000],
        [1, 4_000],
        [5, 64_000],
        [8, 512_000],
        [9, 900_000],
        [200, 900_000],
      ] as const) {
        const now = Date.now();
        await rooms.books.manager.update(
          Cancellation,
          { ownerId },
          { attempts, nextAttemptAt: new Date(now) },
        );
        await rooms.recoverUntil(async () => {
          const open = await rooms.books.manager.findOneByOrFail(Cancellation, { ownerId });
          expect(open.attempts).toBe(attempts + 1);
          const waitMs = (open.nextAttemptAt?.getTime() ?? 0) - now;
          expect(waitMs).toBeGreaterThanOrEqual(pauseMs);
          expect(waitMs).toBeLessThan(pauseMs + 5_000);
        });
      }
      house.gateway.behave();
      // Long ago, so that the call can no longer run.
      await rooms.books.manager.update(
        Cancellation,
        { ownerId },
        { nextAttemptAt: new Date(), sentAt: new Date(0) },
      );
      await rooms.recoverUntil(async () => {
        expect(await rooms.books.manager.findOneByOrFail(Cancellation, { ownerId })).toMatchObject({
          state: DONE,
        });
      });
    });
  });
});
