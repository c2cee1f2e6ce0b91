import type { EntityManager } from 'typeorm';
import {
  addDays,
  KOREA_AHEAD_HOURS,
  type KoreanDay,
  koreanDayOf,
  periodOfDay,
} from '../calendar/korean-time.js';
import { Statement } from '../database/statement.js';
import { Lot } from './lot.entity.js';

/** How far ahead an owner sees it: as long before as the first notice comes. */
export const EXPIRING_DAYS = 30;

/** Points of one owner that are lost on a day if they are not spent before. */
export interface ExpiringPoints {
  day: KoreanDay;
  /** Whole points. */
  point: number;
}

const expiringByDay = new Statement(
  ({ table, now, dayOf }) => `SELECT ${dayOf('openUntil', KOREA_AHEAD_HOURS)} AS day, SUM(remaining) AS point
  FROM ${table(Lot)} WHERE ownerId = :ownerId AND openUntil > ${now} AND openUntil < :until
  GROUP BY ${dayOf('openUntil', KOREA_AHEAD_HOURS)} ORDER BY day`,
);

/** What an owner loses within EXPIRING_DAYS if nothing is spent: a row for each day, the first one first. */
export async function expiringPointsOf(manager: EntityManager, ownerId: string): Promise<ExpiringPoints[]> {
  const { until } = periodOfDay(addDays(koreanDayOf(new Date()), EXPIRING_DAYS));
  const { records } = await expiringByDay.send(manager, { ownerId, until });
  return (records as { day: string; point: number | string }[]).map(({ day, point }) => ({
    day,
    point: Number(point),
  }));
}
