import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

export const SERVICE_KEY_NAME_MAX_LENGTH = 50;
const SCOPES_MAX_LENGTH = 60;

/** A key by which another program may call us. A revoked one stays, so that it is known what it was. */
@Entity('point_service_key')
@Check('ck_point_service_key_scopes', `"scopes" <> ''`)
export class ServiceKey {
  /** A part of the key, so that looking for it is one read. */
  @PrimaryColumn({ type: 'varchar', length: 26 })
  id!: string;

  /** For people. Two keys may have the same one: the new one and the old one, while a service changes to it. */
  @Column({ type: 'varchar', length: SERVICE_KEY_NAME_MAX_LENGTH })
  name!: string;

  /** SHA-256 in hexadecimal. */
  @Column({ type: 'varchar', length: 64 })
  secretHash!: string;

  /** With commas between them. */
  @Column({ type: 'varchar', length: SCOPES_MAX_LENGTH })
  scopes!: string;

  @Column({ type: 'datetime', precision: 3 })
  createdAt!: Date;

  /** Not more exactly than an hour; null before its first use. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  lastUsedAt!: Date | null;

  @Column({ type: 'datetime', precision: 3, nullable: true })
  revokedAt!: Date | null;
}
