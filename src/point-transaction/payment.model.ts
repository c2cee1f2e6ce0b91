import { Field, Float, GraphQLISODateTime, ID, ObjectType, registerEnumType } from '@nestjs/graphql';
import { listOf } from '../graphql/list-of.js';
import { GatewayPaymentState } from '../gateway/gateway-payment.js';
import type { Payment } from '../payment/payment.entity.js';
import { type History, type PaymentEvent, PaymentEventKind, timelineOf } from './timeline.js';

/** More than happens to a payment. */
export const TIMELINE_MAX = 100;

registerEnumType(GatewayPaymentState, {
  name: 'PointPaymentState',
  description: 'How far an attempt to pay has come.',
  valuesMap: {
    READY: { description: 'Nothing was paid yet, or the bank took its deposit back.' },
    PAID: { description: 'Something is left of it, also after a part went back.' },
    CANCELLED: { description: 'All of it went back.' },
    FAILED: { description: 'Nothing was paid.' },
  },
});

registerEnumType(PaymentEventKind, {
  name: 'PointPaymentEventKind',
  description: 'What happened to a payment.',
  valuesMap: {
    ORDERED: { description: 'The order was made.' },
    ACCOUNT_ISSUED: { description: 'A virtual account was opened for it.' },
    PAID: { description: 'It was paid, by the payment company’s clock.' },
    FAILED: { description: 'The attempt failed; nothing was paid.' },
    CREDITED: { description: 'The points came.' },
    CANCEL_REQUESTED: { description: 'Money was asked back.' },
    CANCELLED: { description: 'Money went back, and the points with it.' },
    CANCEL_REFUSED: { description: 'The payment company refused to give it back.' },
    DEPOSIT_TAKEN_BACK: { description: 'The bank took the deposit back, so the points went.' },
  },
});

@ObjectType('PointPaymentEvent', { description: 'Something that happened to a payment.' })
export class PaymentEventModel implements PaymentEvent {
  @Field(() => PaymentEventKind, { description: 'What happened.' })
  kind!: PaymentEventKind;

  @Field(() => GraphQLISODateTime, { description: 'When.' })
  at!: Date;

  @Field(() => Float, { description: 'How much, in the currency of the payment; whole won for KRW.' })
  amount!: number;

  @Field(() => String, {
    nullable: true,
    description:
      'Where its payer sees the receipt, for PAID and CANCELLED. Null when the gateway names none.',
  })
  receiptUrl!: string | null;
}

@ObjectType('PointPayment', { description: 'One attempt to pay an order, and all that happened to it.' })
export class PaymentModel {
  @Field({ description: 'As `PointTransaction.impUid`.' })
  impUid!: string;

  @Field(() => ID, { description: 'The order that it pays.' })
  merchantUid!: string;

  @Field(() => GatewayPaymentState, { description: 'How far it has come.' })
  state!: GatewayPaymentState;

  @Field(() => Float, { description: 'What was to be paid; it does not shrink when a part goes back.' })
  amount!: number;

  @Field(() => Float, { description: 'All that has gone back so far.' })
  cancelledAmount!: number;

  @Field({ description: 'ISO 4217.' })
  currency!: string;

  @Field(() => String, {
    nullable: true,
    description: 'How it is or was paid, as `PointTransaction.method` says it.',
  })
  method!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the card’s company. Null for other ways to pay.',
  })
  cardName!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Number of the card with most of its digits hidden.',
  })
  cardNumber!: string | null;

  @Field(() => String, { nullable: true, description: 'Where its payer sees the receipt.' })
  receiptUrl!: string | null;

  @Field(() => [PaymentEventModel], {
    complexity: listOf(TIMELINE_MAX),
    description: `What happened to it, oldest first, at most the first ${TIMELINE_MAX}.`,
  })
  timeline!: PaymentEventModel[];

  /** Not in the schema. */
  stored!: Payment;

  static of(history: History): PaymentModel {
    const { payment: stored } = history;
    const { gatewayPaymentId: impUid, merchantUid, state, amount, cancelledAmount } = stored;
    const { currency, method, cardName, cardNumber, receiptUrl } = stored;
    const timeline = timelineOf(history).slice(0, TIMELINE_MAX);
    const money = { amount, cancelledAmount, currency };
    return {
      stored,
      impUid,
      merchantUid,
      state,
      ...money,
      method,
      cardName,
      cardNumber,
      receiptUrl,
      timeline,
    };
  }
}
