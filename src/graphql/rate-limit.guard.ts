import { type ExecutionContext, Injectable } from '@nestjs/common';
import { type GqlContextType, GqlExecutionContext } from '@nestjs/graphql';
import { ThrottlerGuard, type ThrottlerLimitDetail, type ThrottlerModuleOptions } from '@nestjs/throttler';
import type { Settings } from '../config/settings.js';
import { ErrorCode } from '../refusal/error-code.js';
import { Refusal } from '../refusal/refusal.js';
import type { GraphqlContext } from './context.js';
import { RATE_LIMIT_DEFAULTS, RATE_LIMIT_WINDOW_MS } from './rate-limit.decorator.js';

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
export function rateLimits(settings: Settings): ThrottlerModuleOptions {
  return {
    setHeaders: false,
    skipIf: (context) => !settings.rateLimit || context.getType<GqlContextType>() !== 'graphql',
    throttlers: [
      {
        name: 'user',
        ttl: RATE_LIMIT_WINDOW_MS,
        limit: RATE_LIMIT_DEFAULTS.perUser,
        // A caller without a token is counted by address alone: all of them together are not one user.
        skipIf: (context) => !settings.rateLimit || requestOf(context)?.user === undefined,
        getTracker: (request) => String(request.user.userId),
      },
      { name: 'address', ttl: RATE_LIMIT_WINDOW_MS, limit: RATE_LIMIT_DEFAULTS.perAddress },
    ],
  };
}

@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  protected override getRequestResponse(context: ExecutionContext) {
    return GqlExecutionContext.create(context).getContext<GraphqlContext>();
  }

  protected override async throwThrottlingException(
    _context: ExecutionContext,
    { timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<void> {
    throw new TooManyRequests(timeToBlockExpire);
  }
}

function requestOf(context: ExecutionContext): GraphqlContext['req'] | undefined {
  if (context.getType<GqlContextType>() !== 'graphql') return undefined;
  return GqlExecutionContext.create(context).getContext<GraphqlContext>().req;
}
