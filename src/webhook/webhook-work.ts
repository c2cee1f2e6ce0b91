import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { type DataSource, In, IsNull, LessThan, MoreThan } from 'typeorm';
import { AttentionKind } from '../attention/attention.entity.js';
import { raise } from '../attention/raise.js';
import { InjectDataSource } from '../database/inject.js';
import { GatewayUnavailable } from '../gateway/errors.js';
import { LOGGER } from '../logging/logger.js';
import { PaymentOrderService } from '../payment/payment-order.service.js';
import { Reconciliation } from '../point-transaction/reconciliation.js';
import { claimDueAtOnce } from '../work/claim.js';
import { pauseMs } from '../work/patience.js';
import type { Batch, Look, Work } from '../work/work.js';
import { webhookReceived, webhooksGivenUp } from './announcements.js';
import { showsNews } from './news.js';
import { WebhookDelivery } from './webhook-delivery.entity.js';

/** Many of them tell of the same order, which is looked at once. */
const BATCH = 200;
/** Whoever works on a delivery has it for this long; then it is due again. */
const LEASE_MS = 60_000;
/**
 * 9 tries take 20 minutes, much longer than the gateway may lag behind its own notice. More would let a forger, whom no
 * signature stops, make us ask the gateway for ever.
 */
const ATTEMPTS_MAX = 9;
const PATIENCE = { firstPauseMs: 5000, lastPauseMs: 15 * 60_000 };
const END_NOTES = {
  [AttentionKind.NEWS_NEVER_SEEN]:
    '웹훅이 알린 내용을 결제대행에서 볼 수 없었습니다. / What a webhook told of was never seen at the gateway.',
  [AttentionKind.WORK_GIVEN_UP]:
    '웹훅 처리가 거듭 실패했습니다. 로그를 확인하세요. / Working on a webhook failed again and again; see the log.',
};
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;
/** More than can arrive between two rounds from one address. */
const FORGOTTEN_AT_ONCE = 1000;

/** Looks at the payments that stored notices tell of, until they show the news or there is no more patience. */
@Injectable()
export class WebhookWork {
  readonly works: Work<WebhookDelivery[]>[] = [
    { ...this.looks('first'), listen: (wake) => webhookReceived.listen(wake) },
    this.looks('again'),
    { take: () => this.forgetOld(), nameOf: () => ({}), do: async () => undefined },
  ];

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly orders: PaymentOrderService,
    private readonly reconciliation: Reconciliation,
  ) {}

  private looks(look: Look): Work<WebhookDelivery[]> {
    return {
      take: () => this.take(look),
      nameOf: ([first]) => ({ merchantUid: first?.merchantUid }),
      do: (deliveries) => this.look(deliveries),
    };
  }

  /** In groups: however often an order is told of, it is looked at once. */
  private async take(look: Look): Promise<Batch<WebhookDelivery[]>> {
    const deliveries = await claimDueAtOnce(this.dataSource, WebhookDelivery, {
      due: 'nextAttemptAt',
      where: { attempts: look === 'first' ? 0 : MoreThan(0) },
      leaseUntil: new Date(Date.now() + LEASE_MS),
      limit: BATCH,
    });
    return {
      pieces: [...groupedBy(deliveries, ({ merchantUid }) => merchantUid).values()],
      isFull: deliveries.length === BATCH,
    };
  }

  /**
   * Looks at the payments of the order that the deliveries tell of. A delivery whose news the gateway does not show yet,
   * and one that met a fault of ours, is looked at again later, a bounded number of times.
   *
   * @throws {GatewayUnavailable} the deliveries are due again when their lease ends, as often as it takes.
   */
  async look(deliveries: WebhookDelivery[]): Promise<void> {
    const [first] = deliveries;
    if (!first) return;
    let payments;
    try {
      const order = await this.orders.find(first.merchantUid);
      payments = order ? await this.reconciliation.reconcileOrder(order) : [];
    } catch (error) {
      if (error instanceof GatewayUnavailable) await this.letOthersGoFirst(deliveries);
      else await this.lookAgain(deliveries, AttentionKind.WORK_GIVEN_UP);
      throw error;
    }
    const byId = new Map(payments.map((payment) => [payment.paymentId, payment]));
    const shown = deliveries.filter((delivery) => showsNews(byId.get(delivery.gatewayPaymentId), delivery));
    await this.finish(shown);
    const notShown = deliveries.filter((delivery) => !shown.includes(delivery));
    await this.lookAgain(notShown, AttentionKind.NEWS_NEVER_SEEN);
  }

  /** Deletes deliveries that were worked on long ago, some at each round. */
  private async forgetOld(): Promise<Batch<never>> {
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
    return { pieces: [], isFull: false };
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

  /** @param end what it is for the operators when this was the last look. */
  private async lookAgain(deliveries: WebhookDelivery[], end: keyof typeof END_NOTES): Promise<void> {
    const { manager } = this.dataSource;
    for (const [attempts, those] of groupedBy(deliveries, (delivery) => delivery.attempts)) {
      const [{ gatewayPaymentId: impUid, merchantUid, status, cancellationId }] = those;
      const isOver = attempts + 1 >= ATTEMPTS_MAX;
      // First, so that no death in between ends it without anybody's knowing.
      if (isOver) {
        const note = `${END_NOTES[end]} ${impUid} ${status ?? ''}`;
        await raise(manager, { kind: end, subject: merchantUid, note, merchantUid });
      }
      await manager.update(WebhookDelivery, idsOf(those), {
        nextAttemptAt: isOver ? null : new Date(Date.now() + pauseMs(attempts, PATIENCE)),
        attempts: attempts + 1,
      });
      if (!isOver) continue;
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
