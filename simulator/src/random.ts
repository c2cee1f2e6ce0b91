import { randomInt } from 'node:crypto';

/** A seed fits into 32 bits, so that it is short enough to be typed again. */
export const SEED_MAX = 0xffff_ffff;

/** Numbers from 0 (included) to 1 (excluded). */
export type Random = () => number;

/** For a run whose seed nobody chose; it is printed so that the run can be repeated. */
export function newSeed(): number {
  return randomInt(SEED_MAX);
}

/**
 * The same numbers for the same seed and stream every time (mulberry32). A stream belongs to one user of random numbers, so that
 * what one of them draws does not change what another one gets.
 */
export function seededRandom(seed: number, stream: number): Random {
  let state = (seed ^ Math.imul(stream + 1, 0x9e37_79b9)) >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
