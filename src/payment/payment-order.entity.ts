import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { PaymentMethod } from '../config/payment-methods.js';
import { OWNER_ID_MAX_LENGTH, PointAccount } from '../point-account/point-account.entity.js';
import { CONSENT_VERSION_MAX_CHARS } from '../shop/shop.js';

/** The gateway's own limit (documented). */
export const MERCHANT_UID_MAX_LENGTH = 40;

export const GATEWAY_NAME_MAX_LENGTH = 20;

/** As long as a shop's file can have it. */
export const TERMS_VERSION_MAX_LENGTH = CONSENT_VERSION_MAX_CHARS;

/** What is stored. That an unpaid order is past its time is read from `expiresAt`, not stored. */
export enum StoredOrderState {
  /** Nothing has come of it yet. Also when an account that waited for it is over: then its time is, too. */
  READY = 'READY',
  /** A virtual account waits for its deposit, until `expiresAt`; and then until the gateway was asked once more. */
  AWAITING_DEPOSIT = 'AWAITING_DEPOSIT',
  PAID = 'PAID',
  /** All accounts that waited for it were closed. Money that comes all the same is credited. */
  CANCELLED = 'CANCELLED',
}

/** What can still become paid. */
export const UNPAID_STATES = [
  StoredOrderState.READY,
  StoredOrderState.AWAITING_DEPOSIT,
  StoredOrderState.CANCELLED,
] as const;

/** What one owner was asked to pay. Its `merchantUid` is the proof that a payment is theirs. */
@Entity('point_payment_order')
@Index('ix_point_payment_order_open', ['ownerId', 'state', 'expiresAt'])
@Index('ix_point_payment_order_check', ['nextCheckAt'])
@Check('ck_point_payment_order_amount', '"amount" > 0')
@Check(
  'ck_point_payment_order_tax',
  'COALESCE("taxFree", 0) >= 0 AND COALESCE("vat", 0) >= 0 AND COALESCE("taxFree", 0) + COALESCE("vat", 0) <= "amount"',
)
export class PaymentOrder {
  /** Unguessable; the gateway's `merchant_uid`. */
  @PrimaryColumn({ type: 'varchar', length: MERCHANT_UID_MAX_LENGTH })
  merchantUid!: string;

  @ForeignKey(() => PointAccount, { name: 'fk_point_payment_order_account' })
  @Column({ type: 'varchar', length: OWNER_ID_MAX_LENGTH })
  ownerId!: string;

  /** Name of the gateway through which it is paid. */
  @Column({ type: 'varchar', length: GATEWAY_NAME_MAX_LENGTH })
  gateway!: string;

  /** Whole won. */
  @Column({ type: 'int' })
  amount!: number;

  /** Whole points that come on top, as the shop offered them when it was made. */
  @Column({ type: 'int', default: 0 })
  bonus!: number;

  /** Whole won of the amount on which no VAT is, as the shop was set when it was made; null where it names none. */
  @Column({ type: 'int', nullable: true })
  taxFree!: number | null;

  /** Whole won of VAT in the rest of the amount; null where the shop names none. */
  @Column({ type: 'int', nullable: true })
  vat!: number | null;

  /** How its buyer last wanted to pay it. How it was paid, its payment says. Null where nobody said. */
  @Column({ type: 'simple-enum', enum: PaymentMethod, nullable: true })
  method!: PaymentMethod | null;

  @Column({ type: 'simple-enum', enum: StoredOrderState })
  state!: StoredOrderState;

  /** Version of the terms to which its buyer agreed when it was made; null where the shop asks nothing. */
  @Column({ type: 'varchar', length: TERMS_VERSION_MAX_LENGTH, nullable: true })
  termsVersion!: string | null;

  @Column({ type: 'datetime', precision: 3 })
  createdAt!: Date;

  /**
   * After this the checkout page should not open a payment for it; while an account waits, until when the last one takes its
   * deposit. Money that comes later all the same is credited.
   */
  @Column({ type: 'datetime', precision: 3 })
  expiresAt!: Date;

  /** When recovery asks the gateway next for payments of this order; null when there is nothing more to ask. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  nextCheckAt!: Date | null;

  @Column({ type: 'datetime', precision: 3, nullable: true })
  paidAt!: Date | null;

  /** When its buyer first said to have paid into its account. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  depositReportedAt!: Date | null;
}
