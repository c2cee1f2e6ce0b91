import { Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { DataSource } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { BehindOurDoor } from '../door/door.guard.js';
import type { GraphqlContext } from '../graphql/context.js';
import { RequestLoader } from '../graphql/request-loader.js';
import { PaymentOrderModel } from '../payment/payment-order.model.js';
import { PointTransactionModel } from './point-transaction.model.js';
import { findCreditsOfOrders } from './transactions.js';

/** Adds to an order what it became; it lives here because orders know nothing of the ledger. */
@BehindOurDoor()
@Resolver(() => PaymentOrderModel)
export class PaidOrderResolver {
  private readonly credits = new RequestLoader<
    Pick<PointTransactionModel, 'merchantUid'>,
    PointTransactionModel
  >(
    // A credit always has its order.
    ({ merchantUid }) => merchantUid ?? '',
    async (orders) => {
      const merchantUids = orders.flatMap(({ merchantUid }) => merchantUid ?? []);
      const credits = await findCreditsOfOrders(this.dataSource.manager, merchantUids);
      return credits.map(({ entry, payment }) => PointTransactionModel.of(entry, payment));
    },
  );

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  @ResolveField(() => PointTransactionModel, {
    nullable: true,
    description: 'The credit, once the order is PAID.',
  })
  async pointTransaction(
    @Parent() { merchantUid }: PaymentOrderModel,
    @Context() context: GraphqlContext,
  ): Promise<PointTransactionModel | null> {
    return this.credits.load(context, { merchantUid });
  }
}
