import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { LOGGER } from '../logging/logger.js';
import { claimDue } from '../work/claim.js';
import type { Batch, Work } from '../work/work.js';
import { Hold } from './hold.entity.js';
import { HoldService } from './hold.service.js';

/** Holds that are claimed at once; the next ones follow at once when there are more. */
const BATCH = 40;
/** One whose server died is given free by another after this. */
const LEASE_MS = 60_000;

/** Gives holds free whose time is over, each once, on any number of servers. */
@Injectable()
export class HoldWork {
  readonly overdue: Work<Hold> = {
    take: () => this.take(),
    nameOf: ({ id }) => ({ holdId: id }),
    do: (hold) => this.release(hold),
  };

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly holds: HoldService,
  ) {}

  private async take(): Promise<Batch<Hold>> {
    const leaseUntil = () => new Date(Date.now() + LEASE_MS);
    const claim = { due: 'nextReleaseAt', leaseUntil, limit: BATCH } as const;
    const pieces = await claimDue(this.dataSource, Hold, claim);
    return { pieces, isFull: pieces.length === BATCH };
  }

  private async release({ id, ownerId, amount: points }: Hold): Promise<void> {
    if (await this.holds.expire(id)) {
      this.logger.info({ holdId: id, ownerId, points }, 'a hold ended by itself');
    }
  }
}
