import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import type { DatabaseSettings } from '../../src/config/settings.js';
import { POINTS_MIGRATIONS } from '../../src/database/data-source.js';
import { DatabaseUnusable } from '../../src/database/database-unusable.js';
import { prepareDatabase } from '../../src/database/prepare-database.js';
import { OUR_TABLES } from '../../src/database/schema.js';
import { addUser, connect, databaseSettings } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { createTestDatabase, type MariadbDatabase } from '../support/mariadb.js';

const FIRST_SCHEMA = 'FirstSchema1764500000000';

describeOnEachDatabase('the migrations', (database) => {
  let dataSource: DataSource;

  beforeAll(async () => {
    dataSource = await connect(databaseSettings(database.env));
  });
  afterAll(() => dataSource.destroy());

  const prepare = (schema: 'migrate' | 'require', production = false) =>
    prepareDatabase({ database: databaseSettings(database.env), production }, schema);

  test('are asked for by a start that may not migrate, as long as they are missing', async () => {
    await expect(prepare('require')).rejects.toThrow(DatabaseUnusable);
    await expect(prepare('require')).rejects.toThrow(/npm run migrate/);

    expect(await tablesOf(dataSource)).toEqual([]);
  });

  test('make an empty database ready, and do nothing the second time', async () => {
    const first = await prepare('migrate');
    const second = await prepare('migrate');

    expect(first).toEqual({ migrations: dataSource.migrations.map(({ name }) => name), warnings: [] });
    expect(first.migrations.length).toBeGreaterThan(0);
    expect(second).toEqual({ migrations: [], warnings: [] });
    expect(await tablesOf(dataSource)).toEqual(OUR_TABLES);
    await expect(prepare('require', true)).resolves.toEqual({ migrations: [], warnings: [] });
  });

  if (database.name === 'MariaDB') {
    test('wait for each other on one database, and for nobody on another one of the same server', async () => {
      const other = await createTestDatabase();
      const runner = dataSource.createQueryRunner();
      await runner.query(`SELECT GET_LOCK(CONCAT('point-top-up-migration-', MD5(DATABASE())), 0)`);
      try {
        const waiting = prepare('migrate');
        const otherSettings = databaseSettings({ ...database.env, DATABASE_URL: other.url });
        await prepareDatabase({ database: otherSettings, production: false }, 'migrate');

        expect(await Promise.race([waiting, Promise.resolve('still waiting')])).toBe('still waiting');
        await runner.query(`SELECT RELEASE_ALL_LOCKS()`);
        await waiting;
      } finally {
        await runner.release();
        await other.drop();
      }
    });
  }

  test('leave no difference between the schema and the entities', async () => {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();

    expect(dataSource.entityMetadatas.map(({ tableName }) => tableName).toSorted()).toEqual(OUR_TABLES);
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  test('differ from the entities as soon as one column is planted', async () => {
    await dataSource.query('ALTER TABLE session ADD COLUMN planted int');

    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();

    expect(upQueries.map(({ query }) => query).join('\n')).toMatch(/planted|session/);
    await dataSource.query('ALTER TABLE session DROP COLUMN planted');
  });

  test('say so when the ledger has lost a trigger', async () => {
    await dataSource.query('DROP TRIGGER tr_point_transaction_no_update');

    const { warnings } = await prepare('migrate');

    expect(warnings).toEqual([expect.stringMatching(/triggers that forbid UPDATE and DELETE/)]);
  });

  test('can be taken back and made again', async () => {
    for (const _ of dataSource.migrations) await dataSource.undoLastMigration({ transaction: 'each' });
    expect(await tablesOf(dataSource)).toEqual([]);

    const { migrations, warnings } = await prepare('migrate');

    expect(migrations).toHaveLength(dataSource.migrations.length);
    expect(warnings).toEqual([]);
    expect(await tablesOf(dataSource)).toEqual(OUR_TABLES);
    await addUser(dataSource);
  });

  if (database.name === 'MariaDB') {
    test('are run once when several starts find an empty database at the same time', async () => {
      const empty = await createTestDatabase();
      try {
        const settings = databaseSettings({ ...database.env, DATABASE_URL: empty.url });
        const starts = await Promise.all(
          Array.from({ length: 3 }, () =>
            prepareDatabase({ database: settings, production: false }, 'migrate'),
          ),
        );

        expect(starts.flatMap(({ migrations }) => migrations)).toEqual(
          dataSource.migrations.map(({ name }) => name),
        );
      } finally {
        await empty.drop();
      }
    });

    describe('after a start that died half-way, since MariaDB commits after each statement, go on', () => {
      let half: MariadbDatabase;
      let settings: DatabaseSettings;
      let started: DataSource;

      const goOn = () => prepareDatabase({ database: settings, production: false }, 'migrate');
      beforeEach(async () => {
        half = await createTestDatabase();
        settings = databaseSettings({ ...database.env, DATABASE_URL: half.url });
        started = await connect(settings);
        await goOn();
      });
      afterEach(async () => {
        await started.destroy();
        await half.drop();
      });

      const forget = (name: string) => started.query(`DELETE FROM point_migration WHERE name = '${name}'`);

      test('between two tables', async () => {
        for (const table of [
          'point_webhook_delivery',
          'point_refund_account',
          'point_cancellation',
          'point_lot_use',
          'point_lot',
          'point_transaction',
        ]) {
          await started.query(`DROP TABLE ${table}`);
        }
        await forget(FIRST_SCHEMA);

        expect(await goOn()).toEqual({ migrations: [FIRST_SCHEMA], warnings: [] });
        expect(await tablesOf(started)).toEqual(OUR_TABLES);
        expect(await collationsOf(started)).toEqual(['utf8mb4_nopad_bin']);
        expect(await foreignKeysOf(started)).toEqual(await foreignKeysOf(dataSource));
      });

      test('between the tables and the triggers', async () => {
        for (const change of ['update', 'delete']) {
          await started.query(`DROP TRIGGER tr_point_transaction_no_${change}`);
        }
        await forget(FIRST_SCHEMA);

        expect(await goOn()).toEqual({ migrations: [FIRST_SCHEMA], warnings: [] });
      });

      test('after the last statement of each, which runs again', async () => {
        const [first, ...others] = dataSource.migrations.map((migration) => String(migration.name));
        // Nothing of ours is there before its row is.
        expect(first).toBe('OursFromHere1763700000000');
        for (const name of others.toReversed()) {
          await forget(name);
          const { migrations } = await goOn();
          expect(migrations).toEqual([name]);
        }
      });
    });

    test('make columns that compare texts byte by byte, with all foreign keys', async () => {
      expect(await collationsOf(dataSource)).toEqual(['utf8mb4_nopad_bin']);
      expect(await foreignKeysOf(dataSource)).toEqual([
        'point_cancellation.fk_point_cancellation_account',
        'point_cancellation.fk_point_cancellation_payment',
        'point_cash_receipt.fk_point_cash_receipt_account',
        'point_cash_receipt.fk_point_cash_receipt_payment',
        'point_comparison_difference.fk_point_comparison_difference_comparison',
        'point_hold.fk_point_hold_account',
        'point_lot.fk_point_lot_account',
        'point_lot.fk_point_lot_payment',
        'point_lot.fk_point_lot_transaction',
        'point_lot_use.fk_point_lot_use_lot',
        'point_payment.fk_point_payment_account',
        'point_payment.fk_point_payment_order',
        'point_payment_order.fk_point_payment_order_account',
        'point_refund_account.fk_point_refund_account_cancellation',
        'point_transaction.fk_point_transaction_account',
        'point_transaction.fk_point_transaction_payment',
        'session.fk_session_user',
      ]);
    });

    describe('on a database that does not flush each commit', () => {
      beforeAll(() => dataSource.query('SET GLOBAL innodb_flush_log_at_trx_commit = 2'));
      afterAll(() => dataSource.query('SET GLOBAL innodb_flush_log_at_trx_commit = 1'));

      test('are followed by a warning, and in production by a refusal', async () => {
        const { warnings } = await prepare('migrate');

        expect(warnings).toEqual([expect.stringMatching(/innodb_flush_log_at_trx_commit=1/)]);
        await expect(prepare('require', true)).rejects.toThrow(/innodb_flush_log_at_trx_commit=1/);
      });
    });

    test('are not tried on a database that is away: one line says so', async () => {
      const settings = databaseSettings({
        ...database.env,
        DATABASE_URL: 'mariadb://user:hidden@127.0.0.1:1/away',
      });

      const refusal = await prepareDatabase({ database: settings, production: false }, 'migrate').catch(
        (error: unknown) => error,
      );

      expect(refusal).toBeInstanceOf(DatabaseUnusable);
      expect(String(refusal)).toMatch(/cannot be reached .*DATABASE_URL/);
      expect(String(refusal)).not.toMatch(/hidden|\n/);
    });
  }
});

describeOnEachDatabase('the migrations of the points, run by a host’s app,', (database) => {
  test('refuse tables of our names and leave its own ones alone', async () => {
    const host = await connect(databaseSettings(database.env), {
      migrations: POINTS_MIGRATIONS,
      migrationsTableName: 'migrations',
    });
    try {
      await host.query('CREATE TABLE user (id int PRIMARY KEY)');
      await host.query('CREATE TABLE point_lot (id int PRIMARY KEY)');
      await expect(host.runMigrations()).rejects.toThrow(/did not make \(point_lot\)/);
      expect(await tablesOf(host)).toEqual(['migrations', 'point_lot', 'user']);
      await host.query('DROP TABLE point_lot');

      await host.runMigrations();

      expect(await tablesOf(host)).toEqual(
        ['migrations', ...OUR_TABLES].filter((name) => name !== 'session').toSorted(),
      );
      expect(await host.query('SELECT * FROM user')).toEqual([]);
    } finally {
      await host.destroy();
    }
  });
});

async function collationsOf(dataSource: DataSource): Promise<string[]> {
  const rows: { name: string }[] = await dataSource.query(
    `SELECT DISTINCT COLLATION_NAME AS name FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME <> 'point_migration' AND COLLATION_NAME IS NOT NULL`,
  );
  return rows.map(({ name }) => name);
}

async function foreignKeysOf(dataSource: DataSource): Promise<string[]> {
  const rows: { name: string }[] = await dataSource.query(
    `SELECT CONCAT(TABLE_NAME, '.', CONSTRAINT_NAME) AS name FROM information_schema.REFERENTIAL_CONSTRAINTS
     WHERE CONSTRAINT_SCHEMA = DATABASE()`,
  );
  return rows.map(({ name }) => name).toSorted();
}

async function tablesOf(dataSource: DataSource): Promise<string[]> {
  const rows: { name: string }[] = await dataSource.query(
    dataSource.options.type === 'better-sqlite3'
      ? `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
      : `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()`,
  );
  return rows
    .map(({ name }) => name)
    .filter((name) => name !== 'point_migration')
    .toSorted();
}
