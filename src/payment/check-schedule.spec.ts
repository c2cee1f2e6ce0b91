import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lastCheckAfter, nextCheckAfter } from './check-schedule.js';

const MINUTE_MS = 60_000;
const ORDER_LIFETIME_MS = 60 * MINUTE_MS;
const CREATED_AT = new Date('2026-11-22T00:00:00.000Z');

const after = (ms: number) => nextCheckAfter(CREATED_AT, new Date(CREATED_AT.getTime() + ms));

describe('the times at which an order is asked about', () => {
  test('begin a minute after it was made', () => {
    expect(after(0)).toEqual(new Date('2026-11-22T00:01:00.000Z'));
  });

  test('come within ten minutes of any payment during the life of the order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: ORDER_LIFETIME_MS }), (paidAfterMs) => {
        const waitMs = (after(paidAfterMs)?.getTime() ?? 0) - CREATED_AT.getTime() - paidAfterMs;
        expect(waitMs).toBeGreaterThan(0);
        expect(waitMs).toBeLessThan(10 * MINUTE_MS);
      }),
    );
  });

  test('end after the order did, for a payment that was begun just before its end', () => {
    const times: number[] = [];
    for (let at = after(0); at !== null; at = nextCheckAfter(CREATED_AT, at)) {
      times.push(at.getTime() - CREATED_AT.getTime());
      expect(times.length).toBeLessThan(100);
    }
    expect(times.at(-1)).toBeGreaterThan(ORDER_LIFETIME_MS + 10 * MINUTE_MS);
    expect(times).toEqual([...new Set(times)].toSorted((first, second) => first - second));
  });

  test('have a last one, which stays the last until it is over', () => {
    const last = new Date(CREATED_AT.getTime() + 78 * MINUTE_MS);

    expect(lastCheckAfter(CREATED_AT, CREATED_AT)).toEqual(last);
    expect(lastCheckAfter(CREATED_AT, new Date(last.getTime() - 1))).toEqual(last);
    expect(lastCheckAfter(CREATED_AT, last)).toBeNull();
  });

  test('are over for an order of yesterday', () => {
    expect(after(24 * 60 * MINUTE_MS)).toBeNull();
  });
});
