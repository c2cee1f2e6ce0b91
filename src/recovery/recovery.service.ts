import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import { type DataSource, MoreThan } from 'typeorm';
import { CancellationService } from '../cancellation/cancellation.service.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { claimDue, claimDueAtOnce } from '../database/claim.js';
import { GatewayUnavailable } from '../gateway/errors.js';
import { type GatewayPayment, holdsMoney } from '../gateway/gateway-payment.js';
import { Gateways } from '../gateway/gateways.js';
import { LOGGER } from '../logging/logger.js';
import { lastCheckAfter, nextCheckAfter } from '../payment-order/check-schedule.js';
import { PaymentOrder, StoredOrderState } from '../payment-order/payment-order.entity.js';
import { Cancellation, CancellationState } from '../payment/cancellation.entity.js';
import { paymentById } from '../payment/payments.js';
import { Reconciliation } from '../point-transaction/reconciliation.js';
import { type Look, WebhookService } from '../webhook/webhook.service.js';
import { pieceFailed } from './announcements.js';
import { WorkLoop } from './work-loop.js';

/** Cancellations that are claimed at once; the next ones follow at once when there are more. */
const BATCH = 40;
/** More: many of them tell of the same order, which is looked at once. */
const WEBHOOK_BATCH = 200;
/** Most of them have nothing to ask the gateway. */
const PAID_ORDER_BATCH = 100;
/** Pieces that are worked on at the same time, each with one or two calls of the gateway. */
const CONCURRENCY = 8;
/** An order whose check died with its instance is checked again after this. */
const ORDER_LEASE_MS = 2 * 60_000;
const FIRST_PAUSE_MS = 2000;
/** Short enough for somebody who waits for their money, long enough to go on for days. */
const LAST_PAUSE_MS = 15 * 60_000;
/** After a cancel call without an answer: what was carried out can be seen by one of these looks, within five seconds. */
const LOOKS_AFTER_NO_ANSWER_MS = [0, FIRST_PAUSE_MS + 100];
const ALARM_AFTER_MS = 15 * 60_000;

/**
 * Finishes what was left open: stored webhooks, cancellations whose answer never came, and orders whose browser never
 * came back. It runs in every instance; claims keep them out of each other's way. Each piece of work can be done twice
 * without harm, so a death in the middle needs no care of its own.
 */
@Injectable()
export class RecoveryService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly newWebhooks: WorkLoop;
  private readonly newCancellations: WorkLoop;
  private readonly openCancellations: WorkLoop;
  private readonly loops: WorkLoop[];
  private stopped = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly webhooks: WebhookService,
    private readonly cancellations: CancellationService,
    private readonly reconciliation: Reconciliation,
    private readonly gateways: Gateways,
  ) {
    // Each kind of work has a loop of its own, so that a flood of one does not keep the others waiting; and so have first
    // looks, which must not wait behind repeated ones that the gateway does not answer.
    const loop = (work: () => Promise<void>) => new WorkLoop(work, settings.recovery.intervalMs);
    this.newWebhooks = loop(() => this.workOnWebhooks('first'));
    this.newCancellations = loop(() => this.recoverCancellations('first'));
    this.openCancellations = loop(() => this.recoverCancellations('again'));
    this.loops = [
      this.newWebhooks,
      this.newCancellations,
      this.openCancellations,
      loop(() => this.workOnWebhooks('again')),
      loop(() => this.guarded(() => this.webhooks.forgetOld())),
      loop(() => this.recoverUnpaidOrders()),
      loop(() => this.recoverPaidOrders()),
    ];
  }

  onApplicationBootstrap(): void {
    this.webhooks.onArrival(() => this.newWebhooks.wake());
    this.cancellations.onNoAnswer(() => {
      for (const afterMs of LOOKS_AFTER_NO_ANSWER_MS) {
        const look = () => [this.newCancellations, this.openCancellations].forEach((loop) => loop.wake());
        setTimeout(look, afterMs).unref();
      }
    });
    for (const loop of this.loops) loop.wake();
  }

  /** Before the database is disconnected, which happens at the shutdown itself. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }

  private async workOnWebhooks(look: Look): Promise<void> {
    await this.drain(WEBHOOK_BATCH, async () => {
      const groups = await this.webhooks.claim(look, WEBHOOK_BATCH);
      await this.each(
        groups,
        ([first]) => ({ merchantUid: first?.merchantUid }),
        (deliveries) => this.webhooks.work(deliveries),
      );
      // Several deliveries about one order are one group; the batch was full all the same.
      return groups.flat().length;
    });
  }

  private async recoverCancellations(look: Look): Promise<void> {
    await this.drain(BATCH, async () => {
      const due = await claimDue(this.dataSource, Cancellation, {
        due: 'nextAttemptAt',
        where: { attempts: look === 'first' ? 0 : MoreThan(0) },
        leaseUntil: nextAttemptOf,
        limit: BATCH,
      });
      await this.each(
        due,
        ({ id }) => ({ cancellationId: id }),
        (cancellation) => this.recoverCancellation(cancellation),
      );
      return due.length;
    });
  }

  /** Asks the gateway for payments that nobody told us of, of many orders at once. */
  private async recoverUnpaidOrders(): Promise<void> {
    const gateway = this.gateways.forNewOrders;
    await this.drain(gateway.ordersAtOnceMax, async () => {
      const due = await this.claimOrders(StoredOrderState.READY, gateway.ordersAtOnceMax);
      if (due.length === 0) return 0;
      const payments = await gateway.findPaymentsOfOrders(due.map(({ merchantUid }) => merchantUid));
      await this.each(due, nameOf, (order) =>
        this.recoverUnpaidOrder(
          order,
          payments.filter(({ merchantUid }) => merchantUid === order.merchantUid),
        ),
      );
      return due.length;
    });
  }

  private async recoverPaidOrders(): Promise<void> {
    await this.drain(PAID_ORDER_BATCH, async () => {
      const due = await this.claimOrders(StoredOrderState.PAID, PAID_ORDER_BATCH);
      await this.each(due, nameOf, (order) => this.recoverPaidOrder(order));
      return due.length;
    });
  }

  private claimOrders(state: StoredOrderState, limit: number): Promise<PaymentOrder[]> {
    return claimDueAtOnce(this.dataSource, PaymentOrder, {
      due: 'nextCheckAt',
      where: { state },
      leaseUntil: new Date(Date.now() + ORDER_LEASE_MS),
      limit,
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

  private async each<Item>(
    items: Item[],
    nameOf: (item: Item) => Record<string, string | undefined>,
    work: (item: Item) => Promise<void>,
  ): Promise<void> {
    const queue = items.values();
    const workers = Array.from({ length: Math.min(CONCURRENCY, items.length) }, async () => {
      for (const item of queue) {
        if (this.stopped) return;
        await this.guarded(() => work(item), nameOf(item));
      }
    });
    await Promise.all(workers);
  }

  /** A piece that fails is due again by its claim; the others go on. */
  private async guarded(
    work: () => Promise<void>,
    name: Record<string, string | undefined> = {},
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isGateway = error instanceof GatewayUnavailable;
      if (!isGateway) this.logger.error({ ...name, err: error }, 'recovery failed at a piece of work');
      pieceFailed.announce({ cause: isGateway ? 'gateway' : 'fault' });
    }
  }

  /**
   * Finds out how a cancellation ended by reading the payment. Until the last call about it can no longer run, that is
   * all. Then what the gateway had refused is over, because this read is later than anything that the refusal can have
   * hidden; and what it had not answered is sent again: the same checksum carries it out once.
   */
  private async recoverCancellation({ id, paymentId, requestedAt }: Cancellation): Promise<void> {
    const { manager } = this.dataSource;
    await manager.increment(Cancellation, { id }, 'attempts', 1);
    const ageMs = Date.now() - requestedAt.getTime();
    if (ageMs > ALARM_AFTER_MS) {
      this.logger.error(
        { cancellationId: id, ageMinutes: Math.round(ageMs / 60_000) },
        'a cancellation is open for too long',
      );
    }
    const payment = await paymentById.first(manager, { id: paymentId });
    if (!payment) throw new Error('a cancellation names a payment that does not exist');
    const readAtMs = Date.now();
    await this.reconciliation.reconcile(payment);
    const cancellation = await manager.findOneByOrFail(Cancellation, { id });
    if (cancellation.state !== CancellationState.PENDING) return;
    if (readAtMs - cancellation.sentAt.getTime() < this.settings.recovery.graceMs) return;
    if (cancellation.refusal !== null) return this.cancellations.giveUp(cancellation, cancellation.refusal);
    const isStillOpen = { id, state: CancellationState.PENDING, sentAt: cancellation.sentAt };
    const { affected } = await manager.update(Cancellation, isStillOpen, { sentAt: new Date() });
    if (affected === 1) await this.cancellations.send(payment, cancellation);
  }

  /** @param payments what a look at many orders showed of this one. */
  private async recoverUnpaidOrder(order: PaymentOrder, payments: GatewayPayment[]): Promise<void> {
    const next = nextCheckAfter(order.createdAt, new Date());
    await this.thenCheckAt(next, order, async () => {
      const isWorthAnother = next === null && payments.length > 0 && !payments.some((one) => holdsMoney(one));
      if (isWorthAnother) await this.reconciliation.reconcileOrder(order);
      else await this.reconciliation.settleAll(order, payments);
    });
  }

  /** A paid order is asked about once more at the end of its time, for a second payment of it. */
  private async recoverPaidOrder(order: PaymentOrder): Promise<void> {
    const next = lastCheckAfter(order.createdAt, new Date());
    await this.thenCheckAt(next, order, async () => {
      if (next === null) await this.reconciliation.reconcileOrder(order);
    });
  }

  /** Also after a fault of ours, which the schedule bounds; a gateway that does not answer is asked again after the lease. */
  private async thenCheckAt(
    nextCheckAt: Date | null,
    { merchantUid }: PaymentOrder,
    check: () => Promise<unknown>,
  ): Promise<void> {
    const schedule = () => this.dataSource.manager.update(PaymentOrder, { merchantUid }, { nextCheckAt });
    try {
      await check();
    } catch (error) {
      if (!(error instanceof GatewayUnavailable)) await schedule();
      throw error;
    }
    await schedule();
  }
}

function nameOf({ merchantUid }: PaymentOrder) {
  return { merchantUid };
}

function nextAttemptOf({ attempts }: Cancellation): Date {
  return new Date(Date.now() + Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempts));
}
