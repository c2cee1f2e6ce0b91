import type { Period } from '../gateway/gateway.js';

/** Korea has had no summer time since 1988. */
const OFFSET_MS = 9 * 60 * 60 * 1000;
export const DAY_MS = 24 * 60 * 60 * 1000;

/** A day in Korea, such as `2026-11-25`. */
export type KoreanDay = string;

/** The day on which it is this moment in Korea. */
export function koreanDayOf(moment: Date): KoreanDay {
  return new Date(moment.getTime() + OFFSET_MS).toISOString().slice(0, 10);
}

/** From its midnight to the next one. @param day one that {@link isKoreanDay}. */
export function periodOfDay(day: KoreanDay): Period {
  const from = Date.parse(`${day}T00:00:00Z`) - OFFSET_MS;
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
