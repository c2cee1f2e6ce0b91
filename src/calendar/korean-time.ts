/** Korea has had no summer time since 1988. */
export const KOREA_AHEAD_HOURS = 9;
const AHEAD_MS = KOREA_AHEAD_HOURS * 60 * 60_000;
export const DAY_MS = 24 * 60 * 60_000;
const SATURDAY = 6;
const SUNDAY = 0;

/** From its first moment to before its last one. */
interface Period {
  from: Date;
  until: Date;
}

export interface KoreanDate {
  year: number;
  /** From 0 to 11. */
  month: number;
  day: number;
  hour: number;
}

export function koreanDate(at: Date): KoreanDate {
  const shifted = shift(at);
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

/** Holidays are not known. */
export function isWeekend(at: Date): boolean {
  const day = shift(at).getUTCDay();
  return day === SATURDAY || day === SUNDAY;
}

/** A day in Korea, such as `2026-11-25`. */
export type KoreanDay = string;

/** The day on which it is this moment in Korea. */
export function koreanDayOf(moment: Date): KoreanDay {
  return shift(moment).toISOString().slice(0, 10);
}

/** From its midnight to the next one. @param day one that {@link isKoreanDay}. */
export function periodOfDay(day: KoreanDay): Period {
  const from = Date.parse(`${day}T00:00:00Z`) - AHEAD_MS;
  return { from: new Date(from), until: new Date(from + DAY_MS) };
}

export function isKoreanDay(text: string): boolean {
  const moment = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // The 31st of a month that has 30 days becomes the first of the next one.
  return !Number.isNaN(moment) && new Date(moment).toISOString().startsWith(text);
}

/** @param days below 0 for earlier ones. */
export function addDays(day: KoreanDay, days: number): KoreanDay {
  return koreanDayOf(new Date(periodOfDay(day).from.getTime() + days * DAY_MS));
}

export function isWithin(moment: Date | null | undefined, { from, until }: Period): boolean {
  return moment !== null && moment !== undefined && moment >= from && moment < until;
}

/** What UTC's own functions show of it is what a Korean calendar shows. */
function shift(at: Date): Date {
  return new Date(at.getTime() + AHEAD_MS);
}
