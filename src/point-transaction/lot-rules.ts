import type { BonusOnRefund } from '../config/settings.js';
import type { Lot } from './lot.entity.js';

/** Whole points of one lot. */
export interface Share<Of> {
  of: Of;
  amount: number;
}

/**
 * Shares an amount out over lots or their uses, in their order, as much of each as it has.
 *
 * @param roomOf whole points that one can take or give.
 * @returns the shares of those that have one, and what no room was found for.
 */
export function shareOut<Of>(
  amount: number,
  candidates: readonly Of[],
  roomOf: (one: Of) => number,
): { shares: Share<Of>[]; missing: number } {
  const shares: Share<Of>[] = [];
  let missing = amount;
  for (const of of candidates) {
    const share = Math.min(missing, roomOf(of));
    if (share <= 0) continue;
    shares.push({ of, amount: share });
    missing -= share;
  }
  return { shares, missing };
}

/**
 * How many points more the lots of an owner have, when `available` changes: below zero is a debt, which no lot has, and which
 * whatever comes fills first.
 */
export function changeOfLots(availableBefore: number, availableAfter: number): number {
  return Math.max(0, availableAfter) - Math.max(0, availableBefore);
}

/**
 * Until when points that come back into a lot can be spent.
 *
 * @param graceMs what they get when the lot has expired meanwhile; 0: nothing, so that they are lost.
 */
export function openUntilOf(
  { expiresAt, openUntil }: Pick<Lot, 'expiresAt' | 'openUntil'>,
  graceMs: number,
  now: Date,
): Date {
  const known = openUntil !== null && openUntil > expiresAt ? openUntil : expiresAt;
  return known > now || graceMs === 0 ? known : new Date(now.getTime() + graceMs);
}

/**
 * How much of a payment's bonus has to go back by the time when so much of its credit went back: in proportion, rounded down.
 * All of it with the last won.
 *
 * @param cancelled whole points of the credit that went back, with those that are about to.
 */
export function bonusDue({ initial, bonus }: Pick<Lot, 'initial' | 'bonus'>, cancelled: number): number {
  // Exact: both are far below the root of the largest whole number.
  return Number((BigInt(bonus) * BigInt(cancelled)) / BigInt(initial));
}

/** What a cancellation takes of its payment's bonus. */
export interface Removal {
  /** Points that go, for no money. */
  bonus: number;
  /** How many of these were spent, and are taken from the paid points in their place. */
  bonusFromPaid: number;
  /** How many that were spent belong to it, whether or not they are taken. */
  bonusSpent: number;
}

/** What is left of a payment in the lots. */
export interface OwnLots {
  paid: Pick<Lot, 'initial' | 'bonus' | 'bonusTaken' | 'remaining'>;
  bonusRemaining: number;
  /** Lost because their time was over: these were not spent, and nobody pays for them. */
  bonusExpired: number;
}

/**
 * What goes with so many paid points of a payment: their share of the bonus. Bonus that was spent is taken from the paid points
 * that are left, so that nobody buys a bonus, spends it and gets all of the money back; or it is forgiven, where the shop says so.
 *
 * @param cancelled whole points of the credit that went back before.
 */
export function removalOf(
  { paid, bonusRemaining, bonusExpired }: OwnLots,
  cancelled: number,
  points: number,
  spentBonus: BonusOnRefund,
): Removal {
  const due = Math.max(0, bonusDue(paid, cancelled + points) - paid.bonusTaken);
  const fromBonus = Math.min(due, bonusRemaining);
  const bonusSpent = due - fromBonus - Math.min(due - fromBonus, bonusExpired);
  const bonusFromPaid = spentBonus === 'FORGIVE' ? 0 : bonusSpent;
  return { bonus: fromBonus + bonusFromPaid, bonusFromPaid, bonusSpent };
}

/**
 * The most points of a payment that can go for money: those that are left of its own, less what their bonus takes of them.
 *
 * @param most what is left of its money.
 * @param pool what is left of its paid points.
 */
export function refundableOf(
  own: OwnLots,
  cancelled: number,
  most: number,
  spentBonus: BonusOnRefund,
  pool = own.paid.remaining,
): number {
  const fits = (points: number) => {
    const { bonusFromPaid, bonusSpent } = removalOf(own, cancelled, points, spentBonus);
    return points + bonusFromPaid <= pool && (spentBonus !== 'REFUSE' || bonusSpent === 0);
  };
  let [low, high] = [0, Math.min(most, pool)];
  // More won never need fewer points: halving finds the last that fits, in at most 31 steps.
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
