import { describe, expect, test } from '@jest/globals';
import { type CancelPolicy, NO_SHOP } from '../shop/shop.js';
import { leftToShop, policyDeadline, PolicyReason } from './shop-policy.js';

const PAID_AT = new Date('2026-11-20T23:59:59+09:00');
const NOW = new Date('2026-11-25T12:00:00+09:00');

const policyOf = (changed: Partial<CancelPolicy>): CancelPolicy => ({ ...NO_SHOP.cancelPolicy, ...changed });

function reasonOf(
  changed: Partial<CancelPolicy>,
  asked: { amount?: number; isAll?: boolean; now?: Date; paidAt?: Date | null } = {},
) {
  const { amount = 10_000, isAll = true, now = NOW, paidAt = PAID_AT } = asked;
  return leftToShop(policyOf(changed), paidAt, { amount, isAll }, now)?.reason;
}

test('without a policy shoppers cancel whatever they like, whenever they like', () => {
  expect(reasonOf({})).toBeUndefined();
  expect(reasonOf({}, { amount: 1, isAll: false, now: new Date('2036-01-01T00:00:00Z') })).toBeUndefined();
});

test('a shop that is off lets nobody', () => {
  expect(reasonOf({ byShopper: false })).toBe(PolicyReason.OFF);
});

describe('the time', () => {
  test.each([
    [0, '2026-11-21T00:00:00+09:00'],
    [1, '2026-11-22T00:00:00+09:00'],
    [7, '2026-11-28T00:00:00+09:00'],
    [11, '2026-12-02T00:00:00+09:00'],
    [365, '2027-11-21T00:00:00+09:00'],
  ])('of %d days ends at a midnight in Korea: %s', (withinDays, end) => {
    const policy = policyOf({ withinDays });
    const before = new Date(Date.parse(end) - 1);

    expect(policyDeadline(policy, PAID_AT)).toEqual(new Date(end));
    expect(reasonOf({ withinDays }, { now: before })).toBeUndefined();
    expect(leftToShop(policy, PAID_AT, { amount: 1, isAll: true }, new Date(end))).toEqual({
      reason: PolicyReason.TOO_LATE,
      deadline: new Date(end),
      minAmount: null,
    });
  });

  test('goes by the Korean day and not by UTC’s', () => {
    const paidAt = new Date('2026-11-20T15:00:00Z');

    expect(policyDeadline(policyOf({ withinDays: 0 }), paidAt)).toEqual(new Date('2026-11-21T15:00:00Z'));
  });

  test('is never over for a payment of which nobody knows the time', () => {
    expect(reasonOf({ withinDays: 0 }, { paidAt: null })).toBeUndefined();
  });
});

test('a shop that cancels as a whole refuses a part', () => {
  expect(reasonOf({ partial: false }, { isAll: false })).toBe(PolicyReason.ONLY_IN_FULL);
  expect(reasonOf({ partial: false }, { isAll: true })).toBeUndefined();
});

test('less than the least is refused, also when it is all that is left', () => {
  expect(reasonOf({ minAmount: 10_000 })).toBeUndefined();
  expect(reasonOf({ minAmount: 10_001 })).toBe(PolicyReason.TOO_SMALL);
  expect(reasonOf({ minAmount: 5_000 }, { amount: 4_999, isAll: false })).toBe(PolicyReason.TOO_SMALL);
  expect(
    leftToShop(policyOf({ minAmount: 5_000 }), PAID_AT, { amount: 1, isAll: true }, NOW)?.minAmount,
  ).toBe(5_000);
});
