import { Module } from '@nestjs/common';
import { PaymentModule } from '../payment/payment.module.js';
import { AccountResolver } from './account.resolver.js';
import { PostedLines } from './posted-lines.js';
import { OrderChecks } from './order-checks.js';
import { DepositResolver } from './deposit.resolver.js';
import { DepositService } from './deposit.service.js';
import { PaymentResolver } from './payment.resolver.js';
import { PaymentService } from './payment.service.js';
import { PaidOrderResolver } from './paid-order.resolver.js';
import { Reconciliation } from './reconciliation.js';
import { PointTransactionResolver } from './point-transaction.resolver.js';
import { PointTransactionService } from './point-transaction.service.js';

/** The heart: payments become points here, once each. */
@Module({
  imports: [PaymentModule],
  providers: [
    AccountResolver,
    Reconciliation,
    OrderChecks,
    PointTransactionService,
    PointTransactionResolver,
    PaidOrderResolver,
    PaymentService,
    PaymentResolver,
    DepositService,
    DepositResolver,
    PostedLines,
  ],
  exports: [Reconciliation, OrderChecks],
})
export class PointTransactionModule {}
