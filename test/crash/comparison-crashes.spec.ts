import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type DataSource, In } from 'typeorm';
import { ulid } from 'ulid';
import { Attention } from '../../src/attention/attention.entity.js';
import { addDays, koreanDayOf } from '../../src/calendar/korean-time.js';
import { Comparison, ComparisonState } from '../../src/comparison/comparison.entity.js';
import { Difference, DifferenceState } from '../../src/comparison/difference.entity.js';
import { PointTransaction } from '../../src/point-transaction/point-transaction.entity.js';
import { proveBooks } from '../../src/verification/books.js';
import { faultsInBooks, openBooks } from '../support/books.js';
import { openDay } from '../support/comparison-day.js';
import { describeOnEachDatabase, type TestDatabase } from '../support/databases.js';
import { eventually } from '../support/rooms.js';
import { type RunningProgram, simulatorSettings, startServer, startSimulator } from '../support/server.js';
import { simulatorControl } from '../support/simulator-control.js';
import { JWT_SECRET } from './customer.js';
import { type FaultWish, gateway } from './gateway.js';
import { openStatementGate, type Stop } from './statement-gate.js';

const TIMEOUT_MS = 300_000;
/** One for each place; long over. */
const dayOf = (place: number) => addDays(koreanDayOf(new Date()), -20 - place);
const LISTS = 'GET /payments/status/{payment_status}';
const LOOKS = 'GET /payments/findAll/{merchant_uid}';
const PLANTED = { CANCEL_PG_ONLY: 8, PG_ONLY_OURS: 8, DUPLICATE_ORDER: 4, LOCAL_ONLY: 3 };
const HEALED = PLANTED.CANCEL_PG_ONLY + PLANTED.PG_ONLY_OURS;

/** Where a comparison stands when its server is killed. */
interface Place {
  title: string;
  call?: FaultWish;
  /** Only where statements can be stopped. */
  statement?: Stop;
}

const PLACES: Place[] = [
  { title: 'before the first list came', call: { kind: 'hold-after', call: LISTS } },
  { title: 'in the middle of healing', call: { kind: 'hold-after', call: LOOKS, skip: 9 } },
  {
    title: 'before something healed is committed',
    statement: { statement: 'COMMIT', mentioning: 'point_transaction', side: 'before', skip: 1 },
  },
  {
    title: 'after something healed is committed',
    statement: { statement: 'COMMIT', mentioning: 'point_transaction', side: 'after', skip: 1 },
  },
  {
    title: 'after a difference is stored',
    statement: {
      statement: 'INSERT INTO `point_comparison_difference`',
      mentioning: '',
      side: 'after',
      skip: 1,
    },
  },
];

/** A day for each place. */
describeOnEachDatabase('a day whose comparison is killed with its server at each place', (database) => {
  test(
    'is compared to its end by the next one, which heals nothing twice',
    async () => {
      const report = await killEverywhere(database);

      const days = database.name === 'SQLite' ? 2 : PLACES.length;
      expect(report.postedAtKills).toHaveLength(days);
      // One was in the middle: something was healed, and not all of it.
      expect(report.postedAtKills[1]).toBeGreaterThan(0);
      expect(report.postedAtKills[1]).toBeLessThan(HEALED);
      expect(report.posted).toBe(days * HEALED);
      expect(report.differences).toEqual({
        'CANCEL_PG_ONLY HEALED': days * PLANTED.CANCEL_PG_ONLY,
        'DUPLICATE_ORDER HEALED': days * PLANTED.DUPLICATE_ORDER,
        'LOCAL_ONLY OPEN': days * PLANTED.LOCAL_ONLY,
        'PG_ONLY_OURS HEALED': days * PLANTED.PG_ONLY_OURS,
      });
      expect(report.attentions).toEqual(
        Array.from({ length: days * PLANTED.LOCAL_ONLY }, () => 'LOCAL_ONLY'),
      );
      expect(report.cancelCalls).toBe(days * PLANTED.DUPLICATE_ORDER);
      expect(report.faults).toEqual([]);
      expect(new Set(report.states)).toEqual(new Set([ComparisonState.DIFFERENT]));
    },
    TIMEOUT_MS,
  );
});

async function killEverywhere(database: TestDatabase) {
  const folder = await mkdtemp(join(tmpdir(), 'point-top-up-comparison-'));
  const simulator = await startSimulator();
  const books = await openBooks(database.env);
  const databaseUrl = database.env.DATABASE_URL;
  const gate = databaseUrl === undefined ? undefined : await openStatementGate(databaseUrl);
  const env = {
    ...database.env,
    ...(gate ? { DATABASE_URL: gate.url } : {}),
    ...simulatorSettings(simulator.url),
    JWT_SECRET,
    RECOVERY_INTERVAL_MS: '200',
    // A kill may meet a give-back that is being sent; it is sent again only after that.
    RECOVERY_GRACE_MS: '4000',
  };
  const control = simulatorControl(simulator.url);
  const theGateway = gateway(simulator.url);
  const { manager } = books;
  let server: RunningProgram | undefined;
  try {
    const places = PLACES.filter(({ statement }) => gate || !statement);
    const days = places.map((_place, number) => dayOf(number));
    for (const [number, day] of days.entries()) {
      await openDay(books, control, { day, payments: 80, seed: 21 + number, differences: PLANTED });
    }
    const rowsBefore = await manager.count(PointTransaction);
    const posted = async () => (await manager.count(PointTransaction)) - rowsBefore;
    const rows = () => manager.findBy(Comparison, { day: In(days) });

    const postedAtKills: number[] = [];
    for (const [number, { call, statement }] of places.entries()) {
      const postedBefore = await posted();
      const day = dayOf(number);
      const state = ComparisonState.NOT_COMPARED;
      await manager.insert(Comparison, { id: ulid(), gateway: 'iamport', day, state, nextRunAt: new Date() });
      const arrived = statement && gate?.stop(statement);
      if (call) await theGateway.addFaults([call]);
      server = await startServer({ env });
      await (arrived ?? theGateway.heldCall(call?.call ?? ''));
      await server.kill();
      postedAtKills.push((await posted()) - postedBefore);
      expect((await manager.findOneByOrFail(Comparison, { day })).comparedAt).toBeNull();
    }

    await theGateway.clearFaults();
    // The time passes after which the dead ones do not have their days any more.
    await manager.update(Comparison, { day: In(days) }, { nextRunAt: new Date() });
    server = await startServer({ env });
    const isWhole = { comparedAt: expect.any(Date), nextRunAt: null, fault: null };
    const allWhole = () =>
      eventually(async () => expect(await rows()).toEqual(days.map(() => expect.objectContaining(isWhole))));
    await allWhole();
    const cancelCalls = async () => (await control.requests()).counts['POST /payments/cancel'] ?? 0;
    await eventually(async () =>
      expect(await cancelCalls()).toBeGreaterThanOrEqual(days.length * PLANTED.DUPLICATE_ORDER),
    );
    // Once more, of which nothing may come.
    await manager.update(Comparison, { day: In(days) }, { nextRunAt: new Date(), comparedAt: null });
    await allWhole();
    await proveBooks(books, () => undefined);
    return {
      postedAtKills,
      posted: await posted(),
      states: (await rows()).map(({ state }) => state),
      ...(await found(
        books,
        (await rows()).map(({ id }) => id),
      )),
      cancelCalls: await cancelCalls(),
    };
  } finally {
    await server?.kill();
    await simulator.stop();
    await gate?.close();
    await books.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the comparisons have left, by kind and state. */
async function found(books: DataSource, comparisonIds: string[]) {
  const { manager } = books;
  const those = await manager.findBy(Difference, { comparisonId: In(comparisonIds) });
  const differences: Record<string, number> = {};
  const faults: string[] = [];
  for (const { kind, state, ownerId } of those) {
    // Gone: healed by one that died before it could say so.
    const name = `${kind} ${state === DifferenceState.GONE ? DifferenceState.HEALED : state}`;
    differences[name] = (differences[name] ?? 0) + 1;
    if (ownerId !== null) faults.push(...(await faultsInBooks(books, ownerId)));
  }
  const attentions = (await manager.find(Attention)).map(({ kind }) => kind);
  return { differences, faults, attentions };
}
