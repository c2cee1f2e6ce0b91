import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Attention } from './attention.entity.js';
import { AttentionResolver } from './attention.resolver.js';
import { AttentionService } from './attention.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Attention])],
  providers: [AttentionService, AttentionResolver],
})
export class AttentionModule {}
