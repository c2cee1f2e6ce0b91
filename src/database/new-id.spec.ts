import { describe, expect, test } from '@jest/globals';
import { decodeTime } from 'ulid';
import { newId } from './new-id.js';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_LENGTH = 10;

describe('the id of a new row', () => {
  test('holds the millisecond in which it was made, by which ids sort', () => {
    const before = Date.now();
    const id = newId();
    const after = Date.now();

    expect(id).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(decodeTime(id)).toBeGreaterThanOrEqual(before);
    expect(decodeTime(id)).toBeLessThanOrEqual(after);
  });

  test('has each of its 32 characters about equally often at each of its 16 random places, so that it cannot be guessed', () => {
    const ids = Array.from({ length: 32_000 }, newId);

    expect(new Set(ids).size).toBe(ids.length);
    for (let place = TIME_LENGTH; place < TIME_LENGTH + 16; place++) {
      const counts = new Map([...ALPHABET].map((character) => [character, 0]));
      for (const id of ids) counts.set(id.charAt(place), (counts.get(id.charAt(place)) ?? 0) + 1);
      expect(counts.size).toBe(ALPHABET.length);
      // 1,000 are expected, with a standard deviation of 31.
      expect(Math.min(...counts.values())).toBeGreaterThan(750);
      expect(Math.max(...counts.values())).toBeLessThan(1250);
    }
  });
});
