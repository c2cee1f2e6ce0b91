import { Check, Column, Entity, ForeignKey, PrimaryColumn, Unique } from 'typeorm';
import { PaymentOrder } from '../payment-order/payment-order.entity.js';
import { OWNER_ID_MAX_LENGTH, PointAccount } from '../point-account/point-account.entity.js';

export const TRANSACTION_PAYMENT_UNIQUE = 'uq_point_transaction_payment';
export const TRANSACTION_ORDER_UNIQUE = 'uq_point_transaction_order';
export const TRANSACTION_SEQUENCE_UNIQUE = 'uq_point_transaction_sequence';

export enum PointTransactionStatus {
  PAYMENT = 'PAYMENT',
  CANCEL = 'CANCEL',
}

/** `cancellationKey` of a row that is no cancel. */
export const NO_CANCELLATION = '';

/**
 * A fact in the ledger: points came (PAYMENT) or went back (CANCEL). Rows are inserted and never changed.
 *
 * With an empty `cancellationKey` for every PAYMENT, the two unique keys on it mean: one credit per payment, one credit
 * per order, and one debit per cancellation of a payment.
 */
@Entity('point_transaction')
@Unique(TRANSACTION_PAYMENT_UNIQUE, ['impUid', 'cancellationKey'])
@Unique(TRANSACTION_ORDER_UNIQUE, ['merchantUid', 'cancellationKey'])
@Unique(TRANSACTION_SEQUENCE_UNIQUE, ['ownerId', 'sequence'])
@Check(
  'ck_point_transaction_amount',
  `("status" = 'PAYMENT' AND "amount" > 0 AND "cancellationKey" = '') OR ("status" = 'CANCEL' AND "amount" < 0 AND "cancellationKey" <> '')`,
)
export class PointTransaction {
  @PrimaryColumn({ type: 'varchar', length: 26 })
  id!: string;

  @ForeignKey(() => PointAccount, { name: 'fk_point_transaction_account' })
  @Column({ type: 'varchar', length: OWNER_ID_MAX_LENGTH })
  ownerId!: string;

  @ForeignKey(() => PaymentOrder, { name: 'fk_point_transaction_order' })
  @Column({ type: 'varchar', length: 40 })
  merchantUid!: string;

  @Column({ type: 'varchar', length: 32 })
  impUid!: string;

  @Column({ type: 'simple-enum', enum: PointTransactionStatus })
  status!: PointTransactionStatus;

  /** Whole points: above zero for PAYMENT, below zero for CANCEL. */
  @Column({ type: 'int' })
  amount!: number;

  /** The gateway's name for the cancellation that a CANCEL row books; empty for PAYMENT. */
  @Column({ type: 'varchar', length: 64 })
  cancellationKey!: string;

  /** 1, 2, 3 … for each owner, without gaps and in the order of booking: it sorts the history and shows a missing row. */
  @Column({ type: 'int' })
  sequence!: number;

  /** The owner's balance right after this row. */
  @Column({ type: 'int' })
  balanceAfter!: number;

  @Column({ type: 'datetime', precision: 3 })
  createdAt!: Date;
}
