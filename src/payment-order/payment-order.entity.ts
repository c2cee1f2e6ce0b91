import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { User } from '../user/user.entity.js';

/** The gateway's own limit (documented). */
export const MERCHANT_UID_MAX_LENGTH = 40;

/** What is stored. That an unpaid order is past its time is read from `expiresAt`, not stored. */
export enum StoredOrderState {
  READY = 'READY',
  PAID = 'PAID',
}

/** What one user was asked to pay. Its `merchantUid` is the proof that a payment is theirs. */
@Entity('payment_order')
@Index('ix_payment_order_open', ['ownerId', 'state', 'expiresAt'])
@Index('ix_payment_order_check', ['nextCheckAt'])
@Check('ck_payment_order_amount', '"amount" > 0')
export class PaymentOrder {
  /** Unguessable; the gateway's `merchant_uid`. */
  @PrimaryColumn({ type: 'varchar', length: MERCHANT_UID_MAX_LENGTH })
  merchantUid!: string;

  @ForeignKey(() => User, { name: 'fk_payment_order_user' })
  @Column({ type: 'varchar', length: 26 })
  ownerId!: string;

  /** Whole won. */
  @Column({ type: 'int' })
  amount!: number;

  @Column({ type: 'simple-enum', enum: StoredOrderState })
  state!: StoredOrderState;

  @Column({ type: 'datetime', precision: 3 })
  createdAt!: Date;

  /** After this the checkout page should not open a payment for it. Money that comes later all the same is credited. */
  @Column({ type: 'datetime', precision: 3 })
  expiresAt!: Date;

  /** When recovery asks the gateway next for payments of this order; null when there is nothing more to ask. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  nextCheckAt!: Date | null;

  @Column({ type: 'datetime', precision: 3, nullable: true })
  paidAt!: Date | null;
}
