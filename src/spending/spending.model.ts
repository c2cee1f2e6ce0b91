import { Field, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { connectionTypeOf, PAGE } from '../graphql/connection.js';
import { type Hold, HoldState } from './hold.entity.js';

registerEnumType(HoldState, {
  name: 'PointHoldState',
  description: 'What became of a hold.',
  valuesMap: {
    HELD: { description: 'The points are held.' },
    CONFIRMED: { description: 'They were spent, or a part of them and the rest is free again.' },
    VOIDED: { description: 'They are free again, as whoever held them asked.' },
    EXPIRED: { description: 'They are free again, because `until` is over.' },
  },
});

@ObjectType('PointHold', {
  description: 'Points that are kept for a spend that may follow. They count as `heldPoint` of their owner.',
})
export class HoldModel {
  @Field(() => ID, { description: 'Never changes. Once CONFIRMED, also the `id` of its SPEND.' })
  id!: string;

  @Field(() => ID, { description: 'Whose points.' })
  ownerId!: string;

  @Field(() => Int, { description: 'Whole points that were held.' })
  amount!: number;

  @Field(() => HoldState, { description: 'What became of it.' })
  state!: HoldState;

  @Field(() => Int, { nullable: true, description: 'What of it was spent; null unless CONFIRMED.' })
  confirmedAmount!: number | null;

  @Field({ description: 'Why they are held.' })
  reason!: string;

  @Field(() => String, { nullable: true, description: 'What for, such as the number of the shop’s order.' })
  reference!: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'Who holds them: the id of an operator, or `service:` and the id of a service key. Null for the owner and for the code of the app ' +
      'that the points are in, where that names nobody.',
  })
  actor!: string | null;

  @Field(() => GraphQLISODateTime, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => GraphQLISODateTime, {
    description: 'From here on it cannot be confirmed, and ends by itself.',
  })
  until!: Date;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it ended; null while HELD.' })
  endedAt!: Date | null;

  static of(hold: Hold): HoldModel {
    const { id, ownerId, amount, state, confirmedAmount, reason, actor, createdAt, endedAt } = hold;
    return {
      id,
      ownerId,
      amount,
      state,
      confirmedAmount,
      reason,
      reference: hold.purpose,
      actor,
      createdAt,
      until: hold.expiresAt,
      endedAt,
    };
  }
}

@ObjectType('PointHoldConnection', PAGE)
export class HoldConnection extends connectionTypeOf(HoldModel, 'PointHold') {}
