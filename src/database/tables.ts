import type { QueryRunner } from 'typeorm';
import { DatabaseUnusable } from './database-unusable.js';
import { isSqlite } from './driver/is-sqlite.js';

/** A table as a migration makes it. */
export interface Table {
  name: string;
  /** Columns and constraints in the words of SQLite; `inMariadb` says what MariaDB and MySQL call otherwise. */
  lines: string[];
  indexes?: Record<string, string[]>;
}

/** @param tables each after those that it refers to. */
export async function makeTables(queryRunner: QueryRunner, tables: readonly Table[]): Promise<void> {
  if (isSqlite(queryRunner.dataSource)) {
    for (const sql of tables.flatMap((table) => inSqlite(table))) await queryRunner.query(sql);
    return;
  }
  const collation = await exactCollation(queryRunner);
  // MariaDB commits after each statement, so each can be run again after a start that died half-way.
  for (const table of tables) await queryRunner.query(inMariadb(table, collation));
}

/** @param tables as they were made. */
export async function dropTables(queryRunner: QueryRunner, tables: readonly Table[]): Promise<void> {
  for (const { name } of tables.toReversed()) await queryRunner.dropTable(name);
}

export function references(column: string, table: string, key: string): string {
  return `FOREIGN KEY ("${column}") REFERENCES "${table}" ("${key}") ON DELETE NO ACTION ON UPDATE NO ACTION`;
}

function inSqlite({ name, lines, indexes = {} }: Table): string[] {
  return [
    // TypeORM finds a CHECK that is the last line only where the bracket follows at once.
    `CREATE TABLE "${name}" (\n  ${lines.join(',\n  ')})`,
    ...Object.entries(indexes).map(
      ([index, columns]) => `CREATE INDEX "${index}" ON "${name}" (${list(columns)})`,
    ),
  ];
}

function inMariadb({ name, lines, indexes = {} }: Table, collation: string): string {
  const keys = Object.entries(indexes).map(([index, columns]) => `KEY "${index}" (${list(columns)})`);
  return `CREATE TABLE IF NOT EXISTS "${name}" (\n  ${[...lines, ...keys].join(',\n  ')}\n)
    ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=${collation}`
    .replaceAll(/varchar CHECK\( "\w+" IN (\(.+?\)) \)/g, 'enum$1')
    .replaceAll('"', '`');
}

function list(columns: string[]): string {
  return columns.map((column) => `"${column}"`).join(', ');
}

/** MariaDB's (10.2) and MySQL's (8.0.17). New versions of MariaDB know the other name, too. */
const EXACT_COLLATIONS = ['utf8mb4_nopad_bin', 'utf8mb4_0900_bin'];

/**
 * MariaDB and MySQL take a text with blanks at its end for the one without, in utf8mb4_bin too. With these they compare
 * byte by byte, as SQLite does: an identifier of somebody else is never taken for ours, nor two for one.
 */
async function exactCollation(queryRunner: QueryRunner): Promise<string> {
  const rows: { name: string }[] = await queryRunner.query(
    `SELECT COLLATION_NAME AS name FROM information_schema.COLLATIONS WHERE COLLATION_NAME LIKE 'utf8mb4%'`,
  );
  const collation = EXACT_COLLATIONS.find((name) => rows.some((row) => row.name === name));
  if (collation) return collation;
  throw new DatabaseUnusable({
    ko: '이 데이터베이스는 너무 오래되었습니다. MariaDB 10.2 이상이나 MySQL 8.0.17 이상이 필요합니다.',
    en: 'this database is too old: MariaDB 10.2 or MySQL 8.0.17 is the least.',
  });
}
