import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { Attention, AttentionKind } from '../attention/attention.entity.js';
import { raise } from '../attention/raise.js';
import { GatewayUnavailable } from '../gateway/errors.js';
import { Cancellation, CancellationKind, CancellationState } from '../payment/cancellation.entity.js';
import type { Reconciliation } from '../point-transaction/reconciliation.js';
import { differenceHealed } from './announcements.js';
import { AttentionOf } from './attention-of.js';
import { compare, DifferenceKind, type Judged, type Verdict } from './compare.js';
import { keepDifferencesOf, storeDifference, wasHealed } from './comparisons.js';
import { DifferenceState } from './difference.entity.js';
import { readBooks } from './our-rows.js';
import type { Run } from './run.js';

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
const HEALED_KINDS = [...HEALABLE, DifferenceKind.AMOUNT_DIFF] as DifferenceKind[];
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

/** What is done about a difference between the gateway and our books. */
export class Treatment {
  constructor(
    private readonly dataSource: DataSource,
    private readonly logger: Logger,
    private readonly reconciliation: Reconciliation,
  ) {}

  /**
   * Heals it, puts it before the operators or only notes it. Safe to repeat.
   *
   * @throws {GatewayUnavailable}
   */
  async treat(run: Run, judged: Judged): Promise<void> {
    const { verdict } = judged;
    if (ONLY_NOTED.has(verdict)) {
      // What the comparison itself booked, it booked on the day when it ran.
      const isOurDoing =
        verdict === DifferenceKind.DATE_SHIFT &&
        (await wasHealed(this.dataSource, run.comparison, judged.paymentId, HEALED_KINDS));
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
    // First, so that no death in between leaves something healed of which nothing tells.
    const isNew = await this.store(run, judged, OPEN);
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
      await this.putBeforeOperators(run, judged, isKnown ? undefined : AttentionOf.NOT_HEALED, isNew);
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

  private async putBeforeOperators(
    run: Run,
    judged: Judged,
    kind: AttentionKind | undefined,
    isNew = false,
  ): Promise<void> {
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
    if ((await this.store(run, judged, OPEN)) || isNew) {
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
