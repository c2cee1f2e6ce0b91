import type { ColumnType, DataSource, EntityTarget, ObjectLiteral } from 'typeorm';
import { DateUtils } from 'typeorm/util/DateUtils.js';
import { isSqlite } from './is-sqlite.js';

/** SQLite has no type for a moment, which TypeORM keeps as a text, and none for a yes or no. */
export function parameterOf(dataSource: DataSource, value: unknown): unknown {
  if (value === undefined) throw new Error('a statement lacks one of its values');
  if (!isSqlite(dataSource)) return value;
  if (value instanceof Date) return DateUtils.mixedDateToUtcDatetimeString(value);
  return typeof value === 'boolean' ? Number(value) : value;
}

/** Types whose values come from a driver otherwise than an entity holds them; a plain text or number is what it holds already. */
const CONVERTED = new Set<ColumnType>(['datetime', 'boolean']);
/** The one column of an SQLite row. */
const LISTS = 'lists';

/** What a statement reads of a table. */
export interface Part {
  /** What the table is called in the statement. */
  alias: string;
  entity: EntityTarget<ObjectLiteral>;
  /** Of the properties; left out, all. The entity's id is one of them. */
  names?: readonly string[];
}

/**
 * What stands behind `SELECT` for {@link newReader}. On SQLite a row comes as one JSON text with a list for each part: libsql makes
 * a row cell by cell, which takes twice as long as that and the parsing of it.
 */
export function selectListOf(dataSource: DataSource, parts: readonly Part[]): string {
  const { driver } = dataSource;
  const columns = parts.map((part) =>
    columnsRead(dataSource, part).map(({ databaseName }) => ({
      column: `${part.alias}.${driver.escape(databaseName)}`,
      name: driver.escape(nameInRow(part, databaseName)),
    })),
  );
  if (!isSqlite(dataSource)) {
    return columns.flatMap((some) => some.map(({ column, name }) => `${column} AS ${name}`)).join(', ');
  }
  const lists = columns.map((some) => `json_array(${some.map(({ column }) => column).join(', ')})`);
  return `json_array(${lists.join(', ')}) AS ${LISTS}`;
}

/** @returns what makes of a row that the database sends one row for each part, by its alias; null where a join found none. */
export function newReader(
  dataSource: DataSource,
  parts: readonly Part[],
): (raw: ObjectLiteral) => Record<string, ObjectLiteral | null> {
  const isJson = isSqlite(dataSource);
  const readers = parts.map((part, index) => ({
    index,
    alias: part.alias,
    read: newPartReader(dataSource, part),
  }));
  return (raw) => {
    const lists = isJson ? (JSON.parse(raw[LISTS] as string) as unknown[][]) : undefined;
    const rows: Record<string, ObjectLiteral | null> = {};
    for (const { index, alias, read } of readers) rows[alias] = read(lists?.[index] ?? raw);
    return rows;
  };
}

/** @returns what takes a part out of a row, or out of the list that SQLite has for it. */
function newPartReader(
  dataSource: DataSource,
  part: Part,
): (values: unknown[] | ObjectLiteral) => ObjectLiteral | null {
  const isJson = isSqlite(dataSource);
  const { driver } = dataSource;
  const columns = columnsRead(dataSource, part).map((column, index) => ({
    name: column.propertyName,
    key: isJson ? index : nameInRow(part, column.databaseName),
    isId: column.isPrimary,
    convert:
      CONVERTED.has(column.type) || column.transformer !== undefined
        ? (value: unknown): unknown => driver.prepareHydratedValue(value, column)
        : undefined,
  }));
  const idKey = columns.find(({ isId }) => isId)?.key;
  if (idKey === undefined) throw new Error(`a row of ${part.alias} is read without its id`);
  return (values) => {
    const given = values as Readonly<Record<number | string, unknown>>;
    if (given[idKey] === null) return null;
    const row: ObjectLiteral = {};
    for (const { name, key, convert } of columns) row[name] = convert ? convert(given[key]) : given[key];
    return row;
  };
}

function columnsRead(dataSource: DataSource, { entity, names }: Part) {
  const { columns } = dataSource.getMetadata(entity);
  return names ? columns.filter(({ propertyName }) => names.includes(propertyName)) : columns;
}

function nameInRow({ alias }: Part, databaseName: string): string {
  return `${alias}_${databaseName}`;
}
