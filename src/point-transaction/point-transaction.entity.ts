import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { Payment } from '../payment/payment.entity.js';
import { OWNER_ID_MAX_LENGTH, PointAccount } from '../point-account/point-account.entity.js';

export const TRANSACTION_REFERENCE_UNIQUE = 'uq_point_transaction_reference';
export const TRANSACTION_SEQUENCE_UNIQUE = 'uq_point_transaction_sequence';

/** A gateway, its id of a payment, and its name for a cancellation, with a colon after each of the first two. */
export const REFERENCE_MAX_LENGTH = 20 + 1 + 64 + 1 + 64;

export const TRANSACTION_REASON_MAX_LENGTH = 100;
export const TRANSACTION_PURPOSE_MAX_LENGTH = 64;

export enum PointTransactionStatus {
  PAYMENT = 'PAYMENT',
  CANCEL = 'CANCEL',
  SPEND = 'SPEND',
  SPEND_CANCEL = 'SPEND_CANCEL',
  GRANT = 'GRANT',
  IMPORT = 'IMPORT',
  BONUS = 'BONUS',
  BONUS_CANCEL = 'BONUS_CANCEL',
  EXPIRE = 'EXPIRE',
  EXPIRE_CANCEL = 'EXPIRE_CANCEL',
  REFUND_FEE = 'REFUND_FEE',
}

/** Rows of a payment; all others have none. */
export const STATUSES_OF_PAYMENTS: readonly PointTransactionStatus[] = [
  PointTransactionStatus.PAYMENT,
  PointTransactionStatus.CANCEL,
];

/**
 * A fact in the ledger: points came or went. Rows are inserted and never changed.
 *
 * Each has one cause, which its `reference` names: one credit for each payment, one debit for each cancellation of it, one
 * spend for each key of its caller, and so on.
 * That an order is credited once, a unique key of its payments says.
 */
@Entity('point_transaction')
@Unique(TRANSACTION_REFERENCE_UNIQUE, ['reference'])
@Unique(TRANSACTION_SEQUENCE_UNIQUE, ['ownerId', 'sequence'])
@Index('ix_point_transaction_payment', ['paymentId', 'sequence'])
@Check(
  'ck_point_transaction_amount',
  `("status" IN ('PAYMENT', 'SPEND_CANCEL', 'GRANT', 'IMPORT', 'BONUS', 'EXPIRE_CANCEL') AND "amount" > 0) OR ("status" IN ('CANCEL', 'SPEND', 'BONUS_CANCEL', 'EXPIRE', 'REFUND_FEE') AND "amount" < 0)`,
)
@Check(
  'ck_point_transaction_payment',
  `("status" IN ('PAYMENT', 'CANCEL') AND "paymentId" IS NOT NULL) OR ("status" NOT IN ('PAYMENT', 'CANCEL') AND "paymentId" IS NULL)`,
)
export class PointTransaction {
  @PrimaryColumn({ type: 'varchar', length: 26 })
  id!: string;

  @ForeignKey(() => PointAccount, { name: 'fk_point_transaction_account' })
  @Column({ type: 'varchar', length: OWNER_ID_MAX_LENGTH })
  ownerId!: string;

  /** Names the cause, and is unique: see reference.ts. */
  @Column({ type: 'varchar', length: REFERENCE_MAX_LENGTH })
  reference!: string;

  /** The payment that it came from or went back to; null for points that have nothing to do with one. */
  @ForeignKey(() => Payment, { name: 'fk_point_transaction_payment' })
  @Column({ type: 'varchar', length: 26, nullable: true })
  paymentId!: string | null;

  @Column({ type: 'simple-enum', enum: PointTransactionStatus })
  status!: PointTransactionStatus;

  /** Whole points: above zero where points came, below zero where they went. */
  @Column({ type: 'int' })
  amount!: number;

  /** 1, 2, 3 … for each user, without gaps and in the order of posting: it sorts the history and shows a missing row. */
  @Column({ type: 'int' })
  sequence!: number;

  /** The user's balance right after this row. */
  @Column({ type: 'int' })
  balanceAfter!: number;

  /** Why, in the words of whoever caused it; null for the rows of a payment. */
  @Column({ type: 'varchar', length: TRANSACTION_REASON_MAX_LENGTH, nullable: true })
  reason!: string | null;

  /** What it was for, as its caller names it: the number of a shop's order. It is `reference` in the API. */
  @Column({ type: 'varchar', length: TRANSACTION_PURPOSE_MAX_LENGTH, nullable: true })
  purpose!: string | null;

  /** Who caused it for its owner; null for the owner, and for what nobody asked for. */
  @Column({ type: 'varchar', length: OWNER_ID_MAX_LENGTH, nullable: true })
  actor!: string | null;

  @Column({ type: 'datetime', precision: 3 })
  createdAt!: Date;
}
