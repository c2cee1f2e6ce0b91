import { Inject } from '@nestjs/common';
import { Context, Query, Resolver } from '@nestjs/graphql';
import { Public } from '../door/access.decorator.js';
import { BehindOurDoor } from '../door/door.guard.js';
import { languageOf } from '../door/language.js';
import type { GraphqlContext } from '../graphql/context.js';
import { SHOP, type Shop } from './shop.js';
import { ShopModel } from './shop.model.js';

@BehindOurDoor()
@Resolver(() => ShopModel)
export class ShopResolver {
  constructor(@Inject(SHOP) private readonly theShop: Shop) {}

  @Public()
  @Query(() => ShopModel, {
    description: 'Whose page it is: what to show before somebody pays, in the language of `Accept-Language`.',
  })
  shop(@Context() { req }: GraphqlContext): ShopModel {
    return ShopModel.of(this.theShop, languageOf(req));
  }
}
