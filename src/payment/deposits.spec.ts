import { describe, expect, test } from '@jest/globals';
import { vbankDueAfter } from './deposits.js';

describe('the last day of an account', () => {
  test.each([
    ['a minute before midnight in Korea', '2026-11-29T14:59:59Z', 3, '20261202'],
    ['at midnight in Korea', '2026-11-29T15:00:00Z', 3, '20261203'],
    ['over the end of a year', '2026-12-31T15:00:00Z', 1, '20270102'],
  ])('is counted from the day in Korea, %s', (_when, now, days, due) => {
    expect(vbankDueAfter(days, new Date(now))).toBe(due);
  });
});
