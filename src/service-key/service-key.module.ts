import { Global, Module } from '@nestjs/common';
import { ServiceKeys } from './service-keys.js';

/** Global, because its guard stands at the door of everything. */
@Global()
@Module({
  providers: [ServiceKeys],
  exports: [ServiceKeys],
})
export class ServiceKeyModule {}
