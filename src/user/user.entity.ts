import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

export const USER_EMAIL_UNIQUE = 'uq_user_email';
export const EMAIL_MAX_LENGTH = 254;
export const NAME_MAX_LENGTH = 50;

export enum UserRole {
  USER = 'USER',
  /** May see what concerns all users. Given by `npm run operator`, never through the API. */
  OPERATOR = 'OPERATOR',
}

/** A person of the standalone server. Their `id` is the `ownerId` of what they order and own. */
@Entity('user')
@Unique(USER_EMAIL_UNIQUE, ['email'])
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

  @Column({ type: 'simple-enum', enum: UserRole, default: UserRole.USER })
  role!: UserRole;

  @Column({ type: 'datetime', precision: 3 })
  createdAt!: Date;
}
