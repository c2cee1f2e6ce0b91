import { Field, GraphQLISODateTime, ID, ObjectType, registerEnumType } from '@nestjs/graphql';
import { connectionTypeOf, PAGE } from '../graphql/connection.js';
import { type Attention, AttentionKind } from './attention.entity.js';

registerEnumType(AttentionKind, {
  name: 'PointAttentionKind',
  description: 'What happened, and so what is to be done.',
  valuesMap: {
    OTHER_CHANNEL: {
      description:
        '`subject` is an `impUid`: a payment of a test channel on a live server, or of a live one on a test server. It was ' +
        'neither credited nor given back; cancel it in the console of the gateway if its payer lost money.',
    },
    IMPOSSIBLE_ANSWER: {
      description:
        '`subject` is an `impUid`: the gateway tells of it what cannot be, such as a cancellation of less than one won. ' +
        'Nothing was posted; ask the gateway.',
    },
    GIVE_BACK_REFUSED: {
      description:
        '`subject` is the `id` of one of `giveBacks`: the payment company refused to give the money back. Give it back by hand.',
    },
    CANCELLATION_OPEN: {
      description:
        '`subject` is the id of a cancellation: for a quarter of an hour nobody has known whether the money went back. The points ' +
        'are held and the gateway is asked on; this resolves itself when the answer comes.',
    },
    NEWS_NEVER_SEEN: {
      description:
        '`subject` is a `merchantUid`: a notice told of what the gateway never showed. Invented, or the gateway is far behind: ' +
        'look the order up there.',
    },
    WORK_GIVEN_UP: {
      description:
        '`subject` is a `merchantUid`: looking after the order failed by a fault of ours until its limit. The log has the error; a ' +
        'payment of the order may still be uncredited.',
    },
    NOT_HEALED: {
      description:
        '`subject` is an `impUid`: the comparison with the gateway found it uncredited, cancelled outside or paid twice, and could ' +
        'not heal it. The log has the error.',
    },
    PG_ONLY_FOREIGN: {
      description:
        '`subject` is an `impUid`: paid at the gateway for an order that this server never made. Another program with the same ' +
        'keys, or a database that was restored. It is never given back by itself.',
    },
    LOCAL_ONLY: {
      description:
        '`subject` is an `impUid`: credited here, and the gateway does not know it or knows no money in it. Look it up in its ' +
        'console; points without money are taken back by a person alone.',
    },
    AMOUNT_DIFF: {
      description:
        '`subject` is an `impUid`: credited here for another amount than the gateway has. Compare with its console.',
    },
    CANCEL_LOCAL_ONLY: {
      description:
        '`subject` is an `impUid`: the books have a cancellation that the gateway does not have, so its payer may still wait for ' +
        'the money. Cancel it in the console, or find out there what became of it.',
    },
    DEPOSIT_NOT_SEEN: {
      description:
        '`subject` is a `merchantUid`: its buyer said to have paid into its virtual account, and half an hour later the gateway ' +
        'knows of no deposit. Look it up at the PG: most often the PG does not know the address in `note`. Resolves itself when ' +
        'the deposit comes.',
    },
    GIVE_BACK_NEEDS_ACCOUNT: {
      description:
        '`subject` is an `impUid`: money that cannot be credited (a second deposit for an order, another amount) came into a ' +
        'virtual account. Ask its payer for an account and refund it in the console of the gateway; then it resolves itself.',
    },
    PAID_AGAIN: {
      description:
        '`subject` is an `impUid`: its deposit was taken back by the bank, so its points went, and then the gateway called it ' +
        'paid again. It is not credited again by itself: compare with the console, and refund it there.',
    },
    CASH_RECEIPT_FAILED: {
      description:
        '`subject` is an `impUid`: its cash receipt (현금영수증) was refused, or does not follow a cancellation; `note` says why. Issue ' +
        'or cancel it at the payment company. Resolves itself when it is issued after all.',
    },
    EVENTS_GIVEN_UP: {
      description:
        '`subject` is a day in Korea: events that the receiver at `EVENTS_URL` did not take were given up on it. Mend the receiver, ' +
        'then `npm run events -- replay --state gave-up`.',
    },
    TEST_IN_LIVE: {
      description:
        '`subject` is an `impUid`: credited, and paid through a channel (test or live) that this server does not take: points ' +
        'without money. Check `IAMPORT_TEST_MODE`.',
    },
  },
});

@ObjectType('PointAttention', { description: 'Something that a person must decide.' })
export class AttentionModel {
  @Field(() => ID, { description: 'Opaque.' })
  id!: string;

  @Field(() => AttentionKind, { description: 'What happened.' })
  kind!: AttentionKind;

  @Field({ description: 'What it is about; of one kind there is at most one for each subject.' })
  subject!: string;

  @Field({ description: 'For people, in Korean and English.' })
  note!: string;

  @Field(() => String, { nullable: true, description: 'The order, if it is about one.' })
  merchantUid!: string | null;

  @Field(() => ID, { nullable: true, description: 'The user, if it is about one.' })
  ownerId!: string | null;

  @Field(() => GraphQLISODateTime, { description: 'When it was met first.' })
  since!: Date;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Null while it is open.' })
  resolvedAt!: Date | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The operator who resolved it; null when it ended by itself.',
  })
  resolvedBy!: string | null;

  @Field(() => String, { nullable: true, description: 'What was done.' })
  resolution!: string | null;

  static of(row: Attention): AttentionModel {
    const { id, kind, subject, note, merchantUid, ownerId, since, resolvedAt, resolvedBy, resolution } = row;
    return { id, kind, subject, note, merchantUid, ownerId, since, resolvedAt, resolvedBy, resolution };
  }
}

@ObjectType('PointAttentionConnection', PAGE)
export class AttentionConnection extends connectionTypeOf(AttentionModel, 'PointAttention') {}
