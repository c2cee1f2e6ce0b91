import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { CashReceiptPurpose } from '../gateway/cash-receipts.js';
import { OWNER_ID_MAX_LENGTH, PointAccount } from '../point-account/point-account.entity.js';
import { Payment, RECEIPT_URL_MAX_LENGTH } from './payment.entity.js';
import { SEALED_MAX_LENGTH } from './refund-account.entity.js';

export const CASH_RECEIPT_MASK_MAX_LENGTH = 32;
export const CASH_RECEIPT_NUMBER_MAX_LENGTH = 32;
export const CASH_RECEIPT_REFUSAL_MAX_LENGTH = 255;

export enum CashReceiptState {
  /** Wanted, perhaps asked for; whether it was issued is not known yet. */
  PENDING = 'PENDING',
  ISSUED = 'ISSUED',
  /** Nothing of the payment is left, so there is none, or none any more. */
  CANCELLED = 'CANCELLED',
  /** A person has to look. */
  FAILED = 'FAILED',
  /** The payment company had issued one by itself, so ours was not asked for. */
  BY_PG = 'BY_PG',
}

export enum CashReceiptCall {
  ISSUE = 'ISSUE',
  CANCEL = 'CANCEL',
}

/** The cash receipt (현금영수증) of one payment, and how it comes about. Committed before the gateway hears of it. */
@Entity('point_cash_receipt')
@Index('ix_point_cash_receipt_due', ['nextAttemptAt'])
@Index('ix_point_cash_receipt_delete', ['deleteAt'])
@Check('ck_point_cash_receipt_pending', `"state" <> 'PENDING' OR "nextAttemptAt" IS NOT NULL`)
@Check('ck_point_cash_receipt_sent', '"openCall" IS NULL OR ("sentAt" IS NOT NULL AND "sends" > 0)')
export class CashReceiptRow {
  /** One for each payment. */
  @ForeignKey(() => Payment, { name: 'fk_point_cash_receipt_payment' })
  @PrimaryColumn({ type: 'varchar', length: 26 })
  paymentId!: string;

  @ForeignKey(() => PointAccount, { name: 'fk_point_cash_receipt_account' })
  @Column({ type: 'varchar', length: OWNER_ID_MAX_LENGTH })
  ownerId!: string;

  @Column({ type: 'simple-enum', enum: CashReceiptState })
  state!: CashReceiptState;

  @Column({ type: 'simple-enum', enum: CashReceiptPurpose })
  purpose!: CashReceiptPurpose;

  /** Its payer asked for none, so it goes to the number for such receipts. */
  @Column({ type: 'boolean' })
  isSelfIssued!: boolean;

  /** For whom it is, so masked that only they know it. */
  @Column({ type: 'varchar', length: CASH_RECEIPT_MASK_MAX_LENGTH })
  identifier!: string;

  /** The whole of it, sealed (see cancellation/sealing.ts) for the payment of this row; null once it is deleted. */
  @Column({ type: 'varchar', length: 16, nullable: true })
  keyId!: string | null;

  @Column({ type: 'varchar', length: SEALED_MAX_LENGTH, nullable: true })
  sealed!: string | null;

  /** When what is sealed is to be deleted; null while it is needed, and once it is deleted. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  deleteAt!: Date | null;

  /** Whole won, as it was last known to be issued for; null before the first. */
  @Column({ type: 'int', nullable: true })
  amount!: number | null;

  /** Of its approval by the tax office. */
  @Column({ type: 'varchar', length: CASH_RECEIPT_NUMBER_MAX_LENGTH, nullable: true })
  number!: string | null;

  @Column({ type: 'varchar', length: RECEIPT_URL_MAX_LENGTH, nullable: true })
  receiptUrl!: string | null;

  @Column({ type: 'datetime', precision: 3 })
  requestedAt!: Date;

  @Column({ type: 'datetime', precision: 3, nullable: true })
  issuedAt!: Date | null;

  @Column({ type: 'datetime', precision: 3, nullable: true })
  cancelledAt!: Date | null;

  /** What the gateway was asked for last, while nobody knows whether it was done. */
  @Column({ type: 'simple-enum', enum: CashReceiptCall, nullable: true })
  openCall!: CashReceiptCall | null;

  @Column({ type: 'datetime', precision: 3, nullable: true })
  sentAt!: Date | null;

  /** How often the gateway was asked to change something; whoever counts it up may ask. */
  @Column({ type: 'int', default: 0 })
  sends!: number;

  /** What the payment company said to the open call, or why it is FAILED. */
  @Column({ type: 'varchar', length: CASH_RECEIPT_REFUSAL_MAX_LENGTH, nullable: true })
  refusal!: string | null;

  /** When it is looked at next; null when nothing is to be done. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  nextAttemptAt!: Date | null;

  /** Looks since something was settled. */
  @Column({ type: 'int', default: 0 })
  attempts!: number;
}
