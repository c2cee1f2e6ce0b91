import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { openAccount } from '../../src/point-account/accounts.js';
import { OWNER_ID_MAX_LENGTH, PointAccount } from '../../src/point-account/point-account.entity.js';
import { lockAccount } from '../crash/row-lock.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';

const MINUTE_MS = 60_000;

describeOnEachDatabase('the open orders of a user', (database) => {
  let house: GatewayAndRooms;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env, {
      POINT_PACKAGES: '1000,2000,3000,4000,5000,6000,7000,8000,9000,10000,11000,12000',
      POINT_MAX_BALANCE: '100000',
    });
  });
  afterAll(() => house.close());

  const make = (ownerId: string, amount: number) => house.rooms.orders.create(ownerId, amount);
  const codesOf = (results: PromiseSettledResult<unknown>[]) =>
    results
      .map((result) => (result.status === 'fulfilled' ? 'ok' : String(result.reason.code)))
      .toSorted((first, second) => first.localeCompare(second));
  const openOrders = (ownerId: string) => house.rooms.books.manager.findBy(PaymentOrder, { ownerId });

  test('are one for each wish, however often and at once it is told', async () => {
    const { id: ownerId } = await house.user();

    const first = await make(ownerId, 5_000);
    const again = await make(ownerId, 5_000);
    const atOnce = await Promise.all(Array.from({ length: 8 }, () => make(ownerId, 6_000)));

    expect(again.merchantUid).toBe(first.merchantUid);
    expect(new Set(atOnce.map(({ merchantUid }) => merchantUid)).size).toBe(1);
    expect(await openOrders(ownerId)).toHaveLength(2);
  });

  test('are one for each wish, and their owner has one account, when the first ones come at once', async () => {
    const ownerId = `host:${'x'.repeat(OWNER_ID_MAX_LENGTH - 5)}`;

    const made = await Promise.all([1_000, 2_000, 3_000, 3_000].map((amount) => make(ownerId, amount)));

    expect(new Set(made.map(({ merchantUid }) => merchantUid)).size).toBe(3);
    const accounts = await house.rooms.books.manager.findBy(PointAccount, { ownerId });
    expect(accounts).toEqual([expect.objectContaining({ point: 0, heldPoint: 0, transactionCount: 0 })]);
  });

  test('leave an account as it is', async () => {
    const { id: ownerId } = await house.user();
    await house.rooms.books.manager.update(PointAccount, ownerId, { point: 7_000, transactionCount: 2 });
    const before = await house.rooms.books.manager.findOneByOrFail(PointAccount, { ownerId });

    await openAccount(house.rooms.books.manager, ownerId);

    expect(await house.rooms.books.manager.findOneByOrFail(PointAccount, { ownerId })).toEqual(before);
  });

  test('make room when they are paid, and are not given to who comes just before their end', async () => {
    const { id: ownerId } = await house.user();
    const first = await make(ownerId, 5_000);
    const { imp_uid: impUid } = await house.pay(first);
    await house.rooms.transactions.create(ownerId, impUid);

    const second = await make(ownerId, 5_000);
    expect(second.merchantUid).not.toBe(first.merchantUid);

    const expiresAt = new Date(Date.now() + 9 * MINUTE_MS);
    await house.rooms.books.manager.update(PaymentOrder, { merchantUid: second.merchantUid }, { expiresAt });
    expect((await make(ownerId, 5_000)).merchantUid).not.toBe(second.merchantUid);
  });

  test('promise no more than can be held, and call nobody then', async () => {
    const { id: ownerId } = await house.user();
    await house.rooms.books.manager.update(PointAccount, ownerId, { point: 80_000 });
    await make(ownerId, 12_000);
    await house.simulator.forgetRequests();

    await expect(make(ownerId, 9_000)).rejects.toMatchObject({
      code: 'POINT_LIMIT_EXCEEDED',
      details: { point: 80_000, openOrders: 12_000, maxBalance: 100_000 },
    });
    expect((await house.simulator.requests()).total).toBe(0);
    expect((await make(ownerId, 8_000)).amount).toBe(8_000);
  });

  test('promise no more than can be held when they are made at once', async () => {
    const { id: ownerId } = await house.user();
    await house.rooms.books.manager.update(PointAccount, ownerId, { point: 90_000 });

    const results = await Promise.allSettled([6_000, 7_000, 8_000, 9_000].map((one) => make(ownerId, one)));

    expect(codesOf(results)).toEqual([
      'ok',
      'POINT_LIMIT_EXCEEDED',
      'POINT_LIMIT_EXCEEDED',
      'POINT_LIMIT_EXCEEDED',
    ]);
    expect(await openOrders(ownerId)).toHaveLength(1);
  });

  // On SQLite one statement has the whole database to itself.
  if (database.name === 'MariaDB') {
    test('are looked at anew by each of those that waited for the user’s row', async () => {
      const { id: ownerId } = await house.user();
      await house.rooms.books.manager.update(PointAccount, ownerId, { point: 90_000 });
      const lock = await lockAccount(database.env.DATABASE_URL!, ownerId);

      const making = Promise.allSettled([6_000, 7_000, 8_000].map((one) => make(ownerId, one)));
      await lock.hasWaiters(3);
      await lock.release();

      expect(codesOf(await making)).toEqual(['ok', 'POINT_LIMIT_EXCEEDED', 'POINT_LIMIT_EXCEEDED']);
      expect(await openOrders(ownerId)).toHaveLength(1);
    });
  }

  test('are few', async () => {
    const { id: ownerId } = await house.user();
    for (let amount = 1_000; amount <= 10_000; amount += 1_000) await make(ownerId, amount);
    await house.simulator.forgetRequests();

    await expect(make(ownerId, 11_000)).rejects.toMatchObject({
      code: 'TOO_MANY_OPEN_ORDERS',
      details: { maxOpenOrders: 10 },
    });
    expect((await make(ownerId, 3_000)).amount).toBe(3_000);
    expect((await house.simulator.requests()).total).toBe(0);
  });
});
