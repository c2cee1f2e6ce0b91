import { Injectable } from '@nestjs/common';
import { type DataSource, In, LessThan, MoreThan } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { CashReceiptRow } from '../payment/cash-receipt.entity.js';
import { claimDue } from '../work/claim.js';
import { pauseMs, type Patience } from '../work/patience.js';
import type { Batch, Look, Work } from '../work/work.js';
import { CashReceiptService } from './cash-receipt.service.js';

const BATCH = 40;
const PATIENCE = { firstPauseMs: 2000, lastPauseMs: 15 * 60_000 } satisfies Patience;
const FORGOTTEN_AT_ONCE = 100;

/** Finds out what became of receipts without an answer, makes them follow their payments, and forgets numbers. */
@Injectable()
export class CashReceiptWork {
  readonly works: Work<CashReceiptRow>[] = [
    this.due('first'),
    this.due('again'),
    { take: () => this.forgetNumbers(), nameOf: () => ({}), do: async () => undefined },
  ];

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly receipts: CashReceiptService,
  ) {}

  private due(look: Look): Work<CashReceiptRow> {
    return {
      take: () => this.take(look),
      nameOf: ({ paymentId }) => ({ paymentId }),
      do: async ({ paymentId }) => {
        await this.dataSource.manager.increment(CashReceiptRow, { paymentId }, 'attempts', 1);
        await this.receipts.advance(paymentId);
      },
    };
  }

  private async take(look: Look): Promise<Batch<CashReceiptRow>> {
    const pieces = await claimDue(this.dataSource, CashReceiptRow, {
      due: 'nextAttemptAt',
      where: { attempts: look === 'first' ? 0 : MoreThan(0) },
      leaseUntil: ({ attempts }) => new Date(Date.now() + pauseMs(attempts, PATIENCE)),
      limit: BATCH,
    });
    return { pieces, isFull: pieces.length === BATCH };
  }

  /** Some at each round. */
  private async forgetNumbers(): Promise<Batch<never>> {
    const { manager } = this.dataSource;
    const old = await manager.find(CashReceiptRow, {
      where: { deleteAt: LessThan(new Date()) },
      select: { paymentId: true },
      take: FORGOTTEN_AT_ONCE,
    });
    const ids = old.map(({ paymentId }) => paymentId);
    const forgotten = { keyId: null, sealed: null, deleteAt: null };
    if (ids.length > 0) await manager.update(CashReceiptRow, { paymentId: In(ids) }, forgotten);
    return { pieces: [], isFull: false };
  }
}
