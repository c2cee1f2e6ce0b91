import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DataSource, Logger as DatabaseLogger } from 'typeorm';
import { AttentionKind } from '../../src/attention/attention.entity.js';
import { DifferenceKind } from '../../src/comparison/compare.js';
import { createLogger } from '../../src/logging/logger.js';
import { BacklogReader } from '../../src/metrics/backlog.js';
import { connect, databaseSettings, openBooks } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';

const SCRAPES = 200;
const EMPTY = {
  openCancellations: 0,
  oldestEventSeconds: 0,
  oldestOpenCancellationSeconds: 0,
  lagSeconds: { webhook: 0, cancellation: 0, order: 0 },
  openAttentions: Object.fromEntries(Object.values(AttentionKind).map((kind) => [kind, 0])),
  comparisonAgeSeconds: {},
  openDifferences: Object.fromEntries(Object.values(DifferenceKind).map((kind) => [kind, 0])),
};

describeOnEachDatabase('the backlog', (database) => {
  let dataSource: DataSource;
  let statements: string[] = [];
  const reader = () => new BacklogReader(dataSource, createLogger('silent'));

  beforeAll(async () => {
    await (await openBooks(database.env)).destroy();
    const nothing = () => undefined;
    const logger: DatabaseLogger = {
      logQuery: (query) => statements.push(query),
      logQueryError: nothing,
      logQuerySlow: nothing,
      logSchemaBuild: nothing,
      logMigration: nothing,
      log: nothing,
    };
    dataSource = await connect(databaseSettings(database.env), { poolSize: 1, logging: true, logger });
  });
  afterAll(() => dataSource.destroy());

  test('is read by nine short statements, however many ask for it at once or soon after', async () => {
    statements = [];
    const backlog = reader();

    const answers = await Promise.all(Array.from({ length: SCRAPES }, () => backlog.read()));
    answers.push(await backlog.read());

    expect(answers).toEqual(Array.from({ length: SCRAPES + 1 }, () => EMPTY));
    expect(statements).toHaveLength(9);
    for (const statement of statements) expect(statement).toMatch(/^SELECT .* WHERE /s);
  });

  test('is unknown after two seconds when the database is busy, and nobody else is asked to wait', async () => {
    const backlog = reader();
    const busy = dataSource.createQueryRunner();
    await busy.startTransaction();
    const askedAtMs = performance.now();

    expect(await Promise.all([backlog.read(), backlog.read()])).toEqual([undefined, undefined]);
    expect(performance.now() - askedAtMs).toBeLessThan(4_000);

    await busy.rollbackTransaction();
    await busy.release();
    expect(await reader().read()).toEqual(EMPTY);
  });
});
