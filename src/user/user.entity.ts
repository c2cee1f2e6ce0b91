import { Check, Column, Entity, PrimaryColumn, Unique } from 'typeorm';

export const USER_EMAIL_UNIQUE = 'uq_user_email';
export const EMAIL_MAX_LENGTH = 254;
export const NAME_MAX_LENGTH = 50;

export enum UserRole {
  USER = 'USER',
  /** May see what concerns all users. Given by `npm run operator`, never through the API. */
  OPERATOR = 'OPERATOR',
}

/**
 * A person of the service with the points they hold. Only the ledger writes `point`, `heldPoint` and
 * `transactionCount`, under a lock of this row.
 */
@Entity('user')
@Unique(USER_EMAIL_UNIQUE, ['email'])
@Check('ck_user_held_point', '"heldPoint" >= 0')
export class User {
  @PrimaryColumn({ type: 'varchar', length: 26 })
  id!: string;

  /** Lower case. */
  @Column({ type: 'varchar', length: EMAIL_MAX_LENGTH })
  email!: string;

  @Column({ type: 'varchar', length: 255 })
  passwordHash!: string;

  @Column({ type: 'varchar', length: NAME_MAX_LENGTH })
  name!: string;

  /** Balance in whole points (1 point = 1 won): the sum of the user's transactions. Below zero it is a debt. */
  @Column({ type: 'int', default: 0 })
  point!: number;

  /** The part of `point` that open cancellations have reserved. */
  @Column({ type: 'int', default: 0 })
  heldPoint!: number;

  /** How many transactions the user has; the next one gets this number plus one as its sequence. */
  @Column({ type: 'int', default: 0 })
  transactionCount!: number;

  @Column({ type: 'simple-enum', enum: UserRole, default: UserRole.USER })
  role!: UserRole;

  @Column({ type: 'datetime', precision: 3 })
  createdAt!: Date;
}
