import { Mutex, type MutexInterface, withTimeout } from 'async-mutex';
import type { DataSource, QueryRunner } from 'typeorm';
import { BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver.js';
import { BetterSqlite3QueryRunner } from 'typeorm/driver/better-sqlite3/BetterSqlite3QueryRunner.js';

/** How long a statement may wait for its turn. A wait this long means that a transaction waits for itself. */
const TURN_TIMEOUT_MS = 30_000;

/**
 * TypeORM's SQLite driver hands one query runner to every caller. Two transactions that run at once then share one
 * BEGIN, and the rollback of one takes back what the other had already acknowledged. This runner belongs to one caller
 * and takes turns with the others: a transaction keeps its turn from BEGIN to COMMIT or ROLLBACK, a single statement
 * for its own length. Turns are given in the order in which they were asked for.
 */
class TurnTakingQueryRunner extends BetterSqlite3QueryRunner {
  private endTurn: MutexInterface.Releaser | undefined;

  constructor(
    driver: BetterSqlite3Driver,
    private readonly turns: MutexInterface,
  ) {
    super(driver);
  }

  override async startTransaction(): Promise<void> {
    this.endTurn ??= await this.turns.acquire();
    try {
      await super.startTransaction();
    } catch (error) {
      this.endTurnUnlessInTransaction();
      throw error;
    }
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
    return this.endTurn ? run() : this.turns.runExclusive(run);
  }

  override async release(): Promise<void> {
    // A caller that lost its way between BEGIN and COMMIT must not keep the others waiting for ever.
    if (this.isTransactionActive) await this.rollbackTransaction();
    await super.release();
  }

  private endTurnUnlessInTransaction(): void {
    if (this.isTransactionActive) return;
    this.endTurn?.();
    this.endTurn = undefined;
  }
}

/** Gives every caller of an SQLite data source a query runner of its own. Does nothing for other databases. */
export function giveEachCallerItsOwnQueryRunner(dataSource: DataSource): void {
  const { driver } = dataSource;
  if (!(driver instanceof BetterSqlite3Driver)) return;
  const turns = withTimeout(
    new Mutex(),
    TURN_TIMEOUT_MS,
    new Error(`no turn on the SQLite database within ${TURN_TIMEOUT_MS} ms`),
  );
  driver.createQueryRunner = (): QueryRunner => new TurnTakingQueryRunner(driver, turns);
}
