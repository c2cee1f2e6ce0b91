import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { type DataSource, LessThan, MoreThan } from 'typeorm';
import { AttentionKind } from '../attention/attention.entity.js';
import { raise } from '../attention/raise.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { InjectDataSource } from '../database/inject.js';
import { GatewayPaymentState } from '../gateway/gateway-payment.js';
import { LOGGER } from '../logging/logger.js';
import { Cancellation, CancellationState } from '../payment/cancellation.entity.js';
import { OPEN_TOO_LONG_AFTER_MS } from '../payment/cancellations.js';
import { paymentById } from '../payment/payments.js';
import { Reconciliation } from '../point-transaction/reconciliation.js';
import { moneyLeft } from '../point-transaction/rules.js';
import { claimDue } from '../work/claim.js';
import { pauseMs, type Patience } from '../work/patience.js';
import type { Batch, Look, Work } from '../work/work.js';
import { cancelUnanswered } from './announcements.js';
import { SealedRefundAccount } from '../payment/refund-account.entity.js';
import { CancellationService } from './cancellation.service.js';

/** Cancellations that are claimed at once; the next ones follow at once when there are more. */
const BATCH = 40;
/** Somebody waits for their money, and how it ended must be found out however long that takes. */
const PATIENCE = { firstPauseMs: 2000, lastPauseMs: 15 * 60_000 } satisfies Patience;
/** After a cancel call without an answer: what was carried out can be seen by one of these looks, within five seconds. */
const LOOKS_AFTER_NO_ANSWER_MS = [0, PATIENCE.firstPauseMs + 100];
/** A payment company that pays in days is not asked each quarter of an hour; its notice tells sooner. */
const PATIENCE_WHILE_PAID_LATER = { firstPauseMs: 5000, lastPauseMs: 60 * 60_000 } satisfies Patience;
const FORGOTTEN_AT_ONCE = 100;
const TAKEN_BACK = '입금이 되돌려져 취소할 돈이 없습니다. / The bank took the deposit back.';
const GONE_OUTSIDE =
  '다른 취소로 결제 금액이 나가 취소할 돈이 모자랍니다. / Another cancellation took what this one was to give back.';
const OPEN_TOO_LONG =
  '취소가 15분 넘게 끝나지 않았습니다. 계속 확인합니다. / Open for more than 15 minutes; the gateway is asked on.';

/** Finds out how cancellations ended whose answer never came, and sends those again that were not carried out. */
@Injectable()
export class CancellationWork {
  readonly works: Work<Cancellation>[] = [
    this.openCancellations('first'),
    this.openCancellations('again'),
    { take: () => this.forgetRefundAccounts(), nameOf: () => ({}), do: async () => undefined },
  ];

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly cancellations: CancellationService,
    private readonly reconciliation: Reconciliation,
  ) {}

  private openCancellations(look: Look): Work<Cancellation> {
    return {
      take: () => this.take(look),
      nameOf: ({ id }) => ({ cancellationId: id }),
      do: (cancellation) => this.findOut(cancellation),
      listen: (wake) =>
        cancelUnanswered.listen(() => {
          for (const afterMs of LOOKS_AFTER_NO_ANSWER_MS) setTimeout(wake, afterMs).unref();
        }),
    };
  }

  /** Deletes the accounts of cancellations that ended long ago, some at each round. */
  private async forgetRefundAccounts(): Promise<Batch<never>> {
    const { manager } = this.dataSource;
    const old = await manager.find(SealedRefundAccount, {
      where: { deleteAt: LessThan(new Date()) },
      select: { cancellationId: true },
      take: FORGOTTEN_AT_ONCE,
    });
    const ids = old.map(({ cancellationId }) => cancellationId);
    if (ids.length > 0) await manager.delete(SealedRefundAccount, ids);
    return { pieces: [], isFull: false };
  }

  private async take(look: Look): Promise<Batch<Cancellation>> {
    const pieces = await claimDue(this.dataSource, Cancellation, {
      due: 'nextAttemptAt',
      where: { attempts: look === 'first' ? 0 : MoreThan(0) },
      leaseUntil: ({ attempts, acceptedAt }) => {
        const patience = acceptedAt === null ? PATIENCE : PATIENCE_WHILE_PAID_LATER;
        return new Date(Date.now() + pauseMs(attempts, patience));
      },
      limit: BATCH,
    });
    return { pieces, isFull: pieces.length === BATCH };
  }

  /**
   * Finds out how a cancellation ended by reading the payment. Until the last call about it can no longer run, that is
   * all. Then what the gateway had refused is over, because this read is later than anything that the refusal can have
   * hidden; and what it had not answered is sent again: the same checksum carries it out once.
   */
  private async findOut({ id, paymentId, ownerId, requestedAt, expectedAt }: Cancellation): Promise<void> {
    const { manager } = this.dataSource;
    await manager.increment(Cancellation, { id }, 'attempts', 1);
    const payment = await paymentById.first(manager, { id: paymentId });
    if (!payment) throw new Error('a cancellation names a payment that does not exist');
    const ageMs = Date.now() - requestedAt.getTime();
    const isExpectedLater = expectedAt !== null && Date.now() < expectedAt.getTime() + OPEN_TOO_LONG_AFTER_MS;
    if (ageMs > OPEN_TOO_LONG_AFTER_MS && !isExpectedLater) {
      this.logger.error(
        { cancellationId: id, ageMinutes: Math.round(ageMs / 60_000) },
        'a cancellation is open for too long',
      );
      const { merchantUid } = payment;
      const kind = AttentionKind.CANCELLATION_OPEN;
      await raise(manager, { kind, subject: id, note: OPEN_TOO_LONG, merchantUid, ownerId });
    }
    const readAtMs = Date.now();
    await this.reconciliation.reconcile(payment);
    const now = await manager.findOneByOrFail(Cancellation, { id });
    if (now.state !== CancellationState.PENDING) return;
    if (readAtMs - now.sentAt.getTime() < this.settings.recovery.graceMs) return;
    if (now.refusal !== null) return this.cancellations.giveUp(now, now.refusal);
    const known = await paymentById.first(manager, { id: paymentId });
    if (known?.state === GatewayPaymentState.READY) return this.cancellations.giveUp(now, TAKEN_BACK);
    if (now.acceptedAt !== null) {
      // Less is left than it would take, so it cannot be paid any more.
      const isOver = known !== null && moneyLeft(known) < now.amount;
      return isOver ? this.cancellations.giveUp(now, GONE_OUTSIDE) : undefined;
    }
    if (await this.cancellations.mayBePaidLater(payment, now)) return;
    const isStillOpen = { id, state: CancellationState.PENDING, sentAt: now.sentAt };
    const { affected } = await manager.update(Cancellation, isStillOpen, { sentAt: new Date() });
    if (affected === 1) await this.cancellations.send(payment, now);
  }
}
