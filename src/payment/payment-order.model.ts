import { Field, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { type PaymentOrder as StoredOrder, StoredOrderState } from './payment-order.entity.js';
import { orderName } from './pg-text.js';

export enum PaymentOrderState {
  READY = 'READY',
  PAID = 'PAID',
  EXPIRED = 'EXPIRED',
}

registerEnumType(PaymentOrderState, {
  name: 'PaymentOrderState',
  description: 'How far an order has come.',
  valuesMap: {
    READY: { description: 'It can be paid.' },
    PAID: { description: 'It was paid and the points were credited; `pointTransaction` is the row.' },
    EXPIRED: {
      description:
        'It was not paid in time: make a new one. A payment that arrives all the same is still credited.',
    },
  },
});

@ObjectType('PaymentOrder', {
  description: 'What a user was asked to pay. Only a payment of such an order buys points.',
})
export class PaymentOrderModel {
  @Field(() => ID, { description: 'The gateway’s `merchant_uid`.' })
  merchantUid!: string;

  @Field(() => Int, { description: 'Whole won, and as many points.' })
  amount!: number;

  @Field({
    description:
      'Title that the payer sees in the payment window: letters, digits and spaces, which every PG takes.',
  })
  name!: string;

  @Field(() => PaymentOrderState, { description: 'How far it has come at this moment.' })
  state!: PaymentOrderState;

  @Field(() => GraphQLISODateTime, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => GraphQLISODateTime, { description: 'Open no payment window for this order after that.' })
  expiresAt!: Date;

  /** Not in the schema: whose order it is, and through which gateway it is paid. */
  ownerId!: string;

  gateway!: string;

  static of(order: StoredOrder, now = new Date()): PaymentOrderModel {
    const { merchantUid, amount, createdAt, expiresAt, ownerId, gateway } = order;
    return {
      merchantUid,
      amount,
      name: orderName(amount),
      state: stateOf(order, now),
      createdAt,
      expiresAt,
      ownerId,
      gateway,
    };
  }
}

@ObjectType({
  description:
    'Everything that `IMP.init` and `IMP.request_pay` need to open the payment window for an order.',
})
export class PaymentCheckout {
  @Field({ description: 'Address of iamport’s browser script.' })
  sdkUrl!: string;

  @Field({ description: 'For `IMP.init`.' })
  userCode!: string;

  @Field(() => String, {
    nullable: true,
    description: '`channelKey`; null when the PortOne console’s default is used.',
  })
  channelKey!: string | null;

  @Field({ description: 'True where no real money moves.' })
  testMode!: boolean;

  @Field({ description: '`merchant_uid`' })
  merchantUid!: string;

  @Field({ description: '`name`' })
  name!: string;

  @Field(() => Int, { description: '`amount`; the window refuses another one.' })
  amount!: number;

  @Field({ description: '`currency`' })
  currency!: string;

  @Field({ description: '`buyer_name`: letters, digits and spaces, at most 16; never empty.' })
  buyerName!: string;

  @Field({
    description:
      '`buyer_email`: at most 64 characters; an address of nobody where the buyer’s own is one that PGs refuse.',
  })
  buyerEmail!: string;

  @Field({ description: '`m_redirect_url`: where a phone comes back to.' })
  mRedirectUrl!: string;

  @Field({ description: '`notice_url`: where the gateway tells us of this payment.' })
  noticeUrl!: string;
}

function stateOf(order: StoredOrder, now: Date): PaymentOrderState {
  if (order.state === StoredOrderState.PAID) return PaymentOrderState.PAID;
  return order.expiresAt < now ? PaymentOrderState.EXPIRED : PaymentOrderState.READY;
}
