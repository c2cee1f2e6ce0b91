import { expect, test } from '@jest/globals';
import { pauseMs } from './patience.js';

test('pauses double from the first to the last, however often something is tried', () => {
  const patience = { firstPauseMs: 2_000, lastPauseMs: 900_000 };
  const seconds = (attempts: number) => pauseMs(attempts, patience) / 1000;

  expect(Array.from({ length: 11 }, (_, attempts) => seconds(attempts))).toEqual([
    2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900,
  ]);
  expect(seconds(100_000)).toBe(900);
});
