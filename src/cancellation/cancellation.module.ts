import { Module } from '@nestjs/common';
import { PointTransactionModule } from '../point-transaction/point-transaction.module.js';
import { CancellationResolver } from './cancellation.resolver.js';
import { CancellationWork } from './cancellation-work.js';
import { CancellationService } from './cancellation.service.js';

@Module({
  imports: [PointTransactionModule],
  providers: [CancellationService, CancellationWork, CancellationResolver],
  exports: [CancellationWork],
})
export class CancellationModule {}
