import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DataSource, QueryRunner } from 'typeorm';
import { type PoolFigures, poolFigures } from '../../src/database/pool-figures.js';
import { connect, databaseSettings } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';

const POOL_SIZE = 4;
const WAITING = 3;

describeOnEachDatabase('the figures of the pool', (database) => {
  let dataSource: DataSource;
  const connections = database.name === 'MariaDB' ? POOL_SIZE : 1;

  beforeAll(async () => {
    dataSource = await connect(databaseSettings(database.env), { poolSize: POOL_SIZE });
  });
  afterAll(() => dataSource.destroy());

  test('say how many connections work and how many callers wait for one, from beginning to end', async () => {
    const figures = (connectionsInUse: number, callersWaiting: number): PoolFigures => ({
      connectionsMax: connections,
      connectionsInUse,
      callersWaiting,
    });
    expect(poolFigures(dataSource)).toEqual(figures(0, 0));

    const busy: QueryRunner[] = [];
    for (let index = 0; index < connections; index++) {
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      busy.push(runner);
      expect(poolFigures(dataSource)).toEqual(figures(index + 1, 0));
    }
    const waiting = Array.from({ length: WAITING }, () => dataSource.query('SELECT 1'));
    // A caller asks for its connection after a few turns of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    expect(poolFigures(dataSource)).toEqual(figures(connections, WAITING));

    for (const runner of busy) {
      await runner.rollbackTransaction();
      await runner.release();
    }
    await Promise.all(waiting);
    expect(poolFigures(dataSource)).toEqual(figures(0, 0));
  });
});
