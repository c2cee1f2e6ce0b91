import type { DataSource, EntityManager } from 'typeorm';
import { inSnapshot } from '../database/snapshot.js';

/** What is wrong, and the row that shows it. */
export class WrongRow extends Error {
  override readonly name = 'WrongRow';

  constructor(
    readonly rule: string,
    readonly row: Record<string, unknown>,
  ) {
    super(`${rule}: ${JSON.stringify(row)}`);
  }
}

export interface Figures {
  /** Accounts. */
  owners: number;
  transactions: number;
  payments: number;
  cancellations: number;
  /** Sum of all balances, in whole points. */
  points: bigint;
  /** Sum of all holds. */
  heldPoints: bigint;
}

/** Rows in memory at one time, whatever the size of the tables. */
const PAGE = 2000;

interface AccountRow {
  ownerId: string;
  point: number;
  heldPoint: number;
  transactionCount: number;
}

interface TransactionRow {
  id: string;
  ownerId: string;
  merchantUid: string;
  impUid: string;
  status: string;
  amount: number;
  cancellationKey: string;
  sequence: number;
  balanceAfter: number;
}

type Progress = (done: number) => void;

/**
 * Proves from the tables alone that the books are right, as they were at one moment: all is read from one snapshot, so
 * that a server at work causes no false alarm.
 *
 * @throws {WrongRow} at the first row that is not.
 */
export async function proveBooks(dataSource: DataSource, progress: Progress): Promise<Figures> {
  const figures: Figures = {
    owners: 0,
    transactions: 0,
    payments: 0,
    cancellations: 0,
    points: 0n,
    heldPoints: 0n,
  };
  await inSnapshot(dataSource, async (manager) => {
    await proveBalances(manager, figures, progress);
    await provePayments(manager, figures, progress);
    await proveCancellations(manager, figures);
  });
  return figures;
}

/** Each balance is the sum of its rows, each `balanceAfter` the running sum, no sequence is missing, holds are open cancellations. */
async function proveBalances(manager: EntityManager, figures: Figures, progress: Progress): Promise<void> {
  const holds = new Map<string, number>();
  for await (const account of pages<AccountRow>(
    manager,
    ACCOUNTS,
    (last) => [last?.ownerId ?? ''],
    async (page) => {
      holds.clear();
      const first = page[0]?.ownerId;
      const last = page.at(-1)?.ownerId;
      const rows: { ownerId: string; held: string }[] = await query(manager, HOLDS, [first, last]);
      for (const { ownerId, held } of rows) holds.set(ownerId, Number(held));
    },
  )) {
    let sum = 0;
    let sequence = 0;
    for await (const row of pages<TransactionRow>(manager, ROWS_OF_OWNER, (last) => [
      account.ownerId,
      last?.sequence ?? 0,
    ])) {
      sum += row.amount;
      sequence += 1;
      if (row.sequence !== sequence)
        throw new WrongRow('a transaction is missing before this one', { ...row });
      if (row.balanceAfter !== sum)
        throw new WrongRow('balanceAfter is not the running sum', { ...row, expected: sum });
      if ((row.status === 'PAYMENT') !== row.amount > 0)
        throw new WrongRow('the sign does not fit the status', { ...row });
      figures.transactions += 1;
    }
    const held = holds.get(account.ownerId) ?? 0;
    if (account.transactionCount !== sequence)
      throw new WrongRow('an owner’s last transaction is missing', { ...account, found: sequence });
    if (account.point !== sum)
      throw new WrongRow('a balance is not the sum of its transactions', { ...account, expected: sum });
    if (account.heldPoint !== held)
      throw new WrongRow('a hold is not the sum of open cancellations', { ...account, expected: held });
    figures.owners += 1;
    figures.points += BigInt(sum);
    figures.heldPoints += BigInt(held);
    progress(figures.owners + figures.transactions);
  }
}

/** Each payment was credited once, to the owner of its order, and never more was cancelled than credited. */
async function provePayments(manager: EntityManager, figures: Figures, progress: Progress): Promise<void> {
  let left = 0;
  let impUid: string | undefined;
  const done = figures.owners + figures.transactions;
  let seen = 0;
  for await (const row of pages<TransactionRow & OrderOfRow>(manager, ROWS_BY_PAYMENT, (last) => [
    last?.impUid ?? '',
    last?.impUid ?? '',
    last?.cancellationKey ?? '',
  ])) {
    if (row.orderOwnerId === null) throw new WrongRow('a transaction is without its order', { ...row });
    if (row.impUid === impUid) {
      left += row.amount;
      if (row.status === 'PAYMENT') throw new WrongRow('a payment was credited twice', { ...row });
      if (left < 0) throw new WrongRow('more was cancelled than paid', { ...row });
    } else {
      ({ impUid } = row);
      left = row.amount;
      // The empty key of a credit sorts first.
      if (row.status !== 'PAYMENT') throw new WrongRow('a cancellation has no credit', { ...row });
      if (row.amount > row.orderAmount)
        throw new WrongRow('more was credited than the order asked for', { ...row });
      if (row.orderState !== 'PAID') throw new WrongRow('an order with a credit is not PAID', { ...row });
      figures.payments += 1;
    }
    if (row.ownerId !== row.orderOwnerId)
      throw new WrongRow('a transaction is not of the owner of its order', { ...row });
    progress(done + ++seen);
  }
  const [strayed] = await query<Record<string, unknown>>(manager, WITHOUT_ACCOUNT, []);
  if (strayed) throw new WrongRow('a transaction is without its account', strayed);
  const [twice] = await query<Record<string, unknown>>(manager, ORDER_CREDITED_TWICE, []);
  if (twice) throw new WrongRow('an order was credited twice', twice);
  const [unpaid] = await query<Record<string, unknown>>(manager, PAID_WITHOUT_CREDIT, []);
  if (unpaid) throw new WrongRow('an order is PAID without a credit', unpaid);
}

async function proveCancellations(manager: EntityManager, figures: Figures): Promise<void> {
  const [unbooked] = await query<Record<string, unknown>>(manager, DONE_WITHOUT_ROW, []);
  if (unbooked) throw new WrongRow('a cancellation is DONE without its CANCEL row', unbooked);
  const [count] = await query<{ count: string }>(
    manager,
    'SELECT COUNT(*) AS "count" FROM "point_cancellation"',
    [],
  );
  figures.cancellations = Number(count?.count);
}

/** Null when the order is not there; then the first of the three is looked at before the others. */
interface OrderOfRow {
  orderOwnerId: string | null;
  orderAmount: number;
  orderState: string;
}

const ACCOUNTS = `SELECT "ownerId", "point", "heldPoint", "transactionCount" FROM "point_account"
  WHERE "ownerId" > ? ORDER BY "ownerId" LIMIT ${PAGE}`;
// Not = 'USER', by which SQLite would read those of all owners for each page of accounts.
const HOLDS = `SELECT "ownerId", SUM("amount") AS "held" FROM "point_cancellation"
  WHERE "state" = 'PENDING' AND "kind" <> 'GIVE_BACK' AND "ownerId" >= ? AND "ownerId" <= ? GROUP BY "ownerId"`;
const ROWS_OF_OWNER = `SELECT * FROM "point_transaction" WHERE "ownerId" = ? AND "sequence" > ? ORDER BY "sequence" LIMIT ${PAGE}`;
// Begins with a bound of its own, without which SQLite would read from the first row on for each page.
const ROWS_BY_PAYMENT = `SELECT t.*, o."ownerId" AS "orderOwnerId", o."amount" AS "orderAmount", o."state" AS "orderState"
  FROM "point_transaction" t LEFT JOIN "point_payment_order" o ON o."merchantUid" = t."merchantUid"
  WHERE t."impUid" >= ? AND (t."impUid" > ? OR t."cancellationKey" > ?)
  ORDER BY t."impUid", t."cancellationKey" LIMIT ${PAGE}`;
const WITHOUT_ACCOUNT = `SELECT t.* FROM "point_transaction" t LEFT JOIN "point_account" a ON a."ownerId" = t."ownerId"
  WHERE a."ownerId" IS NULL LIMIT 1`;
const ORDER_CREDITED_TWICE = `SELECT "merchantUid", COUNT(*) AS "credits" FROM "point_transaction"
  WHERE "cancellationKey" = '' GROUP BY "merchantUid" HAVING COUNT(*) > 1 LIMIT 1`;
const PAID_WITHOUT_CREDIT = `SELECT o.* FROM "point_payment_order" o
  LEFT JOIN "point_transaction" t ON t."merchantUid" = o."merchantUid" AND t."cancellationKey" = ''
  WHERE o."state" = 'PAID' AND t."id" IS NULL LIMIT 1`;
const DONE_WITHOUT_ROW = `SELECT c.* FROM "point_cancellation" c
  LEFT JOIN "point_transaction" t ON t."impUid" = c."impUid" AND t."cancellationKey" = c."cancellationKey"
  WHERE c."state" = 'DONE' AND c."kind" = 'USER' AND (t."id" IS NULL OR t."amount" <> -c."amount") LIMIT 1`;

/** Reads a sorted query page by page, each page starting after the last row of the one before. */
export async function* pages<Row>(
  manager: EntityManager,
  sql: string,
  parametersAfter: (last: Row | undefined) => unknown[],
  onPage?: (page: Row[]) => Promise<void>,
): AsyncGenerator<Row> {
  let last: Row | undefined;
  for (;;) {
    const page = await query<Row>(manager, sql, parametersAfter(last));
    if (page.length > 0) await onPage?.(page);
    yield* page;
    if (page.length < PAGE) return;
    last = page.at(-1);
  }
}

/** The statements above are written with SQLite's quotes. */
export async function query<Row>(manager: EntityManager, sql: string, parameters: unknown[]): Promise<Row[]> {
  const isSqlite = manager.dataSource.options.type === 'better-sqlite3';
  return manager.query(isSqlite ? sql : sql.replaceAll('"', '`'), parameters);
}
