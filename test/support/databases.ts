import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { createTestDatabase, mariadbUrl, type MariadbDatabase } from './mariadb.js';
import { isContinuousIntegration, MARIADB_HINT } from './requirements.mjs';

/** A fresh, empty database for one suite, named by the settings that make a server use it. */
export interface TestDatabase {
  name: 'SQLite' | 'MariaDB';
  /** To be read in hooks and tests only: the database is made in a `beforeAll`. */
  readonly env: DatabaseEnv;
}

/** Without DATABASE_URL the server uses the embedded SQLite `point.db` in DATA_DIR. */
export interface DatabaseEnv {
  DATA_DIR: string;
  DATABASE_URL?: string;
}

/**
 * Runs the same suite on the embedded SQLite and on MariaDB, each on a database that nobody else uses.
 * Without MariaDB its half is reported as skipped, with the way to get it; with CI=true that is a failure.
 */
export function describeOnEachDatabase(suite: string, body: (database: TestDatabase) => void): void {
  describeOnSqlite(suite, body);
  describeOnMariadb(suite, body);
}

/** Runs a suite on the embedded database alone. */
export function describeOnSqlite(suite: string, body: (database: TestDatabase) => void): void {
  describeOn('SQLite', suite, body);
}

/** Runs a suite on MariaDB alone, for what the embedded database does not have; skipped or failed like the above. */
export function describeOnMariadb(suite: string, body: (database: TestDatabase) => void): void {
  if (mariadbUrl()) {
    describeOn('MariaDB', suite, body);
    return;
  }
  if (isContinuousIntegration()) throw new Error(`MariaDB is missing and CI=true: ${MARIADB_HINT}`);
  // The body runs, so that each of its tests is listed as skipped; its hooks and tests do not.
  describe.skip(`${suite} on MariaDB (skipped, MariaDB is missing: ${MARIADB_HINT})`, () =>
    body({
      name: 'MariaDB',
      get env(): DatabaseEnv {
        throw new Error('There is no MariaDB in this run');
      },
    }));
}

function describeOn(name: TestDatabase['name'], suite: string, body: (database: TestDatabase) => void): void {
  describe(`${suite} on ${name}`, () => {
    let dataDir: string;
    let mariadb: MariadbDatabase | undefined;

    beforeAll(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'point-top-up-data-'));
      if (name === 'MariaDB') mariadb = await createTestDatabase();
    });

    body({
      name,
      get env(): DatabaseEnv {
        if (!dataDir) throw new Error('database.env is known only inside hooks and tests');
        return mariadb ? { DATA_DIR: dataDir, DATABASE_URL: mariadb.url } : { DATA_DIR: dataDir };
      },
    });

    // Declared after the body: Jest runs these hooks in order, and the suite's servers have to stop first.
    afterAll(async () => {
      await mariadb?.drop();
      if (dataDir) await rm(dataDir, { recursive: true, force: true });
    });
  });
}
