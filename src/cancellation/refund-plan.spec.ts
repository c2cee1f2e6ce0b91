import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { REFUND_PRESET_NAMES, type RefundPresetName } from '../config/refund-presets.js';
import type { BonusOnRefund } from '../config/settings.js';
import { bonusDue } from '../point-transaction/lot-rules.js';
import {
  inShort,
  isAsQuoted,
  planByPolicy,
  planByPresets,
  type RefundBooks,
  refundableByPolicy,
} from './refund-plan.js';

const PAID_AT = new Date('2026-11-02T12:00:00+09:00');
const NOW = new Date('2026-11-05T12:00:00+09:00');
const LONG_AFTER = new Date('2028-11-05T12:00:00+09:00');
const DEDUCT = 'DEDUCT_FROM_REFUND';

interface Had {
  bought?: number;
  spent?: number;
  expired?: number;
  held?: number;
  left?: number;
  bonus?: number;
  bonusSpent?: number;
  bonusExpired?: number;
  available?: number;
}

/** A payment of 10,000 won of which nothing was spent, unless something else is said. */
function booksOf({ bought = 10_000, spent = 0, expired = 0, held = 0, ...more }: Had = {}): RefundBooks {
  const { left = bought, bonus = 0, bonusSpent = 0, bonusExpired = 0, available = Infinity } = more;
  const remaining = left - spent - expired - held;
  return {
    own: {
      paid: { initial: bought, remaining, expired, bonus, bonusTaken: 0 },
      bonusRemaining: bonus - bonusSpent - bonusExpired,
      bonusExpired,
    },
    left,
    held,
    available,
    paidAt: PAID_AT,
  };
}

function byPreset(preset: RefundPresetName, had: Had, now = LONG_AFTER, spentBonus: BonusOnRefund = DEDUCT) {
  const found = planByPresets(booksOf(had), [preset], spentBonus, now);
  return found && inShort(found.plan);
}

describe('a plan by the policy of the shop', () => {
  test('gives back won for point, with the share of the bonus', () => {
    expect(planByPolicy(booksOf({ bonus: 500 }), 4_000, DEDUCT)).toEqual({
      basis: 'SHOP_POLICY',
      amount: 4_000,
      fee: 0,
      expiredPoints: 0,
      bonus: 200,
      bonusFromPaid: 0,
    });
  });

  test('has no more than was not spent', () => {
    expect(planByPolicy(booksOf({ spent: 4_000 }), 6_000, DEDUCT)).toMatchObject({ amount: 6_000 });
    expect(planByPolicy(booksOf({ spent: 4_000 }), 6_001, DEDUCT)).toBe('TOO_FEW_POINTS');
  });

  test('of a payment whose bonus was spent is smaller, or the same, or none, as the shop says', () => {
    const spent = booksOf({ bonus: 500, bonusSpent: 500 });
    expect(planByPolicy(spent, 10_000, DEDUCT)).toBe('TOO_FEW_POINTS');
    expect(planByPolicy(spent, 9_524, DEDUCT)).toMatchObject({
      amount: 9_524,
      bonus: 476,
      bonusFromPaid: 476,
    });
    expect(planByPolicy(spent, 10_000, 'FORGIVE')).toMatchObject({
      amount: 10_000,
      bonus: 0,
      bonusFromPaid: 0,
    });
    expect(planByPolicy(spent, 10_000, 'REFUSE')).toBe('BONUS_SPENT');
  });

  test('is the one that was quoted when each of its figures is', () => {
    const plan = planByPolicy(booksOf({ bonus: 500 }), 10_000, DEDUCT);
    if (typeof plan === 'string') throw new Error(plan);
    const quoted = { amount: 10_000, points: 10_500, bonus: 500, fee: 0 };
    expect(isAsQuoted(plan, quoted)).toBe(true);
    for (const other of [{ amount: 9_999 }, { points: 10_000 }, { bonus: 499 }, { fee: 1 }]) {
      expect(isAsQuoted(plan, { ...quoted, ...other })).toBe(false);
    }
  });
});

describe('the preset', () => {
  test.each([
    ['UNUSED_7_DAYS', 'an unused payment', {}, 10_000, 0],
    ['UNUSED_7_DAYS', 'one of which a won was spent', { spent: 1 }, undefined],
    ['UNUSED_7_DAYS', 'one of which a won is held', { held: 1 }, undefined],
    ['UNUSED_7_DAYS', 'one whose bonus was spent', { bonus: 500, bonusSpent: 1 }, undefined],
    ['PREPAID_80', 'one of which 80% was used', { spent: 8_000 }, 2_000, 0],
    ['PREPAID_80', 'one of which less was used', { spent: 7_999 }, undefined],
    ['PREPAID_80', 'one of which a part is held', { spent: 7_999, held: 1 }, undefined],
    ['PREPAID_80', 'one of which a half was cancelled before', { left: 5_000, spent: 4_000 }, 1_000, 0],
    ['VOUCHER_60_80', 'one of 10,000 of which 60% was used', { spent: 6_000 }, undefined],
    ['VOUCHER_60_80', 'one of 10,000 of which 80% was used', { spent: 8_000 }, 2_000, 0],
    ['VOUCHER_60_80', 'one of more of which 60% was used', { bought: 10_001, spent: 6_001 }, 4_000, 0],
    ['VOUCHER_60_80', 'one of more of which less was used', { bought: 10_001, spent: 6_000 }, undefined],
    ['EXPIRED_90', 'one of which nothing expired', {}, undefined],
    ['EXPIRED_90', 'one that expired', { expired: 10_000 }, 9_000, 1_000],
    ['EXPIRED_90', 'one of which a part expired', { spent: 9_995, expired: 5 }, 5, 0],
    ['EXPIRED_90_95', 'one of 50,000 that expired', { bought: 50_000, expired: 50_000 }, 45_000, 5_000],
    ['EXPIRED_90_95', 'one of more that expired', { bought: 50_001, expired: 50_001 }, 47_501, 2_500],
    ['EXPIRED_100', 'one that expired', { expired: 10_000 }, 10_000, 0],
    ['EXPIRED_100', 'one of somebody in debt', { expired: 10_000, available: -1 }, undefined],
  ] satisfies [RefundPresetName, string, Had, number?, number?][])(
    '%s says of %s what goes back',
    (...row) => {
      const [preset, , had, amount, fee] = row as [RefundPresetName, string, Had, number?, number?];
      const plan = byPreset(preset, had, preset === 'UNUSED_7_DAYS' ? NOW : LONG_AFTER);
      if (amount === undefined) expect(plan).toBeUndefined();
      else expect(plan).toMatchObject({ basis: preset, amount, fee });
    },
  );

  test('ends at midnight in Korea, after the day of the payment', () => {
    const unused = (now: string) => byPreset('UNUSED_7_DAYS', {}, new Date(now));
    expect(unused('2026-11-09T23:59:59.999+09:00')).toBeDefined();
    expect(unused('2026-11-10T00:00:00+09:00')).toBeUndefined();
    const expired = (now: string) => byPreset('EXPIRED_90', { expired: 10 }, new Date(now));
    expect(expired('2031-11-02T23:59:59.999+09:00')).toBeDefined();
    expect(expired('2031-11-03T00:00:00+09:00')).toBeUndefined();
  });

  test('takes nothing of the balance for what had expired, and the bonus that is there goes', () => {
    expect(byPreset('EXPIRED_90', { expired: 10_000, bonus: 500 })).toEqual({
      basis: 'EXPIRED_90',
      amount: 9_000,
      points: 500,
      bonus: 500,
      fee: 1_000,
    });
    expect(byPreset('EXPIRED_90', { expired: 10_000, bonus: 500, bonusExpired: 500 })).toMatchObject({
      amount: 9_000,
      points: 0,
    });
  });

  test('of several that are on is the one that gives back most', () => {
    const expired = booksOf({ expired: 10_000 });
    const best = planByPresets(expired, REFUND_PRESET_NAMES, DEDUCT, LONG_AFTER);
    expect(best?.plan).toMatchObject({ basis: 'EXPIRED_100', amount: 10_000 });
    expect(planByPresets(expired, [], DEDUCT, LONG_AFTER)).toBeUndefined();
  });
});

describe('over random histories of one payment', () => {
  type Step =
    | { kind: 'spend' | 'spendBonus' | 'back' | 'expire' | 'expireBonus' | 'cancel'; share: number }
    | { kind: 'preset'; preset: RefundPresetName };
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      kind: fc.constantFrom('spend', 'spendBonus', 'back', 'expire', 'expireBonus', 'cancel' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    fc.record({ kind: fc.constant('preset' as const), preset: fc.constantFrom(...REFUND_PRESET_NAMES) }),
  );
  const spentBonusOf = fc.constantFrom<BonusOnRefund>('DEDUCT_FROM_REFUND', 'FORGIVE', 'REFUSE');

  test('nobody gets back more won than were paid, no bonus becomes money, and nothing is lost or made', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        spentBonusOf,
        fc.array(step, { maxLength: 25 }),
        (bought, bonusShare, spentBonus, steps) => {
          const bonus = Math.floor(bought * bonusShare);
          const paid = { initial: bought, remaining: bought, expired: 0, bonus, bonusTaken: 0 };
          let [spent, bonusSpent, bonusRemaining, bonusExpired] = [0, 0, bonus, 0];
          let [left, refunded, kept, ofPaid] = [bought, 0, 0, 0];
          for (const one of steps) {
            const books: RefundBooks = {
              own: { paid: { ...paid }, bonusRemaining, bonusExpired },
              left,
              held: 0,
              available: Infinity,
              paidAt: PAID_AT,
            };
            const part = (whole: number) => ('share' in one ? Math.floor(whole * one.share) : 0);
            if (one.kind === 'spend') {
              const amount = part(paid.remaining);
              paid.remaining -= amount;
              spent += amount;
            } else if (one.kind === 'spendBonus') {
              const amount = part(bonusRemaining);
              bonusRemaining -= amount;
              bonusSpent += amount;
            } else if (one.kind === 'back') {
              const [amount, ofBonus] = [part(spent), part(bonusSpent)];
              paid.remaining += amount;
              spent -= amount;
              bonusRemaining += ofBonus;
              bonusSpent -= ofBonus;
            } else if (one.kind === 'expire') {
              paid.expired += paid.remaining;
              paid.remaining = 0;
            } else if (one.kind === 'expireBonus') {
              bonusExpired += bonusRemaining;
              bonusRemaining = 0;
            } else {
              const most = refundableByPolicy(books, spentBonus);
              const plan =
                one.kind === 'cancel'
                  ? planByPolicy(books, Math.max(1, part(most)), spentBonus)
                  : planByPresets(books, 'preset' in one ? [one.preset] : [], spentBonus, NOW)?.plan;
              if (plan === undefined || typeof plan === 'string') continue;
              const { amount, fee, expiredPoints } = plan;
              const fromBonus = plan.bonus - plan.bonusFromPaid;
              const fromPaid = amount + fee + plan.bonusFromPaid - expiredPoints;
              paid.remaining -= fromPaid;
              paid.expired -= expiredPoints;
              paid.bonusTaken += plan.bonus;
              bonusRemaining -= fromBonus;
              left -= amount;
              refunded += amount;
              kept += fee;
              ofPaid += fromPaid + expiredPoints;
              // Each won that goes back is paid for by a paid point, so no bonus is among them.
              expect(amount + fee + plan.bonusFromPaid).toBe(fromPaid + expiredPoints);
              expect(inShort(plan).points).toBe(fromPaid + fromBonus);
              expect(amount).toBeGreaterThan(0);
              expect(fee).toBeGreaterThanOrEqual(0);
            }
            for (const figure of [paid.remaining, paid.expired, bonusRemaining, bonusExpired, left]) {
              expect(figure).toBeGreaterThanOrEqual(0);
            }
            expect(paid.bonusTaken).toBeLessThanOrEqual(bonus);
            expect(paid.remaining + paid.expired + spent + ofPaid).toBe(bought);
          }
          expect(refunded + left).toBe(bought);
          expect(refunded + kept).toBeLessThanOrEqual(ofPaid);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('parts of a refund take together what the whole would', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
        spentBonusOf,
        (bought, bonusShare, parts, spentBonus) => {
          const bonus = Math.floor(bought * bonusShare);
          const paid = { initial: bought, remaining: bought, expired: 0, bonus, bonusTaken: 0 };
          let [left, bonusRemaining] = [bought, bonus];
          for (const share of [...parts, 1]) {
            const amount = Math.ceil(left * share);
            if (amount === 0) continue;
            const own = { paid: { ...paid }, bonusRemaining, bonusExpired: 0 };
            const books = { own, left, held: 0, available: Infinity, paidAt: null };
            const plan = planByPolicy(books, amount, spentBonus);
            if (typeof plan === 'string') throw new Error(plan);
            paid.remaining -= amount;
            paid.bonusTaken += plan.bonus;
            bonusRemaining -= plan.bonus;
            left -= amount;
            // Rounded down in the buyer's favour.
            expect(paid.bonusTaken).toBe(bonusDue({ initial: bought, bonus }, bought - left));
          }
          expect({ left, bonusRemaining, ...paid }).toMatchObject({
            left: 0,
            remaining: 0,
            bonusRemaining: 0,
            bonusTaken: bonus,
          });
        },
      ),
    );
  });
});
