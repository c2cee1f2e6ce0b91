import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import { GATEWAY_NAME_MAX_LENGTH } from '../payment/payment-order.entity.js';
import { MONEY } from '../payment/payment.entity.js';

export const FAULT_MAX_LENGTH = 255;

export enum ComparisonState {
  /** Not looked at yet, or the gateway did not tell all of it at the last try. It says nothing about the books. */
  NOT_COMPARED = 'NOT_COMPARED',
  /** Nothing is open. What was healed or is only noted stands among the differences. */
  SAME = 'SAME',
  /** A person must look at something. */
  DIFFERENT = 'DIFFERENT',
}

/** One Korean day of one gateway, compared with our books; and when that is due again. */
@Entity('point_comparison')
@Unique('uq_point_comparison_day', ['gateway', 'day'])
@Index('ix_point_comparison_due', ['gateway', 'nextRunAt'])
export class Comparison {
  @PrimaryColumn({ type: 'varchar', length: 26 })
  id!: string;

  @Column({ type: 'varchar', length: GATEWAY_NAME_MAX_LENGTH })
  gateway!: string;

  /** In Korea, such as 2026-11-25. */
  @Column({ type: 'varchar', length: 10 })
  day!: string;

  /** Of the last try. */
  @Column({ type: 'simple-enum', enum: ComparisonState })
  state!: ComparisonState;

  /** When a comparison of it last ended whole; the figures below are of that one. Null before the first. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  comparedAt!: Date | null;

  /** Up to when that one looked: for a day that was not over, some minutes before it began. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  comparedUntil!: Date | null;

  /** Payments of which anything happened on the day. */
  @Column({ type: 'int', default: 0 })
  payments!: number;

  @Column({ type: 'int', default: 0 })
  matched!: number;

  /** Whole won that came in for orders of ours on the day, as the gateway says. */
  @Column({ ...MONEY, default: 0 })
  paidThere!: number;

  /** That went back on it. */
  @Column({ ...MONEY, default: 0 })
  cancelledThere!: number;

  /** Points that the ledger's rows of the day brought. */
  @Column({ ...MONEY, default: 0 })
  creditedHere!: number;

  /** That its rows took away. */
  @Column({ ...MONEY, default: 0 })
  cancelledHere!: number;

  /** Why the last try was not whole, for people; null when it was. */
  @Column({ type: 'varchar', length: FAULT_MAX_LENGTH, nullable: true })
  fault!: string | null;

  /** Tries in a row that were not whole. */
  @Column({ type: 'int', default: 0 })
  attempts!: number;

  /** Null when it is not compared by itself any more. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  nextRunAt!: Date | null;
}
