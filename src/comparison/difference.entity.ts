import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { MERCHANT_UID_MAX_LENGTH } from '../payment/payment-order.entity.js';
import { MONEY } from '../payment/payment.entity.js';
import { OWNER_ID_MAX_LENGTH } from '../point-account/point-account.entity.js';
import { DifferenceKind } from './compare.js';
import { Comparison } from './comparison.entity.js';

export enum DifferenceState {
  /** A person must look. */
  OPEN = 'OPEN',
  /** The comparison healed it: credited, booked, or on its way back to the payer. */
  HEALED = 'HEALED',
  /** Told, and nothing is to be done. */
  NOTED = 'NOTED',
  /** A later comparison of the day did not find it any more. */
  GONE = 'GONE',
}

/** What a comparison found. One row for each kind and payment, however often the day is compared. */
@Entity('point_comparison_difference')
@Unique('uq_point_comparison_difference', ['comparisonId', 'kind', 'gatewayPaymentId'])
@Index('ix_point_comparison_difference_page', ['comparisonId', 'id'])
@Index('ix_point_comparison_difference_state', ['state', 'kind'])
export class Difference {
  @PrimaryColumn({ type: 'varchar', length: 26 })
  id!: string;

  @ForeignKey(() => Comparison, { name: 'fk_point_comparison_difference_comparison' })
  @Column({ type: 'varchar', length: 26 })
  comparisonId!: string;

  @Column({ type: 'simple-enum', enum: DifferenceKind })
  kind!: DifferenceKind;

  @Column({ type: 'simple-enum', enum: DifferenceState })
  state!: DifferenceState;

  @Column({ type: 'varchar', length: 64 })
  gatewayPaymentId!: string;

  /** In the gateway's words; of a foreign payment somebody else's. */
  @Column({ type: 'varchar', length: MERCHANT_UID_MAX_LENGTH })
  merchantUid!: string;

  @Column({ type: 'varchar', length: OWNER_ID_MAX_LENGTH, nullable: true })
  ownerId!: string | null;

  /** As the gateway says; null where it knows nothing of the payment. */
  @Column({ ...MONEY, nullable: true })
  paidThere!: number | null;

  @Column({ ...MONEY, nullable: true })
  cancelledThere!: number | null;

  /** Points, as the ledger says when it was met first. */
  @Column(MONEY)
  creditedHere!: number;

  @Column(MONEY)
  cancelledHere!: number;

  @Column({ type: 'datetime', precision: 3 })
  foundAt!: Date;

  /** When a comparison last met it. */
  @Column({ type: 'datetime', precision: 3 })
  seenAt!: Date;

  /** When it was healed, or found no more. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  endedAt!: Date | null;
}
