import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * A payment whose money had all gone back when we looked, before any points came for it. It is never credited: whoever
 * read it as paid before, and is only now about to credit it, is late.
 */
@Entity('point_cancelled_payment')
export class CancelledPayment {
  @PrimaryColumn({ type: 'varchar', length: 32 })
  impUid!: string;

  @Column({ type: 'varchar', length: 40 })
  merchantUid!: string;

  @Column({ type: 'datetime', precision: 3 })
  seenAt!: Date;
}
