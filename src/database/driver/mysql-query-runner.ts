import type { ResultSetHeader } from 'mysql2';
import type { DataSource, ReplicationMode } from 'typeorm';
import { MysqlDriver } from 'typeorm/driver/mysql/MysqlDriver.js';
import { MysqlQueryRunner } from 'typeorm/driver/mysql/MysqlQueryRunner.js';
import { transientErrorOf, withRetries } from '../retry.js';
import type { IsolationLevel } from '../transaction.js';
import type { Answer, Sender, StatementText } from './sender.js';
import type { Statements } from './session-settings.js';
import { isRead, type ReadingConnection, shareReads } from './shared-reads.js';

/** The part of mysql2's connection that is used here. */
interface Connection {
  destroy(): void;
  promise(): Statements;
}

const START: StatementText = { sql: 'START TRANSACTION', values: [] };
const COMMIT: StatementText = { sql: 'COMMIT', values: [] };
const ROLLBACK: StatementText = { sql: 'ROLLBACK', values: [] };
/** Begins a transaction with the next statement, and another one after its end, until the opposite is said. */
const NOTHING_BY_ITSELF: StatementText = { sql: 'SET autocommit = 0', values: [] };
const EACH_BY_ITSELF: StatementText = { sql: 'SET autocommit = 1', values: [] };

/**
 * Sends a statement that is no part of a transaction again when that is safe: a read always, a write when the database
 * says that it did nothing. So a node that dies under a read is not noticed. (A transaction is run again as a whole, by
 * `inTransaction`.)
 *
 * In a transaction what nobody waits for is kept until something is awaited, and goes to the database in one packet with it:
 * the beginning with the first statement, writes with the next read. The COMMIT alone waits until all before it are known
 * to be done.
 *
 * What goes in one packet is carried out to its end, also when one of it fails. After a deadlock, which ends the transaction,
 * the rest of the packet would so be committed statement by statement: therefore nothing commits by itself until the
 * transaction has ended, and the ROLLBACK takes it back.
 *
 * A connection to a Galera node that is not part of the cluster is closed: in the pool it would fail the next caller too.
 */
class PersistentQueryRunner extends MysqlQueryRunner implements Sender {
  /** What the transaction has not sent yet. */
  private waiting: StatementText[] = [];
  /** What stands before its beginning. */
  private isolation: StatementText[] = [];
  private hasBegun = false;

  private get isStillToBegin(): boolean {
    return this.isTransactionActive && !this.hasBegun;
  }

  override async startTransaction(isolation?: IsolationLevel): Promise<void> {
    if (this.isTransactionActive) throw new Error('a transaction inside a transaction');
    await this.connect();
    this.isTransactionActive = true;
    this.transactionDepth = 1;
    if (isolation) this.isolation = [{ sql: `SET TRANSACTION ISOLATION LEVEL ${isolation}`, values: [] }];
  }

  override async commitTransaction(): Promise<void> {
    if (this.hasBegun || this.waiting.length > 0) {
      await this.persistently(COMMIT.sql, async () => {
        if (this.waiting.length > 0) await this.sendAll([]);
        const { isPipelined } = await this.statements();
        return this.sendAll(isPipelined ? [COMMIT, EACH_BY_ITSELF] : [COMMIT]);
      });
    }
    this.forgetTransaction();
  }

  override async rollbackTransaction(): Promise<void> {
    this.waiting = [];
    if (this.hasBegun) {
      await this.sendAll([ROLLBACK]);
      // Not in one packet: after a ROLLBACK that failed it would commit.
      if ((await this.statements()).isPipelined) await this.sendAll([EACH_BY_ITSELF]);
    }
    this.forgetTransaction();
  }

  override async release(): Promise<void> {
    // In the pool the next caller would be in the middle of it.
    if (this.isTransactionActive) this.closeConnection();
    await super.release();
  }

  override async query(
    query: string,
    parameters?: unknown[],
    useStructuredResult?: boolean,
  ): ReturnType<MysqlQueryRunner['query']> {
    return this.persistently(query, async (noteSent) => {
      if (this.waiting.length > 0 || this.isStillToBegin) await this.sendAll([]);
      else await this.connect();
      noteSent();
      return super.query(query, parameters, useStructuredResult);
    });
  }

  async send(text: StatementText): Promise<Answer> {
    return this.persistently(text.sql, (noteSent) => this.sendAll([text], noteSent));
  }

  sendLater(text: StatementText): void {
    if (!this.isTransactionActive) throw new Error('what goes later needs a transaction');
    this.waiting.push(text);
  }

  async forReads(): Promise<ReadingConnection> {
    const statements = await this.statements();
    return {
      isPipelined: statements.isPipelined,
      sendEach: async (texts, end) => {
        let isUnusable = false;
        this.log(texts);
        await statements.sendEach(texts, (text, error, raw) => {
          isUnusable ||= error !== null && isOfConnection(error);
          end(text, error ?? answerOf(raw));
        });
        if (isUnusable) this.closeConnection();
      },
      release: () => this.release(),
    };
  }

  private async sendAll(last: StatementText[], noteSent?: () => void): Promise<Answer> {
    const texts = [...this.waiting, ...last];
    this.waiting = [];
    const statements = await this.statements();
    if (this.isStillToBegin) {
      this.hasBegun = true;
      texts.unshift(...this.isolation, statements.isPipelined ? NOTHING_BY_ITSELF : START);
    }
    noteSent?.();
    this.log(texts);
    return answerOf(await statements.sendAll(texts));
  }

  private log(texts: readonly StatementText[]): void {
    const { logger } = this.driver.dataSource;
    for (const { sql, values } of texts) logger.logQuery(sql, [...values], this);
  }

  private async statements(): Promise<Statements> {
    const connection: Connection = this.databaseConnection ?? (await this.connect());
    return connection.promise();
  }

  private forgetTransaction(): void {
    this.waiting = [];
    this.isolation = [];
    this.hasBegun = false;
    this.isTransactionActive = false;
    this.transactionDepth = 0;
  }

  /** @param send calls what it is given when the database may have got the statement. */
  private async persistently<Result>(
    sql: string,
    send: (noteSent: () => void) => Promise<Result>,
  ): Promise<Result> {
    let maybeSent = false;
    const run = async () => {
      maybeSent = false;
      try {
        return await send(() => {
          maybeSent = true;
        });
      } catch (error) {
        if (isOfConnection(error)) this.closeConnection();
        throw error;
      }
    };
    if (this.isTransactionActive) return run();
    return withRetries(run, (transient) => transient !== 'connection-lost' || !maybeSent || isRead(sql));
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

/** Whoever gets the connection next would meet it too. */
function isOfConnection(error: unknown): boolean {
  const transient = transientErrorOf(error);
  return transient !== undefined && transient !== 'rolled-back';
}

/** @param raw rows, or what mysql2 makes of an OK packet. */
function answerOf(raw: unknown): Answer {
  if (Array.isArray(raw)) return { records: raw, affected: 0 };
  return { records: [], affected: (raw as ResultSetHeader | undefined)?.affectedRows ?? 0 };
}

/** Does nothing for other databases. */
export function sendStatementsAgain(dataSource: DataSource): void {
  const { driver } = dataSource;
  if (!(driver instanceof MysqlDriver)) return;
  driver.createQueryRunner = (mode: ReplicationMode) => new PersistentQueryRunner(driver, mode);
  shareReads(dataSource, () => new PersistentQueryRunner(driver, 'master').forReads());
}
