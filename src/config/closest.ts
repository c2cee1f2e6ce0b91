import { distanceOf } from './distance.js';

/** A slip of the finger or two; more is another word. */
const SLIPS_MAX = 2;

/** @returns what somebody who wrote `word` may have meant, or undefined when nothing is near it. */
export function closestOf(word: string, names: readonly string[]): string | undefined {
  const [first] = names
    .map((name) => ({ name, slips: distanceOf(word, name) }))
    .filter(({ slips }) => slips <= SLIPS_MAX)
    .toSorted((one, other) => one.slips - other.slips);
  return first?.name;
}
