import { Inject } from '@nestjs/common';
import { Args, Context, ID, Int, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { POINT_PACKAGES_MAX } from '../config/point-packages.js';
import { PaymentMethod } from '../config/payment-methods.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { BehindOurDoor } from '../door/door.guard.js';
import type { GraphqlContext } from '../graphql/context.js';
import { Gateways } from '../gateway/gateways.js';
import { toldOf } from '../gateway/tax-parts.js';
import { Operators, Public } from '../door/access.decorator.js';
import { RateLimit } from '../door/rate-limit.decorator.js';
import { CurrentViewer, type Viewer } from '../door/viewer.decorator.js';
import { BUYERS, type Buyers } from './buyers.js';
import { listOf } from '../graphql/list-of.js';
import { RequestLoader } from '../graphql/request-loader.js';
import { depositOf, vbankDueAfter } from './deposits.js';
import {
  DepositAccount,
  PaymentCheckout,
  PaymentOrderModel,
  PointPackageModel,
  TermsAgreement,
} from './payment-order.model.js';
import { AWAITED_DEPOSITS_MAX, PaymentOrderService } from './payment-order.service.js';
import { buyerEmail, buyerName } from './pg-text.js';

/** Of one order: each is an attempt to pay it. */
const DEPOSITS_SHOWN_MAX = 10;

@BehindOurDoor()
@Resolver(() => PaymentOrderModel)
export class PaymentOrderResolver {
  private readonly accounts = new RequestLoader<
    Pick<PaymentOrderModel, 'merchantUid'>,
    Pick<PaymentOrderModel, 'merchantUid'> & { deposits: DepositAccount[] }
  >(
    ({ merchantUid }) => merchantUid,
    async (orders) => {
      const payments = await this.orders.accountsOf(orders.map(({ merchantUid }) => merchantUid));
      return orders.map(({ merchantUid }) => ({
        merchantUid,
        deposits: payments
          .filter((one) => one.merchantUid === merchantUid)
          .flatMap((one) => depositOf(one) ?? [])
          .slice(0, DEPOSITS_SHOWN_MAX),
      }));
    },
  );

  constructor(
    private readonly orders: PaymentOrderService,
    @Inject(BUYERS) private readonly buyers: Buyers,
    private readonly gateways: Gateways,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Public()
  @Query(() => [Int], { description: 'The amounts that can be bought, in whole won.' })
  pointPackages(): number[] {
    return this.settings.pointPackages.map(({ amount }) => amount);
  }

  @Public()
  @Query(() => [PointPackageModel], {
    complexity: listOf(POINT_PACKAGES_MAX),
    description: 'What can be bought, in the order in which the shop shows it.',
  })
  packages(): readonly PointPackageModel[] {
    return this.settings.pointPackages;
  }

  @Query(() => [PaymentOrderModel], {
    complexity: listOf(AWAITED_DEPOSITS_MAX),
    description:
      'The caller’s orders for which a virtual account waits, those with the most time left first, at most 10: to show the account again on any device.',
  })
  async awaitingDeposits(@CurrentViewer() viewer: Viewer): Promise<PaymentOrderModel[]> {
    return (await this.orders.awaitingDeposits(viewer.ownerId)).map((order) => PaymentOrderModel.of(order));
  }

  @ResolveField(() => [DepositAccount], {
    complexity: listOf(DEPOSITS_SHOWN_MAX),
    description:
      'The virtual accounts that wait or waited for a deposit of this order, newest first, at most 10.',
  })
  async deposits(
    @Parent() { merchantUid }: PaymentOrderModel,
    @Context() context: GraphqlContext,
  ): Promise<DepositAccount[]> {
    return (await this.accounts.load(context, { merchantUid }))?.deposits ?? [];
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

  @Operators()
  @Query(() => TermsAgreement, {
    nullable: true,
    description:
      'To which terms the buyer of an order agreed; null where none were asked for, or there is no such order.',
  })
  async termsAgreement(
    @Args('merchantUid', { type: () => ID, description: '`merchantUid` of the order.' }) merchantUid: string,
  ): Promise<TermsAgreement | null> {
    const order = await this.orders.find(merchantUid);
    if (!order || order.termsVersion === null) return null;
    return { termsVersion: order.termsVersion, agreedAt: order.createdAt, ownerId: order.ownerId };
  }

  @RateLimit({ perUser: 30 })
  @Mutation(() => PaymentOrderModel, {
    description:
      'Step 1 of a top-up: makes an order and registers its amount at the gateway. Then open the payment window with `checkout` ' +
      'and call createPointTransaction. While an order of the same amount and terms is open, that one is the answer, with a `checkout` for ' +
      'this `method`. Refused with ' +
      'BAD_USER_INPUT, TERMS_NOT_AGREED, METHOD_NOT_OFFERED, METHOD_LIMIT_EXCEEDED, POINT_LIMIT_EXCEEDED, TOO_MANY_OPEN_ORDERS or GATEWAY_UNAVAILABLE.',
  })
  async createPaymentOrder(
    @Args('amount', { type: () => Int, description: 'One of `pointPackages`.' }) amount: number,
    @Args('method', {
      type: () => PaymentMethod,
      nullable: true,
      description: 'One of `paymentMethods`; left out it is the first of them.',
    })
    method: PaymentMethod | null | undefined,
    @Args('termsVersion', {
      type: () => String,
      nullable: true,
      description:
        'Required where `shop.consent` is there: its `version`, to which the buyer agreed. Elsewhere it is left aside.',
    })
    termsVersion: string | null | undefined,
    @CurrentViewer() { ownerId }: Viewer,
    @Context() context: GraphqlContext,
  ): Promise<PaymentOrderModel> {
    const [order, buyer] = await Promise.all([
      this.orders.create(ownerId, amount, method ?? undefined, termsVersion ?? undefined),
      // For `checkout`: read beside the first look at the books, and not after the gateway has answered.
      this.buyers.findBuyer(context, ownerId),
    ]);
    return Object.assign(PaymentOrderModel.of(order), { buyer });
  }

  @ResolveField(() => PaymentCheckout, { description: 'What opens the payment window for it.' })
  async checkout(
    @Parent() order: PaymentOrderModel,
    @Context() context: GraphqlContext,
  ): Promise<PaymentCheckout> {
    const buyer = order.buyer ?? (await this.buyers.findBuyer(context, order.ownerId));
    const { checkoutPageUrl, noticesUrl } = this.settings;
    const { name: gateway, checkout, offers, expectsTestPayments } = this.gateways.named(order.gateway);
    // One that is offered no more is not what its window opens with.
    const offer = offers.find(({ method }) => method === order.method) ?? offers[0];
    if (!offer) throw new Error(`${gateway} offers no way to pay`);
    const { taxFree, vat: vatAmount } = toldOf(order.tax, offer.taxParts);
    return {
      sdkUrl: checkout.scriptUrl,
      userCode: checkout.merchantCode,
      payMethod: offer.payMethod,
      pg: offer.pg ?? null,
      channelKey: offer.channelKey ?? null,
      testMode: expectsTestPayments,
      merchantUid: order.merchantUid,
      name: order.name,
      amount: order.amount,
      taxFree,
      vatAmount,
      currency: 'KRW',
      buyerName: buyerName(buyer.name),
      buyerEmail: buyerEmail(buyer.email),
      vbankDue:
        offer.method === PaymentMethod.VIRTUAL_ACCOUNT
          ? vbankDueAfter(this.settings.vbankDueDays, new Date())
          : null,
      mRedirectUrl: checkoutPageUrl,
      noticeUrl: `${noticesUrl}/${gateway}`,
    };
  }
}
