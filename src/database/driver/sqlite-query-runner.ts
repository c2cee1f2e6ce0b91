import { setTimeout as sleep } from 'node:timers/promises';
import { Mutex, type MutexInterface, withTimeout } from 'async-mutex';
import { type DataSource, QueryFailedError, type QueryRunner } from 'typeorm';
import { BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver.js';
import { BetterSqlite3QueryRunner } from 'typeorm/driver/better-sqlite3/BetterSqlite3QueryRunner.js';
import { WaitOver } from '../further-runs.js';

/** How long a statement may wait for its turn. A wait this long means that a transaction waits for itself. */
const TURN_TIMEOUT_MS = 10_000;
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

/** The part of libsql's connection that is used here. */
interface Connection {
  readonly inTransaction: boolean;
  exec(sql: string): void;
}

/** One caller at a time, in the order in which they asked. */
export class Turns {
  /** Callers that asked and have not got their turn yet. */
  waiting = 0;
  private readonly mutex = withTimeout(
    new Mutex(),
    TURN_TIMEOUT_MS,
    new WaitOver(`no turn on the SQLite database within ${TURN_TIMEOUT_MS} ms`),
  );

  isTaken(): boolean {
    return this.mutex.isLocked();
  }

  /** @returns what ends the turn. */
  async take(): Promise<MutexInterface.Releaser> {
    this.waiting += 1;
    try {
      return await this.mutex.acquire();
    } finally {
      this.waiting -= 1;
    }
  }

  /** A turn for the length of `work`. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const end = await this.take();
    try {
      return await work();
    } finally {
      end();
    }
  }
}

const turnsOfDataSources = new WeakMap<DataSource, Turns>();

/** The turns of an SQLite data source; undefined for another database, which needs none. */
export function turnsOf(dataSource: DataSource): Turns | undefined {
  return turnsOfDataSources.get(dataSource);
}

/**
 * TypeORM's SQLite driver hands one query runner to every caller. Two transactions that run at once then share one
 * BEGIN, and the rollback of one takes back what the other had already acknowledged. This runner belongs to one caller
 * and takes turns with the others: a transaction keeps its turn from BEGIN to COMMIT or ROLLBACK, a single statement
 * for its own length. Turns are given in the order in which they were asked for.
 *
 * libsql leaves a prepared statement that found the database busy half-run, and until the garbage collector finds it no
 * COMMIT of the connection succeeds (observed, 0.5.29). So the writer's lock is always taken by an unprepared BEGIN, for
 * a single write too, and no prepared statement ever waits for another program.
 *
 * Who finds the file busy gives the turn back and asks again a little later: SQLite's own wait would stop the thread,
 * and others can read meanwhile.
 */
export class TurnTakingQueryRunner extends BetterSqlite3QueryRunner {
  private endTurn: MutexInterface.Releaser | undefined;
  private isSnapshot = false;

  constructor(
    driver: BetterSqlite3Driver,
    private readonly turns: Turns,
  ) {
    super(driver);
  }

  override async startTransaction(): Promise<void> {
    if (this.endTurn) return super.startTransaction();
    return whenNotBusy(async () => {
      this.endTurn = await this.turns.take();
      try {
        await super.startTransaction();
      } catch (error) {
        this.isTransactionActive = (await this.sqlite()).inTransaction;
        this.endTurnUnlessInTransaction();
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
    this.endTurnUnlessInTransaction();
  }

  override async rollbackTransaction(): Promise<void> {
    await super.rollbackTransaction();
    this.endTurnUnlessInTransaction();
  }

  override async query(
    query: string,
    parameters?: unknown[],
    useStructuredResult?: boolean,
  ): ReturnType<BetterSqlite3QueryRunner['query']> {
    const run = () => super.query(query, parameters, useStructuredResult);
    if (this.endTurn) {
      const control = TRANSACTION_CONTROL[query];
      if (control === undefined) return run();
      return this.endOrBegin(control === 'BEGIN' && !this.isSnapshot ? BEGIN_WRITING : control);
    }
    return whenNotBusy(() =>
      this.turns.during(() => (READ_ONLY.test(query) ? run() : this.inItsOwnTransaction(run))),
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

  private endTurnUnlessInTransaction(): void {
    if (this.isTransactionActive) return;
    this.endTurn?.();
    this.endTurn = undefined;
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

/** Gives every caller of an SQLite data source a query runner of its own. Does nothing for other databases. */
export function giveEachCallerItsOwnQueryRunner(dataSource: DataSource): void {
  const { driver } = dataSource;
  if (!(driver instanceof BetterSqlite3Driver)) return;
  const turns = new Turns();
  turnsOfDataSources.set(dataSource, turns);
  driver.createQueryRunner = (): QueryRunner => new TurnTakingQueryRunner(driver, turns);
}
