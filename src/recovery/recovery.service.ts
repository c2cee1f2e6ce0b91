import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { CancellationService } from '../cancellation/cancellation.service.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { claimDue, claimDueAtOnce } from '../database/claim.js';
import { GatewayUnavailable } from '../iamport/gateway-error.js';
import { IamportClient } from '../iamport/iamport-client.js';
import { LOGGER } from '../logging/logger.js';
import { lastCheckAfter, nextCheckAfter } from '../payment-order/check-schedule.js';
import { PaymentOrder, StoredOrderState } from '../payment-order/payment-order.entity.js';
import { Cancellation, CancellationState } from '../point-transaction/cancellation.entity.js';
import { Reconciliation } from '../point-transaction/reconciliation.js';
import { WebhookService } from '../webhook/webhook.service.js';
import { pieceFailed } from './announcements.js';
import { WorkLoop } from './work-loop.js';

/** Pieces of work that are claimed at once; the next ones follow at once when there are more. */
const BATCH = 40;
/** More: many of them tell of the same payment, which is looked at once. */
const WEBHOOK_BATCH = 200;
/** Pieces that are worked on at the same time, each with one or two calls of the gateway. */
const CONCURRENCY = 8;
/** An order whose check died with its instance is checked again after this. */
const ORDER_LEASE_MS = 2 * 60_000;
const FIRST_PAUSE_MS = 5000;
const LAST_PAUSE_MS = 24 * 60 * 60_000;
const ALARM_AFTER_MS = 15 * 60_000;

/**
 * Finishes what was left open: stored webhooks, cancellations whose answer never came, and orders whose browser never
 * came back. It runs in every instance; claims keep them out of each other's way. Each piece of work can be done twice
 * without harm, so a death in the middle needs no care of its own.
 */
@Injectable()
export class RecoveryService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loops: WorkLoop[];
  private stopped = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly webhooks: WebhookService,
    private readonly cancellations: CancellationService,
    private readonly reconciliation: Reconciliation,
    private readonly iamport: IamportClient,
  ) {
    // Each kind of work has a loop of its own, so that a flood of one does not keep the others waiting.
    const { intervalMs } = settings.recovery;
    this.loops = [
      () => this.workOnWebhooks(),
      () => this.recoverCancellations(),
      () => this.recoverOrders(),
    ].map((work) => new WorkLoop(work, intervalMs));
  }

  onApplicationBootstrap(): void {
    const [webhookLoop] = this.loops;
    this.webhooks.onArrival(() => webhookLoop?.wake());
    for (const loop of this.loops) loop.wake();
  }

  /** Before the database is disconnected, which happens at the shutdown itself. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }

  private async workOnWebhooks(): Promise<void> {
    await this.drain(WEBHOOK_BATCH, async () => {
      const groups = await this.webhooks.claim(WEBHOOK_BATCH);
      await this.each(groups, (deliveries) => this.webhooks.work(deliveries));
      // Several deliveries about one payment are one group; the batch was full all the same.
      return groups.flat().length;
    });
    await this.guarded(() => this.webhooks.forgetOld());
  }

  private async recoverCancellations(): Promise<void> {
    await this.drain(BATCH, async () => {
      const due = await claimDue(this.dataSource, Cancellation, 'nextAttemptAt', nextAttemptOf, BATCH);
      await this.each(due, (cancellation) => this.recoverCancellation(cancellation));
      return due.length;
    });
  }

  private async recoverOrders(): Promise<void> {
    await this.drain(BATCH, async () => {
      const lease = new Date(Date.now() + ORDER_LEASE_MS);
      const due = await claimDueAtOnce(this.dataSource, PaymentOrder, 'nextCheckAt', lease, BATCH);
      await this.each(due, (order) => this.recoverOrder(order));
      return due.length;
    });
  }

  /** One batch after the other until one is not full. It is bounded by what is due; work that fails is due later. */
  private async drain(full: number, batch: () => Promise<number>): Promise<void> {
    let count = 0;
    do {
      count = 0;
      await this.guarded(async () => {
        count = await batch();
      });
    } while (count === full && !this.stopped);
  }

  private async each<Item>(items: Item[], work: (item: Item) => Promise<void>): Promise<void> {
    const queue = items.values();
    const workers = Array.from({ length: Math.min(CONCURRENCY, items.length) }, async () => {
      for (const item of queue) {
        if (this.stopped) return;
        await this.guarded(() => work(item));
      }
    });
    await Promise.all(workers);
  }

  /** A piece that fails is due again by its claim; the others go on. */
  private async guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isGateway = error instanceof GatewayUnavailable;
      if (!isGateway) this.logger.error({ err: error }, 'recovery failed at a piece of work');
      pieceFailed.announce({ cause: isGateway ? 'gateway' : 'fault' });
    }
  }

  /**
   * Finds out how a cancellation ended by reading the payment. It is sent again only when the payment shows that it was
   * not carried out and the earlier call can no longer run; the same checksum then carries it out once.
   */
  private async recoverCancellation({ id }: Cancellation): Promise<void> {
    const { manager } = this.dataSource;
    await manager.increment(Cancellation, { id }, 'attempts', 1);
    const cancellation = await manager.findOneByOrFail(Cancellation, { id });
    const ageMs = Date.now() - cancellation.requestedAt.getTime();
    if (ageMs > ALARM_AFTER_MS) {
      this.logger.error(
        { cancellationId: id, ageMinutes: Math.round(ageMs / 60_000) },
        'a cancellation is open for too long',
      );
    }
    await this.reconciliation.reconcile(cancellation.impUid);
    if (Date.now() - cancellation.sentAt.getTime() < this.settings.recovery.graceMs) return;
    const isStillOpen = { id, state: CancellationState.PENDING, sentAt: cancellation.sentAt };
    const { affected } = await manager.update(Cancellation, isStillOpen, { sentAt: new Date() });
    if (affected === 1) await this.cancellations.send(cancellation);
  }

  /** Asks the gateway for payments of an order that nobody told us of. */
  private async recoverOrder({ merchantUid }: PaymentOrder): Promise<void> {
    const { manager } = this.dataSource;
    const order = await manager.findOneByOrFail(PaymentOrder, { merchantUid });
    const isPaid = order.state === StoredOrderState.PAID;
    // A paid order is asked about once more at the end of its time, for a second payment of it.
    const next = (isPaid ? lastCheckAfter : nextCheckAfter)(order.createdAt, new Date());
    if (!isPaid || next === null) {
      for (const payment of await this.iamport.findPaymentsOfOrder(merchantUid)) {
        await this.reconciliation.settle({ payment, order });
      }
    }
    await manager.update(PaymentOrder, { merchantUid }, { nextCheckAt: next });
  }
}

function nextAttemptOf({ attempts }: Cancellation): Date {
  return new Date(Date.now() + Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempts));
}
