import type { DataSource } from 'typeorm';
import type { PaymentMethod } from '../config/payment-methods.js';
import { columnsOf, JoinOf, Statement } from '../database/statement.js';
import { PointAccount } from '../point-account/point-account.entity.js';
import { PaymentOrder, StoredOrderState } from './payment-order.entity.js';

/** Orders of one owner that can be paid at the same time. Each costs us questions to the gateway. */
export const OPEN_ORDERS_MAX = 10;
/** An order that ends sooner is not given to somebody who is only now about to pay. */
const REUSE_LEFT_MIN_MS = 10 * 60 * 1000;

/** What an owner has, and may have soon: an open order is a promise to credit what is paid for it. */
export interface Promised {
  /** Whole won. */
  point: number;
  /** They have left. */
  isClosed: boolean;
  /** Those that can still be paid, in no order; no more than {@link OPEN_ORDERS_MAX}. */
  orders: PaymentOrder[];
}

/** Of an owner without an account, who never ordered anything. */
export const NOTHING_PROMISED: Promised = { point: 0, isClosed: false, orders: [] };

/**
 * One row for each open order, or one without an order. Of more than can be open, which two nodes of a Galera cluster may have let
 * through, it does not matter which: no further one is made. Put in order they would cost MariaDB a temporary table.
 */
const promised = new JoinOf<{
  account: Pick<PointAccount, 'ownerId' | 'point' | 'closedAt'>;
  openOrder: PaymentOrder | null;
}>(
  { account: columnsOf(PointAccount, 'ownerId', 'point', 'closedAt'), openOrder: PaymentOrder },
  ({ table }) => `FROM ${table(PointAccount)} AS account
  LEFT JOIN ${table(PaymentOrder)} AS openOrder
    ON openOrder.ownerId = account.ownerId AND openOrder.state IN ('READY', 'AWAITING_DEPOSIT') AND openOrder.expiresAt > :now
  WHERE account.ownerId = :ownerId
  LIMIT ${OPEN_ORDERS_MAX}`,
);

/** @returns undefined when the owner has no account yet. */
export async function readPromised({ manager }: DataSource, ownerId: string): Promise<Promised | undefined> {
  const rows = await promised.all(manager, { ownerId, now: new Date() });
  const [first] = rows;
  if (!first) return undefined;
  const { point, closedAt } = first.account;
  return {
    point,
    isClosed: closedAt !== null,
    orders: rows.flatMap(({ openOrder }) => openOrder ?? []),
  };
}

/**
 * The one of this amount, made under the same terms, that has enough time left to be paid; none for which an account waits
 * already.
 */
export function openOrderOf(
  orders: PaymentOrder[],
  { amount, termsVersion }: Pick<PaymentOrder, 'amount' | 'termsVersion'>,
): PaymentOrder | undefined {
  return orders.find(
    (order) =>
      order.state === StoredOrderState.READY &&
      order.amount === amount &&
      order.termsVersion === termsVersion &&
      order.expiresAt.getTime() - Date.now() >= REUSE_LEFT_MIN_MS,
  );
}

/**
 * The account is locked first, and what its owner was promised is read under this lock: orders that are made at
 * once do not see each other otherwise. It names the account's row, so that no database reads it before it has the lock.
 */
const insertUnderLock = new Statement(
  ({
    table,
    forUpdate,
  }) => `INSERT INTO ${table(PaymentOrder)} (merchantUid, ownerId, gateway, amount, bonus, taxFree, vat, method, state, termsVersion, createdAt, expiresAt, nextCheckAt, paidAt)
  SELECT :merchantUid, account.ownerId, :gateway, :amount, :bonus, :taxFree, :vat, :method, :state, :termsVersion, :createdAt, :expiresAt, :nextCheckAt, NULL
  FROM ${table(PointAccount)} AS account
  WHERE account.ownerId = :ownerId AND account.closedAt IS NULL AND (
    SELECT COUNT(*) < ${OPEN_ORDERS_MAX}
      AND COALESCE(SUM(open_order.amount + open_order.bonus), 0) <= :maxBalance - account.point - :amount - :bonus
      AND COALESCE(MAX(open_order.amount = :amount AND open_order.state = 'READY' AND open_order.expiresAt >= :reusableUntil
        AND COALESCE(open_order.termsVersion, '') = COALESCE(:termsVersion, '')), 0) = 0
    FROM ${table(PaymentOrder)} AS open_order
    WHERE open_order.ownerId = account.ownerId AND open_order.state IN ('READY', 'AWAITING_DEPOSIT') AND open_order.expiresAt > :now
    ${forUpdate}
  )
  ${forUpdate}`,
);

const chooseMethod = new Statement(
  ({ table }) => `UPDATE ${table(PaymentOrder)} SET method = :method WHERE merchantUid = :merchantUid`,
);

/** An order is paid in another way than its buyer wanted first; nothing is decided by it. @returns the order with it. */
export async function payBy(
  { manager }: DataSource,
  order: PaymentOrder,
  method: PaymentMethod,
): Promise<PaymentOrder> {
  if (order.method === method) return order;
  await chooseMethod.run(manager, { merchantUid: order.merchantUid, method });
  return Object.assign(order, { method });
}

/**
 * Stores an order unless its owner has left, an open one of the same amount and terms is there, or another one would promise too much; in one statement,
 * so that it needs no transaction around it.
 *
 * @param maxBalance whole won.
 * @returns false when nothing was stored.
 */
export async function insertIfItCanBeKept(
  { manager }: DataSource,
  order: PaymentOrder,
  maxBalance: number,
): Promise<boolean> {
  const now = new Date();
  const reusableUntil = new Date(now.getTime() + REUSE_LEFT_MIN_MS);
  return (
    (await insertUnderLock.run(manager, Object.assign({}, order, { now, maxBalance, reusableUntil }))) === 1
  );
}
