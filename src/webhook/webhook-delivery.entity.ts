import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A notice that arrived. It is a hint to look at a payment and proves nothing: webhooks of V1 are not signed. */
@Entity('webhook_delivery')
@Index('ix_webhook_delivery_due', ['nextAttemptAt'])
@Index('ix_webhook_delivery_payment', ['impUid'])
@Index('ix_webhook_delivery_received', ['receivedAt'])
export class WebhookDelivery {
  @PrimaryColumn({ type: 'varchar', length: 26 })
  id!: string;

  @Column({ type: 'varchar', length: 32 })
  impUid!: string;

  @Column({ type: 'datetime', precision: 3 })
  receivedAt!: Date;

  /** When it is worked on next; null once it was, or was given up. */
  @Column({ type: 'datetime', precision: 3, nullable: true })
  nextAttemptAt!: Date | null;

  @Column({ type: 'int', default: 0 })
  attempts!: number;
}
