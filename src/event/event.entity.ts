import { Check, Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import { OWNER_ID_MAX_LENGTH } from '../point-account/point-account.entity.js';

export const EVENT_TYPE_MAX_LENGTH = 40;
export const EVENT_FAULT_MAX_LENGTH = 100;

/** How far an event has come. */
export enum EventState {
  /** To be sent, or sent and not answered yet. */
  PENDING = 'PENDING',
  /** Its receiver took it. */
  DELIVERED = 'DELIVERED',
  /** Nobody took it, and it is not sent any more until somebody asks for it. */
  GAVE_UP = 'GAVE_UP',
}

/**
 * Something that happened and that the shop's own server is told. It is stored by the transaction in which it happened, so
 * that there is one exactly where there is the row that it tells of.
 */
@Entity('point_event')
@Unique('uq_point_event_notice', ['notice'])
@Index('ix_point_event_due', ['nextAttemptAt'])
@Index('ix_point_event_queue', ['ownerId', 'state', 'position', 'id'])
@Index('ix_point_event_state', ['state', 'createdAt'])
@Check(
  'ck_point_event_state',
  `("state" = 'PENDING' AND "nextAttemptAt" IS NOT NULL AND "endedAt" IS NULL) OR ("state" <> 'PENDING' AND "nextAttemptAt" IS NULL AND "endedAt" IS NOT NULL)`,
)
export class PointEvent {
  /** That of the row that it tells of, so that each row has one event at most; the receiver knows a repeated one by it. */
  @PrimaryColumn({ type: 'varchar', length: 26 })
  id!: string;

  @Column({ type: 'varchar', length: EVENT_TYPE_MAX_LENGTH })
  type!: string;

  /** Events of one owner are sent in the order of `position`; null for those that have no order. */
  @Column({ type: 'varchar', length: OWNER_ID_MAX_LENGTH, nullable: true })
  ownerId!: string | null;

  /** Even for a row of the ledger, twice its `sequence`; odd for what is told after that row. */
  @Column({ type: 'int' })
  position!: number;

  /** Of a notice what it is about, so that nobody is told it twice: see spending/expiry-notices.ts. */
  @Column({ type: 'varchar', length: 64, nullable: true })
  notice!: string | null;

  /** What is sent, to the letter: a signature is of these very characters. */
  @Column({ type: 'text' })
  body!: string;

  @Column({ type: 'simple-enum', enum: EventState })
  state!: EventState;

  @Column({ type: 'datetime', precision: 3 })
  createdAt!: Date;

  /** When it is sent, or sent again; null when it has ended. Whoever sends it has moved this on before. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  nextAttemptAt!: Date | null;

  /** How often it was sent. */
  @Column({ type: 'int', default: 0 })
  attempts!: number;

  @Column({ type: 'datetime', precision: 3, nullable: true })
  endedAt!: Date | null;

  /** Why it was not taken the last time: a status, or that no answer came. */
  @Column({ type: 'varchar', length: EVENT_FAULT_MAX_LENGTH, nullable: true })
  fault!: string | null;
}
