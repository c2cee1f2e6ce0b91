import { describe, expect, test } from '@jest/globals';
import { DAYS_BACK_MAX, daysToAdd, firstDay, nextRunAfter } from './schedule.js';

const DAY = '2026-11-25';
const INTERVAL_MS = 50 * 60_000;
const korean = (text: string) => new Date(`${text}:00+09:00`);

describe('a day is compared', () => {
  test.each([
    ['again after the interval while it lasts', '2026-11-25T12:00', '2026-11-25T12:50'],
    ['and on the next day', '2026-11-26T12:00', '2026-11-26T12:50'],
    ['as soon as it can be whole', '2026-11-26T00:40', '2026-11-26T01:10'],
    ['after its second midnight once', '2026-11-26T23:30', '2026-11-27T01:10'],
    ['on the second day after', '2026-11-27T01:10', '2026-11-28T01:10'],
    ['on the third day after', '2026-11-28T13:00', '2026-11-29T01:10'],
  ])('%s', (_title, now, next) => {
    expect(nextRunAfter(DAY, korean(now), INTERVAL_MS)).toEqual(korean(next));
  });

  test('no more by itself after that', () => {
    expect(nextRunAfter(DAY, korean('2026-11-29T01:10'), INTERVAL_MS)).toBeNull();
  });

  test('within an hour of whatever happens on it or on the day after, at each minute of both', () => {
    for (let minute = 0; minute < 2 * 24 * 60 - 60; minute++) {
      const now = new Date(korean('2026-11-25T00:00').getTime() + minute * 60_000);
      expect(Number(nextRunAfter(DAY, now, INTERVAL_MS)) - now.getTime()).toBeLessThanOrEqual(60 * 60_000);
    }
  });

  test('from its first moment on: where nothing was sold before only today, otherwise three days back', () => {
    const now = korean('2026-11-25T00:00');
    expect(daysToAdd([], true, now)).toEqual([DAY]);
    expect(daysToAdd([], false, now)).toEqual(['2026-11-22', '2026-11-23', '2026-11-24', DAY]);
    // Nothing was sold before the first day that has a row.
    expect(daysToAdd(['2026-11-24'], false, now)).toEqual([DAY]);
  });

  test('also after all servers were away, and somebody compared a day by hand', () => {
    const now = korean('2026-11-25T12:00');
    expect(daysToAdd([DAY, '2026-11-24', '2026-11-23', '2026-11-22', '2026-11-21'], false, now)).toEqual([]);
    expect(daysToAdd(['2026-11-19', '2026-11-24', '2026-11-10'], false, now)).toEqual([
      '2026-11-20',
      '2026-11-21',
      '2026-11-22',
      '2026-11-23',
      DAY,
    ]);
    expect(daysToAdd([firstDay(now)], false, now)).toHaveLength(DAYS_BACK_MAX - 1);
  });
});
