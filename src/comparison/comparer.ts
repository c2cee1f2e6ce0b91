import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { type DataSource } from 'typeorm';
import { SETTINGS, type Settings } from '../config/settings.js';
import { InjectDataSource } from '../database/inject.js';
import { GatewayUnavailable } from '../gateway/errors.js';
import type { GatewayPayment } from '../gateway/gateway-payment.js';
import type { Gateway } from '../gateway/gateway.js';
import { Gateways } from '../gateway/gateways.js';
import { LOGGER } from '../logging/logger.js';
import type { Payment } from '../payment/payment.entity.js';
import {
  type PointTransaction,
  PointTransactionStatus,
} from '../point-transaction/point-transaction.entity.js';
import { Reconciliation } from '../point-transaction/reconciliation.js';
import { compare, DifferenceKind, type Judged } from './compare.js';
import { Comparison, ComparisonState } from './comparison.entity.js';
import {
  comparisonOf,
  countOpen,
  endUnseenDifferences,
  keepDifferencesOf,
  noteFault,
} from './comparisons.js';
import { Difference } from './difference.entity.js';
import { isWithin, periodOfDay } from '../calendar/korean-time.js';
import { nextRunAfter } from './schedule.js';
import { ledgerRowsOf, paymentsOf, readBooks, waitingPaymentsOf } from './our-rows.js';
import type { Run, Watch } from './run.js';
import { Treatment } from './treatment.js';

/** Rows of the ledger, or payments, that are held in memory at once: a day of any length needs no more. */
const SLICE = 2000;
/** On each side of the day, because a payment near midnight can be of two days. */
const MARGIN_MS = 60 * 60 * 1000;
/** Payments that are looked at again at the same time, each with one to three calls of the gateway. */
const CONCURRENCY = 8;

export interface Compared {
  comparison: Comparison;
  /** Differences that this comparison healed. */
  healed: number;
}

/** Compares days with a gateway, heals what is safe to heal, and keeps what it found. */
@Injectable()
export class Comparer {
  private readonly treatment: Treatment;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) logger: Logger,
    private readonly gateways: Gateways,
    reconciliation: Reconciliation,
  ) {
    this.treatment = new Treatment(dataSource, logger, reconciliation);
  }

  /**
   * Compares one day and stores what came of it. Safe to repeat, to do twice at once and to break off: what is healed goes
   * through the same transactions as all news of payments do, and each difference has one row.
   *
   * @param day one that has begun.
   * @returns the stored comparison, and how many differences were healed just now; NOT_COMPARED when the gateway did not tell everything, which is noted with its fault.
   * @throws what `watch.goOn` throws, and faults of ours.
   */
  async compare(gatewayName: string, day: string, watch: Watch = {}): Promise<Compared> {
    const gateway = this.gateways.named(gatewayName);
    const startedAt = new Date();
    const nextRunAt = nextRunAfter(day, startedAt, this.settings.comparison.intervalMs);
    const comparison = await comparisonOf(this.dataSource, gatewayName, day, nextRunAt);
    const run = await this.runOf(comparison, gateway, startedAt, watch);
    try {
      await this.compareLedger(run);
      await this.compareWaiting(run);
    } catch (error) {
      if (!(error instanceof GatewayUnavailable)) throw error;
      await noteFault(this.dataSource, comparison, error.fault);
      return this.comparedOf(run);
    }
    await endUnseenDifferences(this.dataSource, comparison, startedAt);
    const open = await countOpen(this.dataSource, comparison);
    await this.dataSource.manager.update(
      Comparison,
      { id: comparison.id },
      {
        ...run.figures,
        state: open > 0 ? ComparisonState.DIFFERENT : ComparisonState.SAME,
        comparedAt: new Date(),
        comparedUntil: run.day.until,
        fault: null,
        attempts: 0,
      },
    );
    return this.comparedOf(run);
  }

  private async comparedOf({ comparison: { id }, healed }: Run): Promise<Compared> {
    return { comparison: await this.dataSource.manager.findOneByOrFail(Comparison, { id }), healed };
  }

  private async runOf(comparison: Comparison, gateway: Gateway, now: Date, watch: Watch): Promise<Run> {
    const { graceMs } = this.settings.comparison;
    const day = periodOfDay(comparison.day);
    const ago = now.getTime() - graceMs;
    const until = (end: Date, marginMs: number) =>
      new Date(Math.max(day.from.getTime(), Math.min(end.getTime() + marginMs, ago)));
    const { manager } = this.dataSource;
    const { id: comparisonId } = comparison;
    return {
      comparison,
      gateway,
      listed: { from: new Date(day.from.getTime() - MARGIN_MS), until: until(day.until, MARGIN_MS) },
      day: { from: day.from, until: until(day.until, 0) },
      terms: { gateway: gateway.name, expectsTestPayments: gateway.expectsTestPayments, day, now, graceMs },
      watch,
      figures: {
        payments: 0,
        matched: 0,
        paidThere: 0,
        cancelledThere: 0,
        creditedHere: 0,
        cancelledHere: 0,
      },
      stored: await manager.countBy(Difference, { comparisonId }),
      raised: await countOpen(this.dataSource, comparison),
      healed: 0,
    };
  }

  /**
   * Goes through both sides in slices of time, which the ledger's rows cut: what the gateway lists of a slice is compared
   * with our rows of these payments, and payments of the slice's rows that it does not list are asked for one by one.
   */
  private async compareLedger(run: Run): Promise<void> {
    const { manager } = this.dataSource;
    const { gateway, day, listed } = run;
    let { from } = listed;
    let after: string | undefined;
    for (;;) {
      const rows = await ledgerRowsOf(manager, day, after, SLICE);
      const last = rows.at(-1);
      const isLast = rows.length < SLICE || !last;
      const until = isLast ? listed.until : wholeSecondAfter(last.createdAt, from, listed.until);
      const ofDay = rows.filter(({ createdAt }) => isWithin(createdAt, day));
      const unlisted = new Map<string, Payment>();
      for (const payment of await paymentsOf(manager, gateway.name, ofDay)) {
        unlisted.set(payment.gatewayPaymentId, payment);
      }
      countRows(run, ofDay, unlisted);
      if (from < until) {
        for await (const answers of gateway.listChanges({ from, until })) {
          for (const { paymentId } of answers) unlisted.delete(paymentId);
          await this.judge(run, answers, [], () => true);
        }
      }
      await this.lookUp(
        run,
        [...unlisted.values()],
        (judged) => !isWithin(lastChangeOf(judged.answer), listed),
      );
      if (isLast) return;
      from = until;
      after = last.id;
    }
  }

  /** Payments that were opened on the day and are waiting, such as virtual accounts; what is paid is in the lists. */
  private async compareWaiting(run: Run): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const { manager } = this.dataSource;
      const payments = await waitingPaymentsOf(manager, run.day, after, SLICE);
      const ofGateway = payments.filter(({ gateway }) => gateway === run.gateway.name);
      await this.lookUp(run, ofGateway, ({ verdict }) => verdict === DifferenceKind.STATUS_LAG);
      if (payments.length < SLICE) return;
      after = payments.at(-1)?.id;
    }
  }

  /** Asks the gateway for payments of ours that its lists of the day do not have. */
  private async lookUp(run: Run, payments: Payment[], counts: (judged: Judged) => boolean): Promise<void> {
    const { gateway } = run;
    for (let start = 0; start < payments.length; start += gateway.ordersAtOnceMax) {
      const some = payments.slice(start, start + gateway.ordersAtOnceMax);
      const found = new Map<string, GatewayPayment>();
      const merchantUids = [...new Set(some.map(({ merchantUid }) => merchantUid))];
      for (const answer of await gateway.findPaymentsOfOrders(merchantUids))
        found.set(answer.paymentId, answer);
      const unknown: string[] = [];
      await atOnce(some, async ({ gatewayPaymentId: id }) => {
        if (found.has(id)) return;
        // A text of another form is not sent: it could ask the gateway for something else.
        const answer = gateway.isPaymentId(id) ? await gateway.readPayment(id) : undefined;
        if (answer) found.set(id, answer);
        else unknown.push(id);
      });
      const answers = some.flatMap(({ gatewayPaymentId }) => found.get(gatewayPaymentId) ?? []);
      await this.judge(run, answers, unknown, counts);
    }
  }

  private async judge(
    run: Run,
    answers: GatewayPayment[],
    unknown: string[],
    counts: (judged: Judged) => boolean,
  ): Promise<void> {
    const ids = [...answers.map(({ paymentId }) => paymentId), ...unknown];
    const books = await readBooks(
      this.dataSource.manager,
      run.gateway.name,
      ids,
      answers.map(({ merchantUid }) => merchantUid),
    );
    const judged = compare(answers, unknown, books, run.terms);
    for (const one of judged) if (counts(one)) count(run, one);
    await keepDifferencesOf(
      this.dataSource,
      run.comparison,
      judged.filter(({ verdict }) => verdict === 'MOVING').map(({ paymentId }) => paymentId),
    );
    const differing = judged.filter(({ verdict }) => verdict !== 'MATCHED' && verdict !== 'MOVING');
    await atOnce(differing, (one) => this.treatment.treat(run, one));
    run.watch.onProgress?.(run.figures.payments);
    await run.watch.goOn?.();
  }
}

/** The gateway's times are whole seconds. */
function wholeSecondAfter(time: Date, earliest: Date, latest: Date): Date {
  const second = Math.ceil(time.getTime() / 1000) * 1000;
  return new Date(Math.min(Math.max(second, earliest.getTime()), latest.getTime()));
}

/** When the gateway's lists have it. */
function lastChangeOf(answer: GatewayPayment | undefined): Date | null {
  return answer?.cancellations.at(-1)?.cancelledAt ?? answer?.paidAt ?? null;
}

function countRows({ figures }: Run, rows: PointTransaction[], payments: ReadonlyMap<string, Payment>): void {
  const ids = new Set([...payments.values()].map(({ id }) => id));
  for (const { paymentId, status, amount } of rows) {
    if (paymentId === null || !ids.has(paymentId)) continue;
    if (status === PointTransactionStatus.PAYMENT) figures.creditedHere += amount;
    else figures.cancelledHere -= amount;
  }
}

function count({ figures, day }: Run, { verdict, answer, order }: Judged): void {
  figures.payments++;
  if (verdict === 'MATCHED') figures.matched++;
  if (!answer || !order || answer.currency !== 'KRW') return;
  if (isWithin(answer.paidAt, day)) figures.paidThere += answer.amount;
  for (const { cancelledAt, amount } of answer.cancellations) {
    if (isWithin(cancelledAt, day)) figures.cancelledThere += amount;
  }
}

/** Does the same with each of them, some at a time. @throws the first fault, when those that had begun have ended. */
async function atOnce<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values();
  const faults: unknown[] = [];
  const hands = Array.from({ length: Math.min(CONCURRENCY, items.length) }, async () => {
    for (const item of queue) {
      if (faults.length > 0) return;
      try {
        await work(item);
      } catch (fault) {
        faults.push(fault);
      }
    }
  });
  await Promise.all(hands);
  if (faults.length > 0) throw faults[0];
}
