import { type ExecutionContext, Injectable, ServiceUnavailableException } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';
import {
  ThrottlerGuard,
  type ThrottlerLimitDetail,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Settings } from '../config/settings.js';
import { TooManyRequests } from '../refusal/too-many-requests.js';
import { callerToCount } from './client-address.js';
import type { RateCounts } from './rate-counts.js';
import { RATE_LIMIT_DEFAULTS, RATE_LIMIT_WINDOW_MS } from './rate-limit.decorator.js';
import { isGraphql, requestOf, type ViewersRequest } from './viewer.js';

/**
 * A hundred a second. The gateway sends from three addresses (documented), and who invents notices behind one of its own
 * must not use up what true ones need: an invented one costs a look-up by key.
 */
const WEBHOOKS_PER_ADDRESS = 6000;

/** Counts every root field for the logged-in user and for the address it comes from, or for the service. */
export function rateLimits(settings: Settings, counts: RateCounts): ThrottlerModuleOptions {
  return {
    setHeaders: false,
    storage: countCallsIn(counts),
    throttlers: [
      {
        name: 'user',
        ttl: RATE_LIMIT_WINDOW_MS,
        limit: RATE_LIMIT_DEFAULTS.perUser,
        // A caller without a token is counted by address alone: all of them together are not one user.
        skipIf: (context) =>
          !settings.rateLimit || !isGraphql(context) || requestOf(context).user === undefined,
        getTracker: (request) => String(request.user.ownerId),
      },
      {
        name: 'service',
        ttl: RATE_LIMIT_WINDOW_MS,
        limit: RATE_LIMIT_DEFAULTS.perService,
        skipIf: (context) =>
          !settings.rateLimit || !isGraphql(context) || requestOf(context).service === undefined,
        getTracker: (request) => String(request.service.keyId),
      },
      {
        name: 'address',
        ttl: RATE_LIMIT_WINDOW_MS,
        limit: RATE_LIMIT_DEFAULTS.perAddress,
        skipIf: (context) =>
          !settings.rateLimit || !isGraphql(context) || requestOf(context).service !== undefined,
        getTracker: (request) => callerToCount(request as FastifyRequest),
      },
      {
        name: 'webhook',
        ttl: RATE_LIMIT_WINDOW_MS,
        limit: WEBHOOKS_PER_ADDRESS,
        skipIf: (context) =>
          !settings.rateLimit || isGraphql(context) || !requestOf(context).url.startsWith('/webhooks/'),
        getTracker: (request) => callerToCount(request as FastifyRequest),
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

@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  protected override getRequestResponse(context: ExecutionContext) {
    if (!isGraphql(context))
      return { req: requestOf(context), res: context.switchToHttp().getResponse<FastifyReply>() };
    return GqlExecutionContext.create(context).getContext<{ req: ViewersRequest; res: FastifyReply }>();
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
