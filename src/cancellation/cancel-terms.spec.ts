import { describe, expect, test } from '@jest/globals';
import {
  type CancelEnd,
  CancelEndKind,
  Certainty,
  type KnownRule,
  type MethodRules,
  NO_RULES,
  RefundAccountNeed,
} from '../gateway/pg-rules.js';
import {
  CancelObstacle,
  type AskedCancel,
  deadlineOf,
  obstacleTo,
  openQuestions,
  type PaymentFacts,
} from './cancel-terms.js';

const known = <Value>(
  value: Value,
  certainty: KnownRule<Value>['certainty'] = Certainty.DOCUMENTED,
): KnownRule<Value> => ({ value, certainty, sources: [] });
const endsBy = (kind: CancelEndKind, count: number | null = null) => ({
  cancelEnd: known<CancelEnd>({ kind, count }),
});

const NOW = new Date('2026-11-29T12:00:00+09:00');

/** What is against cancelling all of a payment that was paid an hour ago, unless something else is said. */
function against(
  rules: Partial<MethodRules>,
  changed: Partial<PaymentFacts & AskedCancel> & { now?: Date } = {},
) {
  const { now = NOW, paidAt = new Date(now.getTime() - 3_600_000), partialCancels = 0 } = changed;
  const { isAll = true, hasRefundAccount = false } = changed;
  const facts = { paidAt, partialCancels };
  return obstacleTo({ ...NO_RULES, ...rules }, facts, { isAll, hasRefundAccount }, now);
}

/** Which rules the payment company alone can answer for. */
function questions(rules: Partial<MethodRules>, { isAll = true, paidAt = NOW } = {}) {
  return openQuestions({ ...NO_RULES, ...rules }, { paidAt }, { isAll }, NOW);
}

describe('of which nothing is known', () => {
  test('nothing is against any cancellation, and the questions are named', () => {
    expect(against({})).toBeUndefined();
    expect(against({}, { isAll: false, partialCancels: 99 })).toBeUndefined();
    expect(questions({})).toEqual(['cancelEnd', 'refundAccount']);
    expect(questions({}, { isAll: false })).toEqual(['cancelEnd', 'refundAccount', 'partialCancel']);
  });

  test('what is only assumed says as little', () => {
    const assumed = {
      partialCancel: known(false, Certainty.ASSUMED),
      partialCancelsMax: known(0, Certainty.ASSUMED),
      cancelEnd: known<CancelEnd>({ kind: CancelEndKind.NEVER, count: null }, Certainty.ASSUMED),
      closedHours: known({ from: 0, until: 24 }, Certainty.ASSUMED),
      refundAccount: known(RefundAccountNeed.ACCOUNT, Certainty.ASSUMED),
    };

    expect(against(assumed, { isAll: false })).toBeUndefined();
    expect(questions(assumed, { isAll: false })).toEqual(['cancelEnd', 'refundAccount', 'partialCancel']);
  });
});

test('what was observed counts like what was written down', () => {
  const rules = { partialCancel: known(false, Certainty.OBSERVED) };

  expect(against(rules, { isAll: false })?.obstacle).toBe(CancelObstacle.ONLY_IN_FULL);
  expect(questions(rules, { isAll: false })).not.toContain('partialCancel');
});

describe('a part', () => {
  test('is refused where payments are cancelled only in full, and the whole is not', () => {
    const rules = { partialCancel: known(false) };

    expect(against(rules, { isAll: false })).toEqual({ obstacle: CancelObstacle.ONLY_IN_FULL, at: null });
    expect(against(rules)).toBeUndefined();
  });

  test('is taken where parts are', () => {
    expect(against({ partialCancel: known(true) }, { isAll: false })).toBeUndefined();
  });

  test('is refused after as many as are taken; what takes the rest is left to the payment company', () => {
    const rules = { partialCancelsMax: known(9) };

    expect(against(rules, { isAll: false, partialCancels: 8 })).toBeUndefined();
    expect(against(rules, { isAll: false, partialCancels: 9 })?.obstacle).toBe(
      CancelObstacle.PARTIAL_CANCELS_USED_UP,
    );
    expect(against(rules, { isAll: true, partialCancels: 9 })).toBeUndefined();
  });
});

describe('a deadline', () => {
  const { CALENDAR_MONTH, DAYS, MONTHS, ABOUT_MONTHS, NONE, NEVER } = CancelEndKind;
  const lastMoment = (rules: Partial<MethodRules>, paidAt: string) => {
    const { until } = deadlineOf({ ...NO_RULES, ...rules }, new Date(paidAt));
    return until && new Date(until.getTime() - 1);
  };

  test.each([
    [
      'of the calendar month, in Korea and not in London',
      CALENDAR_MONTH,
      null,
      '2026-01-31T23:59:59+09:00',
      '2026-01-31',
    ],
    ['of a month that has begun in Korea only', CALENDAR_MONTH, null, '2026-01-31T15:00:00Z', '2026-02-28'],
    ['of the last month of a year', CALENDAR_MONTH, null, '2026-12-31T12:00:00+09:00', '2026-12-31'],
    ['of six months', MONTHS, 6, '2026-03-15T00:00:00+09:00', '2026-09-15'],
    [
      'of six months that would end on a day that is not there',
      MONTHS,
      6,
      '2026-08-31T12:00:00+09:00',
      '2027-02-28',
    ],
    ['of a year after a leap day', MONTHS, 12, '2028-02-29T12:00:00+09:00', '2029-02-28'],
    ['of 1,095 days', DAYS, 1095, '2026-11-29T23:59:00+09:00', '2029-11-28'],
  ])('%s lasts until midnight', (_, kind, count, paidAt, lastDay) => {
    expect(lastMoment(endsBy(kind, count), paidAt)).toEqual(new Date(`${lastDay}T23:59:59.999+09:00`));
  });

  test('of a phone bill lets the last second of its month through, and not the first of the next', () => {
    const rules = endsBy(CALENDAR_MONTH);
    const paidAt = new Date('2026-01-31T23:59:58+09:00');

    expect(against(rules, { paidAt, now: new Date('2026-01-31T23:59:59.999+09:00') })).toBeUndefined();
    expect(against(rules, { paidAt, now: new Date('2026-02-01T00:00:00+09:00') })).toEqual({
      obstacle: CancelObstacle.DEADLINE_OVER,
      at: new Date('2026-02-01T00:00:00+09:00'),
    });
  });

  test('that is only about so long is told and refuses nobody', () => {
    const rules = { ...NO_RULES, ...endsBy(ABOUT_MONTHS, 3) };
    const paidAt = new Date('2020-01-01T00:00:00Z');

    expect(deadlineOf(rules, paidAt)).toEqual({
      until: new Date('2020-04-02T00:00:00+09:00'),
      isAbout: true,
    });
    expect(against(rules, { paidAt })).toBeUndefined();
    expect(questions(rules, { paidAt })).toContain('cancelEnd');
    expect(questions(rules)).not.toContain('cancelEnd');
  });

  test('that does not exist, or whose beginning nobody knows, refuses nobody', () => {
    expect(against(endsBy(NONE), { paidAt: new Date(0) })).toBeUndefined();
    expect(deadlineOf({ ...NO_RULES, ...endsBy(CALENDAR_MONTH) }, null)).toEqual({
      until: null,
      isAbout: false,
    });
  });

  test('that never begins refuses everything', () => {
    expect(against(endsBy(NEVER), { hasRefundAccount: true })?.obstacle).toBe(CancelObstacle.NOT_CANCELLABLE);
  });
});

describe('an account for the refund', () => {
  test.each([RefundAccountNeed.ACCOUNT, RefundAccountNeed.ACCOUNT_AND_PHONE])('is asked for: %s', (need) => {
    const rules = { refundAccount: known(need) };

    expect(against(rules)?.obstacle).toBe(CancelObstacle.REFUND_ACCOUNT_NEEDED);
    expect(against(rules, { hasRefundAccount: true })).toBeUndefined();
  });

  test('is not asked for where none is needed', () => {
    expect(against({ refundAccount: known(RefundAccountNeed.NONE) })).toBeUndefined();
  });
});

describe('the night', () => {
  const night = { closedHours: known({ from: 23, until: 6 }) };
  const at = (time: string) => against(night, { now: new Date(`2026-11-${time}+09:00`) });

  test.each(['29T22:59:59', '29T06:00:00', '29T12:00:00'])('is not at %s', (time) => {
    expect(at(time)).toBeUndefined();
  });

  test.each(['28T23:00:00', '29T00:00:00', '29T05:59:59'])('is at %s and ends at six', (time) => {
    expect(at(time)).toEqual({
      obstacle: CancelObstacle.CLOSED_NOW,
      at: new Date('2026-11-29T06:00:00+09:00'),
    });
  });

  test('of the last day of a year ends in the next', () => {
    expect(against(night, { now: new Date('2026-12-31T23:30:00+09:00') })?.at).toEqual(
      new Date('2027-01-01T06:00:00+09:00'),
    );
  });

  test('can be a part of the day', () => {
    const rules = { closedHours: known({ from: 1, until: 4 }) };

    expect(against(rules, { now: new Date('2026-11-29T03:59:00+09:00') })?.at).toEqual(
      new Date('2026-11-29T04:00:00+09:00'),
    );
    expect(against(rules, { now: new Date('2026-11-29T04:00:00+09:00') })).toBeUndefined();
  });
});

test('what no waiting helps against is told first', () => {
  const rules = {
    ...endsBy(CancelEndKind.CALENDAR_MONTH),
    partialCancel: known(false),
    closedHours: known({ from: 0, until: 24 }),
  };
  const paidAt = new Date('2020-01-01T00:00:00Z');

  expect(against(rules, { paidAt, isAll: false })?.obstacle).toBe(CancelObstacle.DEADLINE_OVER);
  expect(against(rules, { isAll: false })?.obstacle).toBe(CancelObstacle.ONLY_IN_FULL);
  expect(against(rules)?.obstacle).toBe(CancelObstacle.CLOSED_NOW);
});
