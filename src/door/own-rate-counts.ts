import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { RateCount, RateCounts } from './rate-counts.js';

/** Counts in the memory of this server alone. */
export class OwnRateCounts implements RateCounts {
  // Both come with each call.
  private readonly counter = new RateLimiterMemory({ points: 0, duration: 0 });

  async add(key: string, points: number, windowMs: number): Promise<RateCount> {
    // It adds without judging: a limit is its caller's and not the counter's.
    const { consumedPoints, msBeforeNext } = await this.counter.penalty(key, points, {
      customDuration: windowMs / 1000,
    });
    return { points: consumedPoints, msBeforeNext };
  }

  async read(key: string): Promise<number> {
    return (await this.counter.get(key))?.consumedPoints ?? 0;
  }
}
