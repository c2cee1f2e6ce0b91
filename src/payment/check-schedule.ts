import { type PaymentOrder, StoredOrderState } from './payment-order.entity.js';

/**
 * Minutes after an order was made at which the gateway is asked whether it was paid, in case neither the browser nor a
 * webhook told us. Less than ten minutes lie between two of them, so that no payer waits longer than that for points. The
 * last ones are after the order's end, for a payment that was begun just before it.
 */
const CHECKS_AFTER_MINUTES = [1, 2, 4, 8, 15, 24, 33, 42, 51, 60, 69, 78];

/** How long an order waits for its payment, if no account waits for it. */
export const ORDER_LIFETIME_MS = 60 * 60_000;

/** While an account waits: the first hours, in which most deposits come, and then. A notice tells of it sooner. */
const DEPOSIT_PAUSES_MS = { atFirst: 10 * 60_000, later: 60 * 60_000 };
const DEPOSIT_FIRST_MS = 2 * 60 * 60_000;
/** After an account's time, for a bank or a notice that was late. */
const CHECKS_AFTER_DUE_MINUTES = [1, 10, 60, 6 * 60, 24 * 60];
/** A paid order is asked about once more for a second deposit. */
const LAST_CHECK_AFTER_DUE_MS = 60 * 60_000;

type Timed = Pick<PaymentOrder, 'createdAt' | 'expiresAt' | 'state'>;

/** An account waits or waited for it, so that its time is the account's. */
export function hadAccount({ state, createdAt, expiresAt }: Timed): boolean {
  return (
    state === StoredOrderState.AWAITING_DEPOSIT ||
    expiresAt.getTime() - createdAt.getTime() > ORDER_LIFETIME_MS
  );
}

/** @returns when to ask next about an unpaid order, or null when all times were used. */
export function nextCheckOf(order: Timed, now: Date): Date | null {
  return hadAccount(order) ? nextDepositCheck(order, now) : nextCheckAfter(order.createdAt, now);
}

/** @returns the last time to ask about a paid order, or null when it is over. */
export function lastCheckOf(order: Timed, now: Date): Date | null {
  if (!hadAccount(order)) return lastCheckAfter(order.createdAt, now);
  const last = new Date(order.expiresAt.getTime() + LAST_CHECK_AFTER_DUE_MS);
  return last > now ? last : null;
}

function nextDepositCheck({ createdAt, expiresAt }: Timed, now: Date): Date | null {
  const after = CHECKS_AFTER_DUE_MINUTES.map((minutes) => new Date(expiresAt.getTime() + minutes * 60_000));
  const [firstAfterDue] = after.filter((at) => at > now);
  if (!firstAfterDue || expiresAt <= now) return firstAfterDue ?? null;
  const isFirst = now.getTime() - createdAt.getTime() < DEPOSIT_FIRST_MS;
  const next = now.getTime() + DEPOSIT_PAUSES_MS[isFirst ? 'atFirst' : 'later'];
  return new Date(Math.min(next, firstAfterDue.getTime()));
}

/** @returns the next time to ask after `now`, or null when all were used. */
export function nextCheckAfter(createdAt: Date, now: Date): Date | null {
  return checksAfter(createdAt, now)[0] ?? null;
}

/** @returns the last time to ask, or null when it is over. */
export function lastCheckAfter(createdAt: Date, now: Date): Date | null {
  return checksAfter(createdAt, now).at(-1) ?? null;
}

function checksAfter(createdAt: Date, now: Date): Date[] {
  return CHECKS_AFTER_MINUTES.map((minutes) => new Date(createdAt.getTime() + minutes * 60_000)).filter(
    (at) => at > now,
  );
}
