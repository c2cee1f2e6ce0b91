import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';
import { DateUtils } from 'typeorm/util/DateUtils.js';

/** SQLite has no type for a moment: TypeORM keeps it as a text. */
export function parameterOf({ options }: DataSource, value: unknown): unknown {
  if (value === undefined) throw new Error('a statement lacks one of its values');
  return value instanceof Date && options.type === 'better-sqlite3'
    ? DateUtils.mixedDateToUtcDatetimeString(value)
    : value;
}

/** Makes of what the database sends what the entity holds, such as a Date of SQLite's text. */
type Convert<Row> = (raw: ObjectLiteral) => Row;

/** Only the columns whose values need it; a plain text or number is what the entity holds already. */
export function converterOf<Row extends ObjectLiteral>(
  dataSource: DataSource,
  entity: EntityTarget<Row>,
): Convert<Row> {
  const columns = dataSource
    .getMetadata(entity)
    .columns.filter(({ type, transformer }) => type === 'datetime' || transformer !== undefined);
  return (raw) => {
    for (const column of columns) {
      raw[column.propertyName] = dataSource.driver.prepareHydratedValue(raw[column.databaseName], column);
    }
    return raw as Row;
  };
}
