import type { RefundAccountNeed } from '../gateway/pg-rules.js';
import type { CancelPolicy } from '../shop/shop.js';
import { CancelObstacle, type Deadline, deadlineOf, obstacleTo, sure } from './cancel-terms.js';
import type { PaymentTerms } from './payment-terms.js';
import { inShort, type PlanInShort, type PresetPlan, type RefundPlan } from './refund-plan.js';
import { leftToShop, policyDeadline, PolicyReason } from './shop-policy.js';

/** Why not all of a payment can be cancelled; all but SHOP_POLICY are named after the code with which more is refused. */
export enum RefundLimit {
  CANCEL_AMOUNT_EXCEEDED = 'CANCEL_AMOUNT_EXCEEDED',
  CANCEL_IN_PROGRESS = 'CANCEL_IN_PROGRESS',
  CANCEL_NOT_POSSIBLE = 'CANCEL_NOT_POSSIBLE',
  INSUFFICIENT_POINT = 'INSUFFICIENT_POINT',
  /** More is refused with CANCEL_BY_SHOP_ONLY. */
  SHOP_POLICY = 'SHOP_POLICY',
}

/** Whether a payment company allows something, as far as anybody knows. */
export enum Possibility {
  YES = 'YES',
  NO = 'NO',
  NOT_KNOWN = 'NOT_KNOWN',
}

/** What could be cancelled of a payment. Amounts are whole won. */
export interface Quote {
  left: number;
  /** The most that can be cancelled now. */
  refundable: number;
  limitedBy: RefundLimit | null;
  /** Which rule of the payment company is against cancelling all of it now; null when none is known to be. */
  obstacle: CancelObstacle | null;
  /** Why the shop leaves cancelling all of it to itself; null when shoppers may. */
  policyReason: PolicyReason | null;
  /** When a payment company that takes no cancellations now takes them again. */
  opensAt: Date | null;
  /** Whether less than all that is left can be cancelled. */
  partialCancel: Possibility;
  /** Null when nobody counts. */
  partialCancelsLeft: number | null;
  /** The first instant at which nothing can be cancelled here any more; null when there is none, or none is known. */
  cancelUntil: Date | null;
  /** `cancelUntil` differs from card company to card company, or from bank to bank. */
  isCancelUntilAbout: boolean;
  /** What the request has to bring along, which is no obstacle; null when nobody knows. */
  refundAccount: RefundAccountNeed | null;
}

/** The same with what just goes back, and why. */
export interface QuoteWithPlan extends Quote {
  /** Of `refundable`, or of the part that was asked about; null where nothing goes back, or not that part. */
  plan: PlanInShort | null;
  /** Paid points that can still be spent, and such that expired. */
  unspent: number;
  expired: number;
}

/** What a plan is made of. */
interface Plans {
  paid: { remaining: number; expired: number };
  /** By the shop's policy: of an amount that it gives back. */
  planOf: (amount: number) => RefundPlan | string;
  preset: PresetPlan | undefined;
  terms: PaymentTerms;
  /** All that is left could go back, if its bonus had not been spent. */
  isBonusAgainst: boolean;
  /** The part that is asked about; undefined for the most that goes back. */
  amount: number | undefined;
}

/** Adds the plan, by the shop's policy or by a preset that gives back more. */
export function withPlan(
  byPolicy: Quote,
  { paid, planOf, preset, terms: { rules, facts }, isBonusAgainst, amount }: Plans,
  now: Date,
): QuoteWithPlan {
  const quote = { ...byPolicy, unspent: paid.remaining, expired: paid.expired };
  if (isBonusAgainst && byPolicy.limitedBy === RefundLimit.INSUFFICIENT_POINT) {
    Object.assign(quote, { limitedBy: RefundLimit.SHOP_POLICY, policyReason: PolicyReason.BONUS_SPENT });
  }
  const isFinal =
    quote.limitedBy === RefundLimit.CANCEL_IN_PROGRESS ||
    quote.limitedBy === RefundLimit.CANCEL_AMOUNT_EXCEEDED;
  if (preset && !isFinal && preset.plan.amount > quote.refundable) {
    const { plan, until } = preset;
    const isAll = plan.amount === quote.left;
    const refused = obstacleTo(rules, facts, { isAll, hasRefundAccount: true }, now);
    const obstacle = {
      obstacle: refused?.obstacle ?? null,
      opensAt: refused?.obstacle === CancelObstacle.CLOSED_NOW ? refused.at : null,
    };
    if (refused) return { ...quote, ...obstacle, limitedBy: RefundLimit.CANCEL_NOT_POSSIBLE, plan: null };
    return {
      ...quote,
      ...obstacle,
      refundable: plan.amount,
      ...(isAll ? { limitedBy: null, policyReason: null } : {}),
      partialCancel: Possibility.NO,
      ...endOf(deadlineOf(rules, facts.paidAt), until),
      plan: amount === undefined || amount === plan.amount ? inShort(plan) : null,
    };
  }
  const plan = quote.refundable > 0 ? planOf(Math.min(amount ?? quote.refundable, quote.refundable)) : null;
  const isPossible = amount === undefined || amount <= quote.refundable;
  return { ...quote, plan: isPossible && plan !== null && typeof plan !== 'string' ? inShort(plan) : null };
}

/** What our own books say of a payment. */
interface Books {
  /** What is left of it. */
  left: number;
  /** What of it is neither spent nor held, less what its bonus takes. */
  available: number;
  /** A cancellation of it is open. */
  isOpen: boolean;
}

/** Puts together what our books, the shop and the payment company's rules allow at this moment. */
export function quoteOf(
  books: Books,
  policy: CancelPolicy,
  { rules, facts }: PaymentTerms,
  now: Date,
): Quote {
  const max = sure(rules.partialCancelsMax);
  const partialCancelsLeft = max === undefined ? null : Math.max(0, max - facts.partialCancels);
  const isPartPossible = partialCancelsLeft === 0 || !policy.partial ? false : sure(rules.partialCancel);
  const refused = obstacleTo(rules, facts, { isAll: true, hasRefundAccount: true }, now);
  const isLeftToShop = (amount: number, isAll: boolean) =>
    leftToShop(policy, facts.paidAt, { amount, isAll }, now);
  const policyReason = books.left > 0 ? (isLeftToShop(books.left, true)?.reason ?? null) : null;
  const limits = { isLeftToShop: policyReason !== null, isRefused: refused !== undefined };
  const mayBePart = isPartPossible !== false && !isLeftToShop(books.available, false);
  return {
    left: books.left,
    ...limitOf(books, { ...limits, mayBePart }),
    obstacle: refused?.obstacle ?? null,
    policyReason,
    opensAt: refused?.obstacle === CancelObstacle.CLOSED_NOW ? refused.at : null,
    partialCancel: possibilityOf(isPartPossible),
    partialCancelsLeft,
    ...endOf(deadlineOf(rules, facts.paidAt), policyDeadline(policy, facts.paidAt)),
    refundAccount: sure(rules.refundAccount) ?? null,
  };
}

/** The earlier one of the payment company's end and the shop's. */
function endOf(
  { until, isAbout }: Deadline,
  shopsEnd: Date | null,
): Pick<Quote, 'cancelUntil' | 'isCancelUntilAbout'> {
  return shopsEnd && (!until || shopsEnd <= until)
    ? { cancelUntil: shopsEnd, isCancelUntilAbout: false }
    : { cancelUntil: until, isCancelUntilAbout: isAbout };
}

function limitOf(
  { left, available, isOpen }: Books,
  { isLeftToShop, isRefused, mayBePart }: { isLeftToShop: boolean; isRefused: boolean; mayBePart: boolean },
): Pick<Quote, 'refundable' | 'limitedBy'> {
  if (isOpen) return { refundable: 0, limitedBy: RefundLimit.CANCEL_IN_PROGRESS };
  if (left === 0) return { refundable: 0, limitedBy: RefundLimit.CANCEL_AMOUNT_EXCEEDED };
  if (isLeftToShop) return { refundable: 0, limitedBy: RefundLimit.SHOP_POLICY };
  if (isRefused) return { refundable: 0, limitedBy: RefundLimit.CANCEL_NOT_POSSIBLE };
  if (available >= left) return { refundable: left, limitedBy: null };
  return { refundable: mayBePart ? Math.max(0, available) : 0, limitedBy: RefundLimit.INSUFFICIENT_POINT };
}

function possibilityOf(isPossible: boolean | undefined): Possibility {
  if (isPossible === undefined) return Possibility.NOT_KNOWN;
  return isPossible ? Possibility.YES : Possibility.NO;
}
