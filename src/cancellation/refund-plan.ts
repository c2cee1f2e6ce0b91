import type { RefundPresetName } from '../config/refund-presets.js';
import type { BonusOnRefund } from '../config/settings.js';
import { RefundBasis } from '../payment/cancellation.entity.js';
import { pointsOf, type RefundFigures } from '../payment/cancellations.js';
import { type OwnLots, refundableOf, removalOf } from '../point-transaction/lot-rules.js';
import { endOfRow, REFUND_PRESETS, type RefundRow } from './refund-presets.js';

/** Just what goes back, what goes for it, and why. */
export interface RefundPlan extends RefundFigures {
  basis: RefundBasis;
}

/** What of a plan is told to a person who decides. */
export interface PlanInShort {
  basis: RefundBasis;
  /** Whole won that go back. */
  amount: number;
  /** Whole points that go. */
  points: number;
  /** How many of these are for the bonus of the payment. */
  bonus: number;
  /** Whole won that the shop keeps. */
  fee: number;
}

/** What is left of one payment, under the lock of its owner's account. */
export interface RefundBooks {
  own: OwnLots & { paid: { initial: number; remaining: number; expired: number } };
  /** Whole won that are left of its money. */
  left: number;
  /** Whole points of its paid lot that holds keep: nobody has spent them yet. */
  held: number;
  /** Points of the owner neither spent nor held; below zero is a debt, and then no preset gives anything. */
  available: number;
  paidAt: Date | null;
}

/** The usual refund: as many points as won, of a payment without a bonus. */
export function plainPlan(amount: number): RefundPlan {
  return { basis: RefundBasis.SHOP_POLICY, amount, fee: 0, expiredPoints: 0, bonus: 0, bonusFromPaid: 0 };
}

export function inShort({ basis, ...plan }: RefundPlan): PlanInShort {
  const { amount, fee, bonus } = plan;
  return { basis, amount, points: pointsOf(plan), bonus, fee };
}

export type QuotedFigures = Omit<PlanInShort, 'basis'>;

/** The figures that somebody has seen are those of the plan. */
export function isAsQuoted(plan: RefundFigures, quoted: QuotedFigures): boolean {
  const { amount, bonus, fee } = plan;
  return (
    amount === quoted.amount &&
    pointsOf(plan) === quoted.points &&
    bonus === quoted.bonus &&
    fee === quoted.fee
  );
}

/** Whole points of a payment's credit that went back before. */
export function cancelledOf({ own, left }: Pick<RefundBooks, 'own' | 'left'>): number {
  return Math.max(0, own.paid.initial - left);
}

/** Of the unspent points of a payment: the most won that go back for them. */
export function refundableByPolicy(books: RefundBooks, spentBonus: BonusOnRefund): number {
  return refundableOf(books.own, cancelledOf(books), books.left, spentBonus);
}

/** @returns why not, where the bonus is against it or too few points are left. */
export function planByPolicy(
  books: RefundBooks,
  amount: number,
  spentBonus: BonusOnRefund,
): RefundPlan | 'BONUS_SPENT' | 'TOO_FEW_POINTS' {
  const { bonus, bonusFromPaid, bonusSpent } = removalOf(books.own, cancelledOf(books), amount, spentBonus);
  if (spentBonus === 'REFUSE' && bonusSpent > 0 && amount <= books.own.paid.remaining) return 'BONUS_SPENT';
  if (amount + bonusFromPaid > books.own.paid.remaining) return 'TOO_FEW_POINTS';
  return { ...plainPlan(amount), bonus, bonusFromPaid };
}

/** A plan by a preset, and until when there is one. */
export interface PresetPlan {
  plan: RefundPlan;
  until: Date | null;
}

/** What the presets that are on give back of a payment: the most; undefined when none of them gives anything. */
export function planByPresets(
  books: RefundBooks,
  presets: readonly RefundPresetName[],
  spentBonus: BonusOnRefund,
  now: Date,
): PresetPlan | undefined {
  let best: PresetPlan | undefined;
  for (const name of presets) {
    for (const row of REFUND_PRESETS[name].rows) {
      const until = endOfRow(row, books.paidAt);
      if (until && now >= until) continue;
      const plan = planByRow(books, row, RefundBasis[name], spentBonus);
      if (plan && plan.amount > (best?.plan.amount ?? 0)) best = { plan, until };
    }
  }
  return best;
}

function planByRow(
  books: RefundBooks,
  { usedPercent, amount: amounts, points: which, percent }: RefundRow,
  basis: RefundBasis,
  spentBonus: BonusOnRefund,
): RefundPlan | undefined {
  const { own, left, held, available } = books;
  const { initial, remaining, expired } = own.paid;
  if (left <= 0) return undefined;
  if (amounts && (initial < amounts.from || initial > amounts.to)) return undefined;
  const used = Math.max(0, left - remaining - expired - held);
  if (used * 100 < usedPercent.from * left || used * 100 > usedPercent.to * left) return undefined;

  const pool = which === 'EXPIRED' ? expired : remaining;
  const cancelled = cancelledOf(books);
  const points = refundableOf(own, cancelled, left, spentBonus, pool);
  const { bonus, bonusFromPaid, bonusSpent } = removalOf(own, cancelled, points, spentBonus);
  // A withdrawal from the whole purchase: nothing of it was spent, its bonus neither.
  if (usedPercent.to === 0 && (points < left || bonusSpent > 0)) return undefined;
  if (spentBonus === 'REFUSE' && points < Math.min(pool, left)) return undefined;
  // What cannot be divided goes to the buyer.
  const amount = Math.ceil((points * percent) / 100);
  if (amount === 0) return undefined;
  const expiredPoints = which === 'EXPIRED' ? points + bonusFromPaid : 0;
  const plan = { basis, amount, fee: points - amount, expiredPoints, bonus, bonusFromPaid };
  return pointsOf(plan) <= available ? plan : undefined;
}
