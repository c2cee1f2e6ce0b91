import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { GatewayPaymentState } from '../gateway/gateway-payment.js';
import { OWNER_ID_MAX_LENGTH, PointAccount } from '../point-account/point-account.entity.js';
import { GATEWAY_NAME_MAX_LENGTH, MERCHANT_UID_MAX_LENGTH, PaymentOrder } from './payment-order.entity.js';

export const PAYMENT_GATEWAY_UNIQUE = 'uq_point_payment_gateway';
export const PAYMENT_CREDITED_UNIQUE = 'uq_point_payment_credited';
export const GATEWAY_PAYMENT_ID_MAX_LENGTH = 64;
export const CODE_MAX_LENGTH = 32;
export const FAIL_REASON_MAX_LENGTH = 255;
export const RECEIPT_URL_MAX_LENGTH = 500;
export const CARD_NAME_MAX_LENGTH = 50;
export const CARD_NUMBER_MAX_LENGTH = 32;
export const BANK_NAME_MAX_LENGTH = 50;
export const ACCOUNT_NUMBER_MAX_LENGTH = 32;
export const ACCOUNT_HOLDER_MAX_LENGTH = 100;

/** Amounts of other currencies have cents. MariaDB sends decimals as texts. */
export const MONEY = {
  type: 'decimal',
  precision: 14,
  scale: 2,
  transformer: { to: (value: number) => value, from: Number },
} as const;

/**
 * What a gateway said about one attempt to pay one of our orders: the newest that we know of, and never anything that a
 * caller told us. It is written only under the lock of its owner's account, together with what follows from it.
 *
 * `creditedOrder` names the order once points came for the payment. Its unique key means: one credit for each order.
 */
@Entity('point_payment')
@Unique(PAYMENT_GATEWAY_UNIQUE, ['gateway', 'gatewayPaymentId'])
@Unique(PAYMENT_CREDITED_UNIQUE, ['creditedOrder'])
@Index('ix_point_payment_order', ['merchantUid'])
@Index('ix_point_payment_paid', ['ownerId', 'paidAt'])
@Check(
  'ck_point_payment_amount',
  '"amount" >= 0 AND "cancelledAmount" >= 0 AND "cancelledAmount" <= "amount"',
)
@Check(
  'ck_point_payment_tax',
  'COALESCE("taxFree", 0) >= 0 AND COALESCE("vat", 0) >= 0 AND COALESCE("taxFree", 0) + COALESCE("vat", 0) <= "amount"',
)
@Check(
  'ck_point_payment_credited',
  `"creditedOrder" IS NULL OR ("creditedOrder" = "merchantUid" AND "currency" = 'KRW' AND "state" IN ('PAID', 'CANCELLED', 'READY'))`,
)
export class Payment {
  @PrimaryColumn({ type: 'varchar', length: 26 })
  id!: string;

  /** Name of the gateway whose word this is. */
  @Column({ type: 'varchar', length: GATEWAY_NAME_MAX_LENGTH })
  gateway!: string;

  /** The gateway's name for it. */
  @Column({ type: 'varchar', length: GATEWAY_PAYMENT_ID_MAX_LENGTH })
  gatewayPaymentId!: string;

  @ForeignKey(() => PaymentOrder, { name: 'fk_point_payment_order' })
  @Column({ type: 'varchar', length: MERCHANT_UID_MAX_LENGTH })
  merchantUid!: string;

  /** Whose order it pays. */
  @ForeignKey(() => PointAccount, { name: 'fk_point_payment_account' })
  @Column({ type: 'varchar', length: OWNER_ID_MAX_LENGTH })
  ownerId!: string;

  @Column({ type: 'varchar', length: MERCHANT_UID_MAX_LENGTH, nullable: true })
  creditedOrder!: string | null;

  /**
   * As its amounts tell it: PAID while something is left of it, CANCELLED once nothing is. READY of a credited one: the bank
   * took the deposit back, and so did the books.
   */
  @Column({ type: 'simple-enum', enum: GatewayPaymentState })
  state!: GatewayPaymentState;

  /** In `currency`; it does not shrink when a part goes back. */
  @Column(MONEY)
  amount!: number;

  /** Whole won of the amount on which no VAT is, as its window was told; null where it was told nothing of it. */
  @Column({ type: 'int', nullable: true })
  taxFree!: number | null;

  /** Whole won of VAT in the rest of the amount, as its window was told; null where it was told nothing of it. */
  @Column({ type: 'int', nullable: true })
  vat!: number | null;

  /** All that has gone back so far; it never shrinks. */
  @Column(MONEY)
  cancelledAmount!: number;

  /** ISO 4217, as the gateway writes it. */
  @Column({ type: 'varchar', length: 3 })
  currency!: string;

  /** Paid through a test channel; null when the gateway does not tell. */
  @Column({ type: 'boolean', nullable: true })
  isTest!: boolean | null;

  /** How it is or was paid, in the gateway's word for it, such as `card`; null while nobody knows. */
  @Column({ type: 'varchar', length: CODE_MAX_LENGTH, nullable: true })
  method!: string | null;

  /** The payment company behind the gateway, such as `html5_inicis`. */
  @Column({ type: 'varchar', length: CODE_MAX_LENGTH, nullable: true })
  pg!: string | null;

  /** Where the payer sees the receipt. */
  @Column({ type: 'varchar', length: RECEIPT_URL_MAX_LENGTH, nullable: true })
  receiptUrl!: string | null;

  /** Where the payer sees the receipts of its cancellations; see cancel-receipts.ts. Null where the gateway names none. */
  @Column({ type: 'text', nullable: true })
  cancelReceipts!: string | null;

  /** The card company, for people. */
  @Column({ type: 'varchar', length: CARD_NAME_MAX_LENGTH, nullable: true })
  cardName!: string | null;

  /** So masked by the gateway that it is no whole number. */
  @Column({ type: 'varchar', length: CARD_NUMBER_MAX_LENGTH, nullable: true })
  cardNumber!: string | null;

  @Column({ type: 'datetime', precision: 3, nullable: true })
  paidAt!: Date | null;

  @Column({ type: 'datetime', precision: 3, nullable: true })
  failedAt!: Date | null;

  /** In the payment company's words. */
  @Column({ type: 'varchar', length: FAIL_REASON_MAX_LENGTH, nullable: true })
  failReason!: string | null;

  /** The bank of a virtual account, in the gateway's code for it. */
  @Column({ type: 'varchar', length: CODE_MAX_LENGTH, nullable: true })
  bankCode!: string | null;

  /** For people. */
  @Column({ type: 'varchar', length: BANK_NAME_MAX_LENGTH, nullable: true })
  bankName!: string | null;

  /** Of the virtual account that was opened for this attempt. For its payer only: never in the log. */
  @Column({ type: 'varchar', length: ACCOUNT_NUMBER_MAX_LENGTH, nullable: true })
  accountNumber!: string | null;

  /** Whose account the bank shows. */
  @Column({ type: 'varchar', length: ACCOUNT_HOLDER_MAX_LENGTH, nullable: true })
  accountHolder!: string | null;

  @Column({ type: 'datetime', precision: 3, nullable: true })
  accountIssuedAt!: Date | null;

  /** When the bank was seen first to have taken the deposit back; null while it has not. Believed after a second look. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  takenBackSeenAt!: Date | null;

  /** Until when a virtual account takes its deposit. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  dueAt!: Date | null;

  /** When the gateway was asked for what stands here. A later look that showed nothing new leaves it. */
  @Column({ type: 'datetime', precision: 3 })
  readAt!: Date;
}
