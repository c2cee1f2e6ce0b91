import type { DataSource, EntityManager, EntityTarget, ObjectLiteral, QueryRunner } from 'typeorm';
import { isSqlite } from './driver/is-sqlite.js';
import { isRead, sharedReadsOf } from './driver/shared-reads.js';
import type { Answer, Sender, StatementText } from './driver/sender.js';
import { newReader, parameterOf, type Part, selectListOf } from './driver/values.js';

/** Its properties have the names that stand in the text; others are not looked at. */
export type Values = object;

/** What differs between the databases and between one day's table names and the next one's. */
export interface Dialect {
  /** The table of an entity, quoted. */
  table: (entity: EntityTarget<ObjectLiteral>) => string;
  /**
   * Joins a table that is read after the one before it, and so locked after it. SQLite, which knows no row locks, reads
   * them in the order that it likes best.
   */
  joinAfter: 'STRAIGHT_JOIN' | 'JOIN';
  /** Keeps what is read from others. SQLite knows no row locks and needs none: who writes has the whole database. */
  forUpdate: '' | 'FOR UPDATE';
  /** This moment by the database's clock, as its columns keep times: servers' clocks differ, and a deadline has one. */
  now: string;
  /** The day of a moment, such as `2026-11-25`, where clocks are so many hours ahead of UTC. */
  dayOf: (column: string, hoursAhead: number) => string;
  /** Ends an INSERT that changes nothing where a row with the same unique key is there, and costs no further statement. */
  orKeepTheFirst: (...key: [string, ...string[]]) => string;
}

type Text = (dialect: Dialect, dataSource: DataSource) => string;

/** A statement as its driver takes it: a `?` for each value, in the order of `names`. */
interface Sent {
  sql: string;
  names: string[];
}

/**
 * A statement of a path that runs often, as SQL that is written once: TypeORM's finders and query builder make the text
 * anew at each call, which costs more than the database's own work. Values never are a part of the text; `:name` stands
 * for one.
 */
export class Statement {
  private readonly sent = new WeakMap<DataSource, Sent>();

  constructor(private readonly text: Text) {}

  /** @returns how many rows it changed. */
  async run(manager: EntityManager, values: Values): Promise<number> {
    return (await this.send(manager, values)).affected;
  }

  /**
   * For a change of a transaction whose answer nobody needs: it is carried out in its turn and costs no wait of its own. Its
   * error may come with a later statement or with the COMMIT, which then does not happen.
   */
  runLater(manager: EntityManager, values: Values): void {
    if (!manager.queryRunner) throw new Error('what goes later needs a transaction');
    senderOf(manager.queryRunner).sendLater(this.textWith(manager.dataSource, values));
  }

  async send(manager: EntityManager, values: Values): Promise<Answer> {
    const { dataSource } = manager;
    const text = this.textWith(dataSource, values);
    if (manager.queryRunner) return senderOf(manager.queryRunner).send(text);
    const reads = isRead(text.sql) ? sharedReadsOf(dataSource) : undefined;
    if (reads) return reads.send(text);
    const runner = dataSource.createQueryRunner();
    try {
      return await senderOf(runner).send(text);
    } finally {
      await runner.release();
    }
  }

  private textWith(dataSource: DataSource, values: Values): StatementText {
    const { sql, names } = this.sentTo(dataSource);
    const given = values as Readonly<Record<string, unknown>>;
    return { sql, values: names.map((name) => parameterOf(dataSource, given[name])) };
  }

  private sentTo(dataSource: DataSource): Sent {
    let sent = this.sent.get(dataSource);
    if (!sent) {
      const names: string[] = [];
      const sql = this.text(dialectOf(dataSource), dataSource).replaceAll(/:(\w+)/g, (_, name: string) => {
        names.push(name);
        return '?';
      });
      sent = { sql, names };
      this.sent.set(dataSource, sent);
    }
    return sent;
  }
}

/** Every query runner of ours is one, see createDataSource. */
function senderOf(runner: QueryRunner): Sender {
  return runner as QueryRunner & Sender;
}

/** Some columns of an entity, for a list whose rows have many more than it shows. Its id is one of them. */
export interface Columns<Row> {
  entity: EntityTarget<ObjectLiteral>;
  names: readonly (keyof Row & string)[];
}

export function columnsOf<Row extends ObjectLiteral, Name extends keyof Row & string>(
  entity: EntityTarget<Row>,
  ...names: Name[]
): Columns<Pick<Row, Name>> {
  return { entity, names };
}

/** What a statement reads, whole or in part, by the names that the tables have in it. */
type Parts<Rows> = {
  [Alias in keyof Rows]:
    EntityTarget<NonNullable<Rows[Alias]> & ObjectLiteral> | Columns<NonNullable<Rows[Alias]>>;
};

/**
 * Reads rows of several entities in one statement: `SELECT` their columns and then what `from` says, which calls each
 * table by its name in `parts`. What a LEFT JOIN did not find is null, and `Rows` says so.
 */
export class JoinOf<Rows extends object> {
  private readonly statement: Statement;
  private readonly readers = new WeakMap<DataSource, (raw: ObjectLiteral) => Rows>();
  private readonly parts: Part[];

  constructor(parts: Parts<Rows>, from: Text) {
    this.parts = partsOf(parts);
    this.statement = new Statement(
      (dialect, dataSource) => `SELECT ${selectListOf(dataSource, this.parts)} ${from(dialect, dataSource)}`,
    );
  }

  async all(manager: EntityManager, values: Values): Promise<Rows[]> {
    const { records } = await this.statement.send(manager, values);
    const { dataSource } = manager;
    let read = this.readers.get(dataSource);
    if (!read) {
      read = newReader(dataSource, this.parts) as (raw: ObjectLiteral) => Rows;
      this.readers.set(dataSource, read);
    }
    return records.map(read);
  }

  async first(manager: EntityManager, values: Values): Promise<Rows | null> {
    return (await this.all(manager, values))[0] ?? null;
  }
}

function partsOf(parts: object): Part[] {
  return Object.entries(parts as Record<string, EntityTarget<ObjectLiteral> | Columns<ObjectLiteral>>).map(
    ([alias, part]) =>
      typeof part === 'object' && 'names' in part ? { alias, ...part } : { alias, entity: part },
  );
}

/** Reads rows of one entity: `SELECT` its columns `FROM` its table, and then what `rest` says. */
export class RowsOf<Row extends ObjectLiteral> {
  private readonly join: JoinOf<{ found: Row }>;

  constructor(entity: EntityTarget<Row>, rest: Text) {
    this.join = new JoinOf<{ found: Row }>(
      { found: entity },
      (dialect, dataSource) => `FROM ${dialect.table(entity)} AS found ${rest(dialect, dataSource)}`,
    );
  }

  async all(manager: EntityManager, values: Values): Promise<Row[]> {
    return (await this.join.all(manager, values)).map(({ found }) => found);
  }

  async first(manager: EntityManager, values: Values): Promise<Row | null> {
    return (await this.join.first(manager, values))?.found ?? null;
  }
}

/** Stores a row of an entity with all its columns. */
export class InsertOf<Row extends ObjectLiteral> {
  private readonly statement: Statement;

  /** @param from what the row depends on: `FROM` a table of one row or none. Without it the row is stored whatever is there. */
  constructor(entity: EntityTarget<Row>, from?: Text) {
    this.statement = new Statement((dialect, dataSource) => {
      const columns = dataSource.getMetadata(entity).columns.map(({ databaseName }) => databaseName);
      const names = columns.map((name) => dataSource.driver.escape(name)).join(', ');
      const values = columns.map((name) => `:${name}`).join(', ');
      return `INSERT INTO ${dialect.table(entity)} (${names}) ${from ? `SELECT ${values} ${from(dialect, dataSource)}` : `VALUES (${values})`}`;
    });
  }

  async run(manager: EntityManager, row: Row): Promise<void> {
    await this.statement.run(manager, row);
  }

  /** As {@link Statement.runLater}. */
  runLater(manager: EntityManager, row: Row): void {
    this.statement.runLater(manager, row);
  }
}

function dialectOf(dataSource: DataSource): Dialect {
  const { driver } = dataSource;
  const isOnSqlite = isSqlite(dataSource);
  return {
    table: (entity) => driver.escape(dataSource.getMetadata(entity).tableName),
    joinAfter: isOnSqlite ? 'JOIN' : 'STRAIGHT_JOIN',
    forUpdate: isOnSqlite ? '' : 'FOR UPDATE',
    now: isOnSqlite ? `strftime('%Y-%m-%d %H:%M:%f', 'now')` : 'UTC_TIMESTAMP(3)',
    dayOf: (column, hoursAhead) =>
      isOnSqlite
        ? `date(${column}, '+${hoursAhead} hours')`
        : `DATE_FORMAT(${column} + INTERVAL ${hoursAhead} HOUR, '%Y-%m-%d')`,
    // Not INSERT IGNORE, which hides other faults as well.
    orKeepTheFirst: (...key) =>
      isOnSqlite
        ? `ON CONFLICT (${key.join(', ')}) DO NOTHING`
        : `ON DUPLICATE KEY UPDATE ${key[0]} = ${key[0]}`,
  };
}
