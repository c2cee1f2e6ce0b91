import { koreanDate, koreanInstant } from '../calendar/korean-time.js';
import type { BonusOnRefund } from '../config/settings.js';
import { type CancelPolicy, NO_SHOP } from '../shop/shop.js';

/** Why a shop leaves a cancellation to itself. */
export enum PolicyReason {
  OFF = 'OFF',
  TOO_LATE = 'TOO_LATE',
  ONLY_IN_FULL = 'ONLY_IN_FULL',
  TOO_SMALL = 'TOO_SMALL',
  /** Bonus of the payment was spent, and the shop wants to be asked then (BONUS_ON_REFUND). */
  BONUS_SPENT = 'BONUS_SPENT',
}

export interface LeftToShop {
  reason: PolicyReason;
  /** For TOO_LATE: since when; null for the others. */
  deadline: Date | null;
  /** For TOO_SMALL: the least in whole won; null for the others. */
  minAmount: number | null;
}

/** By which rules of the shop money goes back. */
export interface RefundPolicy {
  cancelPolicy: CancelPolicy;
  bonusOnRefund: BonusOnRefund;
}

/**
 * What binds whoever asks for the shop: none of the rules that it makes for its shoppers. Where it wants to be asked about bonus that
 * was spent, this is the answer: it is taken from the paid points, as of a payment that was cancelled outside.
 */
export function policyForShop({ bonusOnRefund }: Pick<RefundPolicy, 'bonusOnRefund'>): RefundPolicy {
  return {
    cancelPolicy: NO_SHOP.cancelPolicy,
    bonusOnRefund: bonusOnRefund === 'REFUSE' ? 'DEDUCT_FROM_REFUND' : bonusOnRefund,
  };
}

/** A cancellation as a shopper asks for it. */
export interface AskedByShopper {
  /** Whole won. */
  amount: number;
  /** It takes all that is left. */
  isAll: boolean;
}

/**
 * Compares what a shopper asks for with what the shop lets shoppers do by themselves.
 *
 * @param paidAt null when the gateway does not tell: then no time is over.
 * @returns the first reason against it; undefined when there is none.
 */
export function leftToShop(
  policy: CancelPolicy,
  paidAt: Date | null,
  { amount, isAll }: AskedByShopper,
  now: Date,
): LeftToShop | undefined {
  const because = (reason: PolicyReason, more: Partial<LeftToShop> = {}): LeftToShop => ({
    reason,
    deadline: null,
    minAmount: null,
    ...more,
  });
  if (!policy.byShopper) return because(PolicyReason.OFF);
  const deadline = policyDeadline(policy, paidAt);
  if (deadline && now >= deadline) return because(PolicyReason.TOO_LATE, { deadline });
  if (!policy.partial && !isAll) return because(PolicyReason.ONLY_IN_FULL);
  const { minAmount } = policy;
  if (minAmount !== null && amount < minAmount) return because(PolicyReason.TOO_SMALL, { minAmount });
  return undefined;
}

/** The first instant at which a shopper can no longer cancel: a midnight in Korea. The day of the payment is not counted. */
export function policyDeadline({ withinDays }: CancelPolicy, paidAt: Date | null): Date | null {
  if (withinDays === null || !paidAt) return null;
  const { year, month, day } = koreanDate(paidAt);
  return koreanInstant(year, month, day + withinDays + 1);
}
