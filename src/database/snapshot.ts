import type { DataSource, EntityManager } from 'typeorm';
import { QueuedQueryRunner } from './driver/sqlite-query-runner.js';

/** Runs reads that all see the same moment. Nobody who writes meanwhile is kept waiting, in this program or another. */
export async function inSnapshot<Result>(
  dataSource: DataSource,
  read: (manager: EntityManager) => Promise<Result>,
): Promise<Result> {
  const runner = dataSource.createQueryRunner();
  try {
    if (runner instanceof QueuedQueryRunner) await runner.startSnapshot();
    else await runner.startTransaction('REPEATABLE READ');
    return await read(runner.manager);
  } finally {
    if (runner.isTransactionActive) await runner.rollbackTransaction();
    await runner.release();
  }
}
