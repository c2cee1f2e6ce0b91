import type { Duplex } from 'node:stream';
import mysql2, { type PoolConnection, type PoolOptions, type QueryError } from 'mysql2';
import { QueryFailedError } from 'typeorm';
import { WaitOver } from '../retry.js';
import { SESSION_ISOLATION } from '../transaction.js';
import { type Connection, type Row, sendInOneGo, takesPipelines } from './pipeline.js';
import type { StatementText } from './sender.js';

/** Whether callers wait for what a program asks of the database, or nobody does (`npm run migrate`, `npm run verify`). */
export type Pace = 'callers-wait' | 'takes-its-time';

/** How long a caller may wait for a connection of the pool. */
const POOL_WAIT_MAX_MS = 5000;
/** MariaDB ends a longer statement, MySQL a longer read. A Galera node that waits for a lost one needs about six. */
const STATEMENT_MAX_SECONDS = 10;
/** No answer by then: the database or the way to it is gone, and its connection with it. */
const ANSWER_LOST_AFTER_MS = 12_000;
/** Our own transactions hold a row for milliseconds. Whoever waits for another program's holds a connection meanwhile. */
const ROW_LOCK_WAIT_SECONDS = 2;
/** A migration holds a table for as long as it changes it. */
const TABLE_LOCK_WAIT_SECONDS = 5;
/** MariaDB ends the transaction of a program that was stopped or cut off in the middle of it, and gives its locks back. */
const IDLE_TRANSACTION_SECONDS = 10;
/** What nobody waits for may wait for others that long. */
const PATIENT_LOCK_WAIT_SECONDS = 120;

/**
 * On a node of a Galera cluster: before it reads (1), changes (2) or inserts (4), the node
 * catches up with what the others had committed by then. Without it a user who wrote through one node would be told by
 * another that there is nothing. Elsewhere it means nothing.
 */
const WAIT_FOR_OTHER_NODES = 1 + 2 + 4;

/**
 * All that the program relies on in a session: a server's defaults are its operator's, and managed ones differ. Numbers
 * stand for what is unlimited, because DEFAULT would be the operator's limit. A comment `/*M!` is read by MariaDB alone
 * and `/*!80000` by MySQL alone.
 */
function sessionSettings(pace: Pace): string {
  const isPatient = pace === 'takes-its-time';
  const statementMaxSeconds = isPatient ? 0 : STATEMENT_MAX_SECONDS;
  return `SET NAMES utf8mb4 COLLATE utf8mb4_general_ci,
    SESSION sql_mode = 'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
    SESSION autocommit = 1,
    SESSION completion_type = 'NO_CHAIN',
    SESSION time_zone = '+00:00',
    SESSION lc_messages = 'en_US',
    SESSION foreign_key_checks = 1,
    SESSION unique_checks = 1,
    SESSION sql_safe_updates = 0,
    SESSION sql_auto_is_null = 0,
    SESSION sql_big_selects = 1,
    SESSION sql_select_limit = 18446744073709551615,
    SESSION innodb_lock_wait_timeout = ${isPatient ? PATIENT_LOCK_WAIT_SECONDS : ROW_LOCK_WAIT_SECONDS},
    SESSION lock_wait_timeout = ${isPatient ? PATIENT_LOCK_WAIT_SECONDS : TABLE_LOCK_WAIT_SECONDS}
    /*M!100301 , SESSION check_constraint_checks = 1, SESSION max_statement_time = ${statementMaxSeconds},
      SESSION idle_transaction_timeout = ${isPatient ? 0 : IDLE_TRANSACTION_SECONDS} */
    /*!80000 , SESSION max_execution_time = ${statementMaxSeconds * 1000} */`;
}

type TellOfConnection = (error: NodeJS.ErrnoException | null, connection: PoolConnection) => void;

/**
 * mysql2, whose pools say so on each new connection before anybody gets it, and let nobody wait without an end.
 *
 * Values go to the database beside the statement and not as a part of its text (see ADR 19).
 *
 * @param pipelining false keeps every statement back until the one before it is answered.
 */
export function mysql2WithSessionSettings(pace: Pace, pipelining: boolean): object {
  const isPatient = pace === 'takes-its-time';
  const lostAfterMs = isPatient ? undefined : ANSWER_LOST_AFTER_MS;
  return {
    ...mysql2,
    createPool(options: PoolOptions) {
      const pool = mysql2.createPool(options);
      const isSetUp = new WeakSet<PoolConnection>();
      const take = pool.getConnection.bind(pool);

      async function setUp(connection: PoolConnection): Promise<void> {
        const statements = new Statements(connection, lostAfterMs);
        await statements.query(sessionSettings(pace));
        await statements.query(`SET SESSION TRANSACTION ISOLATION LEVEL ${SESSION_ISOLATION}, READ WRITE`);
        try {
          await statements.query(`SET SESSION wsrep_sync_wait = ${WAIT_FOR_OTHER_NODES}`);
        } catch (error) {
          // MySQL without Galera does not know it.
          if ((error as QueryError).code !== 'ER_UNKNOWN_SYSTEM_VARIABLE') throw error;
        }
        const rowsOf = async (sql: string) => (await statements.query(sql))[0] as Row[];
        statements.isPipelined = pipelining && (await takesPipelines(rowsOf));
        // TypeORM asks for it at each statement, and uses nothing else of it.
        connection.promise = () => statements as unknown as ReturnType<PoolConnection['promise']>;
        isSetUp.add(connection);
      }

      async function setUpThen(connection: PoolConnection, end: TellOfConnection): Promise<void> {
        try {
          await setUp(connection);
        } catch (error) {
          // A connection that cannot be set up is not used.
          connection.destroy();
          end(error as NodeJS.ErrnoException, connection);
          return;
        }
        end(null, connection);
      }

      pool.getConnection = (tell) => {
        let isOver = false;
        const timer = isPatient
          ? undefined
          : setTimeout(() => {
              isOver = true;
              tell(
                new WaitOver(`no connection of the pool within ${POOL_WAIT_MAX_MS} ms`),
                undefined as never,
              );
            }, POOL_WAIT_MAX_MS);
        const end: TellOfConnection = (error, connection) => {
          if (isOver) {
            if (!error) connection.release();
            return;
          }
          clearTimeout(timer);
          // mysql2's own refusals (its queue is full) have no code.
          tell(error && !error.code ? new WaitOver(error.message) : error, connection);
        };
        take((error, connection) => {
          if (error || isSetUp.has(connection)) {
            end(error, connection);
            return;
          }
          void setUpThen(connection, end);
        });
      };
      return pool;
    },
  };
}

/** What our query runners and TypeORM see of a connection. */
export class Statements {
  /** Whether several go to the database at once. */
  isPipelined = false;

  /** @param lostAfterMs without an answer by then the connection is ended. */
  constructor(
    private readonly connection: PoolConnection,
    private readonly lostAfterMs: number | undefined,
  ) {}

  /** As TypeORM calls it. */
  async query(sql: string, values: unknown[] = []): Promise<unknown[]> {
    return this.answered((resolve, reject) => {
      this.ask({ sql, values }, (error, ...answer) => (error ? reject(error) : resolve(answer)));
    });
  }

  /**
   * Sends several in their order. In one go each is carried out whatever became of those before it, else none after the
   * first that fails.
   *
   * @returns what the last one is answered. @throws {QueryFailedError} of the first that fails.
   */
  async sendAll(texts: readonly StatementText[]): Promise<unknown> {
    if (this.isPipelined && texts.length > 1) return this.sendInOneGo(texts);
    let last: unknown;
    for (const text of texts) last = await this.sendOne(text);
    return last;
  }

  /** Sends several that have nothing to do with each other; each has its own time. @param end is told of each. */
  async sendEach(
    texts: readonly StatementText[],
    end: (text: StatementText, error: QueryFailedError | null, answer: unknown) => void,
  ): Promise<void> {
    let open = texts.length;
    return this.answered<void>((resolve, _reject, hasAnswered) => {
      const endOf = (text: StatementText, error: QueryError | null, answer: unknown) => {
        end(text, error && failed(text, error), answer);
        hasAnswered();
        open -= 1;
        if (open === 0) resolve();
      };
      const [first] = texts;
      if (texts.length > 1) sendInOneGo(this.connection as unknown as Connection, texts, endOf);
      else if (first) this.ask(first, (error, answer) => endOf(first, error, answer));
    });
  }

  private async sendOne(text: StatementText): Promise<unknown> {
    return this.answered((resolve, reject) => {
      this.ask(text, (error, answer) => (error ? reject(failed(text, error)) : resolve(answer)));
    });
  }

  private async sendInOneGo(texts: readonly StatementText[]): Promise<unknown> {
    return this.answered((resolve, reject) => {
      const last = texts.at(-1);
      sendInOneGo(this.connection as unknown as Connection, texts, (text, error, answer) => {
        if (error) reject(failed(text, error));
        else if (text === last) resolve(answer);
      });
    });
  }

  private ask({ sql, values }: StatementText, end: (error: QueryError | null, ...answer: unknown[]) => void) {
    if (values.length === 0) this.connection.query(sql, end);
    else this.connection.execute(sql, values as never, end);
  }

  private async answered<Answer>(
    ask: (resolve: (answer: Answer) => void, reject: (error: Error) => void, hasAnswered: () => void) => void,
  ): Promise<Answer> {
    const timer =
      this.lostAfterMs === undefined ? undefined : setTimeout(() => this.giveUp(), this.lostAfterMs);
    try {
      return await new Promise((resolve, reject) => ask(resolve, reject, () => timer?.refresh()));
    } finally {
      clearTimeout(timer);
    }
  }

  /** The statement fails with this error and the pool forgets the connection, as when the network had broken it. */
  private giveUp(): void {
    const error = new Error(`the database did not answer within ${this.lostAfterMs} ms`);
    (this.connection as unknown as { stream: Duplex }).stream.destroy(error);
  }
}

function failed({ sql, values }: StatementText, error: QueryError): QueryFailedError {
  return new QueryFailedError(sql, [...values], error);
}
