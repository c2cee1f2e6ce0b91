import type { DataSource, ReplicationMode } from 'typeorm';
import { MysqlDriver } from 'typeorm/driver/mysql/MysqlDriver.js';
import { MysqlQueryRunner } from 'typeorm/driver/mysql/MysqlQueryRunner.js';
import { transientErrorOf, withRetries } from '../retry.js';

const READ_ONLY = /^\s*(SELECT|SHOW)\b/i;

/** The part of mysql2's connection that is used here. */
interface Connection {
  destroy(): void;
}

/**
 * Sends a statement that is no part of a transaction again when that is safe: a read always, a write when the database
 * says that it did nothing. So a node that dies under a read is not noticed. (A transaction is run again as a whole, by
 * `inTransaction`.)
 *
 * A connection to a Galera node that is not part of the cluster is closed: in the pool it would fail the next caller too.
 */
class PersistentQueryRunner extends MysqlQueryRunner {
  override async query(
    query: string,
    parameters?: unknown[],
    useStructuredResult?: boolean,
  ): ReturnType<MysqlQueryRunner['query']> {
    let isSent = false;
    const run = async () => {
      isSent = false;
      try {
        await this.connect();
        isSent = true;
        return await super.query(query, parameters, useStructuredResult);
      } catch (error) {
        const transient = transientErrorOf(error);
        if (transient && transient !== 'rolled-back') this.closeConnection();
        throw error;
      }
    };
    if (this.isTransactionActive) return run();
    return withRetries(
      run,
      (transient) => transient !== 'connection-lost' || !isSent || READ_ONLY.test(query),
    );
  }

  /** The next statement gets another one, unless it belongs to a transaction, which ended with this one. */
  private closeConnection(): void {
    const connection: Connection | undefined = this.databaseConnection;
    connection?.destroy();
    if (this.isTransactionActive) return;
    this.databaseConnection = undefined;
    // Without it TypeORM connects anew; its type does not know that it can be missing.
    this.databaseConnectionPromise = undefined as unknown as Promise<unknown>;
  }
}

/** Does nothing for other databases. */
export function sendStatementsAgain({ driver }: DataSource): void {
  if (!(driver instanceof MysqlDriver)) return;
  driver.createQueryRunner = (mode: ReplicationMode) => new PersistentQueryRunner(driver, mode);
}
