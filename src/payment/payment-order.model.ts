import { Field, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { PaymentMethod } from '../config/payment-methods.js';
import type { TaxParts } from '../gateway/tax-parts.js';
import type { Buyer } from './buyers.js';
import { type PaymentOrder as StoredOrder, StoredOrderState } from './payment-order.entity.js';
import { orderName } from './pg-text.js';

export enum PaymentOrderState {
  READY = 'READY',
  AWAITING_DEPOSIT = 'AWAITING_DEPOSIT',
  PAID = 'PAID',
  CANCELLED = 'CANCELLED',
  EXPIRED = 'EXPIRED',
}

registerEnumType(PaymentOrderState, {
  name: 'PointPaymentOrderState',
  description: 'How far an order has come.',
  valuesMap: {
    READY: { description: 'It can be paid.' },
    AWAITING_DEPOSIT: {
      description:
        'A virtual account waits for its deposit: `deposits`. It stays so until the payment company was asked after `expiresAt`.',
    },
    CANCELLED: {
      description:
        'It was given up and its account was closed, before anything was paid in. A deposit that arrives all the same is still credited.',
    },
    PAID: { description: 'It was paid and the points were credited; `pointTransaction` is the row.' },
    EXPIRED: {
      description:
        'It was not paid in time: make a new one. A payment that arrives all the same is still credited.',
    },
  },
});

@ObjectType('PointPackage', { description: 'An amount that can be bought.' })
export class PointPackageModel {
  @Field(() => Int, { description: 'Whole won, and as many points. `createPaymentOrder` takes it.' })
  amount!: number;

  @Field(() => Int, { description: 'Points that come on top and cost nothing; 0 for none.' })
  bonus!: number;

  @Field({ description: 'The shop recommends it.' })
  popular!: boolean;
}

@ObjectType('PointPaymentOrder', {
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

  @Field(() => PaymentMethod, {
    nullable: true,
    description:
      'How its buyer last wanted to pay it, which `checkout` is for; null where nobody said. How it was paid, its payment says.',
  })
  method!: PaymentMethod | null;

  @Field(() => PaymentOrderState, { description: 'How far it has come at this moment.' })
  state!: PaymentOrderState;

  @Field(() => GraphQLISODateTime, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => GraphQLISODateTime, {
    description:
      'Open no payment window for this order after that. While AWAITING_DEPOSIT: when the last account takes its deposit no more.',
  })
  expiresAt!: Date;

  /** Not in the schema: whose order it is, who they are where that was read, through which gateway it is paid, and what its amount is made of. */
  ownerId!: string;

  buyer?: Buyer;

  gateway!: string;

  tax!: TaxParts;

  static of(order: StoredOrder, now = new Date()): PaymentOrderModel {
    const { merchantUid, amount, method, createdAt, expiresAt, ownerId, gateway, taxFree, vat } = order;
    return {
      merchantUid,
      amount,
      name: orderName(amount),
      method,
      state: stateOf(order, now),
      createdAt,
      expiresAt,
      ownerId,
      gateway,
      tax: { taxFree, vat },
    };
  }
}

@ObjectType('PointDepositAccount', {
  description: 'A virtual account that was opened for one payment of an order. Only its buyer sees it.',
})
export class DepositAccount {
  @Field({ description: 'The payment whose account it is.' })
  impUid!: string;

  @Field({ description: 'Name of the bank, for people.' })
  bank!: string;

  @Field(() => String, { nullable: true, description: 'The bank in the payment company’s code for it.' })
  bankCode!: string | null;

  @Field({ description: 'Number of the account. It may be somebody else’s after `dueAt`.' })
  number!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Whose account the bank shows; some companies do not tell.',
  })
  holder!: string | null;

  @Field(() => Int, { description: 'Exactly this sum in whole won, in one transfer.' })
  amount!: number;

  @Field(() => GraphQLISODateTime, { description: 'Pay in before that.' })
  dueAt!: Date;
}

@ObjectType('PointPaymentCheckout', {
  description:
    'Everything that `IMP.init` and `IMP.request_pay` need to open the payment window for an order.',
})
export class PaymentCheckout {
  @Field({ description: 'Address of iamport’s browser script.' })
  sdkUrl!: string;

  @Field({ description: 'For `IMP.init`.' })
  userCode!: string;

  @Field({ description: '`pay_method`' })
  payMethod!: string;

  @Field(() => String, {
    nullable: true,
    description: '`pg`, only where no channel key is used; null leaves it out.',
  })
  pg!: string | null;

  @Field(() => String, {
    nullable: true,
    description: '`channelKey`; null leaves it out: `pg` or the PortOne console’s default is used then.',
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

  @Field(() => Int, {
    nullable: true,
    description: '`tax_free`: the part of the amount on which no VAT is; null leaves it out.',
  })
  taxFree!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: '`vat_amount`: the VAT in the rest of the amount; null leaves it out.',
  })
  vatAmount!: number | null;

  @Field({ description: '`currency`' })
  currency!: string;

  @Field({ description: '`buyer_name`: letters, digits and spaces, at most 16; never empty.' })
  buyerName!: string;

  @Field({
    description:
      '`buyer_email`: at most 64 characters; an address of nobody where the buyer’s own is one that PGs refuse.',
  })
  buyerEmail!: string;

  @Field(() => String, {
    nullable: true,
    description: '`vbank_due` as YYYYMMDD in Korea; null where no virtual account is to be opened.',
  })
  vbankDue!: string | null;

  @Field({ description: '`m_redirect_url`: where a phone comes back to.' })
  mRedirectUrl!: string;

  @Field({ description: '`notice_url`: where the gateway tells us of this payment.' })
  noticeUrl!: string;
}

@ObjectType('PointTermsAgreement', {
  description: 'Who agreed to which terms of the shop, and when: with the order.',
})
export class TermsAgreement {
  @Field({ description: '`version` of `shop.consent` at that time.' })
  termsVersion!: string;

  @Field(() => GraphQLISODateTime, { description: 'When the order was made.' })
  agreedAt!: Date;

  @Field(() => ID, { description: 'Who made it.' })
  ownerId!: string;
}

function stateOf(order: StoredOrder, now: Date): PaymentOrderState {
  // An account's time is over when the gateway was asked after it, which makes the order READY again: see order-checks.ts.
  if (order.state !== StoredOrderState.READY) return PaymentOrderState[order.state];
  return order.expiresAt < now ? PaymentOrderState.EXPIRED : PaymentOrderState.READY;
}
