import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';

/**
 * Takes work that is due, so that of any number of instances one does each piece. A claim is a conditional UPDATE of
 * the time at which the row is due: whoever changes it has it. It is moved to `leaseUntil`, so the work of an instance
 * that dies is due again then.
 *
 * @param due name of the column with the time; null there means that nothing is to be done.
 * @returns the claimed rows as they were before, oldest first, at most `limit`.
 */
export async function claimDue<Row extends ObjectLiteral>(
  dataSource: DataSource,
  target: EntityTarget<Row>,
  due: keyof Row & string,
  leaseUntil: (row: Row) => Date,
  limit: number,
): Promise<Row[]> {
  const { manager } = dataSource;
  const keys = dataSource.getMetadata(target).primaryColumns.map((column) => column.propertyName);
  const rows = await manager
    .createQueryBuilder(target, 'row')
    .where(`row.${due} <= :now`, { now: new Date() })
    .orderBy(`row.${due}`)
    .take(limit)
    .getMany();
  const claimed: Row[] = [];
  for (const row of rows) {
    const key = Object.fromEntries([...keys, due].map((name) => [name, row[name]]));
    const { affected } = await manager.update(target, key, { [due]: leaseUntil(row) } as never);
    if (affected === 1) claimed.push(row);
  }
  return claimed;
}
