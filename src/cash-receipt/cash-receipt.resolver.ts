import { Args, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { BehindOurDoor } from '../door/door.guard.js';
import { RateLimit } from '../door/rate-limit.decorator.js';
import { CurrentViewer, type Viewer } from '../door/viewer.decorator.js';
import { CashReceiptPurpose } from '../gateway/cash-receipts.js';
import { PaymentModel } from '../point-transaction/payment.model.js';
import { CashReceiptModel } from './cash-receipt.model.js';
import { CashReceiptService } from './cash-receipt.service.js';

/** Adds its cash receipt to a payment; it lives here because payments know nothing of how one comes about. */
@BehindOurDoor()
@Resolver(() => PaymentModel)
export class CashReceiptResolver {
  constructor(private readonly receipts: CashReceiptService) {}

  @RateLimit({ perUser: 10 })
  @Mutation(() => CashReceiptModel, {
    description:
      'Asks for the cash receipt (현금영수증) of a payment by transfer or virtual account. The same request again gives the same ' +
      'receipt. PENDING is no error: it ends by itself. Refused with BAD_USER_INPUT, PAYMENT_NOT_FOUND or ' +
      'CASH_RECEIPT_NOT_POSSIBLE.',
  })
  async requestCashReceipt(
    @Args('impUid', { description: 'The payment.' }) impUid: string,
    @Args('purpose', { type: () => CashReceiptPurpose, description: 'What it is for.' })
    purpose: CashReceiptPurpose,
    @Args('identifier', {
      description:
        'For PERSON a mobile phone number or the number of a cash receipt card (16 to 19 digits), for COMPANY a business ' +
        'registration number; hyphens and blanks are left out. Never a resident registration number.',
    })
    identifier: string,
    @CurrentViewer() viewer: Viewer,
  ): Promise<CashReceiptModel> {
    return CashReceiptModel.of(await this.receipts.request(viewer.ownerId, impUid, purpose, identifier));
  }

  @ResolveField(() => CashReceiptModel, {
    nullable: true,
    description: 'Its cash receipt; null where there is none that this server knows of.',
  })
  async cashReceipt(@Parent() { stored }: PaymentModel): Promise<CashReceiptModel | null> {
    const row = await this.receipts.find(stored.id);
    return row && CashReceiptModel.of(row);
  }

  @ResolveField(() => Boolean, { description: 'Whether `requestCashReceipt` can be called for it now.' })
  async canRequestCashReceipt(@Parent() { stored }: PaymentModel): Promise<boolean> {
    if (this.receipts.obstacleTo(stored) !== undefined) return false;
    return this.receipts.mayRequest(await this.receipts.find(stored.id));
  }
}
