import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { ulid } from 'ulid';
import { Attention } from '../../src/attention/attention.entity.js';
import { addDays, koreanDayOf } from '../../src/calendar/korean-time.js';
import { Comparison, ComparisonState } from '../../src/comparison/comparison.entity.js';
import { Difference } from '../../src/comparison/difference.entity.js';
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

const TIMEOUT_MS = 150_000;
const DAY = addDays(koreanDayOf(new Date()), -20);
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

/** One comparison that is killed again and again, each time somewhere else. */
describeOnEachDatabase('a day whose comparison is killed with its server at each place', (database) => {
  test(
    'is compared to its end by the next one, and heals nothing twice',
    async () => {
      const report = await killEverywhere(database);

      expect(report.kills).toBe(database.name === 'SQLite' ? 2 : PLACES.length);
      // It was in the middle: something was healed, and not all of it.
      expect(report.rowsAtKills.at(-1)).toBeGreaterThan(report.rowsBefore);
      expect(report.rowsAtKills.at(-1)).toBeLessThan(report.rowsBefore + HEALED);
      expect(report.rowsAfter).toBe(report.rowsBefore + HEALED);
      expect(report.differences).toEqual({
        'CANCEL_PG_ONLY HEALED': PLANTED.CANCEL_PG_ONLY,
        'DUPLICATE_ORDER HEALED': PLANTED.DUPLICATE_ORDER,
        'LOCAL_ONLY OPEN': PLANTED.LOCAL_ONLY,
        'PG_ONLY_OURS HEALED': PLANTED.PG_ONLY_OURS,
      });
      expect(report.attentions).toEqual(Array.from({ length: PLANTED.LOCAL_ONLY }, () => 'LOCAL_ONLY'));
      expect(report.cancelCalls).toBe(PLANTED.DUPLICATE_ORDER);
      expect(report.faults).toEqual([]);
      expect(report.comparison).toMatchObject({
        state: ComparisonState.DIFFERENT,
        fault: null,
        nextRunAt: null,
      });
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
  };
  const control = simulatorControl(simulator.url);
  const theGateway = gateway(simulator.url);
  const { manager } = books;
  const rowOfDay = () => manager.findOneByOrFail(Comparison, { day: DAY });
  let server: RunningProgram | undefined;
  try {
    await openDay(books, control, { day: DAY, payments: 200, seed: 21, differences: PLANTED });
    const rowsBefore = await manager.count(PointTransaction);
    await manager.insert(Comparison, {
      id: ulid(),
      gateway: 'iamport',
      day: DAY,
      state: ComparisonState.NOT_COMPARED,
      nextRunAt: new Date(),
    });

    const rowsAtKills: number[] = [];
    for (const { call, statement } of PLACES) {
      if (statement && !gate) continue;
      const arrived = statement && gate?.stop(statement);
      if (call) await theGateway.addFaults([call]);
      server = await startServer({ env });
      await (arrived ?? theGateway.heldCall(call?.call ?? ''));
      await server.kill();
      rowsAtKills.push(await manager.count(PointTransaction));
      expect((await rowOfDay()).comparedAt).toBeNull();
      // The time passes after which the dead one does not have the day any more.
      await manager.update(Comparison, { day: DAY }, { nextRunAt: new Date() });
    }

    await theGateway.clearFaults();
    server = await startServer({ env });
    await eventually(async () => {
      expect(await rowOfDay()).toMatchObject({ comparedAt: expect.any(Date), nextRunAt: null });
      expect((await control.requests()).counts['POST /payments/cancel']).toBe(PLANTED.DUPLICATE_ORDER);
    });
    const rowsAfter = await manager.count(PointTransaction);
    // Once more, of which nothing may come.
    await manager.update(Comparison, { day: DAY }, { nextRunAt: new Date(), comparedAt: null });
    await eventually(async () => expect((await rowOfDay()).comparedAt).not.toBeNull());
    expect(await manager.count(PointTransaction)).toBe(rowsAfter);
    await proveBooks(books, () => undefined);
    return {
      kills: rowsAtKills.length,
      rowsBefore,
      rowsAtKills,
      rowsAfter,
      comparison: await rowOfDay(),
      ...(await found(books)),
      cancelCalls: (await control.requests()).counts['POST /payments/cancel'] ?? 0,
    };
  } finally {
    await server?.kill();
    await simulator.stop();
    await gate?.close();
    await books.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the comparison of the day has left, by kind and state. */
async function found(books: DataSource) {
  const { manager } = books;
  const { id: comparisonId } = await manager.findOneByOrFail(Comparison, { day: DAY });
  const those = await manager.findBy(Difference, { comparisonId });
  const differences: Record<string, number> = {};
  const faults: string[] = [];
  for (const { kind, state, ownerId } of those) {
    differences[`${kind} ${state}`] = (differences[`${kind} ${state}`] ?? 0) + 1;
    if (ownerId !== null) faults.push(...(await faultsInBooks(books, ownerId)));
  }
  const attentions = (await manager.find(Attention)).map(({ kind }) => kind);
  return { differences, faults, attentions };
}
