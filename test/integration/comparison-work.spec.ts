import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Not } from 'typeorm';
import { Attention } from '../../src/attention/attention.entity.js';
import { DifferenceKind } from '../../src/comparison/compare.js';
import { Comparison, ComparisonState } from '../../src/comparison/comparison.entity.js';
import { Difference, DifferenceState } from '../../src/comparison/difference.entity.js';
import { addDays, koreanDayOf, periodOfDay } from '../../src/calendar/korean-time.js';
import { PointTransaction } from '../../src/point-transaction/point-transaction.entity.js';
import { openDay } from '../support/comparison-day.js';
import { faultsInBooks } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';
import { eventually } from '../support/rooms.js';

const TODAY = koreanDayOf(new Date());
/** Longer than a charge takes on a busy machine. */
const GRACE_MS = 4_000;
const TRAFFIC_MS = 9_000;

describeOnEachDatabase('the comparison of each day', (database) => {
  let house: GatewayAndRooms;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env, { COMPARISON_GRACE_MS: String(GRACE_MS) });
  });
  afterEach(() => house.gateway.behave());
  afterAll(() => house.close());

  const rowOf = (day: string) => house.rooms.books.manager.findOneBy(Comparison, { gateway: 'iamport', day });
  const makeDue = (day: string) =>
    house.rooms.books.manager.update(Comparison, { day }, { nextRunAt: new Date() });

  test('is made by one of three servers that find it due at the same moment', async () => {
    const day = addDays(TODAY, -20);
    await openDay(house.rooms.books, house.simulator, {
      day,
      payments: 40,
      seed: 11,
      differences: { CANCEL_PG_ONLY: 5 },
    });
    await house.rooms.comparer.compare('iamport', addDays(TODAY, -21));
    const { manager } = house.rooms.books;
    await manager.query('UPDATE point_comparison SET nextRunAt = NULL');
    await manager.insert(Comparison, {
      id: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
      gateway: 'iamport',
      day,
      state: ComparisonState.NOT_COMPARED,
      nextRunAt: new Date(),
    });
    const rowsBefore = await manager.count(PointTransaction);
    await house.simulator.forgetRequests();

    await house.rooms.recoverWhile(() =>
      house.rooms.recoverWhile(() =>
        house.rooms.recoverWhile(() =>
          eventually(async () => expect((await rowOf(day))?.comparedAt).not.toBeNull()),
        ),
      ),
    );

    const { recent } = await house.simulator.requests();
    const from = periodOfDay(day).from.getTime() / 1000 - 60 * 60;
    // One for each list.
    expect(recent.filter(({ path }) => path.includes(`from=${from}&`))).toHaveLength(2);
    expect(await manager.count(PointTransaction)).toBe(rowsBefore + 5);
    expect(await rowOf(day)).toMatchObject({ state: ComparisonState.SAME, nextRunAt: null, payments: 40 });
  });

  test('goes on from its beginning after the server that made it died, and heals nothing twice', async () => {
    const day = addDays(TODAY, -30);
    const { manager } = house.rooms.books;
    await openDay(house.rooms.books, house.simulator, {
      day,
      payments: 30,
      seed: 12,
      differences: { CANCEL_PG_ONLY: 4, PG_ONLY_OURS: 4, LOCAL_ONLY: 1 },
    });
    const died = new Error('killed');
    const dies = async () => Promise.reject(died);
    await expect(house.rooms.comparer.compare('iamport', day, { goOn: dies })).rejects.toBe(died);
    expect((await rowOf(day))?.comparedAt).toBeNull();
    await makeDue(day);

    await house.rooms.recoverUntil(async () => expect((await rowOf(day))?.comparedAt).not.toBeNull());

    const row = await rowOf(day);
    const found = await manager.findBy(Difference, { comparisonId: String(row?.id) });
    expect(found.map(({ kind, state }) => `${kind} ${state}`).toSorted()).toEqual([
      ...Array.from({ length: 4 }, () => 'CANCEL_PG_ONLY HEALED'),
      'LOCAL_ONLY OPEN',
      ...Array.from({ length: 4 }, () => 'PG_ONLY_OURS HEALED'),
    ]);
    for (const { ownerId } of found)
      expect(await faultsInBooks(house.rooms.books, String(ownerId))).toEqual([]);
  });

  test('is tried again later while the gateway does not answer, and says so', async () => {
    const day = addDays(TODAY, -40);
    await house.rooms.comparer.compare('iamport', day);
    await makeDue(day);
    house.gateway.misbehave((request, response) => {
      if (!request.url?.startsWith('/payments/status/')) return false;
      response.writeHead(503).end();
      return true;
    });

    await house.rooms.recoverUntil(async () =>
      expect(await rowOf(day)).toMatchObject({
        state: ComparisonState.NOT_COMPARED,
        fault: expect.stringContaining('503'),
        attempts: 1,
        comparedAt: expect.any(Date),
        nextRunAt: expect.any(Date),
      }),
    );
    await eventually(async () => expect(Number((await rowOf(day))?.nextRunAt)).toBeGreaterThan(Date.now()));
    expect(Number((await rowOf(day))?.nextRunAt)).toBeLessThan(Date.now() + 2 * 60_000);
  });

  test('finds nothing while charges and cancels go on', async () => {
    const { manager } = house.rooms.books;
    await manager.query('UPDATE point_comparison SET nextRunAt = NULL');
    // What the tests before healed was booked today, and so is noted today as of another day.
    const found = () => manager.countBy(Difference, { kind: Not(DifferenceKind.DATE_SHIFT) });
    const before = await found();
    const until = Date.now() + TRAFFIC_MS;
    const customer = async () => {
      while (Date.now() < until) {
        const { id } = await house.user();
        const order = await house.order(id);
        const { imp_uid: impUid } = await house.pay(order);
        await house.rooms.transactions.create(id, impUid);
        if (Math.random() < 0.5) await house.rooms.cancellations.cancel(id, { impUid, amount: 1_000 });
        await sleep(20);
      }
    };
    let compared = 0;
    const comparer = async () => {
      while (Date.now() < until) {
        const { comparison } = await house.rooms.comparer.compare('iamport', TODAY);
        compared = Math.max(compared, comparison.payments);
      }
    };

    await Promise.all([customer(), customer(), customer(), comparer()]);

    expect(compared).toBeGreaterThan(5);
    expect(await found()).toBe(before);
    expect(await manager.countBy(Difference, { state: DifferenceState.OPEN })).toBe(1);
    expect(await manager.count(Attention)).toBe(1);
  });
});
