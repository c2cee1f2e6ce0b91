import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { ulid } from 'ulid';
import { addDays, koreanDayOf, periodOfDay } from '../../src/calendar/korean-time.js';
import { inTransaction } from '../../src/database/transaction.js';
import { PointEvent } from '../../src/event/event.entity.js';
import { createLogger } from '../../src/logging/logger.js';
import { lockAccount } from '../../src/point-account/accounts.js';
import { expiringPointsOf } from '../../src/point-transaction/expiring.js';
import { bring } from '../../src/point-transaction/ledger.js';
import { Lot, LotKind } from '../../src/point-transaction/lot.entity.js';
import { PointTransactionStatus } from '../../src/point-transaction/point-transaction.entity.js';
import { ExpiryNotices } from '../../src/spending/expiry-notices.js';
import { faultsInBooks } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { EVENT_SECRET, type ReceivedEvent } from '../support/event-receiver.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';

const HOUR_MS = 60 * 60_000;
const EVENTS_ENV = { EVENTS_URL: 'http://127.0.0.1:9/', EVENTS_SECRETS: EVENT_SECRET };

describeOnEachDatabase('notices of points that expire', (database) => {
  let house: GatewayAndRooms;
  let books: DataSource;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env, { ...EVENTS_ENV, POINT_RETURN_GRACE_DAYS: '5' });
    ({ books } = house.rooms);
  });
  afterAll(() => house.close());

  /** A moment of the day in Korea that is so many days from today. */
  const inDays = (days: number, hour = 12) =>
    new Date(periodOfDay(addDays(koreanDayOf(new Date()), days)).from.getTime() + hour * HOUR_MS);

  async function give(ownerId: string, amount: number, expiresAt: Date): Promise<string> {
    return inTransaction(books, 'READ COMMITTED', async (manager) => {
      const account = await lockAccount(manager, ownerId);
      const fact = { reference: `grant:${ulid()}`, status: PointTransactionStatus.GRANT, amount };
      return bring(manager, account, fact, { kind: LotKind.ADJUST, expiresAt }).id;
    });
  }
  /** As if so many days had gone by. */
  const letPass = async (id: string, expiresAt: Date) =>
    books.manager.update(Lot, { id }, { expiresAt, openUntil: expiresAt, nextExpiryAt: expiresAt });

  /** What so many servers do that look at the same moment. */
  async function look(servers = 1): Promise<void> {
    const notices = Array.from({ length: servers }, () => new ExpiryNotices(books, createLogger('silent')));
    await Promise.all(
      notices.map(async ({ due }) => {
        for (const piece of (await due.take()).pieces) await due.do(piece);
      }),
    );
  }
  async function told(ownerId: string) {
    const events = await books.manager.find(PointEvent, {
      where: { ownerId, type: 'point.expiring' },
      order: { createdAt: 'ASC' },
    });
    return events.map(({ body }) => (JSON.parse(body) as ReceivedEvent).data);
  }

  test('come 30, 7 and 1 days before, each once, however many servers look and however often', async () => {
    const { id: ownerId } = await house.user();
    const lotId = await give(ownerId, 300, inDays(31));
    const expected = [];
    for (const [daysLeft, step] of [
      [31, undefined],
      [30, 30],
      [29, undefined],
      [8, undefined],
      [7, 7],
      [2, undefined],
      [1, 1],
      [0, undefined],
    ] as const) {
      await letPass(lotId, inDays(daysLeft, 23));
      await look(3);
      await look();
      const expiresOn = addDays(koreanDayOf(new Date()), daysLeft);
      if (step) expected.push({ ownerId, amount: 300, expiresOn, days: step, lotIds: [lotId] });
      expect({ daysLeft, told: await told(ownerId) }).toEqual({ daysLeft, told: expected });
    }
    expect(expected).toHaveLength(3);
  });

  test('are one for all points of a day, at its beginning, and another one for each day and owner', async () => {
    const [{ id: ownerId }, { id: otherId }] = [await house.user(), await house.user()];
    const early = await give(ownerId, 100, inDays(7, 0.1));
    const late = await give(ownerId, 200, inDays(7, 23.9));
    const next = await give(ownerId, 50, inDays(6));
    await give(ownerId, 1_000, inDays(31, 0.1));
    await give(otherId, 70, inDays(7));
    await look(2);

    const ofDay = (days: number) => addDays(koreanDayOf(new Date()), days);
    const notices = (await told(ownerId)).toSorted((one, other) => Number(one.amount) - Number(other.amount));
    expect(notices).toEqual([
      { ownerId, amount: 50, expiresOn: ofDay(6), days: 7, lotIds: [next] },
      { ownerId, amount: 300, expiresOn: ofDay(7), days: 7, lotIds: [early, late].toSorted() },
    ]);
    expect(await told(otherId)).toMatchObject([{ amount: 70, expiresOn: ofDay(7) }]);
    expect(await expiringPointsOf(books.manager, ownerId)).toEqual([
      { day: ofDay(6), point: 50 },
      { day: ofDay(7), point: 300 },
    ]);
  });

  test('are not for what is spent, and once more for what came back with another end', async () => {
    const { id: ownerId } = await house.user();
    const lotId = await give(ownerId, 100, inDays(20));
    const spent = await house.rooms.spending.spend({
      ownerId,
      amount: 100,
      reason: '주문',
      idempotencyKey: ulid(),
    });
    await look();
    expect(await told(ownerId)).toEqual([]);
    expect(await expiringPointsOf(books.manager, ownerId)).toEqual([]);

    // It comes back before its end, and again after it.
    const back = (amount: number) =>
      house.rooms.spending.cancelSpend({ spendId: spent.id, amount, reason: '반품', idempotencyKey: ulid() });
    await back(30);
    await look();
    await books.manager.update(Lot, { id: lotId }, { expiresAt: new Date(Date.now() - HOUR_MS) });
    await books.manager.update(Lot, { id: lotId }, { openUntil: new Date(Date.now() - HOUR_MS) });
    await back(70);
    await look();

    const days = addDays(koreanDayOf(new Date()), 5);
    expect(await told(ownerId)).toMatchObject([
      { amount: 30, days: 30 },
      { amount: 100, days: 7, expiresOn: days },
    ]);
    expect(await faultsInBooks(books, ownerId)).toEqual([]);
  });

  test('stand in the order of their owner after the row before them', async () => {
    const { id: ownerId } = await house.user();
    await give(ownerId, 100, inDays(3));
    await look();
    await give(ownerId, 10, inDays(300));

    const events = await books.manager.find(PointEvent, { where: { ownerId }, order: { position: 'ASC' } });
    expect(events.map(({ type, position }) => [type, position])).toEqual([
      ['point.granted', 2],
      ['point.expiring', 3],
      ['point.granted', 4],
    ]);
  });

  test('are stored once by the database itself', async () => {
    const { id: ownerId } = await house.user();
    const lotId = await give(ownerId, 100, inDays(3));
    await look();
    await books.manager.update(Lot, { id: lotId }, { noticedDays: null });

    await expect(look()).rejects.toThrow(/uq_point_event_notice|point_event\.notice/);
    expect(await told(ownerId)).toHaveLength(1);
    await books.manager.update(Lot, { id: lotId }, { noticedDays: 7 });
  });
});

describeOnEachDatabase('where nobody takes events', (database) => {
  test('nothing is noticed, and nothing is written', async () => {
    const house = await openGatewayAndRooms(database.env);
    const { books, spending } = house.rooms;
    const { id: ownerId } = await house.user();
    await spending.grant({ ownerId, amount: 5, reason: '출석', idempotencyKey: ulid() });
    const soon = new Date(Date.now() + HOUR_MS);
    await books.manager.update(Lot, { ownerId }, { expiresAt: soon, openUntil: soon, nextExpiryAt: soon });

    expect((await new ExpiryNotices(books, createLogger('silent')).due.take()).pieces).toEqual([]);
    expect(await books.manager.count(PointEvent)).toBe(0);
    await house.close();
  });
});
