import { Module } from '@nestjs/common';
import { PointTransactionModule } from '../point-transaction/point-transaction.module.js';
import { Comparer } from './comparer.js';
import { ComparisonWork } from './comparison-work.js';
import { ComparisonResolver } from './comparison.resolver.js';

@Module({
  imports: [PointTransactionModule],
  providers: [Comparer, ComparisonWork, ComparisonResolver],
  exports: [ComparisonWork],
})
export class ComparisonModule {}
