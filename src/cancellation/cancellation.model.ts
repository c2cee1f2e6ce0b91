import { Field, Float, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { connectionTypeOf, PAGE } from '../graphql/connection.js';
import { CancellationState } from '../payment/cancellation.entity.js';
import { cancelReference } from '../point-transaction/reference.js';
import type { CancellationOfPayment } from './cancellation.service.js';

export enum RefundLimit {
  CANCEL_AMOUNT_EXCEEDED = 'CANCEL_AMOUNT_EXCEEDED',
  CANCEL_IN_PROGRESS = 'CANCEL_IN_PROGRESS',
  INSUFFICIENT_POINT = 'INSUFFICIENT_POINT',
}

registerEnumType(RefundLimit, {
  name: 'RefundLimit',
  description:
    'Why not all of a payment can be cancelled. A cancellation of more is refused with the code of the same name.',
  valuesMap: {
    CANCEL_AMOUNT_EXCEEDED: { description: 'The payment was cancelled in full already.' },
    CANCEL_IN_PROGRESS: { description: 'Another cancellation of the payment is open.' },
    INSUFFICIENT_POINT: { description: 'Points of the payment are spent or held.' },
  },
});

registerEnumType(CancellationState, {
  name: 'CancellationState',
  description: 'How far a cancellation has come.',
  valuesMap: {
    PENDING: {
      description:
        'The points are held and the payment company was asked, but how it ends is not certain yet: there was no answer, or a ' +
        'no (`refusal`) that is looked at once more. It ends by itself.',
    },
    DONE: { description: 'The money goes back and the points are gone; `pointTransaction` is the row.' },
    REFUSED: { description: 'The payment company said no; the points are free again.' },
  },
});

@ObjectType('Cancellation', { description: 'A wish to give money back, and how it ended.' })
export class CancellationModel {
  @Field(() => ID, { description: 'Opaque.' })
  id!: string;

  @Field({ description: 'The payment that is cancelled.' })
  impUid!: string;

  @Field(() => Int, { description: 'Whole won, and as many points.' })
  amount!: number;

  @Field(() => CancellationState, { description: 'How far it has come.' })
  state!: CancellationState;

  @Field({ description: 'What the payer said, or a standard text.' })
  reason!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Why it is or will be REFUSED, in the payment company’s words (Korean).',
  })
  refusal!: string | null;

  @Field(() => GraphQLISODateTime, { description: 'When it was asked for.' })
  requestedAt!: Date;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it became DONE or REFUSED.' })
  completedAt!: Date | null;

  /** Not in the schema: names the CANCEL row; null while there is none. */
  reference!: string | null;

  static of(row: CancellationOfPayment): CancellationModel {
    const { id, amount, state, reason, refusal, requestedAt, completedAt, cancellationKey } = row;
    const { gateway, gatewayPaymentId: impUid } = row.payment;
    const reference =
      cancellationKey === null ? null : cancelReference({ gateway, paymentId: impUid }, cancellationKey);
    return { id, impUid, amount, state, reason, refusal, requestedAt, completedAt, reference };
  }
}

@ObjectType(PAGE)
export class CancellationConnection extends connectionTypeOf(CancellationModel, 'Cancellation') {}

@ObjectType({ description: 'What could be cancelled of a payment at this moment.' })
export class RefundQuote {
  @Field(() => Int, { description: 'Whole won that are left of the payment.' })
  left!: number;

  @Field(() => Int, { description: 'The most that can be cancelled now, in whole won.' })
  refundable!: number;

  @Field(() => RefundLimit, {
    nullable: true,
    description: 'Why `refundable` is less than was paid; null when all of it can be cancelled.',
  })
  limitedBy!: RefundLimit | null;
}

@ObjectType({
  description:
    'Money that came in for an order and can never be credited (another amount or currency than the order’s, or a second ' +
    'payment of it). It goes back to its payer by itself.',
})
export class GiveBack {
  @Field(() => ID, { description: 'Opaque.' })
  id!: string;

  @Field({ description: 'The payment that goes back.' })
  impUid!: string;

  @Field({ description: 'The order that it was made for.' })
  merchantUid!: string;

  @Field(() => Float, { description: 'In `currency`; foreign ones can have cents.' })
  amount!: number;

  @Field({ description: 'ISO 4217.' })
  currency!: string;

  @Field(() => CancellationState, { description: 'REFUSED needs a person.' })
  state!: CancellationState;

  @Field({ description: 'What the payer can read.' })
  reason!: string;

  @Field(() => String, { nullable: true, description: 'Why it is REFUSED, in the payment company’s words.' })
  refusal!: string | null;

  @Field(() => GraphQLISODateTime, { description: 'When it was found.' })
  requestedAt!: Date;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it became DONE or REFUSED.' })
  completedAt!: Date | null;

  static of(row: CancellationOfPayment): GiveBack {
    const { id, amount, currency, state, reason, refusal, requestedAt, completedAt } = row;
    const { gatewayPaymentId: impUid, merchantUid } = row.payment;
    return { id, impUid, merchantUid, amount, currency, state, reason, refusal, requestedAt, completedAt };
  }
}

@ObjectType(PAGE)
export class GiveBackConnection extends connectionTypeOf(GiveBack, 'GiveBack') {}
