import { Module } from '@nestjs/common';
import { AttentionResolver } from './attention.resolver.js';
import { AttentionService } from './attention.service.js';

@Module({
  providers: [AttentionService, AttentionResolver],
})
export class AttentionModule {}
