import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { inTransaction } from '../database/transaction.js';
import { LOGGER } from '../logging/logger.js';
import { lockAccount } from '../point-account/accounts.js';
import { expireLot } from '../point-transaction/ledger.js';
import { Lot } from '../point-transaction/lot.entity.js';
import { claimDue } from '../work/claim.js';
import type { Batch, Work } from '../work/work.js';

/** Lots that are claimed at once; the next ones follow at once when there are more. */
const BATCH = 40;
/** One whose server died is booked by another after this. */
const LEASE_MS = 60_000;

/**
 * Books what is left of lots whose time is over as lost, each once, on any number of servers. What a hold has taken out of a lot
 * is not in it, so it waits for the end of the hold.
 */
@Injectable()
export class ExpiryWork {
  readonly expired: Work<Lot> = {
    take: () => this.take(),
    nameOf: ({ id }) => ({ lotId: id }),
    do: (lot) => this.expire(lot),
  };

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  private async take(): Promise<Batch<Lot>> {
    const leaseUntil = () => new Date(Date.now() + LEASE_MS);
    const claim = { due: 'nextExpiryAt', leaseUntil, limit: BATCH } as const;
    const pieces = await claimDue(this.dataSource, Lot, claim);
    return { pieces, isFull: pieces.length === BATCH };
  }

  private async expire({ id, ownerId, kind }: Lot): Promise<void> {
    const row = await inTransaction(this.dataSource, 'READ COMMITTED', async (manager) =>
      expireLot(manager, await lockAccount(manager, ownerId), id),
    );
    if (row) this.logger.info({ lotId: id, ownerId, kind, points: -row.amount }, 'points expired');
  }
}
