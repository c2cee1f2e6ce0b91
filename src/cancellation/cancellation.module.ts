import { Module } from '@nestjs/common';
import { PaymentOrderModule } from '../payment-order/payment-order.module.js';
import { PointTransactionModule } from '../point-transaction/point-transaction.module.js';
import { CancellationResolver } from './cancellation.resolver.js';
import { CancellationService } from './cancellation.service.js';

@Module({
  imports: [PaymentOrderModule, PointTransactionModule],
  providers: [CancellationService, CancellationResolver],
  exports: [CancellationService],
})
export class CancellationModule {}
