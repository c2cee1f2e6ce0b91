import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IamportModule } from '../iamport/iamport.module.js';
import { UserModule } from '../user/user.module.js';
import { PaymentOrder } from './payment-order.entity.js';
import { PaymentOrderResolver } from './payment-order.resolver.js';
import { PaymentOrderService } from './payment-order.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([PaymentOrder]), UserModule, IamportModule],
  providers: [PaymentOrderService, PaymentOrderResolver],
  exports: [PaymentOrderService],
})
export class PaymentOrderModule {}
