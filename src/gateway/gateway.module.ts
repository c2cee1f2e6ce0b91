import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Gateways } from './gateways.js';

/** Hands the gateways, whichever they are, to every room. */
@Global()
@Module({})
export class GatewayModule {
  static of(gateways: Gateways): DynamicModule {
    return {
      module: GatewayModule,
      providers: [{ provide: Gateways, useValue: gateways }],
      exports: [Gateways],
    };
  }
}
