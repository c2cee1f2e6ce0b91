import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import { OWNER_ID_MAX_LENGTH } from '../point-account/point-account.entity.js';

export const SUBJECT_MAX_LENGTH = 64;
export const NOTE_MAX_LENGTH = 255;
export const RESOLUTION_MAX_LENGTH = 500;

/** What ended, or does not end, without success. The subject that belongs to each stands beside it. */
export enum AttentionKind {
  /** The gateway's id of a payment of a test channel on a live server, or the other way round. Neither credited nor given back. */
  OTHER_CHANNEL = 'OTHER_CHANNEL',
  /** The gateway's id of a payment: the gateway tells of it what cannot be, so nothing of it was posted. */
  IMPOSSIBLE_ANSWER = 'IMPOSSIBLE_ANSWER',
  /** Id of the cancellation: money that cannot be credited was to go back, and the payment company said no. */
  GIVE_BACK_REFUSED = 'GIVE_BACK_REFUSED',
  /** Id of the cancellation: nobody knows yet whether the money went back. Recovery goes on asking. */
  CANCELLATION_OPEN = 'CANCELLATION_OPEN',
  /** `merchantUid`, because a forger could invent any number of payments: what a notice told of was never seen. */
  NEWS_NEVER_SEEN = 'NEWS_NEVER_SEEN',
  /** `merchantUid`: looking after the order met a fault of ours until nobody looked any more. */
  WORK_GIVEN_UP = 'WORK_GIVEN_UP',
  /*
   * What a comparison with the gateway found (see comparison/compare.ts). The subject of each is the gateway's id of the
   * payment.
   */
  /** It should have been credited, booked or given back by itself, and was not. */
  NOT_HEALED = 'NOT_HEALED',
  /** Paid for an order that nobody made here. */
  PG_ONLY_FOREIGN = 'PG_ONLY_FOREIGN',
  /** Points without money. */
  LOCAL_ONLY = 'LOCAL_ONLY',
  /** Credited for an order of another amount than the gateway has. */
  AMOUNT_DIFF = 'AMOUNT_DIFF',
  /** A cancellation in the books that the gateway did not carry out. */
  CANCEL_LOCAL_ONLY = 'CANCEL_LOCAL_ONLY',
  /** A payment of a channel (test or live) that this server does not take is credited. */
  TEST_IN_LIVE = 'TEST_IN_LIVE',
  /*
   * Of virtual accounts.
   */
  /** `merchantUid`: its buyer says to have paid in, and half an hour later the gateway still knows of no deposit. */
  DEPOSIT_NOT_SEEN = 'DEPOSIT_NOT_SEEN',
  /** The gateway's id of a payment: money that cannot be credited came into a virtual account, and nobody knows where to. */
  GIVE_BACK_NEEDS_ACCOUNT = 'GIVE_BACK_NEEDS_ACCOUNT',
  /** The gateway's id of a payment: its deposit was taken back, and then it was paid again. */
  PAID_AGAIN = 'PAID_AGAIN',
  /** The gateway's id of a payment: its cash receipt was refused, or does not follow its payment. */
  CASH_RECEIPT_FAILED = 'CASH_RECEIPT_FAILED',
  /** A day in Korea: on it events that nobody took in time were given up. */
  EVENTS_GIVEN_UP = 'EVENTS_GIVEN_UP',
}

/** Something that a person must decide. Never deleted: who decided what is a record, too. */
@Entity('point_attention')
@Unique('uq_point_attention_subject', ['kind', 'subject'])
@Index('ix_point_attention_open', ['resolvedAt', 'id'])
export class Attention {
  @PrimaryColumn({ type: 'varchar', length: 26 })
  id!: string;

  @Column({ type: 'simple-enum', enum: AttentionKind })
  kind!: AttentionKind;

  /** What it is about; see the kinds. */
  @Column({ type: 'varchar', length: SUBJECT_MAX_LENGTH })
  subject!: string;

  /** For people, of its first time. No personal data. */
  @Column({ type: 'varchar', length: NOTE_MAX_LENGTH })
  note!: string;

  @Column({ type: 'varchar', length: OWNER_ID_MAX_LENGTH, nullable: true })
  ownerId!: string | null;

  @Column({ type: 'varchar', length: 40, nullable: true })
  merchantUid!: string | null;

  @Column({ type: 'datetime', precision: 3 })
  since!: Date;

  /** Null while it is open. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  resolvedAt!: Date | null;

  /** The operator; null also when it ended by itself. */
  @Column({ type: 'varchar', length: OWNER_ID_MAX_LENGTH, nullable: true })
  resolvedBy!: string | null;

  /** What was done. */
  @Column({ type: 'varchar', length: RESOLUTION_MAX_LENGTH, nullable: true })
  resolution!: string | null;
}
