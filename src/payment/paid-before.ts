import type { EntityManager } from 'typeorm';
import { koreanDate, koreanInstant } from '../calendar/korean-time.js';
import { Statement } from '../database/statement.js';
import { GatewayPaymentState } from '../gateway/gateway-payment.js';
import type { PaidBy } from '../gateway/pg-rules.js';
import type { PaidBefore } from './method-limits.js';
import { Payment } from './payment.entity.js';

/** Payments of one owner in one month that are looked at, newest first: with more of them any limit was reached long ago. */
const PAYMENTS_COUNTED_MAX = 1000;

/** A deposit that the bank took back is none. */
const selectPaid = new Statement(
  ({ table }) => `SELECT pg, method, amount - cancelledAmount AS stillPaid, paidAt >= :dayBegan AS isToday
  FROM ${table(Payment)}
  WHERE ownerId = :ownerId AND paidAt >= :monthBegan AND currency = 'KRW'
    AND state IN ('${GatewayPaymentState.PAID}', '${GatewayPaymentState.CANCELLED}')
  ORDER BY paidAt DESC
  LIMIT ${PAYMENTS_COUNTED_MAX}`,
);

/**
 * What an owner paid in the Korean day and month that it is now, less what went back: a card company counts a payment that
 * was cancelled no more (assumed).
 *
 * @param counts the payments that are looked at.
 */
export async function readPaidBefore(
  manager: EntityManager,
  ownerId: string,
  counts: (paid: PaidBy) => boolean,
  now: Date,
): Promise<PaidBefore> {
  const { year, month, day } = koreanDate(now);
  const { records } = await selectPaid.send(manager, {
    ownerId,
    dayBegan: koreanInstant(year, month, day),
    monthBegan: koreanInstant(year, month, 1),
  });
  const paid: PaidBefore = { day: 0, month: 0 };
  // MariaDB sends decimals as texts.
  for (const { pg, method, stillPaid, isToday } of records as (PaidBy & {
    stillPaid: number | string;
    isToday: number;
  })[]) {
    if (!counts({ pg, method })) continue;
    paid.month += Number(stillPaid);
    if (isToday === 1) paid.day += Number(stillPaid);
  }
  return paid;
}
