import { Args, ID, Mutation, Resolver } from '@nestjs/graphql';
import { BehindOurDoor } from '../door/door.guard.js';
import { RateLimit } from '../door/rate-limit.decorator.js';
import { CurrentViewer, type Viewer } from '../door/viewer.decorator.js';
import { PaymentOrderModel } from '../payment/payment-order.model.js';
import { DepositService } from './deposit.service.js';

/** What a buyer does about a virtual account. It lives here because what is read of it may be a deposit, which is credited. */
@BehindOurDoor()
@Resolver(() => PaymentOrderModel)
export class DepositResolver {
  constructor(private readonly deposits: DepositService) {}

  @RateLimit({ perUser: 10 })
  @Mutation(() => PaymentOrderModel, {
    description:
      'Gives up an order for which a virtual account waits, by closing the account at the payment company. A deposit that was ' +
      'quicker wins: then the answer is PAID and the points are there. An order without an account ends by itself and is refused. ' +
      'Refused with ORDER_NOT_FOUND, NO_DEPOSIT_AWAITED, ACCOUNT_NOT_CLOSED or GATEWAY_UNAVAILABLE.',
  })
  async cancelPaymentOrder(
    @Args('merchantUid', { type: () => ID, description: 'The order.' }) merchantUid: string,
    @CurrentViewer() viewer: Viewer,
  ): Promise<PaymentOrderModel> {
    return PaymentOrderModel.of(await this.deposits.cancelOrder(viewer.ownerId, merchantUid));
  }

  @RateLimit({ perUser: 10 })
  @Mutation(() => PaymentOrderModel, {
    description:
      'The buyer says to have paid into the virtual account. The payment company is asked at once; if it knows of no deposit half ' +
      'an hour later, an operator looks. Refused with ORDER_NOT_FOUND or NO_DEPOSIT_AWAITED.',
  })
  async reportDeposit(
    @Args('merchantUid', { type: () => ID, description: 'The order.' }) merchantUid: string,
    @CurrentViewer() viewer: Viewer,
  ): Promise<PaymentOrderModel> {
    return PaymentOrderModel.of(await this.deposits.report(viewer.ownerId, merchantUid));
  }
}
