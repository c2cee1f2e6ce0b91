import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createLogger } from '../logging/logger.js';
import type { Work } from './work.js';
import { Worker } from './worker.js';

/** No test waits for a pause to end. */
const PAUSE_MS = 60_000;
const logger = createLogger('silent');

/** Hands out these batches, one at each look. Only the last one is not full. */
function workOf(batches: string[][], doPiece: (piece: string) => Promise<void> = async () => undefined) {
  const done: string[] = [];
  let wake: () => void = () => undefined;
  const work: Work<string> = {
    take: async () => ({ pieces: batches.shift() ?? [], isFull: batches.length > 0 }),
    nameOf: () => ({}),
    do: async (piece) => {
      await doPiece(piece);
      done.push(piece);
    },
    listen: (listener) => {
      wake = listener;
      return () => {
        wake = () => undefined;
      };
    },
  };
  return { work, done, wake: () => wake() };
}

test('a worker takes one batch after the other until one is not full, and the next when it is woken', async () => {
  const batches = [['a', 'b'], ['c', 'd'], ['e']];
  const { work, done, wake } = workOf(batches);
  const worker = new Worker(work, logger, PAUSE_MS);

  worker.start();
  await sleep(20);
  expect(done).toEqual(['a', 'b', 'c', 'd', 'e']);

  batches.push(['f']);
  wake();
  await sleep(20);
  expect(done.at(-1)).toBe('f');
  await worker.stop();
});

test('a piece that fails keeps none of the others, and none of the next batches', async () => {
  const { work, done } = workOf([['a', 'b', 'c'], ['d']], async (piece) => {
    if (piece !== 'c' && piece !== 'd') throw new Error(piece);
  });
  const worker = new Worker(work, logger, PAUSE_MS);

  worker.start();
  await sleep(20);

  expect(done).toEqual(['c', 'd']);
  await worker.stop();
});

test('a worker that is stopped ends what it has begun, begins nothing more and is not woken', async () => {
  const batches = [Array.from({ length: 100 }, (_, index) => `${index}`), ['later']];
  const { work, done, wake } = workOf(batches, () => sleep(20));
  const worker = new Worker(work, logger, PAUSE_MS);
  worker.start();
  await sleep(5);

  await worker.stop();
  const ended = done.length;
  wake();
  await sleep(50);

  expect(ended).toBeGreaterThan(0);
  expect(done).toHaveLength(ended);
  expect(ended).toBeLessThan(100);
  expect(batches).toEqual([['later']]);
});
