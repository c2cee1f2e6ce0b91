import { Args, Query, Resolver } from '@nestjs/graphql';
import { BehindOurDoor } from '../door/door.guard.js';
import { CurrentViewer, type Viewer } from '../door/viewer.decorator.js';
import { PaymentModel } from './payment.model.js';
import { PaymentService } from './payment.service.js';

@BehindOurDoor()
@Resolver(() => PaymentModel)
export class PaymentResolver {
  constructor(private readonly payments: PaymentService) {}

  @Query(() => PaymentModel, {
    nullable: true,
    description:
      'One of the caller’s own payments with all that happened to it; null for any other id. Asks the database alone, so it is as new ' +
      'as the last news of the payment.',
  })
  async payment(
    @Args('impUid', { description: 'The payment.' }) impUid: string,
    @CurrentViewer() viewer: Viewer,
  ): Promise<PaymentModel | null> {
    const history = await this.payments.history(viewer.ownerId, impUid);
    return history ? PaymentModel.of(history) : null;
  }
}
