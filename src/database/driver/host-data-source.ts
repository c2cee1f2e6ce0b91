import type { DataSource, DataSourceOptions } from 'typeorm';
import { BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver.js';
import type { MysqlDataSourceOptions } from 'typeorm/driver/mysql/MysqlDataSourceOptions.js';
import { DatabaseUnusable } from '../database-unusable.js';
import { giveEachCallerItsOwnQueryRunner, queueOf } from './sqlite-query-runner.js';
import { StatementQueue } from './statement-queue.js';

/** How a host's own data source reaches its database: what of it ours takes over. */
export type HostsAddress = Pick<
  MysqlDataSourceOptions,
  'database' | 'host' | 'password' | 'port' | 'socketPath' | 'ssl' | 'type' | 'url' | 'username'
>;

/** @returns undefined for SQLite. @throws {DatabaseUnusable} for a database that is none of ours. */
export function addressOf({ options, driver }: DataSource): HostsAddress | undefined {
  if (options.type === 'mysql' || options.type === 'mariadb') {
    const { type, ssl, replication } = options;
    const { database, host, password, port, socketPath, url, username } = replication?.master ?? options;
    const given = { database, host, password, port, socketPath, ssl, url, username };
    return { type, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
  }
  if (options.type === 'better-sqlite3' && driver instanceof BetterSqlite3Driver) return undefined;
  throw new DatabaseUnusable(
    options.type === 'better-sqlite3'
      ? {
          ko: 'typeorm 이 두 번 설치되어 있습니다. `npm ls typeorm` 으로 확인하고 하나만 남기세요.',
          en: 'typeorm is installed twice: see `npm ls typeorm`, and leave one.',
        }
      : {
          ko: `dataSource 의 데이터베이스(${options.type})에는 포인트를 둘 수 없습니다. databaseUrl 에 MariaDB, MySQL 또는 SQLite(better-sqlite3) 를 지정하세요.`,
          en: `the database of dataSource (${options.type}) cannot hold the points: name a MariaDB, a MySQL or an SQLite (better-sqlite3) in databaseUrl.`,
        },
  );
}

/**
 * Options of a second data source on the one connection that a host has to its SQLite database: two connections of one
 * process would wait for each other in its only thread. From then on the host's own callers queue with ours, each with a
 * query runner of its own (see sqlite-query-runner.ts).
 */
export function onConnectionOf(host: DataSource): {
  options: Partial<DataSourceOptions>;
  queue: StatementQueue;
} {
  const { databaseConnection } = host.driver as BetterSqlite3Driver;
  let queue = queueOf(host);
  if (!queue) {
    queue = new StatementQueue();
    giveEachCallerItsOwnQueryRunner(host, queue);
  }
  // TypeORM calls it with `new`, and takes the object that it returns.
  const driver = function connectionOfHost(): unknown {
    return databaseConnection;
  };
  return { options: { driver, database: host.options.database } as Partial<DataSourceOptions>, queue };
}
