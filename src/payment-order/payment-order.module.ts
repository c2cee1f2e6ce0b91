import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { PaymentOrder } from './payment-order.entity.js';
import { PaymentOrderResolver } from './payment-order.resolver.js';
import { PaymentOrderService } from './payment-order.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([PaymentOrder])],
  providers: [PaymentOrderService, PaymentOrderResolver],
  exports: [PaymentOrderService],
})
export class PaymentOrderModule {}
