import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import { type DataSource, In, IsNull, LessThan } from 'typeorm';
import { newId } from '../database/new-id.js';
import { claimDueAtOnce } from '../database/claim.js';
import { LOGGER } from '../logging/logger.js';
import { Reconciliation } from '../point-transaction/reconciliation.js';
import { webhookReceived, webhooksGivenUp } from './announcements.js';
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

@Injectable()
export class WebhookService {
  private wake: () => void = () => undefined;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly reconciliation: Reconciliation,
  ) {}

  /** Calls `wake` whenever a delivery was stored. */
  onArrival(wake: () => void): void {
    this.wake = wake;
  }

  /** Stores a notice about a payment. It is worked on afterwards: the gateway waits for the answer. */
  async receive(impUid: string): Promise<void> {
    const now = new Date();
    await this.dataSource.manager.insert(WebhookDelivery, {
      id: newId(),
      impUid,
      receivedAt: now,
      nextAttemptAt: now,
      attempts: 0,
    });
    webhookReceived.announce({});
    this.wake();
  }

  /**
   * Takes stored deliveries that are due, at most `limit`, and groups them: however often a payment is told of, it is
   * looked at once.
   */
  async claim(limit: number): Promise<WebhookDelivery[][]> {
    const lease = new Date(Date.now() + LEASE_MS);
    const deliveries = await claimDueAtOnce(this.dataSource, WebhookDelivery, 'nextAttemptAt', lease, limit);
    return [...groupedBy(deliveries, ({ impUid }) => impUid).values()];
  }

  /**
   * Looks at the payment that the deliveries tell of. One that the gateway does not know, or that is not for an order of
   * ours, is looked at again later: a notice can come before what it is about can be read.
   *
   * @throws {GatewayUnavailable} the deliveries are due again when their lease ends.
   */
  async work(deliveries: WebhookDelivery[]): Promise<void> {
    const [first] = deliveries;
    if (!first) return;
    const settled = await this.reconciliation.reconcile(first.impUid);
    if (settled) return this.finish(deliveries);
    for (const [attempts, those] of groupedBy(deliveries, (delivery) => delivery.attempts)) {
      const id = In(those.map((delivery) => delivery.id));
      const isOver = attempts + 1 >= ATTEMPTS_MAX;
      if (isOver)
        this.logger.warn({ deliveries: those.length }, 'a webhook was about no payment of ours: given up');
      const nextAttemptAt = isOver ? null : new Date(Date.now() + FIRST_PAUSE_MS * 2 ** attempts);
      await this.dataSource.manager.update(
        WebhookDelivery,
        { id },
        { nextAttemptAt, attempts: attempts + 1 },
      );
      if (isOver) webhooksGivenUp.announce({ count: those.length });
    }
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
    const ids = deliveries.map(({ id }) => id);
    await this.dataSource.manager.update(WebhookDelivery, { id: In(ids) }, { nextAttemptAt: null });
  }
}

/** As Map.groupBy, which Node 20 does not have. */
function groupedBy<Key>(
  deliveries: WebhookDelivery[],
  keyOf: (delivery: WebhookDelivery) => Key,
): Map<Key, WebhookDelivery[]> {
  const groups = new Map<Key, WebhookDelivery[]>();
  for (const delivery of deliveries) {
    const key = keyOf(delivery);
    const group = groups.get(key);
    if (group) group.push(delivery);
    else groups.set(key, [delivery]);
  }
  return groups;
}
