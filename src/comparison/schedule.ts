import { addDays, DAY_MS, type KoreanDay, koreanDayOf, periodOfDay } from '../calendar/korean-time.js';

/** After the midnight that ends it, when the hour behind it can be read as well. */
const AFTER_MIDNIGHT_MS = 70 * 60 * 1000;
/** The day itself is compared on the next day, and once more on each of the three after it. */
const DAYS_AFTER = [0, 1, 2, 3];
/** As far as the lists of gateways go back. */
export const DAYS_BACK_MAX = 90;

/**
 * When a day is compared next by itself: again and again while it and the next one last, since that is how long most news
 * take; after its midnight, when it is whole; and once on each of the three days after that, for what was cancelled late.
 *
 * @param intervalMs between two comparisons of the first two days.
 * @returns null when that was the last one.
 */
export function nextRunAfter(day: KoreanDay, now: Date, intervalMs: number): Date | null {
  const midnightMs = periodOfDay(day).until.getTime();
  const whole = DAYS_AFTER.map((days) => midnightMs + days * DAY_MS + AFTER_MIDNIGHT_MS).find(
    (at) => at > now.getTime(),
  );
  const soon = now.getTime() + intervalMs;
  const isFresh = soon < midnightMs + DAY_MS;
  if (whole === undefined) return null;
  return new Date(isFresh ? Math.min(soon, whole) : whole);
}

/**
 * The days that are to be compared by themselves from now on and have no row yet, oldest first: the last ones, and those
 * that went by while all servers were away. What somebody compared by hand in between leaves no gap but the one before it.
 *
 * @param existing the days that have one, of the last {@link DAYS_BACK_MAX}, in any order.
 * @param isNew nothing was ever sold before today.
 */
export function daysToAdd(existing: readonly KoreanDay[], isNew: boolean, now: Date): KoreanDay[] {
  const today = koreanDayOf(now);
  const latest = addDays(today, 1 - DAYS_AFTER.length);
  if (existing.length === 0) return isNew ? [today] : daysFrom(latest, today);
  const known = new Set(existing);
  const sorted = [...existing].toSorted();
  const before = sorted.findLast((day) => day < latest);
  const first = sorted[0] ?? today;
  return daysFrom(before ?? (first > latest ? first : latest), today).filter((day) => !known.has(day));
}

/** Both ends included. */
export function daysFrom(first: KoreanDay, last: KoreanDay): KoreanDay[] {
  const days: KoreanDay[] = [];
  for (let day = first; day <= last; day = addDays(day, 1)) days.push(day);
  return days;
}

/** The first day that can still be compared. */
export function firstDay(now: Date): KoreanDay {
  return addDays(koreanDayOf(now), 1 - DAYS_BACK_MAX);
}
