import { Field, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { connectionTypeOf, PAGE } from '../graphql/connection.js';
import type { PointAccount } from '../point-account/point-account.entity.js';
import { receiptOf } from './receipt.js';
import { type PointTransaction, PointTransactionStatus } from './point-transaction.entity.js';
import { spendOfReference } from './reference.js';
import type { ShownPayment } from './transactions.js';

registerEnumType(PointTransactionStatus, {
  name: 'PointTransactionStatus',
  description: 'Which way the points went.',
  valuesMap: {
    PAYMENT: { description: 'Points came for a payment.' },
    CANCEL: { description: 'Points went back because a payment was cancelled, wholly or in part.' },
    SPEND: { description: 'Points were spent.' },
    SPEND_CANCEL: { description: 'Points of a spend came back, wholly or in part.' },
    GRANT: { description: 'The shop gave points.' },
    IMPORT: { description: 'Points that the owner had before, in the shop’s own table.' },
    BONUS: { description: 'Points came on top of a payment; `reference` is its order.' },
    BONUS_CANCEL: { description: 'Points of a bonus went with money of its payment that went back.' },
    EXPIRE: { description: 'Points were not spent in time.' },
    EXPIRE_CANCEL: {
      description:
        'Points that had expired came back, because their money goes back; the CANCEL after it takes them.',
    },
    REFUND_FEE: {
      description: 'Points went for which no money goes back: what the terms of a refund leave to the shop.',
    },
  },
});

@ObjectType('PointTransaction', { description: 'A fact in the ledger. It is never changed or deleted.' })
export class PointTransactionModel {
  @Field(() => ID, { description: 'Never changes.' })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The gateway’s `imp_uid` of the payment. Null for points that have nothing to do with one.',
  })
  impUid!: string | null;

  @Field(() => String, { nullable: true, description: 'The order that was paid; null where none was.' })
  merchantUid!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'How the payment was made, in the gateway’s word for it: `card`, `trans`, `vbank`, `phone`, `kakaopay` and others. Null when ' +
      'the gateway does not tell.',
  })
  method!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Where the payer sees the receipt: of the payment for PAYMENT, of the cancellation for CANCEL. Null when the gateway names none.',
  })
  receiptUrl!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the card’s company. Null for other ways to pay.',
  })
  cardName!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Number of the card with most of its digits hidden. Null for other ways to pay, or when the gateway does not tell.',
  })
  cardNumber!: string | null;

  @Field(() => Int, {
    description: 'Whole points: above zero where points came, below zero where they went.',
  })
  amount!: number;

  @Field(() => PointTransactionStatus, { description: 'Which way the points went.' })
  status!: PointTransactionStatus;

  @Field(() => Int, { description: 'The user’s balance right after this transaction.' })
  balanceAfter!: number;

  @Field(() => String, {
    nullable: true,
    description: 'Why, as whoever spent, gave back or granted it says. Null for PAYMENT and CANCEL.',
  })
  reason!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What it was for, such as the number of the shop’s own order. Null where nobody said so.',
  })
  reference!: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'SPEND_CANCEL: `id` of the SPEND whose points came back. Null for all others.',
  })
  spendId!: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'Who caused it for the owner: the id of an operator, or `service:` and the id of a service key. Null for the owner, and for what ' +
      'nobody asked for.',
  })
  actor!: string | null;

  @Field(() => GraphQLISODateTime, { description: 'When it was posted here, which is after the payment.' })
  createdAt!: Date;

  /** Not in the schema, as is `sequence`. */
  ownerId!: string;

  sequence!: number;

  /** The owner's account as of this moment, where that was read anyway. */
  knownAccount?: PointAccount;

  /** @param payment the one that the row came from, where it came from one. */
  static of(
    row: PointTransaction,
    payment: ShownPayment | null,
    knownAccount?: PointAccount,
  ): PointTransactionModel {
    const { id, amount, status, balanceAfter, createdAt, ownerId, sequence, reason, actor } = row;
    return {
      id,
      impUid: payment?.gatewayPaymentId ?? null,
      merchantUid: payment?.merchantUid ?? null,
      method: payment?.method ?? null,
      receiptUrl: payment && receiptOf(row, payment),
      cardName: payment?.cardName ?? null,
      cardNumber: payment?.cardNumber ?? null,
      amount,
      status,
      balanceAfter,
      reason,
      reference: row.purpose,
      spendId: spendOfReference(row.reference) ?? null,
      actor,
      createdAt,
      ownerId,
      sequence,
      knownAccount,
    };
  }
}

@ObjectType('PointTransactionConnection', PAGE)
export class PointTransactionConnection extends connectionTypeOf(PointTransactionModel, 'PointTransaction') {}
