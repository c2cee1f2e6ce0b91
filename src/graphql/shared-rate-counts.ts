import type { OnApplicationShutdown } from '@nestjs/common';
import { type ThrottlerStorage, ThrottlerStorageService } from '@nestjs/throttler';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { RateLimiterRedis } from 'rate-limiter-flexible';

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
export class SharedRateCounts implements ThrottlerStorage, OnApplicationShutdown {
  private readonly redis: Redis;
  private readonly shared: RateLimiterRedis;
  private readonly own = new ThrottlerStorageService();
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

  async increment(
    key: string,
    ttlMs: number,
    limit: number,
    blockDurationMs: number,
    throttlerName: string,
  ): ReturnType<ThrottlerStorage['increment']> {
    try {
      // It adds without judging: the limit is the field's and not the counter's.
      const { consumedPoints, msBeforeNext } = await this.shared.penalty(key, 1, {
        customDuration: ttlMs / 1000,
      });
      const secondsBeforeNext = Math.ceil(msBeforeNext / 1000);
      return {
        totalHits: consumedPoints,
        timeToExpire: secondsBeforeNext,
        isBlocked: consumedPoints > limit,
        timeToBlockExpire: secondsBeforeNext,
      };
    } catch (error) {
      this.becomeIll(error);
      // The connection may hang, so that each request would wait; a new one is ready only when Redis answers.
      if (this.redis.status === 'ready') this.redis.disconnect(true);
      return this.own.increment(key, ttlMs, limit, blockDurationMs, throttlerName);
    }
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
    this.own.onApplicationShutdown();
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
