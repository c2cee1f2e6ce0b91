import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** Enough for a host's own ids, such as a UUID, a ULID or a number. */
export const OWNER_ID_MAX_LENGTH = 64;

/**
 * The points of one owner. Only the ledger writes `point`, `heldPoint` and `transactionCount`, under a lock of this row.
 *
 * There is one as soon as its owner has an order, and everything that belongs to an owner refers to it. Who the owner is,
 * and whether they may log in, is nobody's business here.
 */
@Entity('point_account')
@Check('ck_point_account_held_point', '"heldPoint" >= 0')
export class PointAccount {
  /** An opaque text: an id of our own sign-up or of the host's. */
  @PrimaryColumn({ type: 'varchar', length: OWNER_ID_MAX_LENGTH })
  ownerId!: string;

  /** Balance in whole points (1 point = 1 won): the sum of the owner's transactions. Below zero it is a debt. */
  @Column({ type: 'int', default: 0 })
  point!: number;

  /** The part of `point` that open cancellations and holds have reserved. */
  @Column({ type: 'int', default: 0 })
  heldPoint!: number;

  /** How many transactions the owner has; the next one gets this number plus one as its sequence. */
  @Column({ type: 'int', default: 0 })
  transactionCount!: number;

  /** Since when nobody is behind it any more: nothing new begins for it. Null for everybody who is here. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  closedAt!: Date | null;

  @Column({ type: 'datetime', precision: 3 })
  createdAt!: Date;
}
