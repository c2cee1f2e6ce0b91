import { Inject } from '@nestjs/common';
import { Args, Context, ID, Int, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { SETTINGS, type Settings } from '../config/settings.js';
import type { GraphqlContext } from '../graphql/context.js';
import { Gateways } from '../gateway/gateways.js';
import { Public } from '../door/access.decorator.js';
import { RateLimit } from '../door/rate-limit.decorator.js';
import { CurrentViewer, type Viewer } from '../door/viewer.decorator.js';
import { BUYERS, type Buyers } from './buyers.js';
import { PaymentCheckout, PaymentOrderModel } from './payment-order.model.js';
import { PaymentOrderService } from './payment-order.service.js';
import { buyerEmail, buyerName } from './pg-text.js';

const CHECKOUT_PAGE = '/payment.html';
const WEBHOOKS = '/webhooks';

@Resolver(() => PaymentOrderModel)
export class PaymentOrderResolver {
  constructor(
    private readonly orders: PaymentOrderService,
    @Inject(BUYERS) private readonly buyers: Buyers,
    private readonly gateways: Gateways,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Public()
  @Query(() => [Int], { description: 'The amounts that can be bought, in whole won.' })
  pointPackages(): number[] {
    return this.settings.pointPackages;
  }

  @Query(() => PaymentOrderModel, {
    nullable: true,
    description: 'One of the caller’s own orders; null for any other id.',
  })
  async paymentOrder(
    @Args('merchantUid', { type: () => ID, description: '`merchantUid` of createPaymentOrder.' })
    merchantUid: string,
    @CurrentViewer() viewer: Viewer,
  ): Promise<PaymentOrderModel | null> {
    const order = await this.orders.find(merchantUid);
    return order?.ownerId === viewer.ownerId ? PaymentOrderModel.of(order) : null;
  }

  @RateLimit({ perUser: 30 })
  @Mutation(() => PaymentOrderModel, {
    description:
      'Step 1 of a top-up: makes an order and registers its amount at the gateway. Then open the payment window with `checkout` ' +
      'and call createPointTransaction. While an order of the same amount is open, that one is the answer. Refused with ' +
      'BAD_USER_INPUT, POINT_LIMIT_EXCEEDED, TOO_MANY_OPEN_ORDERS or GATEWAY_UNAVAILABLE.',
  })
  async createPaymentOrder(
    @Args('amount', { type: () => Int, description: 'One of `pointPackages`.' }) amount: number,
    @CurrentViewer() viewer: Viewer,
  ): Promise<PaymentOrderModel> {
    return PaymentOrderModel.of(await this.orders.create(viewer.ownerId, amount));
  }

  @ResolveField(() => PaymentCheckout, { description: 'What opens the payment window for it.' })
  async checkout(
    @Parent() order: PaymentOrderModel,
    @Context() context: GraphqlContext,
  ): Promise<PaymentCheckout> {
    const buyer = await this.buyers.findBuyer(context, order.ownerId);
    const { publicUrl } = this.settings;
    const { name: gateway, checkout, expectsTestPayments } = this.gateways.named(order.gateway);
    return {
      sdkUrl: checkout.scriptUrl,
      userCode: checkout.merchantCode,
      channelKey: checkout.channelKey ?? null,
      testMode: expectsTestPayments,
      merchantUid: order.merchantUid,
      name: order.name,
      amount: order.amount,
      currency: 'KRW',
      buyerName: buyerName(buyer.name),
      buyerEmail: buyerEmail(buyer.email),
      mRedirectUrl: `${publicUrl}${CHECKOUT_PAGE}`,
      noticeUrl: `${publicUrl}${WEBHOOKS}/${gateway}`,
    };
  }
}
