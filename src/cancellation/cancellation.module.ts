import { Module } from '@nestjs/common';
import { IamportModule } from '../iamport/iamport.module.js';
import { PaymentOrderModule } from '../payment-order/payment-order.module.js';
import { PointTransactionModule } from '../point-transaction/point-transaction.module.js';
import { CancellationResolver } from './cancellation.resolver.js';
import { CancellationService } from './cancellation.service.js';

@Module({
  imports: [IamportModule, PaymentOrderModule, PointTransactionModule],
  providers: [CancellationService, CancellationResolver],
  exports: [CancellationService],
})
export class CancellationModule {}
