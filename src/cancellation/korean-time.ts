/** Korea has no summer time. */
const AHEAD_MS = 9 * 60 * 60_000;

export interface KoreanDate {
  year: number;
  /** From 0 to 11. */
  month: number;
  day: number;
  hour: number;
}

export function koreanDate(at: Date): KoreanDate {
  const shifted = new Date(at.getTime() + AHEAD_MS);
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth(),
    day: shifted.getUTCDate(),
    hour: shifted.getUTCHours(),
  };
}

/** The instant of a full hour in Korea. Months, days and hours beyond an end run over into the next. */
export function koreanInstant(year: number, month: number, day: number, hour = 0): Date {
  return new Date(Date.UTC(year, month, day, hour) - AHEAD_MS);
}

/** The number of days of a month. @param month may run over, as in {@link koreanInstant}. */
export function daysOfMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
}
