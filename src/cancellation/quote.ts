import type { RefundAccountNeed } from '../gateway/pg-rules.js';
import { CancelObstacle, deadlineOf, obstacleTo, sure } from './cancel-terms.js';
import type { PaymentTerms } from './payment-terms.js';

/** Why not all of a payment can be cancelled, named after the code with which more is refused. */
export enum RefundLimit {
  CANCEL_AMOUNT_EXCEEDED = 'CANCEL_AMOUNT_EXCEEDED',
  CANCEL_IN_PROGRESS = 'CANCEL_IN_PROGRESS',
  CANCEL_NOT_POSSIBLE = 'CANCEL_NOT_POSSIBLE',
  INSUFFICIENT_POINT = 'INSUFFICIENT_POINT',
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
  /** When a payment company that takes no cancellations now takes them again. */
  opensAt: Date | null;
  /** Whether less than all that is left can be cancelled. */
  partialCancel: Possibility;
  /** Null when nobody counts. */
  partialCancelsLeft: number | null;
  /** The first instant at which nothing can be cancelled any more; null when there is none, or none is known. */
  cancelUntil: Date | null;
  /** `cancelUntil` differs from card company to card company, or from bank to bank. */
  isCancelUntilAbout: boolean;
  /** What the request has to bring along, which is no obstacle; null when nobody knows. */
  refundAccount: RefundAccountNeed | null;
}

/** What our own books say of a payment. */
interface Books {
  /** What is left of it. */
  left: number;
  /** Points neither spent nor held. */
  available: number;
  /** A cancellation of it is open. */
  isOpen: boolean;
}

/** Puts together what our books and the payment company's rules allow at this moment. */
export function quoteOf(books: Books, { rules, facts }: PaymentTerms, now: Date): Quote {
  const { until, isAbout } = deadlineOf(rules, facts.paidAt);
  const max = sure(rules.partialCancelsMax);
  const partialCancelsLeft = max === undefined ? null : Math.max(0, max - facts.partialCancels);
  const isPartPossible = partialCancelsLeft === 0 ? false : sure(rules.partialCancel);
  const refused = obstacleTo(rules, facts, { isAll: true, hasRefundAccount: true }, now);
  return {
    left: books.left,
    ...limitOf(books, refused !== undefined, isPartPossible !== false),
    obstacle: refused?.obstacle ?? null,
    opensAt: refused?.obstacle === CancelObstacle.CLOSED_NOW ? refused.at : null,
    partialCancel: possibilityOf(isPartPossible),
    partialCancelsLeft,
    cancelUntil: until,
    isCancelUntilAbout: isAbout,
    refundAccount: sure(rules.refundAccount) ?? null,
  };
}

function limitOf(
  { left, available, isOpen }: Books,
  isRefused: boolean,
  mayBePart: boolean,
): Pick<Quote, 'refundable' | 'limitedBy'> {
  if (isOpen) return { refundable: 0, limitedBy: RefundLimit.CANCEL_IN_PROGRESS };
  if (left === 0) return { refundable: 0, limitedBy: RefundLimit.CANCEL_AMOUNT_EXCEEDED };
  if (isRefused) return { refundable: 0, limitedBy: RefundLimit.CANCEL_NOT_POSSIBLE };
  if (available >= left) return { refundable: left, limitedBy: null };
  return { refundable: mayBePart ? Math.max(0, available) : 0, limitedBy: RefundLimit.INSUFFICIENT_POINT };
}

function possibilityOf(isPossible: boolean | undefined): Possibility {
  if (isPossible === undefined) return Possibility.NOT_KNOWN;
  return isPossible ? Possibility.YES : Possibility.NO;
}
