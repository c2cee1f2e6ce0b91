import { Inject } from '@nestjs/common';
import { Context, Query, Resolver } from '@nestjs/graphql';
import { PaymentMethod } from '../config/payment-methods.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { Public } from '../door/access.decorator.js';
import { BehindOurDoor } from '../door/door.guard.js';
import { languageOf } from '../door/language.js';
import { Gateways } from '../gateway/gateways.js';
import { METHODS_MAX } from '../gateway/offered-method.js';
import type { GraphqlContext } from '../graphql/context.js';
import { listOf } from '../graphql/list-of.js';
import { maxAmountOf } from './method-limits.js';
import { OfferedMethodModel } from './payment-method.model.js';

@BehindOurDoor()
@Resolver(() => OfferedMethodModel)
export class PaymentMethodsResolver {
  constructor(
    private readonly gateways: Gateways,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Public()
  @Query(() => [OfferedMethodModel], {
    complexity: listOf(METHODS_MAX),
    description: 'The ways by which an order can be paid, in the order in which to show them; one at least.',
  })
  paymentMethods(@Context() { req }: GraphqlContext): OfferedMethodModel[] {
    const language = languageOf(req);
    const { paymentLimits, vbankDueDays } = this.settings;
    return this.gateways.forNewOrders.offers.map((offer) => ({
      method: offer.method,
      pgName: offer.pgNames?.[language] ?? null,
      minAmount: offer.minAmount ?? null,
      maxAmount: maxAmountOf(offer, paymentLimits[offer.method] ?? {}) ?? null,
      needs: offer.needs,
      dueDays: offer.method === PaymentMethod.VIRTUAL_ACCOUNT ? vbankDueDays : null,
    }));
  }
}
