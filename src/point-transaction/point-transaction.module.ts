import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IamportModule } from '../iamport/iamport.module.js';
import { PaymentOrderModule } from '../payment-order/payment-order.module.js';
import { UserModule } from '../user/user.module.js';
import { Ledger } from './ledger.js';
import { PaidOrderResolver } from './paid-order.resolver.js';
import { PointTransaction } from './point-transaction.entity.js';
import { PointTransactionResolver } from './point-transaction.resolver.js';
import { PointTransactionService } from './point-transaction.service.js';

/** The heart: payments become points here, once each. */
@Module({
  imports: [TypeOrmModule.forFeature([PointTransaction]), UserModule, PaymentOrderModule, IamportModule],
  providers: [Ledger, PointTransactionService, PointTransactionResolver, PaidOrderResolver],
})
export class PointTransactionModule {}
