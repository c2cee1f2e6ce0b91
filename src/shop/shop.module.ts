import { type DynamicModule, Global, Module } from '@nestjs/common';
import { SHOP, type Shop } from './shop.js';
import { ShopResolver } from './shop.resolver.js';

/** Hands the shop, already read and checked by the program's start, to the rooms that go by its words. */
@Global()
@Module({})
export class ShopModule {
  static of(shop: Shop): DynamicModule {
    return {
      module: ShopModule,
      providers: [{ provide: SHOP, useValue: shop }, ShopResolver],
      exports: [SHOP],
    };
  }
}
