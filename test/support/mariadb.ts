import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';

const DROP_WAIT_SECONDS = 20;

/** One empty database of its own on the MariaDB of this run. */
export interface MariadbDatabase {
  /** `mariadb://user:password@host:port/name` */
  url: string;
  drop(): Promise<void>;
}

/** The address of the MariaDB of this run (without a database), or undefined when there is none. */
export function mariadbUrl(): string | undefined {
  return process.env.TEST_DATABASE_URL || undefined;
}

/**
 * Makes a fresh empty database, so that suites that run side by side never see each other's rows.
 * @throws when there is no MariaDB, or when its user may not create databases.
 */
export async function createTestDatabase(): Promise<MariadbDatabase> {
  const base = mariadbUrl();
  if (!base) throw new Error('There is no MariaDB in this run: TEST_DATABASE_URL is not set');
  const name = `point_test_${randomBytes(8).toString('hex')}`;
  return {
    url: await createDatabase(base, name),
    // Not waiting for ever for what a failed test has left open.
    drop: () =>
      runStatement(
        base,
        `SET STATEMENT lock_wait_timeout = ${DROP_WAIT_SECONDS} FOR DROP DATABASE IF EXISTS ${name}`,
      ),
  };
}

/** @returns the address of the new database. */
export async function createDatabase(serverUrl: string, name: string): Promise<string> {
  await runStatement(serverUrl, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  return databaseUrl(serverUrl, name);
}

export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function runStatement(url: string, statement: string): Promise<void> {
  const { hostname, port, username, password } = new URL(url);
  const connection = await createConnection({
    host: hostname,
    port: Number(port || 3306),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
  });
  try {
    await connection.query(statement);
  } finally {
    await connection.end();
  }
}
