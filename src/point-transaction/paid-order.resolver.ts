import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { PaymentOrder } from '../payment-order/payment-order.model.js';
import { Ledger } from './ledger.js';
import { PointTransaction } from './point-transaction.model.js';

/** Adds to an order what it became; it lives here because orders know nothing of the ledger. */
@Resolver(() => PaymentOrder)
export class PaidOrderResolver {
  constructor(private readonly ledger: Ledger) {}

  @ResolveField(() => PointTransaction, {
    nullable: true,
    description: 'The credit, once the order is PAID.',
  })
  async pointTransaction(@Parent() order: PaymentOrder): Promise<PointTransaction | null> {
    const row = await this.ledger.findCreditOfOrder(order.merchantUid);
    return row && PointTransaction.of(row);
  }
}
