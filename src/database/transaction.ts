import { setTimeout as sleep } from 'node:timers/promises';
import { type DataSource, type EntityManager, QueryFailedError, type QueryRunner } from 'typeorm';
import { SESSION_ISOLATION } from './session-isolation.js';

const ATTEMPTS_MAX = 10;
const PAUSE_BASE_MS = 5;
const PAUSE_MAX_MS = 500;

/**
 * The database took the whole transaction back; running it again is the cure. MariaDB: deadlock (on Galera also at
 * COMMIT), lock wait over, row changed since it was read. SQLite: another process writes.
 */
const TAKEN_BACK = new Set(['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD', 'SQLITE_BUSY']);

/** The connection ended. If that was at COMMIT, nobody knows whether the transaction is in the books. */
const CONNECTION_LOST = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ER_SERVER_SHUTDOWN',
  'ER_CONNECTION_KILLED',
  'ER_QUERY_INTERRUPTED',
  'ER_UNKNOWN_COM_ERROR', // what a Galera node says while it is not part of the cluster
]);

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
  for (let attempt = 1; ; attempt++) {
    try {
      return await runOnce(dataSource, isolation, work);
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || !isWorthAnotherRun(error)) throw error;
    }
    await sleep(Math.random() * Math.min(PAUSE_MAX_MS, PAUSE_BASE_MS * 2 ** attempt));
  }
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

function isWorthAnotherRun(error: unknown): boolean {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const { code, fatal } = (cause ?? {}) as { code?: unknown; fatal?: unknown };
  // mysql2 marks what ended the connection as fatal. A statement after that end has this mark and no code.
  if (fatal === true) return true;
  return typeof code === 'string' && (TAKEN_BACK.has(code) || CONNECTION_LOST.has(code));
}
