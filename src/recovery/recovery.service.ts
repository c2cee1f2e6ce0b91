import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Logger } from 'pino';
import { CancellationWork } from '../cancellation/cancellation-work.js';
import { CashReceiptWork } from '../cash-receipt/cash-receipt-work.js';
import { ComparisonWork } from '../comparison/comparison-work.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { EventWork } from '../event-sending/event-work.js';
import { LOGGER } from '../logging/logger.js';
import { OrderChecks } from '../point-transaction/order-checks.js';
import { ExpiryWork } from '../spending/expiry-work.js';
import { ExpiryNotices } from '../spending/expiry-notices.js';
import { HoldWork } from '../spending/hold-work.js';
import { WebhookWork } from '../webhook/webhook-work.js';
import type { Work } from '../work/work.js';
import { Worker } from '../work/worker.js';

/**
 * Finishes what was left open: stored webhooks, cancellations whose answer never came, orders whose browser never came
 * back, what only the comparison with the gateway shows, holds and points whose time is over, and events that wait for their
 * receiver. It runs in every instance; claims keep them out of each other's way.
 */
@Injectable()
export class RecoveryService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly workers: Pick<Worker<unknown>, 'start' | 'stop'>[];

  constructor(
    @Inject(SETTINGS) settings: Settings,
    @Inject(LOGGER) logger: Logger,
    cancellations: CancellationWork,
    webhooks: WebhookWork,
    orderChecks: OrderChecks,
    comparisons: ComparisonWork,
    holds: HoldWork,
    expiry: ExpiryWork,
    notices: ExpiryNotices,
    cashReceipts: CashReceiptWork,
    events: EventWork,
  ) {
    const workerOf = <Piece>(work: Work<Piece>) => new Worker(work, logger, settings.recovery.intervalMs);
    this.workers = [
      ...cancellations.works.map((work) => workerOf(work)),
      ...webhooks.works.map((work) => workerOf(work)),
      ...orderChecks.unpaid.map((work) => workerOf(work)),
      workerOf(orderChecks.paid),
      ...cashReceipts.works.map((work) => workerOf(work)),
      ...comparisons.works.map((work) => workerOf(work)),
      workerOf(holds.overdue),
      workerOf(expiry.expired),
      workerOf(notices.due),
      ...events.works.map((work) => workerOf(work)),
    ];
  }

  onApplicationBootstrap(): void {
    for (const worker of this.workers) worker.start();
  }

  /** Before the database is disconnected, which happens at the shutdown itself. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }
}
