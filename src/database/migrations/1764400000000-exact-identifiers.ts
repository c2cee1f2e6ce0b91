import { type MigrationInterface, type QueryRunner, TableForeignKey } from 'typeorm';
import { DatabaseUnusable } from '../database-unusable.js';

/**
 * MariaDB and MySQL take a text with blanks at its end for the one without, in utf8mb4_bin too. From here on they compare
 * byte by byte, as SQLite does: an identifier of somebody else is never taken for ours, nor two for one.
 */
export class ExactIdentifiers1764400000000 implements MigrationInterface {
  readonly name = 'ExactIdentifiers1764400000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    if (queryRunner.dataSource.options.type === 'better-sqlite3') return;
    await collate(queryRunner, await exactCollation(queryRunner));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    if (queryRunner.dataSource.options.type === 'better-sqlite3') return;
    await collate(queryRunner, 'utf8mb4_bin');
  }
}

/** MariaDB's (10.2) and MySQL's (8.0.17). New versions of MariaDB know the other name, too. */
const EXACT = ['utf8mb4_nopad_bin', 'utf8mb4_0900_bin'];

const TABLES = [
  'user',
  'session',
  'payment_order',
  'point_transaction',
  'cancellation',
  'webhook_delivery',
  'cancelled_payment',
];

/** A foreign key needs both of its ends in one collation, so none is there while the tables change. */
const FOREIGN_KEYS = [
  { table: 'session', name: 'fk_session_user', column: 'userId', of: 'user', key: 'id' },
  { table: 'payment_order', name: 'fk_payment_order_user', column: 'ownerId', of: 'user', key: 'id' },
  { table: 'point_transaction', name: 'fk_point_transaction_user', column: 'ownerId', of: 'user', key: 'id' },
  {
    table: 'point_transaction',
    name: 'fk_point_transaction_order',
    column: 'merchantUid',
    of: 'payment_order',
    key: 'merchantUid',
  },
  { table: 'cancellation', name: 'fk_cancellation_user', column: 'ownerId', of: 'user', key: 'id' },
  {
    table: 'cancellation',
    name: 'fk_cancellation_order',
    column: 'merchantUid',
    of: 'payment_order',
    key: 'merchantUid',
  },
];

async function exactCollation(queryRunner: QueryRunner): Promise<string> {
  const rows: { name: string }[] = await queryRunner.query(
    `SELECT COLLATION_NAME AS name FROM information_schema.COLLATIONS WHERE COLLATION_NAME LIKE 'utf8mb4%'`,
  );
  const collation = EXACT.find((name) => rows.some((row) => row.name === name));
  if (collation) return collation;
  throw new DatabaseUnusable({
    ko: '이 데이터베이스는 너무 오래되었습니다. MariaDB 10.2 이상이나 MySQL 8.0.17 이상이 필요합니다.',
    en: 'this database is too old: MariaDB 10.2 or MySQL 8.0.17 is the least.',
  });
}

/** MariaDB commits after each statement, so each is left out where a start that died half-way has carried it out. */
async function collate(queryRunner: QueryRunner, collation: string): Promise<void> {
  const differing: { name: string }[] = await queryRunner.query(
    `SELECT DISTINCT TABLE_NAME AS name FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = DATABASE() AND COLLATION_NAME <> '${collation}'`,
  );
  const tables = TABLES.filter((table) => differing.some(({ name }) => name === table));
  if (tables.length > 0) {
    for (const { table, name } of FOREIGN_KEYS) {
      if (await hasForeignKey(queryRunner, table, name)) await queryRunner.dropForeignKey(table, name);
    }
  }
  for (const table of tables) {
    await queryRunner.query(`ALTER TABLE \`${table}\` CONVERT TO CHARACTER SET utf8mb4 COLLATE ${collation}`);
  }
  for (const { table, name, column, of, key } of FOREIGN_KEYS) {
    if (await hasForeignKey(queryRunner, table, name)) continue;
    await queryRunner.createForeignKey(
      table,
      new TableForeignKey({
        name,
        columnNames: [column],
        referencedTableName: of,
        referencedColumnNames: [key],
        onDelete: 'NO ACTION',
        onUpdate: 'NO ACTION',
      }),
    );
  }
}

async function hasForeignKey(queryRunner: QueryRunner, table: string, name: string): Promise<boolean> {
  const found = await queryRunner.getTable(table);
  return found?.foreignKeys.some((foreignKey) => foreignKey.name === name) ?? false;
}
