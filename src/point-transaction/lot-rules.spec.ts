import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bonusDue, changeOfLots, openUntilOf, refundableOf, removalOf, shareOut } from './lot-rules.js';

const DAY_MS = 24 * 60 * 60_000;
const points = (max = 1_000_000_000) => fc.integer({ min: 0, max });

test('an amount is shared out in order, no candidate gives more than it has, and nothing is lost', () => {
  fc.assert(
    fc.property(points(10_000), fc.array(points(1_000), { maxLength: 20 }), (amount, rooms) => {
      const { shares, missing } = shareOut(amount, rooms, (room) => room);

      const shared = shares.reduce((sum, share) => sum + share.amount, 0);
      expect(shared + missing).toBe(amount);
      expect(shares.every((share) => share.amount > 0 && share.amount <= share.of)).toBe(true);
      // All but the last one are emptied.
      expect(shares.slice(0, -1).every((share) => share.amount === share.of)).toBe(true);
      const all = rooms.reduce((sum, room) => sum + room, 0);
      expect(missing).toBe(Math.max(0, amount - all));
    }),
  );
});

test('lots have what is available and never less than nothing, whatever comes and goes', () => {
  const balance = fc.integer({ min: -1_000_000, max: 1_000_000 });
  fc.assert(
    fc.property(fc.array(balance, { minLength: 1, maxLength: 20 }), (balances) => {
      let inLots = 0;
      let before = 0;
      for (const after of balances) {
        inLots += changeOfLots(before, after);
        before = after;
        expect(inLots).toBe(Math.max(0, after));
      }
    }),
  );
});

describe('points that come back into a lot', () => {
  const now = new Date('2026-12-01T00:00:00Z');
  const at = (days: number) => new Date(now.getTime() + days * DAY_MS);

  test.each<[string, Date, Date | null, number, Date]>([
    ['whose time is not over have its time', at(10), at(10), 30, at(10)],
    ['whose time is over have the grace', at(-1), null, 30, at(30)],
    ['whose time is over, without a grace, are lost', at(-1), null, 0, at(-1)],
    ['whose grace lasts have no second one', at(-1), at(3), 30, at(3)],
    ['whose time ends at this instant have the grace', now, now, 30, at(30)],
  ])('%s', (_title, expiresAt, openUntil, graceDays, expected) => {
    expect(openUntilOf({ expiresAt, openUntil }, graceDays * DAY_MS, now)).toEqual(expected);
  });
});

const DEDUCT = 'DEDUCT_FROM_REFUND';

describe('the bonus of a payment', () => {
  const payment = fc
    .record({
      initial: fc.integer({ min: 1, max: 1_000_000_000 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ initial, share }) => ({ initial, bonus: Math.floor(initial * share) }));

  test('goes back in proportion, rounded down, and all of it with the last won', () => {
    expect(bonusDue({ initial: 10_000, bonus: 500 }, 3_333)).toBe(166);
    fc.assert(
      fc.property(payment, fc.array(points(), { maxLength: 10 }), (paid, parts) => {
        let [cancelled, taken] = [0, 0];
        for (const part of [...parts, Number.MAX_SAFE_INTEGER]) {
          const amount = Math.min(part, paid.initial - cancelled);
          const own = {
            paid: { ...paid, bonusTaken: taken, remaining: paid.initial },
            bonusRemaining: paid.bonus,
            bonusExpired: 0,
          };
          taken += removalOf(own, cancelled, amount, DEDUCT).bonus;
          cancelled += amount;
          expect(taken * paid.initial).toBeLessThanOrEqual(paid.bonus * cancelled);
        }
        expect(taken).toBe(paid.bonus);
      }),
    );
  });

  test('that was spent is taken from the paid points, so that less money goes back', () => {
    const own = {
      paid: { initial: 10_000, bonus: 500, bonusTaken: 0, remaining: 10_000 },
      bonusRemaining: 0,
      bonusExpired: 0,
    };
    expect(removalOf(own, 0, 10_000, DEDUCT)).toEqual({ bonus: 500, bonusFromPaid: 500, bonusSpent: 500 });
    expect(refundableOf(own, 0, 10_000, DEDUCT)).toBe(9_524);
    expect(removalOf(own, 0, 9_524, DEDUCT)).toEqual({ bonus: 476, bonusFromPaid: 476, bonusSpent: 476 });
    expect(refundableOf({ ...own, bonusRemaining: 500 }, 0, 10_000, DEDUCT)).toBe(10_000);
    expect(refundableOf({ ...own, paid: { ...own.paid, remaining: 0 } }, 0, 10_000, DEDUCT)).toBe(0);
  });

  test('that was spent is forgiven or against it, where the shop says so', () => {
    const own = {
      paid: { initial: 10_000, bonus: 500, bonusTaken: 0, remaining: 10_000 },
      bonusRemaining: 200,
      bonusExpired: 0,
    };
    expect(removalOf(own, 0, 10_000, 'FORGIVE')).toEqual({ bonus: 200, bonusFromPaid: 0, bonusSpent: 300 });
    expect(refundableOf(own, 0, 10_000, 'FORGIVE')).toBe(10_000);
    // As much as the bonus that is there goes with.
    expect(refundableOf(own, 0, 10_000, 'REFUSE')).toBe(4_019);
    expect(refundableOf({ ...own, bonusRemaining: 500 }, 0, 10_000, 'REFUSE')).toBe(10_000);
  });

  test('that expired was not spent, so nobody pays for it', () => {
    const own = {
      paid: { initial: 10_000, bonus: 500, bonusTaken: 0, remaining: 10_000 },
      bonusRemaining: 0,
      bonusExpired: 500,
    };
    for (const spentBonus of [DEDUCT, 'FORGIVE', 'REFUSE'] as const) {
      expect(removalOf(own, 0, 10_000, spentBonus)).toEqual({ bonus: 0, bonusFromPaid: 0, bonusSpent: 0 });
      expect(refundableOf(own, 0, 10_000, spentBonus)).toBe(10_000);
    }
  });

  test('never makes more go back than is left of the paid points, and one won more would not fit', () => {
    fc.assert(
      fc.property(payment, points(), points(), points(), (paid, spent, bonusSpent, before) => {
        const cancelled = Math.min(before, paid.initial);
        const left = paid.initial - cancelled;
        const own = {
          paid: { ...paid, bonusTaken: bonusDue(paid, cancelled), remaining: Math.max(0, left - spent) },
          bonusRemaining: Math.max(0, paid.bonus - bonusDue(paid, cancelled) - bonusSpent),
          bonusExpired: 0,
        };

        const most = refundableOf(own, cancelled, left, DEDUCT);

        const needs = (amount: number) => amount + removalOf(own, cancelled, amount, DEDUCT).bonusFromPaid;
        expect(needs(most)).toBeLessThanOrEqual(own.paid.remaining);
        if (most < left) expect(needs(most + 1)).toBeGreaterThan(own.paid.remaining);
      }),
    );
  });
});
