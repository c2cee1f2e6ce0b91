import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { withRetries } from './retry.js';

/** What a transaction has when it does not ask for another one. Saying it once saves each transaction a round trip. */
export const SESSION_ISOLATION = 'READ COMMITTED';

export type IsolationLevel = 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';

/**
 * Runs `work` in one transaction and the whole of it again when the database took it back or the connection was lost,
 * a bounded number of times with growing random pauses.
 *
 * Because a COMMIT whose answer was lost may have been carried out, `work` must be safe to run again: each of its
 * writes is decided by a unique key or by a state that it reads first. It must call nobody outside the database.
 *
 * @param isolation written at the call, since its reader must know it. SQLite has one writer, so it is always serial.
 * @throws what `work` throws, after a rollback; or the database's own error after the last attempt.
 */
export async function inTransaction<T>(
  dataSource: DataSource,
  isolation: IsolationLevel,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  return withRetries(() => runOnce(dataSource, isolation, work));
}

async function runOnce<T>(
  dataSource: DataSource,
  isolation: IsolationLevel,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    const isDefault = isolation === SESSION_ISOLATION || dataSource.options.type === 'better-sqlite3';
    await runner.startTransaction(isDefault ? undefined : isolation);
    const result = await work(runner.manager);
    await runner.commitTransaction();
    return result;
  } catch (error) {
    await rollBack(runner);
    throw error;
  } finally {
    await runner.release();
  }
}

async function rollBack(runner: QueryRunner): Promise<void> {
  if (!runner.isTransactionActive) return;
  try {
    await runner.rollbackTransaction();
  } catch {
    // The first error is the one to report. A connection that cannot even roll back may still be inside the
    // transaction, so it must not go back to the pool: closing it makes the database roll back.
    const connection: { destroy?: () => void } | undefined = await runner.connect();
    connection?.destroy?.();
  }
}
