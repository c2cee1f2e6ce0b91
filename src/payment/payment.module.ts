import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Cancellation } from './cancellation.entity.js';
import { CashReceiptRow } from './cash-receipt.entity.js';
import { PaymentCapabilitiesResolver } from './payment-capabilities.resolver.js';
import { Payment } from './payment.entity.js';
import { PaymentMethodsResolver } from './payment-methods.resolver.js';
import { PaymentOrder } from './payment-order.entity.js';
import { PaymentOrderResolver } from './payment-order.resolver.js';
import { PaymentOrderService } from './payment-order.service.js';

/** What owners were asked to pay, what gateways said of it, and our cancellations. */
@Module({
  imports: [TypeOrmModule.forFeature([PaymentOrder, Payment, Cancellation, CashReceiptRow])],
  providers: [PaymentOrderService, PaymentOrderResolver, PaymentMethodsResolver, PaymentCapabilitiesResolver],
  exports: [PaymentOrderService],
})
export class PaymentModule {}
