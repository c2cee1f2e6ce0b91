import { type ExecutionContext, ServiceUnavailableException } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import {
  ThrottlerGuard,
  type ThrottlerLimitDetail,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import type { Settings } from '../config/settings.js';
import { TooManyRequests } from '../refusal/too-many-requests.js';
import { callerToCount } from './client-address.js';
import type { RateCounts } from './rate-counts.js';
import { RATE_LIMIT_DEFAULTS, RATE_LIMIT_NAMES, RATE_LIMIT_WINDOW_MS } from './rate-limit.decorator.js';
import { isGraphql, requestOf, type ViewersRequest } from './viewer.js';

/**
 * A hundred a second. The gateway sends from three addresses (documented), and who invents notices behind one of its own
 * must not use up what true ones need: an invented one costs a look-up by key.
 */
const WEBHOOKS_PER_ADDRESS = 6000;

/** Counts every root field for the logged-in user and for the address it comes from, or for the service. */
function rateLimits(settings: Settings): ThrottlerModuleOptions {
  return {
    setHeaders: false,
    throttlers: [
      {
        name: RATE_LIMIT_NAMES.user,
        ttl: RATE_LIMIT_WINDOW_MS,
        limit: RATE_LIMIT_DEFAULTS.perUser,
        // A caller without a token is counted by address alone: all of them together are not one user.
        skipIf: (context) =>
          !settings.rateLimit || !isGraphql(context) || requestOf(context).pointsViewer === undefined,
        getTracker: (request) => String((request as ViewersRequest).pointsViewer?.ownerId),
      },
      {
        name: RATE_LIMIT_NAMES.service,
        ttl: RATE_LIMIT_WINDOW_MS,
        limit: RATE_LIMIT_DEFAULTS.perService,
        skipIf: (context) =>
          !settings.rateLimit || !isGraphql(context) || requestOf(context).pointsService === undefined,
        getTracker: (request) => String((request as ViewersRequest).pointsService?.keyId),
      },
      {
        name: RATE_LIMIT_NAMES.address,
        ttl: RATE_LIMIT_WINDOW_MS,
        limit: RATE_LIMIT_DEFAULTS.perAddress,
        skipIf: (context) =>
          !settings.rateLimit || !isGraphql(context) || requestOf(context).pointsService !== undefined,
        getTracker: (request) => callerToCount(request as ViewersRequest),
      },
      {
        name: RATE_LIMIT_NAMES.webhook,
        ttl: RATE_LIMIT_WINDOW_MS,
        limit: WEBHOOKS_PER_ADDRESS,
        // Our only controller behind the door takes notices.
        skipIf: (context) => !settings.rateLimit || isGraphql(context),
        getTracker: (request) => callerToCount(request as ViewersRequest),
      },
    ],
  };
}

/** A window begins with its first call, and who is refused waits for its end. */
function countCallsIn(counts: RateCounts): ThrottlerStorage {
  return {
    increment: async (key, ttlMs, limit) => {
      const { points, msBeforeNext } = await counts.add(key, 1, ttlMs);
      const secondsBeforeNext = Math.ceil(msBeforeNext / 1000);
      return {
        totalHits: points,
        timeToExpire: secondsBeforeNext,
        isBlocked: points > limit,
        timeToBlockExpire: secondsBeforeNext,
      };
    },
  };
}

/** It stands at our door alone and has counts of its own: a host's app may have a ThrottlerModule, which is global. */
export class RateLimitGuard extends ThrottlerGuard {
  static of(settings: Settings, counts: RateCounts, reflector: Reflector): RateLimitGuard {
    return new RateLimitGuard(rateLimits(settings), countCallsIn(counts), reflector);
  }

  /** No answer is given, since no header is set. */
  protected override getRequestResponse(context: ExecutionContext) {
    return { req: requestOf(context), res: {} };
  }

  protected override async throwThrottlingException(
    context: ExecutionContext,
    { timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<void> {
    // The gateway sends a notice again after a 5xx; what it does after a 4xx is not documented.
    if (!isGraphql(context)) throw new ServiceUnavailableException('too many notices, send it again later');
    throw new TooManyRequests(timeToBlockExpire);
  }
}
