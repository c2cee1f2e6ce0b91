import {
  CancelEndKind,
  Certainty,
  type ClosedHours,
  type MethodRules,
  RefundAccountNeed,
  type Rule,
} from '../gateway/pg-rules.js';
import { daysOfMonth, koreanDate, koreanInstant } from '../calendar/korean-time.js';

/** By which rule of a payment company a cancellation cannot be, so that it is not even asked. */
export enum CancelObstacle {
  NOT_CANCELLABLE = 'NOT_CANCELLABLE',
  DEADLINE_OVER = 'DEADLINE_OVER',
  ONLY_IN_FULL = 'ONLY_IN_FULL',
  PARTIAL_CANCELS_USED_UP = 'PARTIAL_CANCELS_USED_UP',
  REFUND_ACCOUNT_NEEDED = 'REFUND_ACCOUNT_NEEDED',
  CLOSED_NOW = 'CLOSED_NOW',
}

export interface Refused {
  obstacle: CancelObstacle;
  /** For DEADLINE_OVER since when, for CLOSED_NOW until when; null for the others. */
  at: Date | null;
}

/** What of a payment the rules are about. */
export interface PaymentFacts {
  paidAt: Date | null;
  /** How often a part of it went back already. */
  partialCancels: number;
}

export interface AskedCancel {
  /** It takes all that is left. */
  isAll: boolean;
  hasRefundAccount: boolean;
}

/** Until when a payment can be cancelled. */
export interface Deadline {
  /** The first instant at which it can no longer be cancelled; null when there is no such instant, or when it is not known. */
  until: Date | null;
  /** `until` differs from card company to card company, or from bank to bank. */
  isAbout: boolean;
}

/**
 * The value of a rule that somebody wrote down or saw. What is only assumed, or not known, refuses nobody: the payment
 * company is asked then.
 */
export function sure<Value>(rule: Rule<Value>): Value | undefined {
  return rule.certainty === Certainty.DOCUMENTED || rule.certainty === Certainty.OBSERVED
    ? rule.value
    : undefined;
}

/**
 * Compares a cancellation with what its payment company is known to allow.
 *
 * @returns the first rule that is against it; undefined when none is known to be.
 */
export function obstacleTo(
  rules: MethodRules,
  { paidAt, partialCancels }: PaymentFacts,
  { isAll, hasRefundAccount }: AskedCancel,
  now: Date,
): Refused | undefined {
  const refused = (obstacle: CancelObstacle, at: Date | null = null): Refused => ({ obstacle, at });
  if (sure(rules.cancelEnd)?.kind === CancelEndKind.NEVER) return refused(CancelObstacle.NOT_CANCELLABLE);
  const { until, isAbout } = deadlineOf(rules, paidAt);
  if (until && !isAbout && now >= until) return refused(CancelObstacle.DEADLINE_OVER, until);
  if (!isAll && sure(rules.partialCancel) === false) return refused(CancelObstacle.ONLY_IN_FULL);
  // Whether one that takes the rest counts as another part is not known.
  if (!isAll && partialCancels >= (sure(rules.partialCancelsMax) ?? Infinity))
    return refused(CancelObstacle.PARTIAL_CANCELS_USED_UP);
  const account = sure(rules.refundAccount) ?? RefundAccountNeed.NONE;
  if (account !== RefundAccountNeed.NONE && !hasRefundAccount)
    return refused(CancelObstacle.REFUND_ACCOUNT_NEEDED);
  const opensAt = openingAfter(sure(rules.closedHours), now);
  return opensAt ? refused(CancelObstacle.CLOSED_NOW, opensAt) : undefined;
}

/**
 * Until when a payment can be cancelled. Where pages leave open how days are counted, the latest reading counts: the day or
 * the month ends at midnight in Korea, and the day of the payment itself is not counted.
 *
 * @param paidAt null when the gateway does not tell: then nothing is known.
 */
export function deadlineOf({ cancelEnd }: Pick<MethodRules, 'cancelEnd'>, paidAt: Date | null): Deadline {
  const end = sure(cancelEnd);
  const none = { until: null, isAbout: false };
  if (!end || !paidAt) return none;
  const { year, month, day } = koreanDate(paidAt);
  const count = end.count ?? 0;
  switch (end.kind) {
    case CancelEndKind.CALENDAR_MONTH:
      return { until: koreanInstant(year, month + 1, 1), isAbout: false };
    case CancelEndKind.DAYS:
      return { until: koreanInstant(year, month, day + count + 1), isAbout: false };
    case CancelEndKind.MONTHS:
    case CancelEndKind.ABOUT_MONTHS: {
      const lastDay = Math.min(day, daysOfMonth(year, month + count));
      const until = koreanInstant(year, month + count, lastDay + 1);
      return { until, isAbout: end.kind === CancelEndKind.ABOUT_MONTHS };
    }
    case CancelEndKind.NONE:
    case CancelEndKind.NEVER:
      break;
  }
  return none;
}

/** @returns when it opens again; undefined while it is open. */
function openingAfter(closed: ClosedHours | undefined, now: Date): Date | undefined {
  if (!closed) return undefined;
  const { from, until } = closed;
  const { year, month, day, hour } = koreanDate(now);
  const isOvernight = from > until;
  const isClosed = isOvernight ? hour >= from || hour < until : hour >= from && hour < until;
  if (!isClosed) return undefined;
  return koreanInstant(year, month, isOvernight && hour >= from ? day + 1 : day, until);
}

/** A rule that a cancellation meets. */
export type RuleName = keyof MethodRules;

/** The rules that a cancellation meets and of which nobody knows enough to say yes or no: the payment company will. */
export function openQuestions(
  rules: MethodRules,
  { paidAt }: Pick<PaymentFacts, 'paidAt'>,
  { isAll }: Pick<AskedCancel, 'isAll'>,
  now: Date,
): RuleName[] {
  const { until, isAbout } = deadlineOf(rules, paidAt);
  const isPastAbout = until !== null && isAbout && now >= until;
  const met: RuleName[] = ['cancelEnd', 'refundAccount', ...(isAll ? [] : (['partialCancel'] as const))];
  return met.filter(
    (name) => sure<unknown>(rules[name]) === undefined || (name === 'cancelEnd' && isPastAbout),
  );
}
