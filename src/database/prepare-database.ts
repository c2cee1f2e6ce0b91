import type { DataSource, DataSourceOptions } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { withDatabase } from './connect.js';
import { DatabaseUnusable } from './database-unusable.js';
import { missingMigrations, requireSchema } from './schema.js';

/** How long one start waits for another one that is migrating the same database. */
const MIGRATION_LOCK_WAIT_SECONDS = 120;
/** Of this database alone: the name of such a lock is one for the whole MariaDB, and others may be migrating theirs. */
const MIGRATION_LOCK = `CONCAT('point-top-up-migration-', MD5(DATABASE()))`;

export interface PreparedDatabase {
  /** Names of the migrations that were run. */
  migrations: string[];
  /** What an operator should know although the server can run. */
  warnings: string[];
}

/**
 * Makes sure, before the server opens, that the database can be trusted with money and has the newest schema.
 *
 * @param schema `migrate` brings an older schema up to date; `require` refuses it, because in production migrations
 * are run on purpose and not by a restart.
 * @throws {DatabaseUnusable} when the database is away, somebody else's, damaged, of another version, or forgets
 * acknowledged commits at a power cut.
 */
export async function prepareDatabase(
  settings: Pick<Settings, 'database' | 'production'>,
  schema: 'migrate' | 'require',
  more: Partial<DataSourceOptions> = {},
): Promise<PreparedDatabase> {
  return withDatabase(settings.database, 'takes-its-time', more, async (dataSource) => {
    const warnings = await faultsOfFlush(dataSource, settings.production);
    const migrations = schema === 'migrate' ? await migrate(dataSource) : [];
    if (schema === 'require') await requireSchema(dataSource);
    return { migrations, warnings: [...warnings, ...(await faultsOfTriggers(dataSource))] };
  });
}

/**
 * Looks whether a database of a host's app, which its own migrations have made ready, can be trusted with money.
 *
 * @returns what an operator should know although the app can run.
 * @throws {DatabaseUnusable}
 */
export async function checkDatabaseOfHost(dataSource: DataSource, production: boolean): Promise<string[]> {
  return [...(await faultsOfFlush(dataSource, production)), ...(await faultsOfTriggers(dataSource))];
}

async function faultsOfFlush(dataSource: DataSource, production: boolean): Promise<string[]> {
  if (await flushesEachCommit(dataSource)) return [];
  const fault = new DatabaseUnusable({
    ko: '데이터베이스가 커밋마다 디스크에 쓰지 않아 정전 때 결제된 포인트를 잃습니다. innodb_flush_log_at_trx_commit=1 로 바꾸세요.',
    en: 'the database does not flush each commit: set innodb_flush_log_at_trx_commit=1, or a power cut loses paid points.',
  });
  if (production) throw fault;
  return [fault.message];
}

async function faultsOfTriggers(dataSource: DataSource): Promise<string[]> {
  if (await hasLedgerTriggers(dataSource)) return [];
  return [
    'the triggers that forbid UPDATE and DELETE on point_transaction are missing: this database did not allow them. ' +
      'Set log_bin_trust_function_creators=1 and make them, or take those two rights from this user.',
  ];
}

async function flushesEachCommit(dataSource: DataSource): Promise<boolean> {
  if (dataSource.options.type === 'better-sqlite3') return true; // data-source.ts sets synchronous = FULL
  const [row] = await dataSource.query('SELECT @@GLOBAL.innodb_flush_log_at_trx_commit AS flush');
  return Number(row.flush) === 1;
}

/** Of several programs that start at once on one MariaDB one migrates and the others wait for it. */
async function migrate(dataSource: DataSource): Promise<string[]> {
  if (dataSource.options.type === 'better-sqlite3') return runMigrations(dataSource);
  const runner = dataSource.createQueryRunner();
  try {
    const [row] = await runner.query(
      `SELECT GET_LOCK(${MIGRATION_LOCK}, ${MIGRATION_LOCK_WAIT_SECONDS}) AS locked`,
    );
    if (Number(row.locked) !== 1) {
      throw new DatabaseUnusable({
        ko: '다른 프로세스가 이 데이터베이스를 너무 오래 마이그레이션하고 있습니다. 먼저 확인하세요.',
        en: 'another process has been migrating this database for too long; look at it first.',
      });
    }
    try {
      return await runMigrations(dataSource);
    } finally {
      await runner.query(`SELECT RELEASE_LOCK(${MIGRATION_LOCK})`);
    }
  } finally {
    await runner.release();
  }
}

async function runMigrations(dataSource: DataSource): Promise<string[]> {
  if ((await missingMigrations(dataSource)).length === 0) return [];
  const migrations = await dataSource.runMigrations({ transaction: 'each' });
  return migrations.map((migration) => migration.name);
}

async function hasLedgerTriggers(dataSource: DataSource): Promise<boolean> {
  const rows: unknown[] = await dataSource.query(
    dataSource.options.type === 'better-sqlite3'
      ? `SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'point_transaction'`
      : `SELECT TRIGGER_NAME FROM information_schema.TRIGGERS
         WHERE TRIGGER_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE = 'point_transaction'`,
  );
  return rows.length === 2; // one for UPDATE, one for DELETE
}
