import { isIP } from 'node:net';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DatabaseSettings } from '../config/settings.js';
import { OursFromHere1763700000000 } from './migrations/1763700000000-ours-from-here.js';
import { FirstSchema1764500000000 } from './migrations/1764500000000-first-schema.js';
import { LoginSchema1764500000001 } from './migrations/1764500000001-login-schema.js';
import { addressOf, onConnectionOf } from './driver/host-data-source.js';
import { sendStatementsAgain } from './driver/mysql-query-runner.js';
import type { Pace } from './driver/session-settings.js';
import { socketTo } from './driver/socket-to.js';
import { giveEachCallerItsOwnQueryRunner } from './driver/sqlite-query-runner.js';
import { MIGRATIONS_TABLE } from './schema.js';

const CONNECT_TIMEOUT_MS = 10_000;
/** Callers that may wait for a connection of the pool; above it they get an error instead of an endless queue. */
const POOL_QUEUE_MAX = 5000;
/** Of each connection to MariaDB or MySQL, which by default keeps 16,382 for all of them. */
const PREPARED_STATEMENTS_MAX = 200;
/** SQLite itself would wait in the only thread; sqlite-query-runner.ts waits beside it. */
const SQLITE_BUSY_TIMEOUT_MS = 0;

/** They make the tables of the points, in the database of a host's app as well. */
export const POINTS_MIGRATIONS = [OursFromHere1763700000000, FirstSchema1764500000000];

/** They make those of the standalone server's own login. */
const LOGIN_MIGRATIONS = [LoginSchema1764500000001];

const SQLITE = {
  type: 'better-sqlite3' as const,
  enableWAL: true,
  prepareDatabase: (connection: { pragma: (text: string) => void }) => {
    // What was acknowledged survives a power cut.
    connection.pragma('synchronous = FULL');
    // Without it REPLACE deletes a row and no trigger hears of it, so the ledger would not be append-only.
    connection.pragma('recursive_triggers = ON');
  },
};

/**
 * How to reach the database. Migrations are the only thing that changes the schema. The driver is loaded here, because
 * the other one would only lengthen the start.
 *
 * @param pace what is said to MariaDB and MySQL about deadlines.
 */
export async function dataSourceOptions(
  settings: DatabaseSettings,
  pace: Pace = 'callers-wait',
): Promise<DataSourceOptions> {
  const common = {
    migrations: [...POINTS_MIGRATIONS, ...LOGIN_MIGRATIONS],
    migrationsTableName: MIGRATIONS_TABLE,
    synchronize: false,
    logging: false,
  };
  if (settings.kind === 'sqlite') {
    return {
      ...common,
      ...SQLITE,
      // libsql speaks better-sqlite3's interface and comes as a ready binary for every Node.
      driver: (await import('libsql')).default,
      database: settings.file,
      timeout: SQLITE_BUSY_TIMEOUT_MS,
    };
  }
  return {
    ...common,
    ...(await overConnections(pace, settings.pipelining)),
    type: settings.kind,
    host: settings.host,
    port: settings.port,
    ...(settings.socketPath !== undefined && { socketPath: settings.socketPath }),
    username: settings.user,
    password: settings.password,
    database: settings.database,
    ...(settings.tls && { ssl: settings.tls }),
    poolSize: settings.poolSize,
    ...(settings.tls?.verifyIdentity &&
      isIP(settings.host) && { extra: { ...EXTRA, stream: () => socketTo(settings) } }),
  };
}

// `trace` would record a stack at each statement, for errors whose place we know by their statement.
const EXTRA = {
  queueLimit: POOL_QUEUE_MAX,
  maxPreparedStatements: PREPARED_STATEMENTS_MAX,
  enableKeepAlive: true,
  trace: false,
};

/** How to speak with MariaDB and MySQL, wherever they are. */
async function overConnections(pace: Pace, pipelining: boolean) {
  return {
    driver: (await import('./driver/session-settings.js')).mysql2WithSessionSettings(pace, pipelining),
    charset: 'utf8mb4',
    timezone: 'Z',
    connectTimeout: CONNECT_TIMEOUT_MS,
    extra: EXTRA,
  };
}

/**
 * A data source of the points in the database of a host's own one, connected. On MariaDB and MySQL it has connections of its
 * own, because it relies on settings of its sessions that the host's statements may not expect; on SQLite both have one.
 *
 * @throws {DatabaseUnusable} for a database that is none of ours.
 */
export async function openBeside(
  host: DataSource,
  entities: readonly Function[],
  poolSize: number,
): Promise<DataSource> {
  const common = { migrations: [], synchronize: false, logging: false, entities: [...entities] };
  const address = addressOf(host);
  if (address) {
    return createDataSource({
      ...common,
      ...(await overConnections('callers-wait', true)),
      ...address,
      poolSize,
    }).initialize();
  }
  const { options, queue } = onConnectionOf(host);
  const dataSource = new DataSource({
    ...common,
    ...SQLITE,
    ...options,
  } as DataSourceOptions);
  giveEachCallerItsOwnQueryRunner(dataSource, queue);
  await dataSource.initialize();
  // The connection is the host's to close.
  dataSource.driver.disconnect = async () => {};
  return dataSource;
}

/**
 * A data source that is not yet connected. On SQLite too its transactions are safe from each other; on MariaDB and MySQL
 * its statements survive a lost connection where that is safe.
 */
export function createDataSource(options: DataSourceOptions): DataSource {
  const dataSource = new DataSource(options);
  giveEachCallerItsOwnQueryRunner(dataSource);
  sendStatementsAgain(dataSource);
  return dataSource;
}
