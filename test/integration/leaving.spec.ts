import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { ulid } from 'ulid';
import { inTransaction } from '../../src/database/transaction.js';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { PointTransaction } from '../../src/point-transaction/point-transaction.entity.js';
import { erasePerson, whatKeeps } from '../../src/user/leaving.js';
import { User, UserRole } from '../../src/user/user.entity.js';
import { addUser } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';

/** Long enough for a statement that waits for nobody to have ended. */
const A_MOMENT_MS = 300;

describeOnEachDatabase('who leaves', (database) => {
  let house: GatewayAndRooms;
  let books: DataSource;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env);
    ({ books } = house.rooms);
  });
  afterEach(() => house.gateway.behave());
  afterAll(() => house.close());

  /** As `deleteUser` does it, once the password was right. @param beforeCommit what happens while it is under way. */
  const leave = (ownerId: string, beforeCommit: () => Promise<unknown> = async () => undefined) =>
    inTransaction(books, 'READ COMMITTED', async (manager) => {
      expect(await whatKeeps(manager, ownerId)).toBeUndefined();
      await erasePerson(manager, ownerId);
      await beforeCommit();
    });
  const ordersOf = (ownerId: string) => books.manager.findBy(PaymentOrder, { ownerId });
  /** Somebody who signed up and never ordered anything. */
  async function newcomer(): Promise<string> {
    const id = ulid();
    const email = `${id.toLowerCase()}@example.com`;
    const { USER: role } = UserRole;
    await books.manager.insert(User, {
      id,
      email,
      passwordHash: 'none',
      name: '김포인트',
      role,
      createdAt: new Date(),
    });
    return id;
  }
  const people: [string, () => Promise<string>][] = [
    ['with an account', async () => (await addUser(books)).id],
    ['who never ordered anything', newcomer],
  ];

  describe.each(people)('%s', (_, signUp) => {
    test('while the gateway is told of their order has none afterwards', async () => {
      const ownerId = await signUp();
      let letGo = () => {};
      const isTold = new Promise<void>((resolve) => {
        house.gateway.misbehave((request, response, forward) => {
          if (!request.url?.startsWith('/payments/prepare')) return false;
          const answer = async () => {
            const { status, body } = await forward();
            response.writeHead(status, { 'content-type': 'application/json' });
            response.end(body);
          };
          letGo = () => void answer();
          resolve();
          return true;
        });
      });

      const ordering = Promise.allSettled([house.rooms.orders.create(ownerId, 10_000)]);
      await isTold;
      await leave(ownerId);
      letGo();

      expect(await ordering).toEqual([
        { status: 'rejected', reason: expect.objectContaining({ code: 'UNAUTHENTICATED' }) },
      ]);
      expect(await ordersOf(ownerId)).toEqual([]);
      expect(await books.manager.findOneBy(User, { id: ownerId })).toBeNull();
    });

    test('while their order waits to be stored has none afterwards', async () => {
      const ownerId = await signUp();
      let ordering: Promise<PromiseSettledResult<PaymentOrder>[]> | undefined;

      await leave(ownerId, async () => {
        ordering = Promise.allSettled([house.rooms.orders.create(ownerId, 10_000)]);
        await sleep(A_MOMENT_MS);
      });

      expect(await ordering).toEqual([
        { status: 'rejected', reason: expect.objectContaining({ code: 'UNAUTHENTICATED' }) },
      ]);
      expect(await ordersOf(ownerId)).toEqual([]);
    });

    test('while a grant of theirs waits has no points afterwards', async () => {
      const ownerId = await signUp();
      const wish = { ownerId, amount: 500, reason: '가입 축하', idempotencyKey: ulid() };
      let granting: Promise<PromiseSettledResult<PointTransaction>[]> | undefined;

      await leave(ownerId, async () => {
        granting = Promise.allSettled([house.rooms.spending.grant(wish)]);
        await sleep(A_MOMENT_MS);
      });

      expect(await granting).toEqual([
        { status: 'rejected', reason: expect.objectContaining({ code: 'OWNER_NOT_FOUND' }) },
      ]);
      expect(await books.manager.findBy(PointTransaction, { ownerId })).toEqual([]);
      expect(await books.manager.findOneByOrFail(PointAccount, { ownerId })).toMatchObject({ point: 0 });
    });
  });

  test('later than their order was stored is kept by it', async () => {
    const { id: ownerId } = await addUser(books);
    await house.rooms.orders.create(ownerId, 10_000);

    const found = await inTransaction(books, 'READ COMMITTED', (manager) => whatKeeps(manager, ownerId));

    expect(found).toBe('OPEN_ORDER');
  });

  test('asks the gateway nothing with the token that is left', async () => {
    const { id: ownerId } = await addUser(books);
    await leave(ownerId);
    await house.simulator.forgetRequests();

    await expect(house.rooms.orders.create(ownerId, 10_000)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    expect((await house.simulator.requests()).total).toBe(0);
  });
});
