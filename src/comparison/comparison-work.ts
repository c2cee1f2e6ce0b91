import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type DataSource, MoreThan, MoreThanOrEqual } from 'typeorm';
import { SETTINGS, type Settings } from '../config/settings.js';
import { InjectDataSource } from '../database/inject.js';
import { GatewayUnavailable } from '../gateway/errors.js';
import { Gateways } from '../gateway/gateways.js';
import { PaymentOrder } from '../payment/payment-order.entity.js';
import { claimDue } from '../work/claim.js';
import { pauseMs } from '../work/patience.js';
import type { Batch, Work } from '../work/work.js';
import { Comparer } from './comparer.js';
import { Comparison, ComparisonState } from './comparison.entity.js';
import { comparisonOf } from './comparisons.js';
import { koreanDayOf } from '../calendar/korean-time.js';
import { daysToAdd, firstDay, nextRunAfter } from './schedule.js';

/** Whoever compares a day has it for this long after the last sign of life; longer than any call of a gateway takes. */
const LEASE_MS = 5 * 60_000;
const RENEWED_AFTER_MS = 30_000;
/** After a try that was not whole. */
const PATIENCE = { firstPauseMs: 60_000, lastPauseMs: 30 * 60_000 };

/** A day, and until when it is ours. */
interface Piece {
  comparison: Comparison;
  lease: { until: Date };
}

/** Ends a comparison that somebody else makes by now, or that would keep this server from ending. */
class BrokenOff extends Error {
  override readonly name = 'BrokenOff';
}

/** Compares each day when it is due (see schedule.ts), on one of any number of servers. */
@Injectable()
export class ComparisonWork implements OnModuleDestroy {
  /** A kind of its own for each gateway, so that one that does not answer keeps nobody waiting for another. */
  readonly works: Work<Piece>[] = this.gateways.all.map(({ name }) => ({
    take: () => this.take(name),
    nameOf: ({ comparison: { gateway, day } }) => ({ gateway, day }),
    do: (piece) => this.do(piece),
  }));
  /** The day on which the rows of each gateway were made. */
  private readonly addedOn = new Map<string, string>();
  private isStopping = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly gateways: Gateways,
    private readonly comparer: Comparer,
  ) {}

  /** Comes before the end of the works is waited for. */
  onModuleDestroy(): void {
    this.isStopping = true;
  }

  /** One at a time: the next one may be another server's. */
  private async take(gateway: string): Promise<Batch<Piece>> {
    await this.addDays(gateway);
    const until = new Date(Date.now() + LEASE_MS);
    const comparisons = await claimDue(this.dataSource, Comparison, {
      due: 'nextRunAt',
      where: { gateway },
      leaseUntil: () => until,
      limit: 1,
    });
    const pieces = comparisons.map((comparison) => ({ comparison, lease: { until } }));
    return { pieces, isFull: pieces.length > 0 };
  }

  private async addDays(gateway: string): Promise<void> {
    const now = new Date();
    const today = koreanDayOf(now);
    if (this.addedOn.get(gateway) === today) return;
    const { manager } = this.dataSource;
    const existing = await manager.findBy(Comparison, { gateway, day: MoreThanOrEqual(firstDay(now)) });
    const isNew =
      existing.length === 0 && !(await manager.existsBy(PaymentOrder, { merchantUid: MoreThan('') }));
    const days = existing.map(({ day }) => day);
    for (const day of daysToAdd(days, isNew, now)) {
      // Where nothing was ever sold there is nothing to compare yet.
      const due = isNew ? nextRunAfter(day, now, this.settings.comparison.intervalMs) : now;
      await comparisonOf(this.dataSource, gateway, day, due);
    }
    this.addedOn.set(gateway, today);
  }

  private async do({ comparison, lease }: Piece): Promise<void> {
    const { gateway, day, attempts } = comparison;
    let next: Date | null;
    try {
      const goOn = () => this.goOn(comparison, lease);
      const { state, fault } = (await this.comparer.compare(gateway, day, { goOn })).comparison;
      if (state === ComparisonState.NOT_COMPARED) {
        await this.letOthers(comparison, lease, new Date(Date.now() + pauseMs(attempts, PATIENCE)));
        throw new GatewayUnavailable(fault ?? 'the gateway did not tell everything');
      }
      next = nextRunAfter(day, new Date(), this.settings.comparison.intervalMs);
    } catch (error) {
      if (!(error instanceof BrokenOff)) throw error;
      if (!this.isStopping) return;
      next = new Date();
    }
    await this.letOthers(comparison, lease, next);
  }

  /** @throws {BrokenOff} */
  private async goOn(comparison: Comparison, lease: Piece['lease']): Promise<void> {
    if (this.isStopping) throw new BrokenOff('this server ends');
    if (lease.until.getTime() - Date.now() > LEASE_MS - RENEWED_AFTER_MS) return;
    const until = new Date(Date.now() + LEASE_MS);
    if (!(await this.letOthers(comparison, lease, until)))
      throw new BrokenOff('another server compares this day');
    lease.until = until;
  }

  /** @param nextRunAt when anybody may take it again. @returns false when somebody has taken it since. */
  private async letOthers(
    { id }: Comparison,
    lease: Piece['lease'],
    nextRunAt: Date | null,
  ): Promise<boolean> {
    const ours = { id, nextRunAt: lease.until };
    const { affected } = await this.dataSource.manager.update(Comparison, ours, { nextRunAt });
    return affected === 1;
  }
}
