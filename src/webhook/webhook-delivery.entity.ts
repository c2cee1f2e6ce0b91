import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { GatewayPaymentState } from '../gateway/gateway-payment.js';
import { GATEWAY_PAYMENT_ID_MAX_LENGTH } from '../payment/payment.entity.js';

export const NEWS_CANCELLATION_ID_MAX_LENGTH = 64;

/** A notice about an order of ours. It is a hint to look at its payments and proves nothing: webhooks of V1 are not signed. */
@Entity('point_webhook_delivery')
@Index('ix_point_webhook_delivery_work', ['nextAttemptAt', 'receivedAt'])
export class WebhookDelivery {
  @PrimaryColumn({ type: 'varchar', length: 26 })
  id!: string;

  @Column({ type: 'varchar', length: GATEWAY_PAYMENT_ID_MAX_LENGTH })
  gatewayPaymentId!: string;

  /** The order. Notices about none of ours are not stored. */
  @Column({ type: 'varchar', length: 40 })
  merchantUid!: string;

  /** What it says to have happened: not to be believed, but a read that does not show it yet is older than the news. */
  @Column({ type: 'varchar', length: 20, nullable: true })
  status!: GatewayPaymentState | null;

  /** Which cancellation it says to have happened, of those that the gateway names. */
  @Column({ type: 'varchar', length: NEWS_CANCELLATION_ID_MAX_LENGTH, nullable: true })
  cancellationId!: string | null;

  @Column({ type: 'datetime', precision: 3 })
  receivedAt!: Date;

  /** When it is worked on next; null once it was, or was given up. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  nextAttemptAt!: Date | null;

  /** Looks at the order that did not show the news. */
  @Column({ type: 'int', default: 0 })
  attempts!: number;
}
