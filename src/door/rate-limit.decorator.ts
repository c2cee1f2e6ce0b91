import { Throttle } from '@nestjs/throttler';

export const RATE_LIMIT_WINDOW_MS = 60_000;

/** A host's throttlers have names, too, and read what is written at a field under theirs. */
export const RATE_LIMIT_NAMES = {
  user: 'points-user',
  service: 'points-service',
  address: 'points-address',
  webhook: 'points-webhook',
} as const;

/** Calls of one root field per minute where nothing else is written at the field. */
export const RATE_LIMIT_DEFAULTS = { perUser: 120, perService: 6000, perAddress: 600 };

/**
 * How often one root field may be asked for per minute: by one logged-in user, by one service key, and from one address.
 * Each occurrence in a document counts, so aliases do not get around it. Addresses get more, because offices and phones
 * share theirs, and services are not counted by theirs, because they call for everybody.
 */
export function RateLimit(limits: Partial<typeof RATE_LIMIT_DEFAULTS>) {
  const { perUser, perService, perAddress } = { ...RATE_LIMIT_DEFAULTS, ...limits };
  return Throttle({
    [RATE_LIMIT_NAMES.user]: { limit: perUser, ttl: RATE_LIMIT_WINDOW_MS },
    [RATE_LIMIT_NAMES.service]: { limit: perService, ttl: RATE_LIMIT_WINDOW_MS },
    [RATE_LIMIT_NAMES.address]: { limit: perAddress, ttl: RATE_LIMIT_WINDOW_MS },
  });
}
