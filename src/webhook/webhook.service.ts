import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import { type DataSource, In, IsNull, LessThan, MoreThan } from 'typeorm';
import { newId } from '../database/new-id.js';
import { claimDueAtOnce } from '../database/claim.js';
import { GatewayUnavailable } from '../gateway/errors.js';
import { LOGGER } from '../logging/logger.js';
import { findPayment } from '../payment/payments.js';
import { PaymentOrderService } from '../payment-order/payment-order.service.js';
import { Reconciliation } from '../point-transaction/reconciliation.js';
import { webhookForeign, webhookReceived, webhooksGivenUp } from './announcements.js';
import { showsNews } from './news.js';
import { WebhookDelivery } from './webhook-delivery.entity.js';

/** Whoever works on a delivery has it for this long; then it is due again. */
const LEASE_MS = 60_000;
const FIRST_PAUSE_MS = 5000;
/**
 * Pauses double from 5 seconds: 9 tries take 20 minutes, much longer than the gateway may lag behind its own notice.
 * More would let a forger, whom no signature stops, make us ask the gateway for ever.
 */
const ATTEMPTS_MAX = 9;
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;
/** More than can arrive between two rounds of recovery from one address. */
const FORGOTTEN_AT_ONCE = 1000;

/** What the gateway said in a notice; null where it said nothing that can be. */
export type Notice = Pick<WebhookDelivery, 'impUid' | 'status' | 'cancellationId'> & {
  gateway: string;
  merchantUid: string | null;
};

/** Which deliveries: those that nobody has looked at yet, or those whose look came to nothing. */
export type Look = 'first' | 'again';

@Injectable()
export class WebhookService {
  private wake: () => void = () => undefined;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly orders: PaymentOrderService,
    private readonly reconciliation: Reconciliation,
  ) {}

  /** Calls `wake` whenever a delivery was stored. */
  onArrival(wake: () => void): void {
    this.wake = wake;
  }

  /**
   * Stores a notice about an order of ours. It is worked on afterwards: the gateway waits for the answer. One about no
   * order of ours costs this look-up and nothing else, however many of them somebody invents: an order is stored before
   * anybody can pay it, so there is nothing to wait for.
   */
  async receive({ gateway, impUid, merchantUid, status, cancellationId }: Notice): Promise<void> {
    const order =
      merchantUid === null
        ? await findPayment(this.dataSource.manager, { gateway, paymentId: impUid })
        : await this.orders.find(merchantUid);
    if (!order) {
      webhookForeign.announce({});
      return;
    }
    const now = new Date();
    await this.dataSource.manager.insert(WebhookDelivery, {
      id: newId(),
      impUid,
      merchantUid: order.merchantUid,
      status,
      cancellationId,
      receivedAt: now,
      nextAttemptAt: now,
      attempts: 0,
    });
    webhookReceived.announce({});
    this.wake();
  }

  /**
   * Takes stored deliveries that are due, at most `limit`, and groups them: however often an order is told of, it is
   * looked at once.
   */
  async claim(look: Look, limit: number): Promise<WebhookDelivery[][]> {
    const lease = new Date(Date.now() + LEASE_MS);
    const attempts = look === 'first' ? 0 : MoreThan(0);
    const deliveries = await claimDueAtOnce(this.dataSource, WebhookDelivery, {
      due: 'nextAttemptAt',
      where: { attempts },
      leaseUntil: lease,
      limit,
    });
    return [...groupedBy(deliveries, ({ merchantUid }) => merchantUid).values()];
  }

  /**
   * Looks at the payments of the order that the deliveries tell of. A delivery whose news the gateway does not show yet,
   * and one that met a fault of ours, is looked at again later, a bounded number of times.
   *
   * @throws {GatewayUnavailable} the deliveries are due again when their lease ends, as often as it takes.
   */
  async work(deliveries: WebhookDelivery[]): Promise<void> {
    const [first] = deliveries;
    if (!first) return;
    let payments;
    try {
      const order = await this.orders.find(first.merchantUid);
      payments = order ? await this.reconciliation.reconcileOrder(order) : [];
    } catch (error) {
      if (error instanceof GatewayUnavailable) await this.letOthersGoFirst(deliveries);
      else await this.lookAgain(deliveries);
      throw error;
    }
    const byId = new Map(payments.map((payment) => [payment.paymentId, payment]));
    const shown = deliveries.filter((delivery) => showsNews(byId.get(delivery.impUid), delivery));
    await this.finish(shown);
    await this.lookAgain(deliveries.filter((delivery) => !shown.includes(delivery)));
  }

  /** Forgets deliveries that were worked on long ago. */
  async forgetOld(): Promise<void> {
    const old = await this.dataSource.manager.find(WebhookDelivery, {
      where: { nextAttemptAt: IsNull(), receivedAt: LessThan(new Date(Date.now() - KEPT_MS)) },
      select: { id: true },
      take: FORGOTTEN_AT_ONCE,
    });
    if (old.length > 0)
      await this.dataSource.manager.delete(
        WebhookDelivery,
        old.map(({ id }) => id),
      );
  }

  private async finish(deliveries: WebhookDelivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    await this.dataSource.manager.update(WebhookDelivery, idsOf(deliveries), { nextAttemptAt: null });
  }

  /** They are no first look any more, so that those of others do not wait behind what the gateway does not answer. */
  private async letOthersGoFirst(deliveries: WebhookDelivery[]): Promise<void> {
    const first = { ...idsOf(deliveries), attempts: 0 };
    await this.dataSource.manager.update(WebhookDelivery, first, { attempts: 1 });
  }

  private async lookAgain(deliveries: WebhookDelivery[]): Promise<void> {
    for (const [attempts, those] of groupedBy(deliveries, (delivery) => delivery.attempts)) {
      const isOver = attempts + 1 >= ATTEMPTS_MAX;
      await this.dataSource.manager.update(WebhookDelivery, idsOf(those), {
        nextAttemptAt: isOver ? null : new Date(Date.now() + FIRST_PAUSE_MS * 2 ** attempts),
        attempts: attempts + 1,
      });
      if (!isOver) continue;
      const [{ impUid, merchantUid, status, cancellationId }] = those;
      this.logger.error(
        { impUid, merchantUid, status, cancellationId, deliveries: those.length },
        'what a webhook told of was never seen at the gateway: given up',
      );
      webhooksGivenUp.announce({ count: those.length });
    }
  }
}

function idsOf(deliveries: WebhookDelivery[]) {
  return { id: In(deliveries.map(({ id }) => id)) };
}

/** As Map.groupBy, which Node 20 does not have. */
function groupedBy<Key>(
  deliveries: WebhookDelivery[],
  keyOf: (delivery: WebhookDelivery) => Key,
): Map<Key, [WebhookDelivery, ...WebhookDelivery[]]> {
  const groups = new Map<Key, [WebhookDelivery, ...WebhookDelivery[]]>();
  for (const delivery of deliveries) {
    const key = keyOf(delivery);
    const group = groups.get(key);
    if (group) group.push(delivery);
    else groups.set(key, [delivery]);
  }
  return groups;
}
