import type { DataSource, QueryRunner } from 'typeorm';
import { DatabaseUnusable } from './database-unusable.js';

/** What the migrations of the points make. */
const POINTS_TABLES = [
  'point_account',
  'point_attention',
  'point_cancellation',
  'point_cash_receipt',
  'point_comparison',
  'point_comparison_difference',
  'point_event',
  'point_hold',
  'point_lot',
  'point_lot_use',
  'point_payment',
  'point_payment_order',
  'point_refund_account',
  'point_service_key',
  'point_transaction',
  'point_webhook_delivery',
] as const;

/** What our migrations make, with the tables of the standalone server's own login. */
export const OUR_TABLES = [...POINTS_TABLES, 'session', 'user'] as const;

/** TypeORM's own, with a row for each migration that was run; not under the name that it has in other programs. */
export const MIGRATIONS_TABLE = 'point_migration';

/** Of the standalone server alone. A host's app can be on its database, and knows nothing of its people. */
const LOGIN_MIGRATIONS_RUN = ['LoginSchema1764500000001'];

/** Where development versions of this program noted the migrations that nobody brings up to date. */
const OUTDATED = { table: 'migrations', first: ['OursFromHere1763700000000', 'FirstTopUp1763800000000'] };

/**
 * Which of our migrations were not run on this database. Only looks.
 *
 * @returns their names, oldest first.
 * @throws {DatabaseUnusable} when somebody else's tables are in the way, or a newer program than this one was here, or one
 * of the time before the first migration.
 */
export async function missingMigrations(dataSource: DataSource): Promise<string[]> {
  // In this order: a start beside us writes its first row before it makes a table.
  const known = dataSource.migrations.map(({ name }) => name as string);
  const hasLogin = LOGIN_MIGRATIONS_RUN.some((name) => known.includes(name));
  const tables = await findTables(dataSource, [...(hasLogin ? OUR_TABLES : POINTS_TABLES), MIGRATIONS_TABLE]);
  const wasRun = tables.includes(MIGRATIONS_TABLE)
    ? await readMigrationsTable(dataSource, MIGRATIONS_TABLE)
    : [];

  if (!wasRun?.some((name) => known.includes(name))) {
    if (await isOutdated(dataSource)) throw cannotBeBroughtUpToDate(dataSource);
    // An empty one is TypeORM's, of a start that died before it wrote a row.
    const foreign = tables.filter((table) => table !== MIGRATIONS_TABLE || wasRun?.length !== 0);
    if (foreign.length > 0) throw holdsForeignTables(foreign);
    return known;
  }
  const unknown = wasRun.filter((name) => ![...known, ...LOGIN_MIGRATIONS_RUN].includes(name));
  if (unknown.length > 0) throw isNewer(unknown);
  return known.filter((name) => !wasRun.includes(name));
}

/**
 * For the first of our migrations, whoever runs it.
 *
 * @throws {DatabaseUnusable} when tables of our names are there. Only looks.
 */
export async function refuseForeignTables(queryRunner: QueryRunner): Promise<void> {
  const foreign = await findTables(queryRunner, [...POINTS_TABLES]);
  if (foreign.length > 0) throw holdsForeignTables(foreign);
}

/**
 * For a host's own data source, by whose migrations those of the points are run. Only looks.
 *
 * @param migrations ours, by name.
 * @throws {DatabaseUnusable} when one was not run.
 */
export async function requireMigrationsOfHost(
  host: DataSource,
  migrations: readonly string[],
): Promise<void> {
  const table = host.options.migrationsTableName ?? 'migrations';
  refuseMissing(migrations, await readMigrations(host, await findTables(host, [table])));
}

/**
 * The same for a program that does not know what the host calls its table of migrations: any table that looks like one of
 * TypeORM's counts. Only looks.
 *
 * @throws {DatabaseUnusable} when one was not run.
 */
export async function requireMigrationsSomewhere(
  dataSource: DataSource,
  migrations: readonly string[],
): Promise<void> {
  refuseMissing(migrations, await readMigrations(dataSource, await findMigrationsTables(dataSource)));
}

/**
 * For the program that migrates the database that the points have for themselves. Only looks.
 *
 * @throws {DatabaseUnusable} when it is the database of an app, whose own migrations would meet our tables later.
 */
export async function refuseDatabaseOfApp(dataSource: DataSource): Promise<void> {
  const others = (await findMigrationsTables(dataSource)).filter((table) => table !== MIGRATIONS_TABLE);
  if (others.length === 0) return;
  throw new DatabaseUnusable({
    ko: `이 데이터베이스는 앱의 마이그레이션(${others.join(', ')})이 관리하므로 아무것도 바꾸지 않았습니다. POINTS_MIGRATIONS 를 dataSource 의 migrations 에 넣고 그 마이그레이션을 실행하세요.`,
    en: `the migrations of an app (${others.join(', ')}) look after this database, and nothing was changed: put POINTS_MIGRATIONS among the migrations of your dataSource, and run them.`,
  });
}

function refuseMissing(migrations: readonly string[], wasRun: string[]): void {
  const missing = migrations.filter((name) => !wasRun.includes(name));
  if (missing.length === 0) return;
  throw new DatabaseUnusable({
    ko: `포인트의 마이그레이션이 실행되지 않았습니다(${missing.join(', ')}). POINTS_MIGRATIONS 를 dataSource 의 migrations 에 넣고 마이그레이션을 실행하세요. databaseUrl 을 쓰면 npx point-top-up migrate 를 실행하세요.`,
    en: `the migrations of the points were not run (${missing.join(', ')}): put POINTS_MIGRATIONS among the migrations of your dataSource, and run them; with databaseUrl run npx point-top-up migrate.`,
  });
}

/** @throws {DatabaseUnusable} when the schema is not exactly the one that this program works with. Only looks. */
export async function requireSchema(dataSource: DataSource): Promise<void> {
  if ((await missingMigrations(dataSource)).length === 0) return;
  throw new DatabaseUnusable({
    ko: '데이터베이스 스키마가 이 프로그램보다 오래되었습니다. 먼저 `npm run migrate` 를 실행하세요(앱 안의 모듈은 `npx point-top-up migrate`).',
    en: 'the database schema is older than this program: run `npm run migrate` first (the module in your own app: `npx point-top-up migrate`).',
  });
}

async function isOutdated(dataSource: DataSource): Promise<boolean> {
  const { table, first } = OUTDATED;
  if ((await findTables(dataSource, [table])).length === 0) return false;
  const wasRun = await readMigrationsTable(dataSource, table);
  return wasRun !== undefined && first.some((name) => wasRun.includes(name));
}

function cannotBeBroughtUpToDate({ options: { type, database } }: DataSource): DatabaseUnusable {
  const isSqlite = type === 'better-sqlite3';
  return new DatabaseUnusable({
    ko: `데이터베이스가 이 프로그램의 이전 개발 버전이 만든 것이라 새 스키마로 바꿀 수 없어 아무것도 바꾸지 않았습니다. ${
      isSqlite
        ? `${database} 파일을 지우고`
        : `데이터베이스 ${String(database)} 을(를) DROP DATABASE 로 지우고 새로 만든 뒤`
    } 다시 실행하세요.`,
    en: `the database was made by an earlier development version of this program, which no migration brings up to date, and nothing was changed: ${
      isSqlite ? `delete the file ${database}` : `drop the database ${String(database)} and create it anew`
    }, then run this again.`,
  });
}

function holdsForeignTables(tables: string[]): DatabaseUnusable {
  const names = tables.join(', ');
  return new DatabaseUnusable({
    ko: `데이터베이스에 이 프로그램이 만들지 않은 테이블이 있어(${names}) 아무것도 바꾸지 않았습니다. 포인트만 쓰는 데이터베이스를 만들고(CREATE DATABASE points CHARACTER SET utf8mb4, SQLite 는 다른 파일) DATABASE_URL 에 지정하세요.`,
    en: `the database holds tables that this program did not make (${names}), and nothing was changed: make a database for the points alone (CREATE DATABASE points CHARACTER SET utf8mb4; with SQLite another file) and name it in DATABASE_URL.`,
  });
}

function isNewer(unknown: string[]): DatabaseUnusable {
  const names = unknown.join(', ');
  return new DatabaseUnusable({
    ko: `데이터베이스 스키마가 이 프로그램보다 새것이라(모르는 마이그레이션: ${names}) 아무것도 바꾸지 않았습니다. 더 새 버전의 프로그램을 실행하세요.`,
    en: `the database schema is newer than this program (it does not know ${names}), and nothing was changed: run a newer version of the program.`,
  });
}

/** @returns those of `names` that the database has a table or view of, in the order of `names`. */
async function findTables(asked: DataSource | QueryRunner, names: string[]): Promise<string[]> {
  const { type } = ('dataSource' in asked ? asked.dataSource : asked).options;
  if (type === 'better-sqlite3') {
    const rows: { name: string }[] = await asked.query(
      `SELECT name FROM sqlite_master WHERE type IN ('table', 'view')`,
    );
    const found = new Set(rows.map(({ name }) => name.toLowerCase()));
    return names.filter((name) => found.has(name));
  }
  const rows: { name: string; ignoresCase: number | string }[] = await asked.query(
    `SELECT TABLE_NAME AS name, @@lower_case_table_names AS ignoresCase
     FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()`,
  );
  const found = new Set(
    rows.map(({ name, ignoresCase }) => (Number(ignoresCase) > 0 ? name.toLowerCase() : name)),
  );
  return names.filter((name) => found.has(name));
}

/** @returns the tables that have TypeORM's columns of one that notes migrations, and no other column. */
async function findMigrationsTables(dataSource: DataSource): Promise<string[]> {
  const isSqlite = dataSource.options.type === 'better-sqlite3';
  const rows: { name: string }[] = await dataSource.query(
    isSqlite
      ? `SELECT t.name AS name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'
         GROUP BY t.name HAVING COUNT(*) = 3 AND SUM(c.name IN ('id', 'timestamp', 'name')) = 3`
      : `SELECT TABLE_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()
         GROUP BY TABLE_NAME HAVING COUNT(*) = 3 AND SUM(COLUMN_NAME IN ('id', 'timestamp', 'name')) = 3`,
  );
  return rows.map(({ name }) => name);
}

async function readMigrations(dataSource: DataSource, tables: string[]): Promise<string[]> {
  const names: string[] = [];
  for (const table of tables) names.push(...((await readMigrationsTable(dataSource, table)) ?? []));
  return names;
}

/** @returns the names of the migrations that were run; undefined when the table is not one of TypeORM's. */
async function readMigrationsTable(dataSource: DataSource, table: string): Promise<string[] | undefined> {
  const runner = dataSource.createQueryRunner();
  try {
    for (const column of ['timestamp', 'name']) {
      if (!(await runner.hasColumn(table, column))) return undefined;
    }
    const rows: { name: string }[] = await runner.query(
      `SELECT name FROM ${dataSource.driver.escape(table)} ORDER BY id`,
    );
    return rows.map(({ name }) => name);
  } finally {
    await runner.release();
  }
}
