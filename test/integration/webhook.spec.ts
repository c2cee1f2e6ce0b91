import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { IsNull, Not } from 'typeorm';
import { ulid } from 'ulid';
import { PaymentOrder } from '../../src/payment-order/payment-order.entity.js';
import { WebhookDelivery } from '../../src/webhook/webhook-delivery.entity.js';
import { addOrder, faultsInBooks, newImpUid } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { onPaymentRead } from '../support/faulty-gateway.js';
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

  const deliveriesOf = (impUid: string) => rooms.books.manager.findBy(WebhookDelivery, { impUid });
  const makeDue = (impUid: string) =>
    rooms.books.manager.update(WebhookDelivery, { impUid }, { nextAttemptAt: new Date() });

  async function paidOrder() {
    const { id: userId } = await house.user();
    const order = await house.order(userId);
    const payment = await house.pay(order);
    return { userId, order, impUid: payment.imp_uid };
  }

  test('leads to one credit, however often it comes', async () => {
    const { userId, impUid } = await paidOrder();
    for (let count = 0; count < 5; count++) await rooms.webhooks.receive(impUid);

    await rooms.recoverUntil(async () => {
      const deliveries = await deliveriesOf(impUid);
      expect(deliveries).toHaveLength(5);
      expect(deliveries.every(({ nextAttemptAt }) => nextAttemptAt === null)).toBe(true);
    });
    expect(await house.accountOf(userId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });

    await rooms.webhooks.receive(impUid);
    await rooms.recoverUntil(async () => {
      expect((await deliveriesOf(impUid)).every(({ nextAttemptAt }) => nextAttemptAt === null)).toBe(true);
    });
    expect((await house.accountOf(userId)).rows).toEqual([10_000]);
  });

  test('about a payment that is not finished, or failed, credits nothing', async () => {
    for (const status of ['ready', 'failed'] as const) {
      const { id: userId } = await house.user();
      const { imp_uid: impUid } = await house.pay(await house.order(userId), { status });
      await rooms.webhooks.receive(impUid);

      await rooms.recoverUntil(async () => {
        expect(await deliveriesOf(impUid)).toEqual([expect.objectContaining({ nextAttemptAt: null })]);
      });
      expect(await house.accountOf(userId)).toEqual({ point: 0, held: 0, rows: [] });
    }
  });

  test('of a cancellation in the console takes the points, once', async () => {
    const { userId, impUid } = await paidOrder();
    await rooms.transactions.create(userId, impUid);
    await house.view.cancelOutside(impUid, 2_500);
    await house.view.cancelOutside(impUid, 2_500);
    await rooms.webhooks.receive(impUid);
    await rooms.webhooks.receive(impUid);

    await rooms.recoverUntil(async () => {
      expect(await house.accountOf(userId)).toEqual({
        point: 5_000,
        held: 0,
        rows: [10_000, -2_500, -2_500],
      });
    });
    await rooms.reconciliation.reconcile(impUid);
    expect((await house.accountOf(userId)).rows).toEqual([10_000, -2_500, -2_500]);
    expect(await faultsInBooks(rooms.books, userId)).toEqual([]);
  });

  test('that comes before the order can be read is kept and credits it later', async () => {
    const { id: userId } = await house.user();
    const merchantUid = `pt${ulid()}`;
    const { imp_uid: impUid } = await house.simulator.pay({ merchant_uid: merchantUid, amount: 10_000 });
    await rooms.webhooks.receive(impUid);
    await rooms.recoverUntil(async () => {
      const [delivery] = await deliveriesOf(impUid);
      expect(delivery?.attempts).toBe(1);
      expect(delivery?.nextAttemptAt?.getTime()).toBeGreaterThan(Date.now());
    });

    const order = await addOrder(rooms.books, userId, 10_000);
    await rooms.books.manager.update(PaymentOrder, { merchantUid: order.merchantUid }, { merchantUid });
    await makeDue(impUid);

    await rooms.recoverUntil(async () => {
      expect((await house.accountOf(userId)).rows).toEqual([10_000]);
      expect((await deliveriesOf(impUid))[0]?.nextAttemptAt).toBeNull();
    });
  });

  test('about an unknown payment is looked at after growing pauses and given up at last', async () => {
    const impUid = newImpUid();
    await rooms.webhooks.receive(impUid);
    for (const [attempts, pauseMs] of [
      [0, 5_000],
      [1, 10_000],
      [7, 640_000],
    ] as const) {
      const now = Date.now();
      await rooms.books.manager.update(
        WebhookDelivery,
        { impUid },
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
  });

  test('is not given up while the gateway does not answer', async () => {
    const { userId, impUid } = await paidOrder();
    house.gateway.misbehave(onPaymentRead((response) => response.destroy()));
    await rooms.webhooks.receive(impUid);

    await rooms.recoverUntil(async () => {
      const [delivery] = await deliveriesOf(impUid);
      expect(delivery?.nextAttemptAt?.getTime()).toBeGreaterThan(Date.now() + 30_000);
      expect(delivery?.attempts).toBe(0);
    });
    house.gateway.behave();
    await makeDue(impUid);
    await rooms.recoverUntil(async () => {
      expect((await house.accountOf(userId)).rows).toEqual([10_000]);
    });
  });

  test('is forgotten a week after it was worked on, and not before', async () => {
    const now = Date.now();
    const delivery = (ageDays: number, nextAttemptAt: Date | null): WebhookDelivery => ({
      id: ulid(),
      impUid: newImpUid(),
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
    const [{ impUid: busy }, { userId, impUid }] = [await paidOrder(), await paidOrder()];
    for (let count = 0; count < 100; count++) await rooms.webhooks.receive(busy);
    await rooms.webhooks.receive(impUid);
    await house.simulator.forgetRequests();

    await rooms.recoverUntil(async () => {
      expect((await house.accountOf(userId)).rows).toEqual([10_000]);
    });
    // However often a payment is told of, it is looked at once for each batch.
    expect((await house.simulator.requests()).counts['GET /payments/{imp_uid}']).toBeLessThan(10);
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
    const { id: userId } = await house.user();
    const order = await house.order(userId);
    const { imp_uid: impUid } = await house.pay(order);
    const { manager } = rooms.books;
    const webhook = async () => {
      await rooms.webhooks.receive(impUid);
      await eventually(async () => {
        expect(await manager.countBy(WebhookDelivery, { impUid, nextAttemptAt: Not(IsNull()) })).toBe(0);
      });
    };
    const steps: Record<Step, () => Promise<unknown>> = {
      webhook,
      'second webhook': webhook,
      mutation: () => rooms.transactions.create(userId, impUid),
      recovery: async () => {
        const { merchantUid } = order;
        await manager.update(PaymentOrder, { merchantUid }, { nextCheckAt: new Date() });
        await eventually(async () => {
          const { nextCheckAt } = await manager.findOneByOrFail(PaymentOrder, { merchantUid });
          // The next time of the schedule, on a slow machine the second or third; the last one of an order that is paid.
          expect([1, 2, 4, 78]).toContain((Number(nextCheckAt) - order.createdAt.getTime()) / MINUTE_MS);
        });
      },
      console: () => house.view.cancelOutside(impUid, 3_000),
    };
    return { userId, impUid, steps };
  }

  test('the rows are the same: one credit, in all 24 orders and all at once', async () => {
    const orders = [...ordersOf<Step>(['webhook', 'mutation', 'recovery', 'second webhook'])];
    expect(new Set(orders.map((order) => order.join())).size).toBe(24);

    await rooms.recoverWhile(async () => {
      await Promise.all(
        orders.map(async (order) => {
          const { userId, steps } = await news();
          for (const step of order) await steps[step]();
          expect(await house.accountOf(userId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
        }),
      );
      const { userId, steps } = await news();
      await Promise.all([steps.webhook(), steps.mutation(), steps.recovery(), steps['second webhook']()]);
      expect(await house.accountOf(userId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
      expect(await faultsInBooks(rooms.books, userId)).toEqual([]);
    });
  });

  test('the balance is what is left when a part is cancelled in the console meanwhile', async () => {
    const orders = [...ordersOf<Step>(['webhook', 'mutation', 'recovery', 'console'])];

    await rooms.recoverWhile(() =>
      Promise.all(
        orders.map(async (order) => {
          const { userId, impUid, steps } = await news();
          for (const step of order) await steps[step]();
          // Its own webhook, at last.
          await rooms.reconciliation.reconcile(impUid);

          const { point, rows } = await house.accountOf(userId);
          expect(point).toBe(7_000);
          expect(rows).toEqual(order[0] === 'console' ? [7_000] : [10_000, -3_000]);
          expect(await faultsInBooks(rooms.books, userId)).toEqual([]);
        }),
      ),
    );
  });
});
