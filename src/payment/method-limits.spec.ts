import { describe, expect, test } from '@jest/globals';
import { faultOfAmount, faultOfTime, hasLimitOfTime, maxAmountOf } from './method-limits.js';

const PG = { minAmount: 100, maxAmount: 1000 };
const NO_PG = { minAmount: undefined, maxAmount: undefined };
const NOTHING = { day: 0, month: 0 };

describe('the most that one payment can be', () => {
  test.each([
    [{ ...PG }, {}, 1000],
    [PG, { max: 500 }, 500],
    [PG, { max: 5000 }, 1000],
    [PG, { day: 300, month: 200 }, 200],
    [NO_PG, { max: 500 }, 500],
    [NO_PG, {}, undefined],
  ])('of %j and %j is %s', (pg, shop, most) => {
    expect(maxAmountOf(pg, shop)).toBe(most);
  });
});

describe('an amount', () => {
  test.each([
    [99, {}, { limit: 'AMOUNT_MIN', max: 100, left: 0 }],
    [100, {}, undefined],
    [1000, {}, undefined],
    [1001, {}, { limit: 'AMOUNT_MAX', max: 1000, left: 1000 }],
    [500, { max: 500 }, undefined],
    [501, { max: 500 }, { limit: 'AMOUNT_MAX', max: 500, left: 500 }],
  ])('of %s with the shop’s %j: %j', (amount, shop, fault) => {
    expect(faultOfAmount(amount, PG, shop)).toEqual(fault);
  });

  test('has no limit where nobody sets one', () => {
    expect(faultOfAmount(2_147_483_647, NO_PG, {})).toBeUndefined();
  });
});

describe('what was paid before', () => {
  test.each([
    [{ day: 500 }, { day: 400, month: 400 }, 100, undefined],
    [{ day: 500 }, { day: 401, month: 401 }, 100, { limit: 'DAY', max: 500, left: 99 }],
    [{ day: 500 }, { day: 0, month: 4000 }, 500, undefined],
    [{ month: 500 }, { day: 0, month: 401 }, 100, { limit: 'MONTH', max: 500, left: 99 }],
    [{ day: 500, month: 500 }, { day: 450, month: 450 }, 100, { limit: 'DAY', max: 500, left: 50 }],
    [{ day: 500, month: 600 }, { day: 0, month: 550 }, 100, { limit: 'MONTH', max: 600, left: 50 }],
    [{ day: 500 }, { day: 900, month: 900 }, 1, { limit: 'DAY', max: 500, left: 0 }],
    [{}, { day: 900, month: 900 }, 100, undefined],
  ])('with %j and %j leaves for %s: %j', (shop, paid, amount, fault) => {
    expect(faultOfTime(amount, shop, paid)).toEqual(fault);
  });

  test('is asked for only where a day or a month has a limit', () => {
    expect([{}, { max: 1 }, { day: 1 }, { month: 1 }].map(hasLimitOfTime)).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect(faultOfTime(1, { max: 1 }, NOTHING)).toBeUndefined();
  });
});
