import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { PointTransactionModule } from '../point-transaction/point-transaction.module.js';
import { Comparer } from './comparer.js';
import { Comparison } from './comparison.entity.js';
import { ComparisonWork } from './comparison-work.js';
import { ComparisonResolver } from './comparison.resolver.js';
import { Difference } from './difference.entity.js';

@Module({
  imports: [TypeOrmModule.forFeature([Comparison, Difference]), PointTransactionModule],
  providers: [Comparer, ComparisonWork, ComparisonResolver],
  exports: [ComparisonWork],
})
export class ComparisonModule {}
