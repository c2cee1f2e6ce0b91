import { Module } from '@nestjs/common';
import { ShopResolver } from './shop.resolver.js';

@Module({ providers: [ShopResolver] })
export class ShopModule {}
