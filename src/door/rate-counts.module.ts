import { Global, Module } from '@nestjs/common';
import { SETTINGS } from '../config/settings.js';
import { LOGGER } from '../logging/logger.js';
import { RATE_COUNTS, rateCounts } from './rate-counts.js';

/** One set of counts, and one connection to Redis, for everything that is limited. */
@Global()
@Module({
  providers: [{ provide: RATE_COUNTS, inject: [SETTINGS, LOGGER], useFactory: rateCounts }],
  exports: [RATE_COUNTS],
})
export class RateCountsModule {}
