import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import { type DataSource } from 'typeorm';
import { Attention, AttentionKind } from '../attention/attention.entity.js';
import { raise } from '../attention/raise.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { GatewayUnavailable } from '../gateway/errors.js';
import type { GatewayPayment } from '../gateway/gateway-payment.js';
import type { Gateway, Period } from '../gateway/gateway.js';
import { Gateways } from '../gateway/gateways.js';
import { LOGGER } from '../logging/logger.js';
import { Cancellation, CancellationKind, CancellationState } from '../payment/cancellation.entity.js';
import type { Payment } from '../payment/payment.entity.js';
import {
  type PointTransaction,
  PointTransactionStatus,
} from '../point-transaction/point-transaction.entity.js';
import { Reconciliation } from '../point-transaction/reconciliation.js';
import { differenceHealed } from './announcements.js';
import { AttentionOf } from './attention-of.js';
import { compare, DifferenceKind, type Judged, type Terms, type Verdict } from './compare.js';
import { Comparison, ComparisonState } from './comparison.entity.js';
import {
  comparisonOf,
  countOpen,
  endUnseenDifferences,
  keepDifferencesOf,
  noteFault,
  storeDifference,
  wasHealed,
} from './comparisons.js';
import { Difference, DifferenceState } from './difference.entity.js';
import { isWithin, periodOfDay } from '../calendar/korean-time.js';
import { nextRunAfter } from './schedule.js';
import { ledgerRowsOf, paymentsOf, readBooks, waitingPaymentsOf } from './our-rows.js';

/** Rows of the ledger, or payments, that are held in memory at once: a day of any length needs no more. */
const SLICE = 2000;
/** On each side of the day, because a payment near midnight can be of two days. */
const MARGIN_MS = 60 * 60 * 1000;
/** Payments that are looked at again at the same time, each with one to three calls of the gateway. */
const CONCURRENCY = 8;
/** Differences that are kept of one day. Thousands of them have one cause, such as the keys of another shop. */
const STORED_MAX = 10_000;
/** Of these so many are put before the operators one by one; the list of differences has the others. */
const RAISED_MAX = 100;

const { HEALED, NOTED, OPEN } = DifferenceState;
const HEALABLE: ReadonlySet<Verdict> = new Set<Verdict>([
  DifferenceKind.PG_ONLY_OURS,
  DifferenceKind.CANCEL_PG_ONLY,
  DifferenceKind.DUPLICATE_ORDER,
]);
const ONLY_NOTED: ReadonlySet<Verdict> = new Set<Verdict>([
  DifferenceKind.STATUS_LAG,
  DifferenceKind.DATE_SHIFT,
  DifferenceKind.SETTLEMENT_DIFF,
]);
const NOTES: Partial<Record<AttentionKind, string>> = {
  NOT_HEALED:
    '대사가 차이를 고치지 못했습니다. 로그를 확인하세요. / The comparison could not heal it; see the log.',
  PG_ONLY_FOREIGN:
    '이 서버에 없는 주문의 결제입니다. 같은 키를 쓰는 다른 프로그램이거나 복원된 데이터베이스입니다. / Paid for an order that this server never made.',
  LOCAL_ONLY: '결제대행에 돈이 없는데 충전되어 있습니다. / Credited, and the gateway has no money of it.',
  AMOUNT_DIFF: '결제대행의 금액이 주문과 다릅니다. / The gateway has another amount than the order.',
  CANCEL_LOCAL_ONLY:
    '장부의 취소가 결제대행에는 없습니다. / The books have a cancellation that the gateway does not have.',
  TEST_IN_LIVE:
    '받지 않는 채널(테스트/실연동)의 결제가 충전되어 있습니다. / A payment of the other channel is credited.',
};

/** Who looks on while a day is compared. */
export interface Watch {
  /** @param payments compared so far. */
  onProgress?: (payments: number) => void;
  /** Called again and again. @throws to end it there; what was done stays done, and the next one goes on from the start. */
  goOn?: () => Promise<void>;
}

/** One comparison while it is made. */
interface Run {
  comparison: Comparison;
  gateway: Gateway;
  terms: Terms;
  /** What the gateway is asked for: the day and a margin, up to some minutes ago. */
  listed: Period;
  /** The part of the day up to there. */
  day: Period;
  watch: Watch;
  figures: Pick<
    Comparison,
    'payments' | 'matched' | 'paidThere' | 'cancelledThere' | 'creditedHere' | 'cancelledHere'
  >;
  stored: number;
  raised: number;
  healed: number;
}

export interface Compared {
  comparison: Comparison;
  /** Differences that this comparison healed. */
  healed: number;
}

/** Compares days with a gateway, heals what is safe to heal, and keeps what it found. */
@Injectable()
export class Comparer {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly gateways: Gateways,
    private readonly reconciliation: Reconciliation,
  ) {}

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
    await atOnce(differing, (one) => this.treat(run, one));
    run.watch.onProgress?.(run.figures.payments);
    await run.watch.goOn?.();
  }

  private async treat(run: Run, judged: Judged): Promise<void> {
    const { verdict } = judged;
    if (ONLY_NOTED.has(verdict)) {
      // What the comparison itself booked, it booked on the day when it ran.
      const isOurDoing =
        verdict === DifferenceKind.DATE_SHIFT &&
        (await wasHealed(this.dataSource, run.comparison, judged.paymentId));
      if (!isOurDoing) await this.store(run, judged, NOTED);
      return;
    }
    const isUncredited = judged.credited === 0;
    if (HEALABLE.has(verdict) || (verdict === DifferenceKind.AMOUNT_DIFF && isUncredited)) {
      await this.heal(run, judged);
      return;
    }
    // Money of others is not looked at twice: there may be much of it, and nothing of ours can be under way with it.
    const again =
      verdict === DifferenceKind.PG_ONLY_FOREIGN
        ? verdict
        : await this.lookAgain(run, judged, run.terms.graceMs);
    if (again === verdict) await this.putBeforeOperators(run, judged, AttentionOf[verdict as DifferenceKind]);
    else await keepDifferencesOf(this.dataSource, run.comparison, [judged.paymentId]);
  }

  /**
   * Heals it as any other news of the payment would have: what is paid is credited, what was given back outside is posted,
   * and what cannot be credited is put on its way back.
   *
   * @throws {GatewayUnavailable}
   */
  private async heal(run: Run, judged: Judged): Promise<void> {
    const { payment, order, paymentId, merchantUid, verdict } = judged;
    try {
      if (payment && judged.credited > 0) await this.reconciliation.reconcile(payment);
      else if (order) await this.reconciliation.reconcileOrder(order);
    } catch (error) {
      if (error instanceof GatewayUnavailable) throw error;
      this.logger.error(
        { impUid: paymentId, merchantUid, err: error },
        'the comparison failed to heal a payment',
      );
    }
    // What was booked just now is no reason to wait.
    const again = await this.lookAgain(run, judged, Number.NEGATIVE_INFINITY);
    if (again === verdict) {
      const isKnown = await this.isRaisedAlready(run, judged);
      await this.putBeforeOperators(run, judged, isKnown ? undefined : AttentionOf.NOT_HEALED);
      return;
    }
    this.logger.warn(
      { impUid: paymentId, merchantUid, kind: verdict },
      'the comparison with the gateway healed a payment',
    );
    await this.store(run, judged, HEALED);
    run.healed++;
    differenceHealed.announce({ kind: verdict as DifferenceKind });
  }

  /** Both sides anew. @returns MOVING when ours changed while the gateway was asked. */
  private async lookAgain(run: Run, judged: Judged, graceMs: number): Promise<Verdict> {
    const { gateway, terms } = run;
    const { paymentId, merchantUid } = judged;
    const books = () => readBooks(this.dataSource.manager, gateway.name, [paymentId], [merchantUid]);
    const before = await books();
    const attempts = await gateway.findPaymentsOfOrder(merchantUid);
    let answer = attempts.find((attempt) => attempt.paymentId === paymentId);
    if (!answer && gateway.isPaymentId(paymentId)) answer = await gateway.readPayment(paymentId);
    const after = await books();
    if (!isDeepStrictEqual(before, after)) return 'MOVING';
    const now = { ...terms, now: new Date(), graceMs };
    const [again] = compare(answer ? [answer] : [], answer ? [] : [paymentId], after, now);
    return again?.verdict ?? 'MATCHED';
  }

  /** A give-back that was refused, or a payment of another channel: a person is told of it there. */
  private async isRaisedAlready(run: Run, { payment, answer, paymentId }: Judged): Promise<boolean> {
    const { manager } = this.dataSource;
    if (answer && answer.isTest !== run.terms.expectsTestPayments) {
      return manager.existsBy(Attention, { kind: AttentionKind.OTHER_CHANNEL, subject: paymentId });
    }
    const refused = { kind: CancellationKind.GIVE_BACK, state: CancellationState.REFUSED };
    return payment !== undefined && manager.existsBy(Cancellation, { ...refused, paymentId: payment.id });
  }

  private async putBeforeOperators(run: Run, judged: Judged, kind: AttentionKind | undefined): Promise<void> {
    const { paymentId: subject, merchantUid, payment, order, verdict } = judged;
    // First, so that no death in between leaves a difference that nobody is told of.
    if (kind && run.raised < RAISED_MAX) {
      const ownerId = payment?.ownerId ?? order?.ownerId;
      const matter = {
        kind,
        subject,
        note: `${NOTES[kind] ?? ''} ${run.comparison.day}`,
        merchantUid: merchantUid.slice(0, 40),
      };
      await raise(this.dataSource.manager, ownerId === undefined ? matter : { ...matter, ownerId });
    }
    if (await this.store(run, judged, OPEN)) {
      run.raised++;
      this.logger.error(
        { impUid: subject, merchantUid, kind: verdict },
        'the gateway and the books differ in a payment',
      );
    }
  }

  /** @returns whether it is new. */
  private async store(run: Run, judged: Judged, state: DifferenceState): Promise<boolean> {
    const kind = judged.verdict as DifferenceKind;
    if (run.stored >= STORED_MAX) return false;
    const isNew = await storeDifference(this.dataSource, run.comparison, kind, state, judged);
    if (isNew) run.stored++;
    return isNew;
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
