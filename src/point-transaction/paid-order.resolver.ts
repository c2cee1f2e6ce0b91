import { Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { GraphqlContext } from '../graphql/context.js';
import { RequestLoader } from '../graphql/request-loader.js';
import { PaymentOrderModel } from '../payment-order/payment-order.model.js';
import { Ledger } from './ledger.js';
import type { PointTransaction as StoredTransaction } from './point-transaction.entity.js';
import { PointTransactionModel } from './point-transaction.model.js';

/** Adds to an order what it became; it lives here because orders know nothing of the ledger. */
@Resolver(() => PaymentOrderModel)
export class PaidOrderResolver {
  private readonly credits = new RequestLoader<Pick<StoredTransaction, 'merchantUid'>, StoredTransaction>(
    ({ merchantUid }) => merchantUid,
    (orders) => this.ledger.findCreditsOfOrders(orders.map(({ merchantUid }) => merchantUid)),
  );

  constructor(private readonly ledger: Ledger) {}

  @ResolveField(() => PointTransactionModel, {
    nullable: true,
    description: 'The credit, once the order is PAID.',
  })
  async pointTransaction(
    @Parent() { merchantUid }: PaymentOrderModel,
    @Context() context: GraphqlContext,
  ): Promise<PointTransactionModel | null> {
    const row = await this.credits.load(context, { merchantUid });
    return row && PointTransactionModel.of(row);
  }
}
