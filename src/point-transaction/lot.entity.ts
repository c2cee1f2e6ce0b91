import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { Payment } from '../payment/payment.entity.js';
import { OWNER_ID_MAX_LENGTH, PointAccount } from '../point-account/point-account.entity.js';
import { PointTransaction } from './point-transaction.entity.js';

/** In the order of the alphabet, by which the databases sort them: of lots that expire together, paid ones are spent last. */
export enum LotKind {
  /** Granted. */
  ADJUST = 'ADJUST',
  /** Came on top of a payment. */
  BONUS = 'BONUS',
  /** Bought: of these alone money goes back. */
  PAID = 'PAID',
}

/**
 * Points that came together, with what is left of them and until when it can be spent. A lot has the id of the row that
 * brought it, so that each row brings one at most.
 *
 * What the lots of an owner have left is what the owner can spend: what is held was taken out of them. Only the ledger
 * writes them, under the lock of the account.
 */
@Entity('point_lot')
@Unique('uq_point_lot_payment', ['paymentId', 'kind'])
@Index('ix_point_lot_open', ['ownerId', 'openUntil', 'kind', 'id'])
@Index('ix_point_lot_expiry', ['nextExpiryAt'])
@Index('ix_point_lot_notice', ['noticedDays', 'nextExpiryAt'])
@Check(
  'ck_point_lot_remaining',
  '"remaining" >= 0 AND "expired" >= 0 AND "remaining" + "expired" <= "initial"',
)
@Check(
  'ck_point_lot_open',
  `("remaining" > 0 AND "openUntil" IS NOT NULL AND "nextExpiryAt" IS NOT NULL) OR ("remaining" = 0 AND "openUntil" IS NULL AND "nextExpiryAt" IS NULL)`,
)
@Check('ck_point_lot_notice', '"noticedDays" IS NULL OR "noticedDays" > 0')
@Check('ck_point_lot_bonus', '"bonus" >= 0 AND "bonusTaken" >= 0')
export class Lot {
  @ForeignKey(() => PointTransaction, { name: 'fk_point_lot_transaction' })
  @PrimaryColumn({ type: 'varchar', length: 26 })
  id!: string;

  @ForeignKey(() => PointAccount, { name: 'fk_point_lot_account' })
  @Column({ type: 'varchar', length: OWNER_ID_MAX_LENGTH })
  ownerId!: string;

  @Column({ type: 'simple-enum', enum: LotKind })
  kind!: LotKind;

  /** The payment that it was bought with, or came on top of. */
  @ForeignKey(() => Payment, { name: 'fk_point_lot_payment' })
  @Column({ type: 'varchar', length: 26, nullable: true })
  paymentId!: string | null;

  /** Whole points that came. */
  @Column({ type: 'int' })
  initial!: number;

  /** What can still be spent of them. */
  @Column({ type: 'int' })
  remaining!: number;

  /** How many of them were lost because their time was over, and did not go back with their money since. */
  @Column({ type: 'int', default: 0 })
  expired!: number;

  /** Of a PAID lot: the points that came on top of it, in a lot of their own. */
  @Column({ type: 'int', default: 0 })
  bonus!: number;

  /** How many of those went back with cancellations of the payment. */
  @Column({ type: 'int', default: 0 })
  bonusTaken!: number;

  /** Until when they can be spent, as it was said when they came. */
  @Column({ type: 'datetime', precision: 3 })
  expiresAt!: Date;

  /** Until when what is left can be spent; later than `expiresAt` for what came back after it. Null where nothing is left. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  openUntil!: Date | null;

  /** When its expiry is due: at `openUntil`, or later where a server has claimed it. Null where nothing is left. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  nextExpiryAt!: Date | null;

  /** How many days before its end its owner was last told of it; null: not yet. It only becomes less, until its end moves. */
  @Column({ type: 'int', nullable: true })
  noticedDays!: number | null;
}

/** What was taken out of a lot by a spend, a hold, or a cancellation made elsewhere; so that it can go back into the same lot. */
@Entity('point_lot_use')
@Index('ix_point_lot_use_lot', ['lotId'])
@Check('ck_point_lot_use_amount', '"amount" > 0 AND "returned" >= 0 AND "returned" <= "amount"')
export class LotUse {
  /** The row of the ledger, or the hold, whose row will have the same id. */
  @PrimaryColumn({ type: 'varchar', length: 26 })
  takenBy!: string;

  @ForeignKey(() => Lot, { name: 'fk_point_lot_use_lot' })
  @PrimaryColumn({ type: 'varchar', length: 26 })
  lotId!: string;

  /** Whole points. */
  @Column({ type: 'int' })
  amount!: number;

  /** How many of them came back. */
  @Column({ type: 'int', default: 0 })
  returned!: number;
}
