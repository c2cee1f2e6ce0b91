import {
  type DataSource,
  type EntityTarget,
  type FindOptionsWhere,
  In,
  LessThanOrEqual,
  type ObjectLiteral,
} from 'typeorm';

/** Which work is taken. */
export interface Claim<Row extends ObjectLiteral, Lease> {
  /** Name of the column with the time at which a row is due; null there means that nothing is to be done. */
  due: keyof Row & string;
  /** Of the rows that are due, only these. */
  where?: FindOptionsWhere<Row>;
  leaseUntil: Lease;
  limit: number;
}

/**
 * Takes work that is due, so that of any number of instances one does each piece. A claim is a conditional UPDATE of
 * the time at which the row is due: whoever changes it has it. It is moved to `leaseUntil`, so the work of an instance
 * that dies is due again then.
 *
 * @returns the claimed rows as they were before, oldest first, at most `limit`.
 */
export async function claimDue<Row extends ObjectLiteral>(
  dataSource: DataSource,
  target: EntityTarget<Row>,
  claim: Claim<Row, (row: Row) => Date>,
): Promise<Row[]> {
  const { manager } = dataSource;
  const { due, leaseUntil } = claim;
  const claimed: Row[] = [];
  for (const row of await findDue(dataSource, target, claim, new Date())) {
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
  claim: Claim<Row, Date>,
): Promise<Row[]> {
  const { manager } = dataSource;
  const { due } = claim;
  const now = new Date();
  const rows = await findDue(dataSource, target, claim, now);
  if (rows.length === 0) return [];
  const name = keyOf(dataSource, target);
  const those = { [name]: In(rows.map((row) => row[name] as string)) };
  const lease = { [due]: claim.leaseUntil };
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
  { due, where, limit }: Claim<Row, unknown>,
  now: Date,
): Promise<Row[]> {
  return dataSource.manager.find(target, {
    where: { ...where, [due]: LessThanOrEqual(now) } as never,
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
