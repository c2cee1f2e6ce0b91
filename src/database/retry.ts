import { setTimeout as sleep } from 'node:timers/promises';
import { QueryFailedError } from 'typeorm';

/** With their pauses they last two to three seconds: a balancer needs about one to see that a node is gone. */
const ATTEMPTS_MAX = 12;
const PAUSE_BASE_MS = 5;
const PAUSE_MAX_MS = 1000;
/** No run begins after this: whoever waits for the answer does not wait much longer. */
const LAST_BEGIN_AFTER_MS = 6000;

/**
 * Why the database did not do what it was asked, when it may do so the next time. After `not-now` it was waited for long
 * enough, and the next time is the caller's.
 */
export type TransientError = 'rolled-back' | 'node-not-ready' | 'connection-lost' | 'not-now';

const TRANSIENT_ERRORS: Partial<Record<string, TransientError>> = {
  // The database rolled the whole transaction back. MariaDB: deadlock (on Galera also when two nodes changed the same row,
  // told at COMMIT or at any statement before), lock wait over, row changed since it was read.
  ER_LOCK_DEADLOCK: 'rolled-back',
  ER_LOCK_WAIT_TIMEOUT: 'rolled-back',
  ER_CHECKREAD: 'rolled-back',
  // A table was changed since the statement was prepared.
  ER_NEED_REPREPARE: 'rolled-back',
  // What a Galera node says while it is not part of the cluster. It did nothing, and goes on saying so.
  ER_UNKNOWN_COM_ERROR: 'node-not-ready',
  // A failover made a reader of the server behind this connection.
  ER_OPTION_PREVENTS_STATEMENT: 'node-not-ready',
  ER_READ_ONLY_MODE: 'node-not-ready',
  ER_INNODB_READ_ONLY: 'node-not-ready',
  ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: 'node-not-ready',
  // It takes no more connections, or no more statements on this one.
  ER_CON_COUNT_ERROR: 'node-not-ready',
  ER_TOO_MANY_USER_CONNECTIONS: 'node-not-ready',
  ER_USER_LIMIT_REACHED: 'node-not-ready',
  ER_OUT_OF_RESOURCES: 'node-not-ready',
  ER_SERVER_ISNT_AVAILABLE: 'node-not-ready',
  ER_MAX_PREPARED_STMT_COUNT_REACHED: 'node-not-ready',
  // A proxy between us changed the server behind this connection, which does not know our prepared statements.
  ER_UNKNOWN_STMT_HANDLER: 'node-not-ready',
  // The connection ended. If that was at COMMIT, nobody knows whether the transaction is in the books.
  PROTOCOL_CONNECTION_LOST: 'connection-lost',
  ECONNRESET: 'connection-lost',
  ECONNREFUSED: 'connection-lost',
  EPIPE: 'connection-lost',
  ETIMEDOUT: 'connection-lost',
  ENOTFOUND: 'connection-lost',
  EAI_AGAIN: 'connection-lost',
  EHOSTUNREACH: 'connection-lost',
  ENETUNREACH: 'connection-lost',
  ECONNABORTED: 'connection-lost',
  ER_NET_READ_ERROR: 'connection-lost',
  ER_NET_READ_INTERRUPTED: 'connection-lost',
  ER_NET_ERROR_ON_WRITE: 'connection-lost',
  ER_NET_WRITE_INTERRUPTED: 'connection-lost',
  ER_NEW_ABORTING_CONNECTION: 'connection-lost',
  ER_CLIENT_INTERACTION_TIMEOUT: 'connection-lost',
  ER_SERVER_SHUTDOWN: 'connection-lost',
  ER_CONNECTION_KILLED: 'connection-lost',
  ER_QUERY_INTERRUPTED: 'connection-lost',
  // A Galera node that lost the cluster during a COMMIT: nobody knows here either.
  ER_ERROR_DURING_COMMIT: 'connection-lost',
  // Our deadline for a statement is over.
  ER_QUERY_TIMEOUT: 'not-now',
  // There is no room.
  ER_DISK_FULL: 'not-now',
  ER_RECORD_FILE_FULL: 'not-now',
};

/** What MariaDB alone says; mysql2 knows no names of these. */
const TRANSIENT_ERRORS_OF_MARIADB: Partial<Record<number, TransientError>> = {
  1927: 'connection-lost', // ER_CONNECTION_KILLED
  1969: 'not-now', // ER_STATEMENT_TIMEOUT
};

/** With whatever SQLite writes behind them, such as SQLITE_IOERR_WRITE. */
const FILE_CANNOT_BE_USED = /^SQLITE_(BUSY|FULL|IOERR|READONLY|CANTOPEN)(_|$)/;

/** Our deadline for a connection, or for a place in the queue, is over. */
export class WaitOver extends Error {
  override readonly name = 'WaitOver';
}

/** @returns undefined for an error that another run would only meet again. */
export function transientErrorOf(error: unknown): TransientError | undefined {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (cause instanceof WaitOver) return 'not-now';
  const { code, errno, fatal } = (cause ?? {}) as { code?: unknown; errno?: unknown; fatal?: unknown };
  const transient = typeof code === 'string' ? transientErrorOfCode(code) : undefined;
  // mysql2 marks what ended the connection as fatal. A statement after that end has this mark and no code.
  return (
    transient ??
    TRANSIENT_ERRORS_OF_MARIADB[Number(errno)] ??
    (fatal === true ? 'connection-lost' : undefined)
  );
}

function transientErrorOfCode(code: string): TransientError | undefined {
  return TRANSIENT_ERRORS[code] ?? (FILE_CANNOT_BE_USED.test(code) ? 'not-now' : undefined);
}

/**
 * Runs something, and again after a transient error, a bounded number of times with growing random pauses.
 *
 * @param isWorthRetry which transient errors are followed by another run.
 * @throws the error of the last run.
 */
export async function withRetries<T>(
  run: () => Promise<T>,
  isWorthRetry: (transient: TransientError) => boolean = () => true,
): Promise<T> {
  const startedAtMs = performance.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      const isLast = attempt === ATTEMPTS_MAX || performance.now() - startedAtMs > LAST_BEGIN_AFTER_MS;
      const transient = transientErrorOf(error);
      if (isLast || !transient || transient === 'not-now' || !isWorthRetry(transient)) throw error;
    }
    await sleep(Math.random() * Math.min(PAUSE_MAX_MS, PAUSE_BASE_MS * 2 ** attempt));
  }
}
