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
  /** Those of them that came of a payment: what a gateway can be asked about. */
  ofPayments: number;
  payments: number;
  cancellations: number;
  /** Sum of all balances, in whole points. */
  points: bigint;
  /** Sum of all holds. */
  heldPoints: bigint;
  /** Sum of what owners had before, and brought with them. */
  imported: bigint;
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
  reference: string;
  paymentId: string | null;
  status: string;
  amount: number;
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
    ofPayments: 0,
    payments: 0,
    cancellations: 0,
    points: 0n,
    heldPoints: 0n,
    imported: 0n,
  };
  await inSnapshot(dataSource, async (manager) => {
    await proveBalances(manager, figures, progress);
    await provePayments(manager, figures, progress);
    await proveCancellations(manager, figures);
    await proveSpending(manager);
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
      for (const sql of HOLDS) {
        const rows: { ownerId: string; held: string }[] = await query(manager, sql, [first, last]);
        for (const { ownerId, held } of rows) holds.set(ownerId, (holds.get(ownerId) ?? 0) + Number(held));
      }
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
      if (BRINGS_POINTS.has(row.status) !== row.amount > 0)
        throw new WrongRow('the sign does not fit the status', { ...row });
      if (row.status === 'IMPORT') figures.imported += BigInt(row.amount);
      figures.transactions += 1;
      if (row.paymentId !== null) figures.ofPayments += 1;
    }
    const held = holds.get(account.ownerId) ?? 0;
    if (account.transactionCount !== sequence)
      throw new WrongRow('an owner’s last transaction is missing', { ...account, found: sequence });
    if (account.point !== sum)
      throw new WrongRow('a balance is not the sum of its transactions', { ...account, expected: sum });
    if (account.heldPoint !== held)
      throw new WrongRow('a hold is not the sum of open cancellations and holds', {
        ...account,
        expected: held,
      });
    figures.owners += 1;
    figures.points += BigInt(sum);
    figures.heldPoints += BigInt(held);
    progress(figures.owners + figures.transactions);
  }
}

/**
 * Each payment was credited once, to the owner of its order, and what its rows leave of it is what is known to be left:
 * so never more was cancelled than paid.
 */
async function provePayments(manager: EntityManager, figures: Figures, progress: Progress): Promise<void> {
  const done = figures.owners + figures.transactions;
  let seen = 0;
  let before: PaymentRow | undefined;
  let left = 0;
  for await (const row of pages<PaymentRow>(manager, ROWS_BY_PAYMENT, (last) => [
    last?.paymentId ?? '',
    last?.paymentId ?? '',
    last?.sequence ?? 0,
  ])) {
    if (row.paymentOwnerId === null) throw new WrongRow('a transaction is without its payment', { ...row });
    if (row.orderOwnerId === null) throw new WrongRow('a transaction is without its order', { ...row });
    if (row.paymentId === before?.paymentId) {
      left += row.amount;
      if (row.status === 'PAYMENT') throw new WrongRow('a payment was credited twice', { ...row });
    } else {
      if (before) proveLeft(before, left);
      left = row.amount;
      // It is older than what is taken off it.
      if (row.status !== 'PAYMENT') throw new WrongRow('a cancellation has no credit', { ...row });
      if (row.amount > row.orderAmount)
        throw new WrongRow('more was credited than the order asked for', { ...row });
      if (row.orderState !== 'PAID') throw new WrongRow('an order with a credit is not PAID', { ...row });
      if (row.creditedOrder !== row.merchantUid)
        throw new WrongRow('a payment with a credit does not say so', { ...row });
      figures.payments += 1;
    }
    if (row.ownerId !== row.orderOwnerId || row.ownerId !== row.paymentOwnerId)
      throw new WrongRow('a transaction is not of the owner of its order', { ...row });
    const name = `${row.gateway}:${row.gatewayPaymentId}`;
    if (row.status === 'PAYMENT' ? row.reference !== name : !row.reference.startsWith(`${name}:`))
      throw new WrongRow('a transaction’s reference names another payment', { ...row });
    progress(done + ++seen);
    before = row;
  }
  if (before) proveLeft(before, left);
  for (const [rule, sql] of STRAYS) {
    const [stray] = await query<Record<string, unknown>>(manager, sql, []);
    if (stray) throw new WrongRow(rule, stray);
  }
}

function proveLeft(row: PaymentRow, left: number): void {
  // The bank took its deposit back, so there is no money.
  const known = row.paymentState === 'READY' ? 0 : Number(row.paymentAmount) - Number(row.cancelledAmount);
  if (left === known) return;
  throw new WrongRow('what is left of a payment is not what its transactions leave', { ...row, left, known });
}

async function proveCancellations(manager: EntityManager, figures: Figures): Promise<void> {
  const [unbooked] = await query<Record<string, unknown>>(manager, DONE_WITHOUT_ROW, []);
  if (unbooked)
    throw new WrongRow('a cancellation is DONE without its CANCEL row, or without that of its fee', unbooked);
  const [count] = await query<{ count: string }>(
    manager,
    'SELECT COUNT(*) AS "count" FROM "point_cancellation"',
    [],
  );
  figures.cancellations = Number(count?.count);
}

/** What was spent, held and came back fits the lots, and the lots of each owner have just what is available. */
async function proveSpending(manager: EntityManager): Promise<void> {
  for (const [rule, sql] of SPENDING) {
    const [wrong] = await query<Record<string, unknown>>(manager, sql, []);
    if (wrong) throw new WrongRow(rule, wrong);
  }
}

/** A transaction with its payment and order. Those that are not there are null; they are looked at first. */
interface PaymentRow extends TransactionRow {
  gateway: string;
  gatewayPaymentId: string;
  merchantUid: string;
  creditedOrder: string | null;
  paymentOwnerId: string | null;
  /** Decimals, which MariaDB sends as texts. */
  paymentAmount: number | string;
  cancelledAmount: number | string;
  paymentState: string;
  orderOwnerId: string | null;
  orderAmount: number;
  orderState: string;
}

const ACCOUNTS = `SELECT "ownerId", "point", "heldPoint", "transactionCount" FROM "point_account"
  WHERE "ownerId" > ? ORDER BY "ownerId" LIMIT ${PAGE}`;
// Not = 'USER', by which SQLite would read those of all owners for each page of accounts.
const HOLDS = [
  `SELECT "ownerId", SUM("points") AS "held" FROM "point_cancellation"
    WHERE "state" = 'PENDING' AND "kind" <> 'GIVE_BACK' AND "ownerId" >= ? AND "ownerId" <= ? GROUP BY "ownerId"`,
  `SELECT "ownerId", SUM("amount") AS "held" FROM "point_hold"
    WHERE "state" = 'HELD' AND "ownerId" >= ? AND "ownerId" <= ? GROUP BY "ownerId"`,
];
/** The statuses of rows by which points came. */
const BRINGS_POINTS = new Set(['PAYMENT', 'SPEND_CANCEL', 'GRANT', 'IMPORT', 'BONUS', 'EXPIRE_CANCEL']);
const ROWS_OF_OWNER = `SELECT * FROM "point_transaction" WHERE "ownerId" = ? AND "sequence" > ? ORDER BY "sequence" LIMIT ${PAGE}`;
// Begins with a bound of its own, without which SQLite would read from the first row on for each page.
const ROWS_BY_PAYMENT = `SELECT t.*, p."gateway", p."gatewayPaymentId", p."merchantUid", p."creditedOrder",
    p."ownerId" AS "paymentOwnerId", p."amount" AS "paymentAmount", p."cancelledAmount", p."state" AS "paymentState",
    o."ownerId" AS "orderOwnerId", o."amount" AS "orderAmount", o."state" AS "orderState"
  FROM "point_transaction" t LEFT JOIN "point_payment" p ON p."id" = t."paymentId"
    LEFT JOIN "point_payment_order" o ON o."merchantUid" = p."merchantUid"
  WHERE t."paymentId" >= ? AND (t."paymentId" > ? OR t."sequence" > ?)
  ORDER BY t."paymentId", t."sequence" LIMIT ${PAGE}`;
/** Rows that break a rule and that the walk through the payments does not meet. */
const STRAYS = [
  [
    'a transaction is without its account',
    `SELECT t.* FROM "point_transaction" t LEFT JOIN "point_account" a ON a."ownerId" = t."ownerId"
    WHERE a."ownerId" IS NULL LIMIT 1`,
  ],
  [
    'a transaction names no payment',
    `SELECT t.* FROM "point_transaction" t
    WHERE t."paymentId" IS NULL AND t."status" IN ('PAYMENT', 'CANCEL') LIMIT 1`,
  ],
  [
    'an order was credited twice',
    `SELECT "creditedOrder", COUNT(*) AS "credits" FROM "point_payment"
    WHERE "creditedOrder" IS NOT NULL GROUP BY "creditedOrder" HAVING COUNT(*) > 1 LIMIT 1`,
  ],
  [
    'a payment is called credited without a credit',
    `SELECT p."id", p."gatewayPaymentId", p."creditedOrder" FROM "point_payment" p
    LEFT JOIN "point_transaction" t ON t."paymentId" = p."id" AND t."status" = 'PAYMENT'
    WHERE p."creditedOrder" IS NOT NULL AND t."id" IS NULL LIMIT 1`,
  ],
  [
    'an order is PAID without a credit',
    `SELECT o.* FROM "point_payment_order" o LEFT JOIN "point_payment" p ON p."creditedOrder" = o."merchantUid"
    WHERE o."state" = 'PAID' AND p."id" IS NULL LIMIT 1`,
  ],
  [
    // It goes back, or could not and waits for a person, or a person was told why it stays.
    'money that is not credited has no way back',
    `SELECT p.* FROM "point_payment" p
    WHERE p."creditedOrder" IS NULL AND p."state" = 'PAID' AND p."amount" > p."cancelledAmount"
      AND NOT EXISTS (SELECT 1 FROM "point_cancellation" c WHERE c."paymentId" = p."id" AND (c."state" = 'PENDING'
        OR (c."state" = 'REFUSED' AND ABS(c."amount" - (p."amount" - p."cancelledAmount")) < 0.005)))
      AND NOT EXISTS (SELECT 1 FROM "point_attention" n WHERE n."subject" = p."gatewayPaymentId"
        AND n."kind" IN ('OTHER_CHANNEL', 'GIVE_BACK_NEEDS_ACCOUNT')) LIMIT 1`,
  ],
] as const;
// Of the lots that have anything left alone: an owner can have very many that do not.
const LEFT_IN_LOTS = `(SELECT COALESCE(SUM(l."remaining"), 0) FROM "point_lot" l
  WHERE l."ownerId" = a."ownerId" AND l."openUntil" IS NOT NULL)`;
/** Below 0: the points of a lot that expired, less those that came back. Their references begin alike. */
function lostOf(lotId: string): string {
  const sumOf = (prefix: string) => `(SELECT COALESCE(SUM(e."amount"), 0) FROM "point_transaction" e
      WHERE e."reference" >= CONCAT('${prefix}:', ${lotId}, ':') AND e."reference" < CONCAT('${prefix}:', ${lotId}, ';'))`;
  return `${sumOf('expire')} + ${sumOf('expire-cancel')}`;
}
/** What breaks a rule of spends, holds and lots. */
const SPENDING = [
  [
    'the lots of an owner are not what is available',
    `SELECT a.*, ${LEFT_IN_LOTS} AS "left" FROM "point_account" a
    WHERE ${LEFT_IN_LOTS} <> CASE WHEN a."point" > a."heldPoint" THEN a."point" - a."heldPoint" ELSE 0 END LIMIT 1`,
  ],
  [
    'points came back of no spend of their owner',
    `SELECT t.* FROM "point_transaction" t LEFT JOIN "point_transaction" s
      ON s."id" = SUBSTR(t."reference", 14, 26) AND s."status" = 'SPEND' AND s."ownerId" = t."ownerId"
    WHERE t."status" = 'SPEND_CANCEL' AND (s."id" IS NULL OR t."reference" NOT LIKE 'spend-cancel:%') LIMIT 1`,
  ],
  [
    'more came back of a spend than was spent',
    // Their references begin alike, so that no more than those are read for each spend.
    `SELECT s.* FROM "point_transaction" s WHERE s."status" = 'SPEND' AND -s."amount" < (
      SELECT COALESCE(SUM(t."amount"), 0) FROM "point_transaction" t
      WHERE t."reference" >= CONCAT('spend-cancel:', s."id", ':') AND t."reference" < CONCAT('spend-cancel:', s."id", ';')
    ) LIMIT 1`,
  ],
  [
    'a row that brought points and no others has a lot of as many',
    `SELECT t."id", t."ownerId", t."status", t."amount", l."initial" FROM "point_transaction" t
    LEFT JOIN "point_lot" l ON l."id" = t."id"
    WHERE (t."status" IN ('PAYMENT', 'GRANT', 'IMPORT', 'BONUS')) <> (l."id" IS NOT NULL)
      OR l."initial" <> t."amount" OR l."ownerId" <> t."ownerId" LIMIT 1`,
  ],
  [
    'a lot has more left than it had, or less than nothing',
    `SELECT l.* FROM "point_lot" l
    WHERE l."remaining" < 0 OR l."expired" < 0 OR l."remaining" + l."expired" > l."initial" LIMIT 1`,
  ],
  [
    'what expired of a lot is not what its rows say',
    `SELECT l.* FROM "point_lot" l WHERE l."expired" > 0 AND l."expired" + ${lostOf('l."id"')} <> 0 LIMIT 1`,
  ],
  [
    'points expired, or came back after it, of a lot that does not say so',
    `SELECT t.*, l."expired" FROM "point_transaction" t
    LEFT JOIN "point_lot" l ON l."id" = SUBSTR(t."reference", CASE t."status" WHEN 'EXPIRE' THEN 8 ELSE 15 END, 26)
    WHERE t."status" IN ('EXPIRE', 'EXPIRE_CANCEL')
      AND (l."id" IS NULL OR l."ownerId" <> t."ownerId" OR (l."expired" = 0 AND ${lostOf('l."id"')} <> 0)) LIMIT 1`,
  ],
  [
    'a fee was kept of no refund, or more than its terms say',
    `SELECT t.* FROM "point_transaction" t LEFT JOIN "point_transaction" c
      ON c."id" = SUBSTR(t."reference", 12, 26) AND c."status" = 'CANCEL' AND c."ownerId" = t."ownerId"
    LEFT JOIN "point_payment" p ON p."id" = c."paymentId"
    LEFT JOIN "point_cancellation" w ON w."paymentId" = p."id" AND w."fee" = -t."amount"
      AND CONCAT(p."gateway", ':', p."gatewayPaymentId", ':', w."cancellationKey") = c."reference"
    WHERE t."status" = 'REFUND_FEE' AND (w."id" IS NULL OR t."reference" NOT LIKE 'refund-fee:%') LIMIT 1`,
  ],
  [
    'what a spend took of the lots is not what was spent of it',
    `SELECT t."id", t."ownerId", t."amount" FROM "point_transaction" t WHERE t."status" = 'SPEND' AND -t."amount" <> (
      SELECT COALESCE(SUM(u."amount" - u."returned"), 0) FROM "point_lot_use" u WHERE u."takenBy" = t."id"
    ) + (
      SELECT COALESCE(SUM(c."amount"), 0) FROM "point_transaction" c
      WHERE c."reference" >= CONCAT('spend-cancel:', t."id", ':') AND c."reference" < CONCAT('spend-cancel:', t."id", ';')
    ) LIMIT 1`,
  ],
  [
    'what a hold took of the lots is not what it holds',
    `SELECT h.* FROM "point_hold" h WHERE h."state" <> 'CONFIRMED' AND (
      SELECT COALESCE(SUM(u."amount" - u."returned"), 0) FROM "point_lot_use" u WHERE u."takenBy" = h."id"
    ) <> CASE WHEN h."state" = 'HELD' THEN h."amount" ELSE 0 END LIMIT 1`,
  ],
  [
    'a hold is confirmed without its spend, or has one and is not',
    `SELECT h.* FROM "point_hold" h LEFT JOIN "point_transaction" t ON t."id" = h."id"
    WHERE (h."state" = 'CONFIRMED') <> (t."id" IS NOT NULL)
      OR (h."state" = 'CONFIRMED' AND (t."amount" <> -h."confirmedAmount" OR t."ownerId" <> h."ownerId" OR t."status" <> 'SPEND'))
    LIMIT 1`,
  ],
] as const;
const DONE_WITHOUT_ROW = `SELECT c.* FROM "point_cancellation" c JOIN "point_payment" p ON p."id" = c."paymentId"
  LEFT JOIN "point_transaction" t
    ON t."reference" = CONCAT(p."gateway", ':', p."gatewayPaymentId", ':', c."cancellationKey")
  LEFT JOIN "point_transaction" f ON c."fee" > 0 AND f."reference" = CONCAT('refund-fee:', t."id")
  WHERE c."state" = 'DONE' AND c."kind" = 'USER'
    AND (t."id" IS NULL OR t."amount" <> -c."amount" OR (c."fee" > 0 AND f."id" IS NULL)) LIMIT 1`;

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
