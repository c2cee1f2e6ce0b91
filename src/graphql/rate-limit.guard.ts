import { type ExecutionContext, Injectable, ServiceUnavailableException } from '@nestjs/common';
import { type GqlContextType, GqlExecutionContext } from '@nestjs/graphql';
import {
  ThrottlerGuard,
  type ThrottlerLimitDetail,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Settings } from '../config/settings.js';
import { ErrorCode } from '../refusal/error-code.js';
import { Refusal } from '../refusal/refusal.js';
import { callerToCount } from './client-address.js';
import type { GraphqlContext } from './context.js';
import { RATE_LIMIT_DEFAULTS, RATE_LIMIT_WINDOW_MS } from './rate-limit.decorator.js';

/** The gateway sends from three addresses (documented), one notice for each payment. */
const WEBHOOKS_PER_ADDRESS = 1200;

class TooManyRequests extends Refusal {
  readonly code = ErrorCode.TOO_MANY_REQUESTS;
  override readonly retryable = true;
  override readonly details: Readonly<Record<string, number>>;

  constructor(retryAfterSeconds: number) {
    super({
      ko: `요청이 너무 많습니다. ${retryAfterSeconds}초 뒤에 다시 시도해 주세요.`,
      en: `Too many requests. Please try again in ${retryAfterSeconds} seconds.`,
    });
    this.details = { retryAfterSeconds };
  }
}

/** Counts every root field for the logged-in user and for the address it comes from. */
export async function rateLimits(settings: Settings, logger: Logger): Promise<ThrottlerModuleOptions> {
  return {
    setHeaders: false,
    storage: settings.redisUrl === undefined ? undefined : await sharedCounts(settings.redisUrl, logger),
    throttlers: [
      {
        name: 'user',
        ttl: RATE_LIMIT_WINDOW_MS,
        limit: RATE_LIMIT_DEFAULTS.perUser,
        // A caller without a token is counted by address alone: all of them together are not one user.
        skipIf: (context) =>
          !settings.rateLimit || !isGraphql(context) || requestOf(context).user === undefined,
        getTracker: (request) => String(request.user.userId),
      },
      {
        name: 'address',
        ttl: RATE_LIMIT_WINDOW_MS,
        limit: RATE_LIMIT_DEFAULTS.perAddress,
        skipIf: (context) => !settings.rateLimit || !isGraphql(context),
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

/** Loaded only where it is used: the client of Redis takes a tenth of a second and many megabytes. */
async function sharedCounts(redisUrl: string, logger: Logger): Promise<ThrottlerStorage> {
  const { SharedRateCounts } = await import('./shared-rate-counts.js');
  return new SharedRateCounts(redisUrl, logger);
}

@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  protected override getRequestResponse(context: ExecutionContext) {
    if (!isGraphql(context))
      return { req: requestOf(context), res: context.switchToHttp().getResponse<FastifyReply>() };
    return GqlExecutionContext.create(context).getContext<GraphqlContext>();
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

function isGraphql(context: ExecutionContext): boolean {
  return context.getType<GqlContextType>() === 'graphql';
}

function requestOf(context: ExecutionContext): GraphqlContext['req'] {
  if (!isGraphql(context)) return context.switchToHttp().getRequest<GraphqlContext['req']>();
  return GqlExecutionContext.create(context).getContext<GraphqlContext>().req;
}
