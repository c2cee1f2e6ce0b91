import type { DataSource } from 'typeorm';
import { User } from '../user/user.entity.js';
import { PaymentOrder, StoredOrderState } from './payment-order.entity.js';

/** Orders of one user that can be paid at the same time. Each costs us questions to the gateway. */
export const OPEN_ORDERS_MAX = 10;
/** An order that ends sooner is not given to somebody who is only now about to pay. */
const REUSE_LEFT_MIN_MS = 10 * 60 * 1000;

/** What a user has, and may have soon: an open order is a promise to credit what is paid for it. */
export interface Promised {
  /** Whole won. */
  point: number;
  /** Those that can still be paid, newest first; no more than {@link OPEN_ORDERS_MAX}. */
  orders: PaymentOrder[];
}

/** @returns undefined when there is no such user. */
export async function readPromised({ manager }: DataSource, userId: string): Promise<Promised | undefined> {
  const user = await manager
    .createQueryBuilder(User, 'user')
    .leftJoinAndMapMany(
      'user.orders',
      PaymentOrder,
      'open_order',
      'open_order.userId = user.id AND open_order.state = :state AND open_order.expiresAt > :now',
      { state: StoredOrderState.READY, now: new Date() },
    )
    .where('user.id = :userId', { userId })
    .orderBy('open_order.expiresAt', 'DESC')
    // One of the same wish is among them, however many there are.
    .limit(OPEN_ORDERS_MAX)
    .getOne();
  return (user as Promised | null) ?? undefined;
}

/** The one of this amount that has enough time left to be paid. */
export function sameWish({ orders }: Promised, amount: number): PaymentOrder | undefined {
  return orders.find(
    (order) => order.amount === amount && order.expiresAt.getTime() - Date.now() >= REUSE_LEFT_MIN_MS,
  );
}

/**
 * The row of the user is locked first, and what the user was promised is read under this lock: orders that are made at
 * once do not see each other otherwise. It names the user's row, so that no database reads it before it has the lock.
 */
const insertUnderLock = (
  lock: string,
) => `INSERT INTO payment_order (merchantUid, userId, amount, state, createdAt, expiresAt, nextCheckAt, paidAt)
  SELECT :merchantUid, account.id, :amount, :state, :createdAt, :expiresAt, :nextCheckAt, NULL
  FROM user AS account
  WHERE account.id = :userId AND (
    SELECT COUNT(*) < :openOrdersMax
      AND COALESCE(SUM(open_order.amount), 0) <= :maxBalance - account.point - :amount
      AND COALESCE(MAX(open_order.amount = :amount AND open_order.expiresAt >= :reusableUntil), 0) = 0
    FROM payment_order AS open_order
    WHERE open_order.userId = account.id AND open_order.state = :state AND open_order.expiresAt > :now
    ${lock}
  )
  ${lock}`;

/**
 * Stores an order unless an open one of the same wish is there, or another one would promise too much; in one statement,
 * so that it needs no transaction around it.
 *
 * @param maxBalance whole won.
 * @returns false when nothing was stored.
 */
export async function insertIfItCanBeKept(
  dataSource: DataSource,
  order: PaymentOrder,
  maxBalance: number,
): Promise<boolean> {
  const { merchantUid, userId, amount, state, createdAt, expiresAt, nextCheckAt } = order;
  const now = new Date();
  const runner = dataSource.createQueryRunner();
  // SQLite knows no row locks and needs none: a statement that writes has the whole database to itself.
  const lock = dataSource.options.type === 'better-sqlite3' ? '' : 'FOR UPDATE';
  const [sql, values] = dataSource.driver.escapeQueryWithParameters(insertUnderLock(lock), {
    merchantUid,
    userId,
    amount,
    state,
    createdAt,
    expiresAt,
    nextCheckAt,
    now,
    maxBalance,
    openOrdersMax: OPEN_ORDERS_MAX,
    reusableUntil: new Date(now.getTime() + REUSE_LEFT_MIN_MS),
  });
  try {
    const { affected } = await runner.query(sql, values, true);
    return affected === 1;
  } finally {
    await runner.release();
  }
}
