import { type DataSource, type EntityTarget, In, LessThanOrEqual, type ObjectLiteral } from 'typeorm';

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
  const claimed: Row[] = [];
  for (const row of await findDue(dataSource, target, due, new Date(), limit)) {
    const key = { [keyOf(dataSource, target)]: row[keyOf(dataSource, target)], [due]: row[due] };
    const { affected } = await manager.update(target, key, { [due]: leaseUntil(row) } as never);
    if (affected === 1) claimed.push(row);
  }
  return claimed;
}

/**
 * The same in two statements, for work that may be done twice: when two instances are at the same rows within one
 * millisecond, both can have some of them.
 */
export async function claimDueAtOnce<Row extends ObjectLiteral>(
  dataSource: DataSource,
  target: EntityTarget<Row>,
  due: keyof Row & string,
  leaseUntil: Date,
  limit: number,
): Promise<Row[]> {
  const { manager } = dataSource;
  const now = new Date();
  const rows = await findDue(dataSource, target, due, now, limit);
  if (rows.length === 0) return [];
  const name = keyOf(dataSource, target);
  const those = { [name]: In(rows.map((row) => row[name] as string)) };
  const lease = { [due]: leaseUntil };
  const { affected } = await manager.update(
    target,
    { ...those, [due]: LessThanOrEqual(now) },
    lease as never,
  );
  if (affected === rows.length) return rows;
  const claimed = await manager.find(target, { where: { ...those, ...lease } as never });
  const keys = new Set(claimed.map((row) => row[name] as string));
  return rows.filter((row) => keys.has(row[name] as string));
}

function findDue<Row extends ObjectLiteral>(
  dataSource: DataSource,
  target: EntityTarget<Row>,
  due: keyof Row & string,
  now: Date,
  limit: number,
): Promise<Row[]> {
  return dataSource.manager.find(target, {
    where: { [due]: LessThanOrEqual(now) } as never,
    order: { [due]: 'ASC' } as never,
    take: limit,
  });
}

/** Our tables have one column as their key. */
function keyOf<Row extends ObjectLiteral>(dataSource: DataSource, target: EntityTarget<Row>): string {
  const [column, more] = dataSource.getMetadata(target).primaryColumns;
  if (!column || more) throw new Error('work is claimed by a key of one column');
  return column.propertyName;
}
