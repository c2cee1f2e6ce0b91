import type { DataSource } from 'typeorm';

/** Whether it is the embedded database; else it is MariaDB or MySQL. */
export function isSqlite({ options }: Pick<DataSource, 'options'>): boolean {
  return options.type === 'better-sqlite3';
}
