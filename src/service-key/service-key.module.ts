import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ServiceKey } from './service-key.entity.js';
import { ServiceKeys } from './service-keys.js';

/** Global, because its guard stands at the door of everything. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([ServiceKey])],
  providers: [ServiceKeys],
  exports: [ServiceKeys],
})
export class ServiceKeyModule {}
