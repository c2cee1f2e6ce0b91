import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { IsNull, Not } from 'typeorm';
import { ulid } from 'ulid';
import { GatewayPaymentState } from '../../src/gateway/gateway-payment.js';
import { Attention, AttentionKind } from '../../src/attention/attention.entity.js';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { WebhookDelivery } from '../../src/webhook/webhook-delivery.entity.js';
import { faultsInBooks, newImpUid } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { answerJson } from '../support/faulty-gateway.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';
import { eventually, type Rooms } from '../support/rooms.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

describeOnEachDatabase('a stored webhook', (database) => {
  let house: GatewayAndRooms;
  let rooms: Rooms;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env);
    rooms = house.rooms;
  });

  beforeEach(async () => {
    house.gateway.behave();
    await rooms.books.manager.deleteAll(WebhookDelivery);
  });

  afterAll(() => house.close());

  /** As the gateway's own notice names them, without news. */
  const receive = async (
    impUid: string,
    news: { status?: GatewayPaymentState; cancellationId?: string } = {},
  ) => {
    const { merchant_uid: merchantUid } = await house.view.read(impUid);
    const { status = null, cancellationId = null } = news;
    await rooms.webhooks.receive({
      gateway: 'iamport',
      gatewayPaymentId: impUid,
      merchantUid,
      status,
      cancellationId,
    });
  };
  const deliveriesOf = (impUid: string) =>
    rooms.books.manager.findBy(WebhookDelivery, { gatewayPaymentId: impUid });
  const makeDue = (impUid: string) =>
    rooms.books.manager.update(WebhookDelivery, { gatewayPaymentId: impUid }, { nextAttemptAt: new Date() });

  async function paidOrder() {
    const { id: ownerId } = await house.user();
    const order = await house.order(ownerId);
    const payment = await house.pay(order);
    return { ownerId, order, impUid: payment.imp_uid };
  }

  test('leads to one credit, however often it comes', async () => {
    const { ownerId, impUid } = await paidOrder();
    for (let count = 0; count < 5; count++) await receive(impUid);

    await rooms.recoverUntil(async () => {
      const deliveries = await deliveriesOf(impUid);
      expect(deliveries).toHaveLength(5);
      expect(deliveries.every(({ nextAttemptAt }) => nextAttemptAt === null)).toBe(true);
    });
    expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });

    await receive(impUid);
    await rooms.recoverUntil(async () => {
      expect((await deliveriesOf(impUid)).every(({ nextAttemptAt }) => nextAttemptAt === null)).toBe(true);
    });
    expect((await house.accountOf(ownerId)).rows).toEqual([10_000]);
  });

  test('about a payment that is not finished, or failed, credits nothing', async () => {
    for (const status of ['ready', 'failed'] as const) {
      const { id: ownerId } = await house.user();
      const { imp_uid: impUid } = await house.pay(await house.order(ownerId), { status });
      await receive(impUid);

      await rooms.recoverUntil(async () => {
        expect(await deliveriesOf(impUid)).toEqual([expect.objectContaining({ nextAttemptAt: null })]);
      });
      expect(await house.accountOf(ownerId)).toEqual({ point: 0, held: 0, rows: [] });
    }
  });

  test('of a cancellation in the console takes the points, once', async () => {
    const { ownerId, impUid } = await paidOrder();
    await rooms.transactions.create(ownerId, impUid);
    await house.view.cancelOutside(impUid, 2_500);
    await house.view.cancelOutside(impUid, 2_500);
    await receive(impUid);
    await receive(impUid);

    await rooms.recoverUntil(async () => {
      expect(await house.accountOf(ownerId)).toEqual({
        point: 5_000,
        held: 0,
        rows: [10_000, -2_500, -2_500],
      });
    });
    await rooms.reconcile(impUid);
    expect((await house.accountOf(ownerId)).rows).toEqual([10_000, -2_500, -2_500]);
    expect(await faultsInBooks(rooms.books, ownerId)).toEqual([]);
  });

  test.each(['an order of nobody', 'no order at all'])(
    'about %s costs no gateway call and is not stored',
    async (kind) => {
      const foreign = await house.simulator.pay({ merchant_uid: `pt${ulid()}`, amount: 10_000 });
      await house.simulator.forgetRequests();
      const merchantUid = kind === 'no order at all' ? null : foreign.merchant_uid;

      await rooms.webhooks.receive({
        gateway: 'iamport',
        gatewayPaymentId: foreign.imp_uid,
        merchantUid,
        status: GatewayPaymentState.PAID,
        cancellationId: null,
      });
      await rooms.recoverWhile(() => sleep(200));

      expect(await rooms.books.manager.count(WebhookDelivery)).toBe(0);
      expect((await house.simulator.requests()).total).toBe(0);
    },
  );

  test('that names no order is about the order of a credited payment', async () => {
    const { ownerId, impUid } = await paidOrder();
    await rooms.transactions.create(ownerId, impUid);
    await house.view.cancelOutside(impUid, 1_000);
    await rooms.webhooks.receive({
      gateway: 'iamport',
      gatewayPaymentId: impUid,
      merchantUid: null,
      status: GatewayPaymentState.CANCELLED,
      cancellationId: null,
    });

    await rooms.recoverUntil(async () => {
      expect((await house.accountOf(ownerId)).rows).toEqual([10_000, -1_000]);
    });
  });

  test('whose news the gateway never shows is looked at after growing pauses and given up at last', async () => {
    const { order } = await paidOrder();
    const impUid = newImpUid();
    const { merchantUid } = order;
    await rooms.webhooks.receive({
      gateway: 'iamport',
      gatewayPaymentId: impUid,
      merchantUid,
      status: null,
      cancellationId: null,
    });
    for (const [attempts, pauseMs] of [
      [0, 5_000],
      [1, 10_000],
      [7, 640_000],
    ] as const) {
      const now = Date.now();
      await rooms.books.manager.update(
        WebhookDelivery,
        { gatewayPaymentId: impUid },
        { attempts, nextAttemptAt: new Date(now) },
      );
      await rooms.recoverUntil(async () => {
        const [delivery] = await deliveriesOf(impUid);
        expect(delivery?.attempts).toBe(attempts + 1);
        const waitMs = (delivery?.nextAttemptAt?.getTime() ?? 0) - now;
        expect(waitMs).toBeGreaterThanOrEqual(pauseMs);
        expect(waitMs).toBeLessThan(pauseMs + 5_000);
      });
    }
    await makeDue(impUid);
    await rooms.recoverUntil(async () => {
      expect(await deliveriesOf(impUid)).toEqual([
        expect.objectContaining({ attempts: 9, nextAttemptAt: null }),
      ]);
    });
    expect(await rooms.books.manager.findBy(Attention, { merchantUid })).toEqual([
      expect.objectContaining({
        kind: AttentionKind.NEWS_NEVER_SEEN,
        subject: merchantUid,
        note: expect.stringContaining(impUid),
      }),
    ]);
  });

  describe('whose look is older than its news is looked at again', () => {
    /** The gateway goes on showing the payment as it is now, until it is told to behave. */
    async function freeze(impUid: string): Promise<void> {
      const stale = await house.view.read(impUid);
      house.gateway.misbehave((request, response) => {
        if (!request.url?.startsWith('/payments/findAll')) return false;
        const list = { total: 1, previous: 0, next: 0, list: [stale] };
        answerJson(response, 200, { code: 0, message: null, response: list });
        return true;
      });
    }

    async function lookedAtOnce(impUid: string): Promise<void> {
      await rooms.recoverUntil(async () => {
        expect(await deliveriesOf(impUid)).toEqual([expect.objectContaining({ attempts: 1 })]);
      });
      expect((await deliveriesOf(impUid))[0]?.nextAttemptAt).not.toBeNull();
      house.gateway.behave();
      await makeDue(impUid);
    }

    test.each(['with its name', 'without a name'])('a cancellation in the console, %s', async (kind) => {
      const { ownerId, impUid } = await paidOrder();
      await rooms.transactions.create(ownerId, impUid);
      await freeze(impUid);
      await house.view.cancelOutside(impUid, 4_000);
      const [cancelled] = (await house.view.read(impUid)).cancel_history;
      await receive(impUid, {
        status: GatewayPaymentState.CANCELLED,
        ...(kind === 'with its name' && { cancellationId: cancelled?.cancellation_id }),
      });

      // Without a name the status alone is no proof of a cancellation.
      await lookedAtOnce(impUid);

      await rooms.recoverUntil(async () => {
        expect((await house.accountOf(ownerId)).rows).toEqual([10_000, -4_000]);
        expect((await deliveriesOf(impUid))[0]?.nextAttemptAt).toBeNull();
      });
    });

    test('a second cancellation, though the first one is shown', async () => {
      const { ownerId, impUid } = await paidOrder();
      await rooms.transactions.create(ownerId, impUid);
      await house.view.cancelOutside(impUid, 1_000);
      await freeze(impUid);
      await house.view.cancelOutside(impUid, 2_000);
      const second = (await house.view.read(impUid)).cancel_history.at(-1);
      await receive(impUid, {
        status: GatewayPaymentState.CANCELLED,
        cancellationId: second?.cancellation_id,
      });

      await lookedAtOnce(impUid);

      await rooms.recoverUntil(async () => {
        expect((await house.accountOf(ownerId)).rows).toEqual([10_000, -1_000, -2_000]);
      });
    });

    test.each(['ready', 'failed'] as const)('a payment that came after it was %s', async (status) => {
      const { id: ownerId } = await house.user();
      const { imp_uid: impUid } = await house.pay(await house.order(ownerId), { status });
      await freeze(impUid);
      await house.simulator.approve(impUid);
      await receive(impUid, { status: GatewayPaymentState.PAID });

      await lookedAtOnce(impUid);

      await rooms.recoverUntil(async () => {
        expect((await house.accountOf(ownerId)).rows).toEqual([10_000]);
      });
    });
  });

  test('of a cancellation is not undone by somebody who read the payment before it and credits only now', async () => {
    const { ownerId, order, impUid } = await paidOrder();
    const readBefore = await rooms.read(impUid);
    await house.view.cancelOutside(impUid);
    await receive(impUid, { status: GatewayPaymentState.CANCELLED });
    await rooms.recoverUntil(async () => {
      expect((await deliveriesOf(impUid))[0]?.nextAttemptAt).toBeNull();
    });

    expect(await rooms.reconciliation.apply(readBefore, { ownerId })).toMatchObject({
      refusal: { code: 'PAYMENT_NOT_PAID', details: { reason: 'CANCELLED' } },
    });
    expect(await house.accountOf(ownerId)).toEqual({ point: 0, held: 0, rows: [] });

    // The order itself can still be paid.
    const { imp_uid: second } = await house.pay(order);
    await rooms.transactions.create(ownerId, second);
    expect((await house.accountOf(ownerId)).rows).toEqual([10_000]);
    expect(await faultsInBooks(rooms.books, ownerId)).toEqual([]);
  });

  test('that meets a fault of ours is tried again a bounded number of times', async () => {
    const { ownerId, impUid: credited } = await paidOrder();
    await rooms.transactions.create(ownerId, credited);
    // The next row of this user gets a number that is taken, whatever the gateway says.
    await rooms.books.manager.update(PointAccount, ownerId, { transactionCount: 0 });
    const { imp_uid: impUid } = await house.pay(await house.order(ownerId));
    await receive(impUid);
    const [delivery] = await deliveriesOf(impUid);
    if (!delivery) throw new Error('it was not stored');

    await expect(rooms.webhookWork.look([delivery])).rejects.toThrow(/uniq|duplicate/i);
    expect(await deliveriesOf(impUid)).toEqual([expect.objectContaining({ attempts: 1 })]);
    await expect(rooms.webhookWork.look([{ ...delivery, attempts: 8 }])).rejects.toThrow(/uniq|duplicate/i);

    expect(await deliveriesOf(impUid)).toEqual([
      expect.objectContaining({ attempts: 9, nextAttemptAt: null }),
    ]);
    const { merchantUid } = delivery;
    expect(await rooms.books.manager.findBy(Attention, { merchantUid })).toEqual([
      expect.objectContaining({ kind: AttentionKind.WORK_GIVEN_UP, subject: merchantUid }),
    ]);
  });

  test('is not given up while the gateway does not answer', async () => {
    const { ownerId, impUid } = await paidOrder();
    await receive(impUid);
    house.gateway.misbehave((request, response) => {
      if (!request.url?.startsWith('/payments/findAll')) return false;
      response.destroy();
      return true;
    });

    await rooms.recoverUntil(async () => {
      const [delivery] = await deliveriesOf(impUid);
      expect(delivery?.nextAttemptAt?.getTime()).toBeGreaterThan(Date.now() + 30_000);
      // It stands behind the first looks of others, and is no nearer to being given up.
      expect(delivery?.attempts).toBe(1);
    });
    house.gateway.behave();
    await makeDue(impUid);
    await rooms.recoverUntil(async () => {
      expect((await house.accountOf(ownerId)).rows).toEqual([10_000]);
    });
  });

  test('is forgotten a week after it was worked on, and not before', async () => {
    const now = Date.now();
    const delivery = (ageDays: number, nextAttemptAt: Date | null): WebhookDelivery => ({
      id: ulid(),
      gatewayPaymentId: newImpUid(),
      merchantUid: `pt${ulid()}`,
      status: null,
      cancellationId: null,
      receivedAt: new Date(now - ageDays * DAY_MS),
      nextAttemptAt,
      attempts: 1,
    });
    const [young, old, open] = [
      delivery(6, null),
      delivery(8, null),
      delivery(8, new Date(now + DAY_MS)),
    ] as const;
    for (const one of [young, old, open]) await rooms.books.manager.insert(WebhookDelivery, one);

    await rooms.recoverUntil(async () => {
      const left = await rooms.books.manager.find(WebhookDelivery, { select: { id: true } });
      expect(left.map(({ id }) => id).toSorted()).toEqual([young.id, open.id].toSorted());
    });
  });

  test('is worked on at once also when many about few payments wait before it', async () => {
    const [{ impUid: busy }, { ownerId, impUid }] = [await paidOrder(), await paidOrder()];
    for (let count = 0; count < 100; count++) await receive(busy);
    await receive(impUid);
    await house.simulator.forgetRequests();

    await rooms.recoverUntil(async () => {
      expect((await house.accountOf(ownerId)).rows).toEqual([10_000]);
    });
    // However often a payment is told of, it is looked at once for each batch.
    expect((await house.simulator.requests()).counts['GET /payments/findAll/{merchant_uid}']).toBeLessThan(
      10,
    );
  });
});

type Step = 'webhook' | 'mutation' | 'recovery' | 'second webhook' | 'console';

function* ordersOf<Item>(items: Item[]): Generator<Item[]> {
  if (items.length < 2) yield items;
  for (const item of items) {
    for (const rest of ordersOf(items.filter((other) => other !== item))) yield [item, ...rest];
  }
}

describeOnEachDatabase('in whatever order the news of a payment comes', (database) => {
  let house: GatewayAndRooms;
  let rooms: Rooms;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env);
    rooms = house.rooms;
  });
  afterAll(() => house.close());

  /** A paid order, and the ways in which we hear of it. Each way has come to its end when its promise has. */
  async function news() {
    const { id: ownerId } = await house.user();
    const order = await house.order(ownerId);
    const { imp_uid: impUid } = await house.pay(order);
    const { manager } = rooms.books;
    const { merchantUid } = order;
    const webhook = async () => {
      await rooms.webhooks.receive({
        gateway: 'iamport',
        gatewayPaymentId: impUid,
        merchantUid,
        status: null,
        cancellationId: null,
      });
      await eventually(async () => {
        expect(
          await manager.countBy(WebhookDelivery, { gatewayPaymentId: impUid, nextAttemptAt: Not(IsNull()) }),
        ).toBe(0);
      });
    };
    const steps: Record<Step, () => Promise<unknown>> = {
      webhook,
      'second webhook': webhook,
      mutation: () => rooms.transactions.create(ownerId, impUid),
      recovery: async () => {
        await manager.update(PaymentOrder, { merchantUid }, { nextCheckAt: new Date() });
        await eventually(async () => {
          const { nextCheckAt } = await manager.findOneByOrFail(PaymentOrder, { merchantUid });
          // The next time of the schedule, on a slow machine the second or third; the last one of an order that is paid.
          expect([1, 2, 4, 78]).toContain((Number(nextCheckAt) - order.createdAt.getTime()) / MINUTE_MS);
        });
      },
      console: () => house.view.cancelOutside(impUid, 3_000),
    };
    return { ownerId, impUid, steps };
  }

  test('the rows are the same: one credit, in all 24 orders and all at once', async () => {
    const orders = [...ordersOf<Step>(['webhook', 'mutation', 'recovery', 'second webhook'])];
    expect(new Set(orders.map((order) => order.join())).size).toBe(24);

    await rooms.recoverWhile(async () => {
      await Promise.all(
        orders.map(async (order) => {
          const { ownerId, steps } = await news();
          for (const step of order) await steps[step]();
          expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
        }),
      );
      const { ownerId, steps } = await news();
      await Promise.all([steps.webhook(), steps.mutation(), steps.recovery(), steps['second webhook']()]);
      expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
      expect(await faultsInBooks(rooms.books, ownerId)).toEqual([]);
    });
  });

  test('the balance is what is left when a part is cancelled in the console meanwhile', async () => {
    const orders = [...ordersOf<Step>(['webhook', 'mutation', 'recovery', 'console'])];

    await rooms.recoverWhile(() =>
      Promise.all(
        orders.map(async (order) => {
          const { ownerId, impUid, steps } = await news();
          for (const step of order) await steps[step]();
          // Its own webhook, at last.
          await rooms.reconcile(impUid);

          const { point, rows } = await house.accountOf(ownerId);
          expect(point).toBe(7_000);
          expect(rows).toEqual(order[0] === 'console' ? [7_000] : [10_000, -3_000]);
          expect(await faultsInBooks(rooms.books, ownerId)).toEqual([]);
        }),
      ),
    );
  });
});
