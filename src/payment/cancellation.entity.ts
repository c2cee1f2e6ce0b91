import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { PointAccount, OWNER_ID_MAX_LENGTH } from '../point-account/point-account.entity.js';
import { MONEY, Payment } from './payment.entity.js';

export const CANCELLATION_OPEN_UNIQUE = 'uq_point_cancellation_open';
export const CANCELLATION_IDEMPOTENCY_UNIQUE = 'uq_point_cancellation_idempotency';
export const REASON_MAX_LENGTH = 100;
export const IDEMPOTENCY_KEY_MAX_LENGTH = 64;
export const REFUND_ACCOUNT_MASK_MAX_LENGTH = 80;

export enum CancellationState {
  /** Committed, perhaps sent; how it ended is not known yet. */
  PENDING = 'PENDING',
  DONE = 'DONE',
  REFUSED = 'REFUSED',
}

export enum CancellationKind {
  /** A user gives points back. Their amount is held while it is PENDING. */
  USER = 'USER',
  /** Money that can never be credited goes back to its payer. No points are concerned. */
  GIVE_BACK = 'GIVE_BACK',
}

/** Why money goes back to who asks for it. The presets are in src/cancellation/refund-presets.ts. */
export enum RefundBasis {
  /** The shop gives back what was not spent: its `cancelPolicy`. */
  SHOP_POLICY = 'SHOP_POLICY',
  UNUSED_7_DAYS = 'UNUSED_7_DAYS',
  PREPAID_80 = 'PREPAID_80',
  VOUCHER_60_80 = 'VOUCHER_60_80',
  EXPIRED_90 = 'EXPIRED_90',
  EXPIRED_90_95 = 'EXPIRED_90_95',
  EXPIRED_100 = 'EXPIRED_100',
}

/** Our request to give money back. It is committed before the gateway hears of it. */
@Entity('point_cancellation')
@Unique(CANCELLATION_OPEN_UNIQUE, ['openPaymentId'])
@Unique(CANCELLATION_IDEMPOTENCY_UNIQUE, ['ownerId', 'idempotencyKey'])
@Index('ix_point_cancellation_due', ['nextAttemptAt'])
@Index('ix_point_cancellation_page', ['ownerId', 'id'])
@Index('ix_point_cancellation_kind', ['kind', 'id'])
@Index('ix_point_cancellation_payment', ['paymentId'])
@Check(
  'ck_point_cancellation_open',
  `("state" = 'PENDING' AND "openPaymentId" IS NOT NULL AND "openPaymentId" = "paymentId") OR ("state" <> 'PENDING' AND "openPaymentId" IS NULL)`,
)
@Check('ck_point_cancellation_actor', `"actor" IS NULL OR "kind" = 'USER'`)
@Check('ck_point_cancellation_amount', '"amount" > 0 AND "amount" <= "checksum"')
@Check(
  'ck_point_cancellation_points',
  `("kind" = 'GIVE_BACK' AND "basis" IS NULL AND "points" = 0 AND "fee" = 0 AND "bonus" = 0) OR ("kind" = 'USER' AND "basis" IS NOT NULL AND "fee" >= 0 AND "expiredPoints" >= 0 AND "bonusFromPaid" >= 0 AND "bonusFromPaid" <= "bonus" AND "expiredPoints" <= "amount" + "fee" + "bonusFromPaid" AND "points" = "amount" + "fee" + "bonus" - "expiredPoints")`,
)
export class Cancellation {
  @PrimaryColumn({ type: 'varchar', length: 26 })
  id!: string;

  @Column({ type: 'simple-enum', enum: CancellationKind })
  kind!: CancellationKind;

  @ForeignKey(() => PointAccount, { name: 'fk_point_cancellation_account' })
  @Column({ type: 'varchar', length: OWNER_ID_MAX_LENGTH })
  ownerId!: string;

  @ForeignKey(() => Payment, { name: 'fk_point_cancellation_payment' })
  @Column({ type: 'varchar', length: 26 })
  paymentId!: string;

  /** The same while PENDING and null afterwards: its unique key lets a payment have one open cancellation. */
  @Column({ type: 'varchar', length: 26, nullable: true })
  openPaymentId!: string | null;

  @Column({ type: 'simple-enum', enum: CancellationState })
  state!: CancellationState;

  @Column(MONEY)
  amount!: number;

  /** What was left of the payment before it, as we believed: the gateway carries nothing out if it knows another figure. */
  @Column(MONEY)
  checksum!: number;

  @Column({ type: 'varchar', length: 3 })
  currency!: string;

  /** Shown to the payer. */
  @Column({ type: 'varchar', length: REASON_MAX_LENGTH })
  reason!: string;

  /** Who asked for it in place of the owner; null for the owner, and for a give-back. */
  @Column({ type: 'varchar', length: OWNER_ID_MAX_LENGTH, nullable: true })
  actor!: string | null;

  /** What the caller asked for, to recognise the same request again; null asked for everything. */
  @Column({ type: 'int', nullable: true })
  requestedAmount!: number | null;

  /** Why the money goes back, for a USER; null for a give-back. */
  @Column({ type: 'simple-enum', enum: RefundBasis, nullable: true })
  basis!: RefundBasis | null;

  /** Whole points that it holds while it is PENDING and that go when it is DONE: see {@link pointsOf}. */
  @Column({ type: 'int', default: 0 })
  points!: number;

  /** Whole won that the shop keeps: as many points go, beside those of the amount. */
  @Column({ type: 'int', default: 0 })
  fee!: number;

  /** How many of the points that go had expired: they were lost before, so that nothing of them is held. */
  @Column({ type: 'int', default: 0 })
  expiredPoints!: number;

  /** Whole points of the payment's bonus that go back with it, and are held beside the amount. */
  @Column({ type: 'int', default: 0 })
  bonus!: number;

  /** How many of these were spent, and are taken from the paid points in their place. */
  @Column({ type: 'int', default: 0 })
  bonusFromPaid!: number;

  @Column({ type: 'varchar', length: IDEMPOTENCY_KEY_MAX_LENGTH, nullable: true })
  idempotencyKey!: string | null;

  /** The gateway's name for it, once DONE; also the `cancellationKey` of the CANCEL row. */
  @Column({ type: 'varchar', length: 64, nullable: true })
  cancellationKey!: string | null;

  /** Why it is REFUSED, in the gateway's words. */
  @Column({ type: 'varchar', length: 255, nullable: true })
  refusal!: string | null;

  @Column({ type: 'datetime', precision: 3 })
  requestedAt!: Date;

  /** When the gateway was last told, or is about to be. */
  @Column({ type: 'datetime', precision: 3 })
  sentAt!: Date;

  @Column({ type: 'datetime', precision: 3, nullable: true })
  completedAt!: Date | null;

  /** When recovery looks at it next; null once it is no longer PENDING. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  nextAttemptAt!: Date | null;

  @Column({ type: 'int', default: 0 })
  attempts!: number;

  /** To which account the money goes, so masked that only its owner knows it; null where none was named. */
  @Column({ type: 'varchar', length: REFUND_ACCOUNT_MASK_MAX_LENGTH, nullable: true })
  refundAccount!: string | null;

  /**
   * When the gateway said yes, or may have, for a payment company whose yes is not the end: from here on it is only read and
   * never sent again.
   */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  acceptedAt!: Date | null;

  /** When such a payment company is expected to have paid. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  expectedAt!: Date | null;
}
