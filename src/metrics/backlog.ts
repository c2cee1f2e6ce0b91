import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import {
  type DataSource,
  type EntityManager,
  type EntityTarget,
  LessThanOrEqual,
  MoreThan,
  type ObjectLiteral,
} from 'typeorm';
import { Attention, AttentionKind } from '../attention/attention.entity.js';
import { DifferenceKind } from '../comparison/compare.js';
import { ageOfComparisons, openDifferences } from '../comparison/comparisons.js';
import { oldestPendingAt } from '../event/events.js';
import { PaymentOrder } from '../payment/payment-order.entity.js';
import { Cancellation } from '../payment/cancellation.entity.js';
import { WebhookDelivery } from '../webhook/webhook-delivery.entity.js';

/** However often and by however many it is asked for, the database is asked at most this often. */
const KEPT_MS = 5000;
/** Well below the ten seconds that Prometheus waits for an answer by default. */
const READ_TIMEOUT_MS = 2000;

/** What is still to be done, in all instances together. */
export interface Backlog {
  openCancellations: number;
  /** Age of the oldest open cancellation; 0 when none is open. */
  oldestOpenCancellationSeconds: number;
  /** How long the oldest due piece of each kind has been waiting for recovery; 0 when none is due. */
  lagSeconds: { webhook: number; cancellation: number; order: number };
  /** Since the oldest event happened that its receiver did not take yet; 0 when there is none. */
  oldestEventSeconds: number;
  /** Attentions that nobody has resolved. */
  openAttentions: Record<AttentionKind, number>;
  /** Since a day was last compared whole, by gateway; since the first attempt where none was. */
  comparisonAgeSeconds: Record<string, number>;
  /** Differences that a person must look at. */
  openDifferences: Record<DifferenceKind, number>;
}

/** Reads the backlog at most every five seconds, and never twice at the same time. */
export class BacklogReader {
  private last: Promise<Backlog | undefined> = Promise.resolve(undefined);
  private lastAtMs = Number.NEGATIVE_INFINITY;
  private isReading = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly logger: Logger,
  ) {}

  /** @returns undefined when the database did not tell, or not in time. */
  read(): Promise<Backlog | undefined> {
    const nowMs = performance.now();
    if (!this.isReading && nowMs - this.lastAtMs >= KEPT_MS) {
      this.lastAtMs = nowMs;
      this.last = Promise.race([this.ask(), sleep(READ_TIMEOUT_MS, undefined, { ref: false })]);
    }
    return this.last;
  }

  private async ask(): Promise<Backlog | undefined> {
    this.isReading = true;
    try {
      return await readBacklog(this.dataSource);
    } catch (error) {
      this.logger.warn({ err: error }, 'the metrics could not read the database');
      return undefined;
    } finally {
      this.isReading = false;
    }
  }
}

/** One short query after the other, so that it takes one connection. */
async function readBacklog(dataSource: DataSource): Promise<Backlog> {
  const { manager } = dataSource;
  // Only an open one has it, so its unique index is as short as they are few; SQLite uses it for a comparison alone.
  const isOpen = { openPaymentId: MoreThan('') };
  const openCancellations = await manager.countBy(Cancellation, isOpen);
  const eventAt = await oldestPendingAt(dataSource);
  const oldest = await manager.findOne(Cancellation, { where: isOpen, order: { requestedAt: 'ASC' } });
  return {
    openCancellations,
    oldestOpenCancellationSeconds: oldest ? secondsSince(oldest.requestedAt) : 0,
    lagSeconds: {
      webhook: await lagSeconds(dataSource, WebhookDelivery, 'nextAttemptAt'),
      cancellation: await lagSeconds(dataSource, Cancellation, 'nextAttemptAt'),
      order: await lagSeconds(dataSource, PaymentOrder, 'nextCheckAt'),
    },
    oldestEventSeconds: eventAt ? secondsSince(eventAt) : 0,
    openAttentions: await countOpenAttentions(manager),
    comparisonAgeSeconds: await ageOfComparisons(dataSource),
    openDifferences: await openDifferences(dataSource),
  };
}

async function countOpenAttentions(manager: EntityManager): Promise<Record<AttentionKind, number>> {
  const counted: { kind: AttentionKind; count: number | string }[] = await manager
    .createQueryBuilder(Attention, 'attention')
    .select('attention.kind', 'kind')
    .addSelect('COUNT(*)', 'count')
    .where('attention.resolvedAt IS NULL')
    .groupBy('attention.kind')
    .getRawMany();
  const counts = new Map(counted.map(({ kind, count }) => [kind, Number(count)]));
  const kinds = Object.values(AttentionKind);
  return Object.fromEntries(kinds.map((kind) => [kind, counts.get(kind) ?? 0])) as Record<
    AttentionKind,
    number
  >;
}

/** A claim moves the time at which a row is due, so what is due is what nobody has taken. */
async function lagSeconds<Row extends ObjectLiteral>(
  { manager }: DataSource,
  target: EntityTarget<Row>,
  due: keyof Row & string,
): Promise<number> {
  const oldest = await manager.findOne(target, {
    where: { [due]: LessThanOrEqual(new Date()) } as never,
    order: { [due]: 'ASC' } as never,
  });
  return oldest ? secondsSince(oldest[due]) : 0;
}

/** The clocks of two instances may differ a little. */
function secondsSince(time: Date): number {
  return Math.max(0, Date.now() - time.getTime()) / 1000;
}
