import { randomInt } from 'node:crypto';
import { decodeTime, encodeTime, ulid } from 'ulid';

/** A ULID has 32 characters to choose from for each of its 16 random places. */
const CHARACTERS = 32;
const TIME_LENGTH = 10;

/**
 * The key of a new row: a ULID, whose 26 letters and digits sort by the millisecond in which it was made. The last 16 hold
 * 80 random bits of the operating system, so that nobody can guess one.
 *
 * Left alone the library asks the system for each character, 16 times, which took 54 µs; `randomInt` asks once for a
 * thousand of them.
 */
export function newId(): string {
  return ulid(undefined, () => randomInt(CHARACTERS) / CHARACTERS);
}

/** What sorts before every id that was made at this moment or later, and after all earlier ones. */
export function idsFrom(moment: Date): string {
  return encodeTime(moment.getTime(), TIME_LENGTH);
}

/** When an id was made. */
export function timeOfId(id: string): Date {
  return new Date(decodeTime(id));
}
