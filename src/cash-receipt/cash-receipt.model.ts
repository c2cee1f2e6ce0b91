import { Field, GraphQLISODateTime, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { CashReceiptPurpose } from '../gateway/cash-receipts.js';
import { type CashReceiptRow, CashReceiptState } from '../payment/cash-receipt.entity.js';

registerEnumType(CashReceiptPurpose, {
  name: 'PointCashReceiptPurpose',
  description: 'What a cash receipt is for.',
  valuesMap: {
    PERSON: { description: '소득공제용: for the income tax of a person.' },
    COMPANY: { description: '지출증빙용: proves an expense of a business.' },
  },
});

registerEnumType(CashReceiptState, {
  name: 'PointCashReceiptState',
  description: 'How far a cash receipt has come.',
  valuesMap: {
    PENDING: { description: 'It is being issued, or will be. It ends by itself.' },
    ISSUED: { description: 'It is valid, for `amount`. It follows cancellations of its payment by itself.' },
    CANCELLED: { description: 'Nothing of the payment is left, so there is none any more.' },
    FAILED: {
      description:
        'It could not be settled; an operator looks. Without a `number` it can be asked for again.',
    },
    BY_PG: { description: 'The payment company had issued one by itself, so none was issued here.' },
  },
});

@ObjectType('PointPaymentCashReceipt', { description: 'The cash receipt (현금영수증) of a payment.' })
export class CashReceiptModel {
  @Field(() => CashReceiptState, { description: 'How far it has come.' })
  state!: CashReceiptState;

  @Field(() => CashReceiptPurpose, { description: 'What it is for.' })
  purpose!: CashReceiptPurpose;

  @Field({ description: 'For whom it is, with most of its digits hidden.' })
  identifier!: string;

  @Field({ description: 'Its payer asked for none, so it goes to the number for such receipts (자진발급).' })
  isSelfIssued!: boolean;

  @Field(() => Int, { nullable: true, description: 'Whole won, as issued; null before that.' })
  amount!: number | null;

  @Field(() => String, { nullable: true, description: 'Number of its approval by the tax office.' })
  number!: string | null;

  @Field(() => String, { nullable: true, description: 'Where its payer sees it, where the gateway tells.' })
  receiptUrl!: string | null;

  @Field(() => GraphQLISODateTime, { description: 'When it was asked for.' })
  requestedAt!: Date;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it was issued.' })
  issuedAt!: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it was cancelled.' })
  cancelledAt!: Date | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why it is or may become FAILED, in the payment company’s words.',
  })
  refusal!: string | null;

  static of(row: CashReceiptRow): CashReceiptModel {
    const { state, purpose, identifier, isSelfIssued, amount, number, receiptUrl } = row;
    const { requestedAt, issuedAt, cancelledAt, refusal } = row;
    const what = { state, purpose, identifier, isSelfIssued, amount, number, receiptUrl };
    return { ...what, requestedAt, issuedAt, cancelledAt, refusal };
  }
}
