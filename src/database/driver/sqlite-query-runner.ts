import { setTimeout as sleep } from 'node:timers/promises';
import { type DataSource, QueryFailedError, type QueryRunner } from 'typeorm';
import { BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver.js';
import { BetterSqlite3QueryRunner } from 'typeorm/driver/better-sqlite3/BetterSqlite3QueryRunner.js';
import type { Answer, Sender, StatementText } from './sender.js';
import { type Connection, type Leave, StatementQueue } from './statement-queue.js';

/** How long a statement waits for another program that uses the file, such as a backup, and how often it looks. */
const BUSY_WAIT_MAX_MS = 5000;
const BUSY_LOOK_EVERY_MS = 25;

/** TypeORM's words for the ends of a transaction, and what is said to SQLite instead. */
const TRANSACTION_CONTROL: Partial<Record<string, string>> = {
  'BEGIN TRANSACTION': 'BEGIN',
  COMMIT: 'COMMIT',
  ROLLBACK: 'ROLLBACK',
};
/** Takes the writer's lock at once: a transaction that first reads and then has to wait for it cannot go on. */
const BEGIN_WRITING = 'BEGIN IMMEDIATE';
const READ_ONLY = /^\s*(SELECT|PRAGMA)\b/i;

const queuesOfDataSources = new WeakMap<DataSource, StatementQueue>();

/** The queue of an SQLite data source; undefined for another database, which needs none. */
export function queueOf(dataSource: DataSource): StatementQueue | undefined {
  return queuesOfDataSources.get(dataSource);
}

/**
 * TypeORM's SQLite driver hands one query runner to every caller. Two transactions that run at once then share one
 * BEGIN, and the rollback of one takes back what the other had already acknowledged. This runner belongs to one caller
 * and queues with the others: a transaction has the database from BEGIN to COMMIT or ROLLBACK, a single statement for
 * its own length.
 *
 * libsql leaves a prepared statement that found the database busy half-run, and until the garbage collector finds it no
 * COMMIT of the connection succeeds (observed, 0.5.29). So the writer's lock is always taken by an unprepared BEGIN, for
 * a single write too, and no prepared statement ever waits for another program.
 *
 * Who finds the file busy leaves the queue and asks again a little later: SQLite's own wait would stop the thread,
 * and others can read meanwhile.
 */
export class QueuedQueryRunner extends BetterSqlite3QueryRunner implements Sender {
  private leaveQueue: Leave | undefined;
  private isSnapshot = false;

  constructor(
    driver: BetterSqlite3Driver,
    private readonly queue: StatementQueue,
  ) {
    super(driver);
  }

  override async startTransaction(): Promise<void> {
    if (this.leaveQueue) return super.startTransaction();
    return whenNotBusy(async () => {
      this.leaveQueue = await this.queue.enter();
      try {
        await super.startTransaction();
      } catch (error) {
        this.isTransactionActive = (await this.sqlite()).inTransaction;
        this.leaveQueueUnlessInTransaction();
        throw error;
      }
    });
  }

  /** A transaction that only reads. It sees one moment, and takes no lock that a writer would have to wait for. */
  async startSnapshot(): Promise<void> {
    this.isSnapshot = true;
    await this.startTransaction();
  }

  override async commitTransaction(): Promise<void> {
    await super.commitTransaction();
    this.leaveQueueUnlessInTransaction();
  }

  override async rollbackTransaction(): Promise<void> {
    await super.rollbackTransaction();
    this.leaveQueueUnlessInTransaction();
  }

  async send(text: StatementText): Promise<Answer> {
    if (this.leaveQueue) return this.answer(text);
    const run = async () => this.answer(text);
    return whenNotBusy(() =>
      this.queue.during(() => (READ_ONLY.test(text.sql) ? run() : this.inItsOwnTransaction(run))),
    );
  }

  /** There is no way to the database that would be saved, so it is carried out at once. */
  sendLater(text: StatementText): void {
    if (!this.leaveQueue) throw new Error('what goes later needs a transaction');
    this.answer(text);
  }

  private answer({ sql, values }: StatementText): Answer {
    this.driver.dataSource.logger.logQuery(sql, [...values], this);
    const { prepared } = this.queue;
    try {
      const statement = prepared.get(sql) ?? (this.driver.databaseConnection as Connection).prepare(sql);
      prepared.set(sql, statement);
      if (statement.reader) return { records: statement.all(...values), affected: 0 };
      return { records: [], affected: statement.run(...values).changes };
    } catch (error) {
      // It may be half-run.
      prepared.delete(sql);
      throw new QueryFailedError(sql, [...values], error as Error);
    }
  }

  override async query(
    query: string,
    parameters?: unknown[],
    useStructuredResult?: boolean,
  ): ReturnType<BetterSqlite3QueryRunner['query']> {
    const run = () => super.query(query, parameters, useStructuredResult);
    if (this.leaveQueue) {
      const control = TRANSACTION_CONTROL[query];
      if (control === undefined) return run();
      return this.endOrBegin(control === 'BEGIN' && !this.isSnapshot ? BEGIN_WRITING : control);
    }
    return whenNotBusy(() =>
      this.queue.during(() => (READ_ONLY.test(query) ? run() : this.inItsOwnTransaction(run))),
    );
  }

  override async release(): Promise<void> {
    // A caller that lost its way between BEGIN and COMMIT must not keep the others waiting for ever.
    if (this.isTransactionActive) await this.rollbackTransaction();
    await super.release();
  }

  private async inItsOwnTransaction<T>(write: () => Promise<T>): Promise<T> {
    await this.endOrBegin(BEGIN_WRITING);
    try {
      const result = await write();
      await this.endOrBegin('COMMIT');
      return result;
    } catch (error) {
      await this.endOrBegin('ROLLBACK');
      throw error;
    }
  }

  private async endOrBegin(sql: string): Promise<void> {
    const connection = await this.sqlite();
    // On a full disk and the like SQLite has taken the transaction back by itself, and refuses to do it twice.
    if (sql === 'ROLLBACK' && !connection.inTransaction) return;
    try {
      connection.exec(sql);
    } catch (error) {
      throw new QueryFailedError(sql, [], error as Error);
    }
  }

  private async sqlite(): Promise<Connection> {
    return this.connect();
  }

  private leaveQueueUnlessInTransaction(): void {
    if (this.isTransactionActive) return;
    this.leaveQueue?.();
    this.leaveQueue = undefined;
    this.isSnapshot = false;
  }
}

/** Runs what SQLite refuses as a whole while another program has the file. @throws its refusal when the wait is over. */
async function whenNotBusy<T>(run: () => Promise<T>): Promise<T> {
  const lastLookMs = performance.now() + BUSY_WAIT_MAX_MS;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!isBusy(error) || performance.now() > lastLookMs) throw error;
    }
    await sleep(BUSY_LOOK_EVERY_MS);
  }
}

function isBusy(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { code?: string };
  return code?.startsWith('SQLITE_BUSY') ?? false;
}

/**
 * Gives every caller of an SQLite data source a query runner of its own. Does nothing for other databases.
 *
 * @param queue of another data source, where both have one connection.
 */
export function giveEachCallerItsOwnQueryRunner(dataSource: DataSource, queue = new StatementQueue()): void {
  const { driver } = dataSource;
  if (!(driver instanceof BetterSqlite3Driver)) return;
  queuesOfDataSources.set(dataSource, queue);
  driver.createQueryRunner = (): QueryRunner => new QueuedQueryRunner(driver, queue);
}
