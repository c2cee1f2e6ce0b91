import { Context, Query, Resolver } from '@nestjs/graphql';
import { BehindOurDoor } from '../door/door.guard.js';
import { languageOf } from '../door/language.js';
import { RateLimit } from '../door/rate-limit.decorator.js';
import { knowsPgRules } from '../gateway/gateway.js';
import { Gateways } from '../gateway/gateways.js';
import { PGS_MAX } from '../gateway/pg-rules.js';
import { listOf } from '../graphql/list-of.js';
import type { GraphqlContext } from '../graphql/context.js';
import { PaymentCapabilities } from './payment-capabilities.model.js';

@BehindOurDoor()
@Resolver(() => PaymentCapabilities)
export class PaymentCapabilitiesResolver {
  constructor(private readonly gateways: Gateways) {}

  @RateLimit({ perUser: 30 })
  @Query(() => [PaymentCapabilities], {
    complexity: listOf(PGS_MAX),
    description:
      'What the payment companies allow through which new orders can be paid: partial cancels, deadlines, amounts and the like. ' +
      'None where the gateway knows nothing of them. Refused with GATEWAY_UNAVAILABLE.',
  })
  async paymentCapabilities(@Context() { req }: GraphqlContext): Promise<PaymentCapabilities[]> {
    const gateway = this.gateways.forNewOrders;
    if (!knowsPgRules(gateway)) return [];
    const language = languageOf(req);
    const pgs = await gateway.configuredPgs();
    return pgs.map((pg) => PaymentCapabilities.of(pg, language));
  }
}
