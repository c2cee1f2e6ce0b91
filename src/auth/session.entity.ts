import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { User } from '../user/user.entity.js';

/**
 * One login on one device. It holds only the newest refresh token (as a hash): whoever shows an older one, and not only
 * because the newest did not arrive, shows a stolen or copied one, and the session ends.
 */
@Entity('session')
@Index('ix_session_user', ['userId'])
export class Session {
  @PrimaryColumn({ type: 'varchar', length: 26 })
  id!: string;

  @ForeignKey(() => User, { name: 'fk_session_user' })
  @Column({ type: 'varchar', length: 26 })
  userId!: string;

  /** SHA-256 in hexadecimal. */
  @Column({ type: 'varchar', length: 64 })
  tokenHash!: string;

  /** When the newest token took the place of the one before it; null as long as it is the first one. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  replacedAt!: Date | null;

  @Column({ type: 'datetime', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'datetime', precision: 3 })
  expiresAt!: Date;
}
