import { Field, Float, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { connectionTypeOf, PAGE } from '../graphql/connection.js';
import { DifferenceKind } from './compare.js';
import { type Comparison, ComparisonState } from './comparison.entity.js';
import { type Difference, DifferenceState } from './difference.entity.js';

registerEnumType(ComparisonState, {
  name: 'PointComparisonState',
  description: 'What came of the last comparison of a day.',
  valuesMap: {
    NOT_COMPARED: {
      description:
        'There was none yet, or the gateway did not tell everything (`fault`). It says nothing about the books, and is tried again.',
    },
    SAME: { description: 'Nothing is open.' },
    DIFFERENT: { description: 'A person must look at a difference that is OPEN.' },
  },
});

registerEnumType(DifferenceKind, {
  name: 'PointDifferenceKind',
  description: 'How the gateway and the books differ in one payment.',
  valuesMap: {
    TEST_IN_LIVE: {
      description: 'Credited, and paid through a channel (test or live) that this server does not take.',
    },
    LOCAL_ONLY: { description: 'Credited, and the gateway has no money of it.' },
    PG_ONLY_FOREIGN: { description: 'Paid for an order that this server never made.' },
    DUPLICATE_ORDER: {
      description: 'The order is paid by another payment already. It goes back to its payer.',
    },
    AMOUNT_DIFF: {
      description:
        'Another amount or currency than the order’s. One that is not credited goes back to its payer.',
    },
    PG_ONLY_OURS: { description: 'Paid for one of our orders and not credited. It is credited.' },
    CANCEL_PG_ONLY: { description: 'More was given back than is booked. It is booked.' },
    CANCEL_LOCAL_ONLY: { description: 'More is booked than the gateway gave back.' },
    SETTLEMENT_DIFF: {
      description: 'What the PG pays out does not add up. iamport (V1) tells nothing of it.',
    },
    STATUS_LAG: { description: 'Opened and not paid yet, here and there.' },
    DATE_SHIFT: { description: 'The same here and there, on another day.' },
  },
});

registerEnumType(DifferenceState, {
  name: 'PointDifferenceState',
  description: 'What became of a difference.',
  valuesMap: {
    OPEN: { description: 'A person must look; it is one of `attentions`, too.' },
    HEALED: {
      description: 'The comparison made the books right: credited, booked, or on its way back to the payer.',
    },
    NOTED: { description: 'Nothing is to be done.' },
    GONE: { description: 'A later comparison did not find it any more.' },
  },
});

@ObjectType('PointComparison', { description: 'A day of one gateway, compared with the books.' })
export class ComparisonModel {
  @Field(() => ID, { description: 'Opaque.' })
  id!: string;

  @Field({ description: 'Its name, such as `iamport`.' })
  gateway!: string;

  @Field({ description: 'In Korea, such as `2026-11-25`.' })
  day!: string;

  @Field(() => ComparisonState, { description: 'What came of the last try.' })
  state!: ComparisonState;

  @Field(() => String, { nullable: true, description: 'Why the last try was not whole; null when it was.' })
  fault!: string | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When one last ended whole; the figures are of that one. Null before the first.',
  })
  comparedAt!: Date | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Up to when that one looked; the end of the day, once it is over.',
  })
  comparedUntil!: Date | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When it is compared next by itself; null when it is not any more.',
  })
  nextRunAt!: Date | null;

  @Field(() => Int, { description: 'Payments of which anything happened on the day, here or there.' })
  payments!: number;

  @Field(() => Int, { description: 'Those without a difference.' })
  matched!: number;

  @Field(() => Float, { description: 'Won that came in for our orders on the day, as the gateway says.' })
  paidThere!: number;

  @Field(() => Float, { description: 'Won that went back on the day, as the gateway says.' })
  cancelledThere!: number;

  @Field(() => Float, { description: 'Points that the PAYMENT rows of the day brought.' })
  creditedHere!: number;

  @Field(() => Float, { description: 'Points that the CANCEL rows of the day took away.' })
  cancelledHere!: number;

  static of(row: Comparison): ComparisonModel {
    const { id, gateway, day, state, fault, comparedAt, comparedUntil, nextRunAt, payments, matched } = row;
    const { paidThere, cancelledThere, creditedHere, cancelledHere } = row;
    const sums = { paidThere, cancelledThere, creditedHere, cancelledHere };
    return {
      id,
      gateway,
      day,
      state,
      fault,
      comparedAt,
      comparedUntil,
      nextRunAt,
      payments,
      matched,
      ...sums,
    };
  }
}

@ObjectType('PointComparisonConnection', {
  description: 'A page, newest day first. New rows do not shift older pages.',
})
export class ComparisonConnection extends connectionTypeOf(ComparisonModel, 'PointComparison') {}

@ObjectType('PointComparisonDifference', { description: 'What a comparison found of one payment.' })
export class DifferenceModel {
  @Field(() => ID, { description: 'Opaque.' })
  id!: string;

  @Field(() => ID, { description: '`id` of the comparison.' })
  comparisonId!: string;

  @Field(() => DifferenceKind, { description: 'How the two sides differ.' })
  kind!: DifferenceKind;

  @Field(() => DifferenceState, { description: 'What became of it.' })
  state!: DifferenceState;

  @Field({ description: 'The payment.' })
  impUid!: string;

  @Field({ description: 'The order that it was made for, in the gateway’s words.' })
  merchantUid!: string;

  @Field(() => ID, { nullable: true, description: 'The user, if it is about one of ours.' })
  ownerId!: string | null;

  @Field(() => Float, {
    nullable: true,
    description: 'What was paid, as the gateway says; null when it knows nothing of it.',
  })
  paidThere!: number | null;

  @Field(() => Float, { nullable: true, description: 'What went back of it, as the gateway says.' })
  cancelledThere!: number | null;

  @Field(() => Float, { description: 'Points that it had brought when the difference was found.' })
  creditedHere!: number;

  @Field(() => Float, { description: 'Points that had gone again by then.' })
  cancelledHere!: number;

  @Field(() => GraphQLISODateTime, { description: 'When it was found.' })
  foundAt!: Date;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When it was healed, or was found no more; null otherwise.',
  })
  endedAt!: Date | null;

  static of(row: Difference): DifferenceModel {
    const { id, comparisonId, kind, state, gatewayPaymentId: impUid, merchantUid, ownerId } = row;
    const { paidThere, cancelledThere, creditedHere, cancelledHere, foundAt, endedAt } = row;
    const sums = { paidThere, cancelledThere, creditedHere, cancelledHere };
    return { id, comparisonId, kind, state, impUid, merchantUid, ownerId, ...sums, foundAt, endedAt };
  }
}

@ObjectType('PointDifferenceConnection', PAGE)
export class DifferenceConnection extends connectionTypeOf(DifferenceModel, 'PointComparisonDifference') {}
