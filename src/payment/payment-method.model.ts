import { Field, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { PaymentMethod } from '../config/payment-methods.js';
import { BuyerField } from '../gateway/offered-method.js';

registerEnumType(PaymentMethod, {
  name: 'PointPaymentMethod',
  description: 'A way to pay. `paymentMethods` has those that are offered.',
  valuesMap: {
    CARD: { description: 'A card, in the window of a payment company.' },
    KAKAOPAY: { description: 'KakaoPay, by card or by its money.' },
    NAVERPAY: { description: 'Naver Pay, by card or by its points and money.' },
    TOSSPAY: { description: 'Toss Pay, by card or by its money.' },
    TRANSFER: { description: 'A transfer from a bank account at once (실시간 계좌이체).' },
    PHONE: { description: 'On the telephone bill (휴대폰 소액결제).' },
    VIRTUAL_ACCOUNT: {
      description: 'A deposit into an account that is opened for it (무통장입금); it comes later.',
    },
  },
});

registerEnumType(BuyerField, {
  name: 'PointBuyerField',
  description: 'What a payment window needs of the buyer beyond what the account has.',
  valuesMap: { TEL: { description: 'A telephone number: `buyer_tel`.' } },
});

@ObjectType('PointOfferedMethod', { description: 'A way by which an order can be paid here.' })
export class OfferedMethodModel {
  @Field(() => PaymentMethod, { description: 'For createPaymentOrder.' })
  method!: PaymentMethod;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the payment company in the caller’s language; null where it is not known.',
  })
  pgName!: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The least that one payment can be, in whole won; null where none is known.',
  })
  minAmount!: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'The most that one payment can be, in whole won: the smaller of the limits of the payment company and of the shop. ' +
      'Null where there is none.',
  })
  maxAmount!: number | null;

  @Field(() => [BuyerField], { description: 'Ask the buyer for these before the window opens. Mostly none.' })
  needs!: readonly BuyerField[];

  @Field(() => Int, {
    nullable: true,
    description:
      'VIRTUAL_ACCOUNT: days until an account that is opened today takes no deposit any more. Null for the others.',
  })
  dueDays!: number | null;
}
