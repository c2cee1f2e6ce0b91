import type { OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { OwnRateCounts } from './own-rate-counts.js';
import type { RateCount, RateCounts } from './rate-counts.js';

const KEY_PREFIX = 'point-top-up:rate';
/** What a request waits for Redis at most; the next ones do not wait, because the connection counts as lost then. */
const ANSWER_TIMEOUT_MS = 500;
const CONNECT_TIMEOUT_MS = 2000;
/** Between two attempts to reach Redis again. */
const RECONNECT_PAUSE_MS = 1000;

/**
 * Counts of requests that all servers on one Redis share. A limit protects the service and is no rule of money, so a
 * Redis that does not answer refuses nobody: meanwhile each server counts in its own memory.
 */
export class SharedRateCounts implements RateCounts, OnApplicationShutdown {
  private readonly redis: Redis;
  private readonly shared: RateLimiterRedis;
  private readonly own = new OwnRateCounts();
  private isIll = false;

  constructor(
    url: string,
    private readonly logger: Logger,
  ) {
    this.redis = new Redis(url, {
      connectTimeout: CONNECT_TIMEOUT_MS,
      commandTimeout: ANSWER_TIMEOUT_MS,
      retryStrategy: () => RECONNECT_PAUSE_MS,
      // Nothing is kept for later: what could not be counted there has been counted here.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
    });
    this.redis.on('error', (error) => this.becomeIll(error));
    this.redis.on('ready', () => this.becomeWell());
    this.shared = new RateLimiterRedis({
      storeClient: this.redis,
      keyPrefix: KEY_PREFIX,
      // Both come with each call.
      points: 0,
      duration: 0,
      rejectIfRedisNotReady: true,
    });
  }

  async add(key: string, points: number, windowMs: number): Promise<RateCount> {
    return this.askOrElse(
      async () => {
        // It adds without judging: a limit is its caller's and not the counter's.
        const { consumedPoints, msBeforeNext } = await this.shared.penalty(key, points, {
          customDuration: windowMs / 1000,
        });
        return { points: consumedPoints, msBeforeNext };
      },
      () => this.own.add(key, points, windowMs),
    );
  }

  async read(key: string): Promise<number> {
    return this.askOrElse(
      async () => (await this.shared.get(key))?.consumedPoints ?? 0,
      () => this.own.read(key),
    );
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }

  /** Asks Redis, or this server's own memory where Redis gives no answer. */
  private async askOrElse<T>(askRedis: () => Promise<T>, countAlone: () => Promise<T>): Promise<T> {
    try {
      return await askRedis();
    } catch (error) {
      this.becomeIll(error);
      // The connection may hang, so that each request would wait; a new one is ready only when Redis answers.
      if (this.redis.status === 'ready') this.redis.disconnect(true);
      return countAlone();
    }
  }

  private becomeIll(error: unknown): void {
    if (this.isIll) return;
    this.isIll = true;
    this.logger.warn({ err: error }, 'the shared rate limits do not answer; this server counts alone');
  }

  private becomeWell(): void {
    if (!this.isIll) return;
    this.isIll = false;
    this.logger.info('the shared rate limits answer again');
  }
}
