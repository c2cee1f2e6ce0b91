import type { Logger } from 'pino';
import type { Settings } from '../config/settings.js';

/** Token under which the counts are injected. */
export const RATE_COUNTS = Symbol('RATE_COUNTS');

export interface RateCount {
  points: number;
  /** Until the count ends. */
  msBeforeNext: number;
}

/** What is counted to limit it. A count ends a fixed time after its first point. None of these calls ever fails. */
export interface RateCounts {
  /** @param points below zero takes points back. @returns the count after it. */
  add(key: string, points: number, windowMs: number): Promise<RateCount>;
  /** @returns 0 where nothing is counted. */
  read(key: string): Promise<number>;
}

/** Only the one that is used is loaded: the client of Redis takes a tenth of a second and many megabytes. */
export async function rateCounts(settings: Settings, logger: Logger): Promise<RateCounts> {
  if (settings.redisUrl === undefined) {
    const { OwnRateCounts } = await import('./own-rate-counts.js');
    return new OwnRateCounts();
  }
  const { SharedRateCounts } = await import('./shared-rate-counts.js');
  return new SharedRateCounts(settings.redisUrl, logger);
}
