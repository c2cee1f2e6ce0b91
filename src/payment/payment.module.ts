import { Module } from '@nestjs/common';
import { PaymentCapabilitiesResolver } from './payment-capabilities.resolver.js';
import { PaymentMethodsResolver } from './payment-methods.resolver.js';
import { PaymentOrderResolver } from './payment-order.resolver.js';
import { PaymentOrderService } from './payment-order.service.js';

/** What owners were asked to pay, what gateways said of it, and our cancellations. */
@Module({
  providers: [PaymentOrderService, PaymentOrderResolver, PaymentMethodsResolver, PaymentCapabilitiesResolver],
  exports: [PaymentOrderService],
})
export class PaymentModule {}
