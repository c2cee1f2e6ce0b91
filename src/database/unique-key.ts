import { type DataSource, QueryFailedError } from 'typeorm';

/**
 * Tells whether `error` is the database's refusal of a second row with the same unique key, by the key's written name.
 * MariaDB names the key; SQLite names its columns, which are looked up in the entities.
 */
export function violatesUniqueKey(dataSource: DataSource, error: unknown, name: string): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code, message } = error.driverError as Error & { code?: string };
  if (code === 'ER_DUP_ENTRY') return message.endsWith(`'${name}'`) || message.endsWith(`.${name}'`);
  if (code !== 'SQLITE_CONSTRAINT_UNIQUE') return false;
  const unique = dataSource.entityMetadatas
    .flatMap((entity) => entity.uniques)
    .find((key) => key.name === name);
  if (!unique) throw new Error(`no entity has a unique key named ${name}`);
  const columns = unique.columns.map((column) => `${unique.entityMetadata.tableName}.${column.databaseName}`);
  return message.endsWith(`: ${columns.join(', ')}`);
}
