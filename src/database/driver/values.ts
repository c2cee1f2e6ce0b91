import type { ColumnType, DataSource, EntityTarget, ObjectLiteral } from 'typeorm';
import { DateUtils } from 'typeorm/util/DateUtils.js';

/** SQLite has no type for a moment, which TypeORM keeps as a text, and none for a yes or no. */
export function parameterOf({ options }: DataSource, value: unknown): unknown {
  if (value === undefined) throw new Error('a statement lacks one of its values');
  if (options.type !== 'better-sqlite3') return value;
  if (value instanceof Date) return DateUtils.mixedDateToUtcDatetimeString(value);
  return typeof value === 'boolean' ? Number(value) : value;
}

/** Makes of what the database sends what the entity holds, such as a Date of SQLite's text. */
type Convert<Row> = (raw: ObjectLiteral) => Row;

/** Types whose values come from a driver otherwise than an entity holds them. */
const CONVERTED = new Set<ColumnType>(['datetime', 'boolean']);

const converters = new WeakMap<DataSource, Map<EntityTarget<ObjectLiteral>, Convert<ObjectLiteral>>>();

/** Only the columns whose values need it; a plain text or number is what the entity holds already. */
export function converterOf<Row extends ObjectLiteral>(
  dataSource: DataSource,
  entity: EntityTarget<Row>,
): Convert<Row> {
  let known = converters.get(dataSource);
  if (!known) converters.set(dataSource, (known = new Map()));
  let convert = known.get(entity);
  if (!convert) known.set(entity, (convert = newConverter(dataSource, entity)));
  return convert as Convert<Row>;
}

/** The columns of an entity, all or those named. */
export function columnsRead(
  dataSource: DataSource,
  entity: EntityTarget<ObjectLiteral>,
  names?: readonly string[],
) {
  const { columns } = dataSource.getMetadata(entity);
  return names ? columns.filter(({ propertyName }) => names.includes(propertyName)) : columns;
}

/** Of the columns of an entity, all or those named. */
export function newConverter(
  dataSource: DataSource,
  entity: EntityTarget<ObjectLiteral>,
  names?: readonly string[],
): Convert<ObjectLiteral> {
  const converted = columnsRead(dataSource, entity, names).filter(
    ({ type, transformer }) => CONVERTED.has(type) || transformer !== undefined,
  );
  return (raw) => {
    for (const column of converted) {
      raw[column.propertyName] = dataSource.driver.prepareHydratedValue(raw[column.databaseName], column);
    }
    return raw;
  };
}
