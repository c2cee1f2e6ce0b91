import { setTimeout as sleep } from 'node:timers/promises';
import { QueryFailedError } from 'typeorm';

/** With their pauses they last two to three seconds: a balancer needs about one to see that a node is gone. */
const ATTEMPTS_MAX = 12;
const PAUSE_BASE_MS = 5;
const PAUSE_MAX_MS = 1000;
/** No run begins after this: a lock that is not given may take the database minutes to report, and nobody waits so long. */
const LAST_BEGIN_AFTER_MS = 20_000;

/** Why the database did not do what it was asked, when it may do so the next time. */
export type Trouble = 'taken-back' | 'node-not-ready' | 'connection-lost';

const TROUBLES: Partial<Record<string, Trouble>> = {
  // The database took the whole transaction back. MariaDB: deadlock (on Galera also when two nodes changed the same row,
  // told at COMMIT or at any statement before), lock wait over, row changed since it was read. SQLite: another process writes.
  ER_LOCK_DEADLOCK: 'taken-back',
  ER_LOCK_WAIT_TIMEOUT: 'taken-back',
  ER_CHECKREAD: 'taken-back',
  SQLITE_BUSY: 'taken-back',
  // What a Galera node says while it is not part of the cluster. It did nothing, and goes on saying so.
  ER_UNKNOWN_COM_ERROR: 'node-not-ready',
  // The connection ended. If that was at COMMIT, nobody knows whether the transaction is in the books.
  PROTOCOL_CONNECTION_LOST: 'connection-lost',
  ECONNRESET: 'connection-lost',
  ECONNREFUSED: 'connection-lost',
  EPIPE: 'connection-lost',
  ETIMEDOUT: 'connection-lost',
  ER_SERVER_SHUTDOWN: 'connection-lost',
  ER_CONNECTION_KILLED: 'connection-lost',
  ER_QUERY_INTERRUPTED: 'connection-lost',
  // A Galera node that lost the cluster during a COMMIT: nobody knows here either.
  ER_ERROR_DURING_COMMIT: 'connection-lost',
};

/** @returns undefined for an error that another run would only meet again. */
export function troubleOf(error: unknown): Trouble | undefined {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const { code, fatal } = (cause ?? {}) as { code?: unknown; fatal?: unknown };
  const trouble = typeof code === 'string' ? TROUBLES[code] : undefined;
  // mysql2 marks what ended the connection as fatal. A statement after that end has this mark and no code.
  return trouble ?? (fatal === true ? 'connection-lost' : undefined);
}

/**
 * Runs something, and again when it met a trouble, a bounded number of times with growing random pauses.
 *
 * @param isWorthIt which troubles are to be followed by another run.
 * @throws the error of the last run.
 */
export async function withFurtherRuns<T>(
  run: () => Promise<T>,
  isWorthIt: (trouble: Trouble) => boolean = () => true,
): Promise<T> {
  const startedAtMs = performance.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      const isLast = attempt === ATTEMPTS_MAX || performance.now() - startedAtMs > LAST_BEGIN_AFTER_MS;
      const trouble = troubleOf(error);
      if (isLast || !trouble || !isWorthIt(trouble)) throw error;
    }
    await sleep(Math.random() * Math.min(PAUSE_MAX_MS, PAUSE_BASE_MS * 2 ** attempt));
  }
}
