import type { Gateway, Period } from '../gateway/gateway.js';
import type { Terms } from './compare.js';
import type { Comparison } from './comparison.entity.js';

/** Who looks on while a day is compared. */
export interface Watch {
  /** @param payments compared so far. */
  onProgress?: (payments: number) => void;
  /** Called again and again. @throws to end it there; what was done stays done, and the next one goes on from the start. */
  goOn?: () => Promise<void>;
}

/** One comparison while it is made. */
export interface Run {
  comparison: Comparison;
  gateway: Gateway;
  terms: Terms;
  /** What the gateway is asked for: the day and a margin, up to some minutes ago. */
  listed: Period;
  /** The part of the day up to there. */
  day: Period;
  watch: Watch;
  figures: Pick<
    Comparison,
    'payments' | 'matched' | 'paidThere' | 'cancelledThere' | 'creditedHere' | 'cancelledHere'
  >;
  stored: number;
  raised: number;
  healed: number;
}
