import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { IDEMPOTENCY_KEY_MAX_LENGTH } from '../payment/cancellation.entity.js';
import { OWNER_ID_MAX_LENGTH, PointAccount } from '../point-account/point-account.entity.js';
import {
  TRANSACTION_PURPOSE_MAX_LENGTH,
  TRANSACTION_REASON_MAX_LENGTH,
} from '../point-transaction/point-transaction.entity.js';

export const HOLD_IDEMPOTENCY_UNIQUE = 'uq_point_hold_idempotency';

export enum HoldState {
  HELD = 'HELD',
  /** Spent, wholly or in part; the rest was given free. */
  CONFIRMED = 'CONFIRMED',
  /** Given free by whoever held it. */
  VOIDED = 'VOIDED',
  /** Given free because its time was over. */
  EXPIRED = 'EXPIRED',
}

/**
 * Points that are kept for a spend that may follow. While it is HELD its `amount` is a part of `heldPoint` of its owner's
 * account. Once CONFIRMED, its SPEND has the same id in the ledger, so that there is one.
 */
@Entity('point_hold')
@Unique(HOLD_IDEMPOTENCY_UNIQUE, ['ownerId', 'idempotencyKey'])
@Index('ix_point_hold_release', ['nextReleaseAt'])
@Index('ix_point_hold_open', ['ownerId', 'state', 'id'])
@Check('ck_point_hold_amount', '"amount" > 0')
@Check(
  'ck_point_hold_confirmed',
  `("state" = 'CONFIRMED' AND "confirmedAmount" IS NOT NULL AND "confirmedAmount" > 0 AND "confirmedAmount" <= "amount") OR ("state" <> 'CONFIRMED' AND "confirmedAmount" IS NULL)`,
)
@Check(
  'ck_point_hold_ended',
  `("state" = 'HELD' AND "endedAt" IS NULL AND "nextReleaseAt" IS NOT NULL) OR ("state" <> 'HELD' AND "endedAt" IS NOT NULL AND "nextReleaseAt" IS NULL)`,
)
export class Hold {
  @PrimaryColumn({ type: 'varchar', length: 26 })
  id!: string;

  @ForeignKey(() => PointAccount, { name: 'fk_point_hold_account' })
  @Column({ type: 'varchar', length: OWNER_ID_MAX_LENGTH })
  ownerId!: string;

  /** Whole points. */
  @Column({ type: 'int' })
  amount!: number;

  @Column({ type: 'simple-enum', enum: HoldState })
  state!: HoldState;

  /** What of it was spent. */
  @Column({ type: 'int', nullable: true })
  confirmedAmount!: number | null;

  @Column({ type: 'varchar', length: TRANSACTION_REASON_MAX_LENGTH })
  reason!: string;

  /** See PointTransaction. */
  @Column({ type: 'varchar', length: TRANSACTION_PURPOSE_MAX_LENGTH, nullable: true })
  purpose!: string | null;

  @Column({ type: 'varchar', length: OWNER_ID_MAX_LENGTH, nullable: true })
  actor!: string | null;

  @Column({ type: 'varchar', length: IDEMPOTENCY_KEY_MAX_LENGTH })
  idempotencyKey!: string;

  @Column({ type: 'datetime', precision: 3 })
  createdAt!: Date;

  /** From here on it cannot be confirmed. */
  @Column({ type: 'datetime', precision: 3 })
  expiresAt!: Date;

  @Column({ type: 'datetime', precision: 3, nullable: true })
  endedAt!: Date | null;

  /** When it is to be given free: at `expiresAt`, or when a server that died while giving it free is followed by another. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  nextReleaseAt!: Date | null;
}
