import { expect, test } from '@jest/globals';
import {
  type CancelEnd,
  CancelEndKind,
  Certainty,
  type KnownRule,
  type MethodRules,
  NO_RULES,
  RefundAccountNeed,
} from '../gateway/pg-rules.js';
import { type CancelPolicy, NO_SHOP } from '../shop/shop.js';
import { CancelObstacle } from './cancel-terms.js';
import { Possibility, quoteOf, RefundLimit } from './quote.js';
import { PolicyReason } from './shop-policy.js';

const NOW = new Date('2026-11-29T23:30:00+09:00');
const known = <Value>(value: Value): KnownRule<Value> => ({
  value,
  certainty: Certainty.DOCUMENTED,
  sources: [],
});
const ends = (kind: CancelEndKind, count: number | null = null) => ({
  cancelEnd: known<CancelEnd>({ kind, count }),
});

/** The quote for a payment of 10,000 won of this month, all of it there, unless something else is said. */
function quote(
  rules: Partial<MethodRules>,
  changed: {
    left?: number;
    available?: number;
    isOpen?: boolean;
    partialCancels?: number;
    paidAt?: Date;
    policy?: Partial<CancelPolicy>;
  } = {},
) {
  const { left = 10_000, available = 10_000, isOpen = false } = changed;
  const { partialCancels = 0, paidAt = new Date('2026-11-02T12:00:00+09:00') } = changed;
  const terms = { rules: { ...NO_RULES, ...rules }, facts: { paidAt, partialCancels } };
  const policy = { ...NO_SHOP.cancelPolicy, ...changed.policy };
  return quoteOf({ left, available, isOpen }, policy, terms, NOW);
}

const AS_A_WHOLE = { refundable: 10_000, limitedBy: null, obstacle: null, policyReason: null };

test('of a payment of which no rule is known promises all that the books allow, and says that it does not know', () => {
  expect(quote({})).toEqual({
    ...AS_A_WHOLE,
    left: 10_000,
    policyReason: null,
    opensAt: null,
    partialCancel: Possibility.NOT_KNOWN,
    partialCancelsLeft: null,
    cancelUntil: null,
    isCancelUntilAbout: false,
    refundAccount: null,
  });
  expect(quote({}, { available: 400 })).toMatchObject({
    refundable: 400,
    limitedBy: RefundLimit.INSUFFICIENT_POINT,
  });
  expect(quote({}, { available: -400 })).toMatchObject({ refundable: 0 });
});

test('says until when', () => {
  expect(quote(ends(CancelEndKind.CALENDAR_MONTH))).toMatchObject({
    ...AS_A_WHOLE,
    cancelUntil: new Date('2026-12-01T00:00:00+09:00'),
    isCancelUntilAbout: false,
  });
  expect(quote(ends(CancelEndKind.ABOUT_MONTHS, 12))).toMatchObject({
    ...AS_A_WHOLE,
    isCancelUntilAbout: true,
  });
});

test('of a payment whose time is over allows nothing, and says which rule is against it', () => {
  const paidAt = new Date('2026-10-31T23:00:00+09:00');

  expect(quote(ends(CancelEndKind.CALENDAR_MONTH), { paidAt })).toMatchObject({
    refundable: 0,
    limitedBy: RefundLimit.CANCEL_NOT_POSSIBLE,
    obstacle: CancelObstacle.DEADLINE_OVER,
    cancelUntil: new Date('2026-11-01T00:00:00+09:00'),
  });
});

test('of a payment that is cancelled only in full allows all or, with too few points, nothing', () => {
  const rules = { partialCancel: known(false) };

  expect(quote(rules)).toMatchObject({ ...AS_A_WHOLE, partialCancel: Possibility.NO });
  expect(quote(rules, { available: 9_999 })).toMatchObject({
    refundable: 0,
    limitedBy: RefundLimit.INSUFFICIENT_POINT,
    obstacle: null,
    partialCancel: Possibility.NO,
  });
});

test('counts the parts, and after the last one allows what is left as a whole', () => {
  const rules = { partialCancel: known(true), partialCancelsMax: known(9) };

  expect(quote(rules, { partialCancels: 8 })).toMatchObject({
    partialCancel: Possibility.YES,
    partialCancelsLeft: 1,
  });
  expect(quote(rules, { partialCancels: 9 })).toMatchObject({
    ...AS_A_WHOLE,
    partialCancel: Possibility.NO,
    partialCancelsLeft: 0,
  });
});

test('says when a payment company opens again', () => {
  expect(quote({ closedHours: known({ from: 23, until: 6 }) })).toMatchObject({
    refundable: 0,
    limitedBy: RefundLimit.CANCEL_NOT_POSSIBLE,
    obstacle: CancelObstacle.CLOSED_NOW,
    opensAt: new Date('2026-11-30T06:00:00+09:00'),
  });
});

test('says that an account is needed, which is no obstacle', () => {
  expect(quote({ refundAccount: known(RefundAccountNeed.ACCOUNT) })).toMatchObject({
    obstacle: null,
    refundAccount: RefundAccountNeed.ACCOUNT,
  });
});

test('says first what is in the books: another cancellation, or nothing left', () => {
  const rules = { refundAccount: known(RefundAccountNeed.ACCOUNT) };

  expect(quote(rules, { isOpen: true }).limitedBy).toBe(RefundLimit.CANCEL_IN_PROGRESS);
  expect(quote(rules, { left: 0 }).limitedBy).toBe(RefundLimit.CANCEL_AMOUNT_EXCEEDED);
});

test('of a payment that the shop lets no shopper cancel allows nothing, and says why', () => {
  expect(quote({}, { policy: { byShopper: false } })).toMatchObject({
    refundable: 0,
    limitedBy: RefundLimit.SHOP_POLICY,
    policyReason: PolicyReason.OFF,
  });
  expect(quote({}, { policy: { minAmount: 10_001 } })).toMatchObject({
    refundable: 0,
    limitedBy: RefundLimit.SHOP_POLICY,
    policyReason: PolicyReason.TOO_SMALL,
  });
  expect(quote({}, { left: 0, policy: { minAmount: 1 } })).toMatchObject({
    limitedBy: RefundLimit.CANCEL_AMOUNT_EXCEEDED,
    policyReason: null,
  });
});

test('of a shop that cancels as a whole allows no part of it, also where the payment company would', () => {
  const policy = { partial: false };

  expect(quote({ partialCancel: known(true) }, { policy })).toMatchObject({
    ...AS_A_WHOLE,
    partialCancel: Possibility.NO,
  });
  expect(quote({ partialCancel: known(true) }, { policy, available: 9_999 })).toMatchObject({
    refundable: 0,
    limitedBy: RefundLimit.INSUFFICIENT_POINT,
  });
});

test('offers no part that is less than the shop’s least', () => {
  const policy = { minAmount: 5_000 };

  expect(quote({}, { policy, available: 5_000 })).toMatchObject({ refundable: 5_000 });
  expect(quote({}, { policy, available: 4_999 })).toMatchObject({
    refundable: 0,
    limitedBy: RefundLimit.INSUFFICIENT_POINT,
  });
});

test('ends when the payment company or the shop ends, whichever is earlier', () => {
  const paidAt = new Date('2026-11-25T23:59:00+09:00');
  const monthEnd = ends(CancelEndKind.CALENDAR_MONTH);

  expect(quote(monthEnd, { paidAt, policy: { withinDays: 4 } })).toMatchObject({
    ...AS_A_WHOLE,
    cancelUntil: new Date('2026-11-30T00:00:00+09:00'),
  });
  expect(quote(monthEnd, { paidAt, policy: { withinDays: 7 } })).toMatchObject({
    cancelUntil: new Date('2026-12-01T00:00:00+09:00'),
  });
  expect(quote(monthEnd, { paidAt, policy: { withinDays: 3 } })).toMatchObject({
    refundable: 0,
    limitedBy: RefundLimit.SHOP_POLICY,
    policyReason: PolicyReason.TOO_LATE,
    cancelUntil: new Date('2026-11-29T00:00:00+09:00'),
  });
  expect(quote(ends(CancelEndKind.ABOUT_MONTHS, 12), { paidAt, policy: { withinDays: 7 } })).toMatchObject({
    isCancelUntilAbout: false,
  });
});
