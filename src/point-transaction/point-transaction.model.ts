import { Field, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { connectionTypeOf, PAGE } from '../graphql/connection.js';
import type { Payment } from '../payment/payment.entity.js';
import type { PointAccount } from '../point-account/point-account.entity.js';
import { type PointTransaction, PointTransactionStatus } from './point-transaction.entity.js';

registerEnumType(PointTransactionStatus, {
  name: 'PointTransactionStatus',
  description: 'Which way the points went.',
  valuesMap: {
    PAYMENT: { description: 'Points came for a payment.' },
    CANCEL: { description: 'Points went back because a payment was cancelled, wholly or in part.' },
  },
});

@ObjectType('PointTransaction', { description: 'A fact in the ledger. It is never changed or deleted.' })
export class PointTransactionModel {
  @Field(() => ID, { description: 'Never changes.' })
  id!: string;

  @Field({ description: 'The gateway’s `imp_uid` of the payment.' })
  impUid!: string;

  @Field({ description: 'The order that was paid.' })
  merchantUid!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'How the payment was made, in the gateway’s word for it: `card`, `trans`, `vbank`, `phone`, `kakaopay` and others. Null when ' +
      'the gateway does not tell.',
  })
  method!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Where the payer sees the receipt of the payment. Null when the gateway names none.',
  })
  receiptUrl!: string | null;

  @Field(() => Int, { description: 'Whole points: above zero for PAYMENT, below zero for CANCEL.' })
  amount!: number;

  @Field(() => PointTransactionStatus, { description: 'Which way the points went.' })
  status!: PointTransactionStatus;

  @Field(() => Int, { description: 'The user’s balance right after this transaction.' })
  balanceAfter!: number;

  @Field(() => GraphQLISODateTime, { description: 'When it was posted here, which is after the payment.' })
  createdAt!: Date;

  /** Not in the schema, as is `sequence`. */
  ownerId!: string;

  sequence!: number;

  /** The owner's account as of this moment, where that was read anyway. */
  knownAccount?: PointAccount;

  /** @param payment the one that the row came from. */
  static of(row: PointTransaction, payment: Payment, knownAccount?: PointAccount): PointTransactionModel {
    const { id, amount, status, balanceAfter, createdAt, ownerId, sequence } = row;
    const { gatewayPaymentId: impUid, merchantUid, method, receiptUrl } = payment;
    return {
      id,
      impUid,
      merchantUid,
      method,
      receiptUrl,
      amount,
      status,
      balanceAfter,
      createdAt,
      ownerId,
      sequence,
      knownAccount,
    };
  }
}

@ObjectType(PAGE)
export class PointTransactionConnection extends connectionTypeOf(PointTransactionModel, 'PointTransaction') {}
