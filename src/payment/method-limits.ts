import type { MethodLimits } from '../config/payment-methods.js';
import type { OfferedMethod } from '../gateway/offered-method.js';

/** Which limit of a way to pay an amount is beyond. */
export enum MethodLimit {
  /** Less than one payment can be. */
  AMOUNT_MIN = 'AMOUNT_MIN',
  /** More than one payment can be. */
  AMOUNT_MAX = 'AMOUNT_MAX',
  /** More than is left of what one owner can pay by it in a Korean day. */
  DAY = 'DAY',
  /** The same for a Korean month. */
  MONTH = 'MONTH',
}

/** In whole won. */
export interface LimitFault {
  limit: MethodLimit;
  /** The limit itself. */
  max: number;
  /** What can still be paid. */
  left: number;
}

/** What an owner paid by one way, in whole won. */
export interface PaidBefore {
  day: number;
  month: number;
}

type Bounds = Pick<OfferedMethod, 'maxAmount' | 'minAmount'>;

/** The most that one payment can be: the smallest of all limits; undefined where there is none. */
export function maxAmountOf({ maxAmount }: Bounds, { max, day, month }: MethodLimits): number | undefined {
  const limits = [maxAmount, max, day, month].filter((limit) => limit !== undefined);
  return limits.length > 0 ? Math.min(...limits) : undefined;
}

/** Whether an answer needs to know what was paid before. */
export function hasLimitOfTime({ day, month }: MethodLimits): boolean {
  return day !== undefined || month !== undefined;
}

/** @returns the first limit that one payment of `amount` is beyond, whatever was paid before. */
export function faultOfAmount(amount: number, bounds: Bounds, limits: MethodLimits): LimitFault | undefined {
  const { minAmount } = bounds;
  if (minAmount !== undefined && amount < minAmount) {
    return { limit: MethodLimit.AMOUNT_MIN, max: minAmount, left: 0 };
  }
  const most = Math.min(bounds.maxAmount ?? Infinity, limits.max ?? Infinity);
  return amount > most ? { limit: MethodLimit.AMOUNT_MAX, max: most, left: most } : undefined;
}

/** @returns the limit of a day or a month that another payment of `amount` would exceed. */
export function faultOfTime(amount: number, limits: MethodLimits, paid: PaidBefore): LimitFault | undefined {
  const faults = [
    { limit: MethodLimit.DAY, max: limits.day, paid: paid.day },
    { limit: MethodLimit.MONTH, max: limits.month, paid: paid.month },
  ] as const;
  for (const { limit, max, paid: before } of faults) {
    if (max === undefined || before + amount <= max) continue;
    return { limit, max, left: Math.max(0, max - before) };
  }
  return undefined;
}
