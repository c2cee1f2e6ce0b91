/**
 * Minutes after an order was made at which the gateway is asked whether it was paid, in case neither the browser nor a
 * webhook told us. Less than ten minutes lie between two of them, so that no payer waits longer than that for points. The
 * last ones are after the order's end, for a payment that was begun just before it.
 */
const CHECKS_AFTER_MINUTES = [1, 2, 4, 8, 15, 24, 33, 42, 51, 60, 69, 78];

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
