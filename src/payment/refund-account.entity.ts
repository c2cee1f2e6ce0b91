import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Cancellation } from './cancellation.entity.js';

export const SEALED_MAX_LENGTH = 800;

/** Where the money of a cancellation goes, sealed (see cancellation/sealing.ts). */
@Entity('point_refund_account')
@Index('ix_point_refund_account_delete', ['deleteAt'])
export class SealedRefundAccount {
  @ForeignKey(() => Cancellation, { name: 'fk_point_refund_account_cancellation' })
  @PrimaryColumn({ type: 'varchar', length: 26 })
  cancellationId!: string;

  /** Which key seals it. */
  @Column({ type: 'varchar', length: 16 })
  keyId!: string;

  /** In base64. */
  @Column({ type: 'varchar', length: SEALED_MAX_LENGTH })
  sealed!: string;

  @Column({ type: 'datetime', precision: 3 })
  createdAt!: Date;

  /** When it is to be deleted; null while the cancellation is open. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  deleteAt!: Date | null;
}
