import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import { type DataSource, LessThan } from 'typeorm';
import { newId } from '../database/new-id.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { RowsOf } from '../database/statement.js';
import { violatesUniqueKey } from '../database/unique-key.js';
import { GatewayRefused, GatewayUnavailable } from '../gateway/errors.js';
import { Gateways } from '../gateway/gateways.js';
import { LOGGER } from '../logging/logger.js';
import { PaymentOrderService } from '../payment-order/payment-order.service.js';
import {
  Cancellation,
  CANCELLATION_IDEMPOTENCY_UNIQUE,
  CANCELLATION_OPEN_UNIQUE,
  CancellationKind,
  CancellationState,
} from '../point-transaction/cancellation.entity.js';
import { type Books, Ledger } from '../point-transaction/ledger.js';
import type { PointTransaction } from '../point-transaction/point-transaction.entity.js';
import { Reconciliation } from '../point-transaction/reconciliation.js';
import { NotAnImpUid, PaymentNotFound } from '../point-transaction/refusals.js';
import { leftOf } from '../point-transaction/rules.js';
import { type CancelRequest, checkRequest, DEFAULT_REASON, isSameRequest } from './cancel-request.js';
import { RefundLimit, type RefundQuote } from './cancellation.model.js';
import {
  CancelAmountExceeded,
  CancelInProgress,
  CancelRefused,
  IdempotencyKeyReused,
  InsufficientPoint,
} from './refusals.js';

const REFUSAL_MAX_LENGTH = 255;
/** Recovery looks at one whose server died during the call after this; reading is safe at any time. */
const FIRST_LOOK_AFTER_MS = 5000;

const cancellationById = new RowsOf(Cancellation, () => 'WHERE id = :id');

/**
 * Gives money back in three steps: hold the points and commit the wish; ask the gateway; book how it ended. No
 * transaction is open during the second step, and whoever dies between two steps leaves a committed wish that recovery
 * finishes.
 */
@Injectable()
export class CancellationService {
  private wake: () => void = () => undefined;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly gateways: Gateways,
    private readonly orders: PaymentOrderService,
    private readonly ledger: Ledger,
    private readonly reconciliation: Reconciliation,
  ) {}

  /** Calls `wake` whenever the gateway did not answer a cancellation, which is due then. */
  onNoAnswer(wake: () => void): void {
    this.wake = wake;
  }

  /**
   * Cancels a payment of the caller, wholly or in part.
   *
   * @returns the cancellation: DONE, or PENDING when the gateway did not answer; recovery then finds out.
   * @throws {NotAnImpUid} {@link BadUserInput} {@link PaymentNotFound} {@link CancelAmountExceeded}
   * {@link InsufficientPoint} {@link CancelInProgress} {@link IdempotencyKeyReused} nothing is held and nobody is called.
   * @throws {CancelRefused} the gateway said no; the hold is released after another read of the payment, once nothing that
   * the refusal may have hidden can still be carried out. Asking the same again changes nothing.
   * CancelAmountExceeded comes also after the gateway's no, when money had gone back outside without our knowing.
   */
  async cancel(ownerId: string, request: CancelRequest): Promise<Cancellation> {
    if (!this.gateways.ofPayment(request.impUid)) throw new NotAnImpUid();
    checkRequest(request);
    const repeated = await this.findRepeated(ownerId, request);
    if (repeated) return this.answer(repeated);
    const credit = await this.creditOf(ownerId, request.impUid);
    const cancellation = newCancellation(credit, request);
    const reserved = await this.reserve(cancellation, request);
    // The first one of several equal requests is the one that asks the gateway.
    return this.answer(reserved.id === cancellation.id ? await this.send(reserved) : reserved);
  }

  /**
   * Asks the gateway to carry a committed cancellation out, and books the answer. Also for recovery.
   *
   * @returns the cancellation as it is afterwards; PENDING when it is unknown whether it was carried out.
   */
  async send(cancellation: Cancellation): Promise<Cancellation> {
    const { id, impUid, amount, checksum, reason } = cancellation;
    const gateway = this.gateways.ofPayment(impUid);
    if (!gateway) throw new Error('a cancellation names a payment of no gateway of ours');
    try {
      const wish = { paymentId: impUid, amount, checksum, reason: `${id} ${reason}` };
      const payment = await gateway.cancel(wish);
      const order = await this.orders.find(cancellation.merchantUid);
      if (!order) throw new Error('a cancellation names an order that does not exist');
      await this.reconciliation.settle({ payment, order }, cancellation);
    } catch (error) {
      if (error instanceof GatewayUnavailable) return this.afterNoAnswer(cancellation);
      if (!(error instanceof GatewayRefused)) throw error;
      await this.afterRefusal(cancellation, error);
    }
    return this.current(cancellation);
  }

  /** Ends a cancellation that the gateway refused and can no longer carry out. Does nothing if it turned out to be DONE. */
  async giveUp(cancellation: Cancellation, refusal: string): Promise<void> {
    const { id, kind, impUid } = cancellation;
    const isRefused = await this.ledger.release(cancellation, refusal);
    if (!isRefused || kind === CancellationKind.USER) return;
    this.logger.error(
      { cancellationId: id, impUid, refusal },
      'money that cannot be credited was not given back: a person must give it back',
    );
  }

  /** @throws {NotAnImpUid} {@link PaymentNotFound} */
  async quote(ownerId: string, impUid: string): Promise<RefundQuote> {
    if (!this.gateways.ofPayment(impUid)) throw new NotAnImpUid();
    await this.creditOf(ownerId, impUid);
    const { available, left, open } = await this.ledger.books(ownerId, impUid);
    if (open) return { left, refundable: 0, limitedBy: RefundLimit.CANCEL_IN_PROGRESS };
    if (left === 0) return { left, refundable: 0, limitedBy: RefundLimit.CANCEL_AMOUNT_EXCEEDED };
    const refundable = Math.max(0, Math.min(left, available));
    return { left, refundable, limitedBy: refundable < left ? RefundLimit.INSUFFICIENT_POINT : null };
  }

  /** An owner's cancellations, newest first. @param before only those with a smaller id. */
  async page(ownerId: string, count: number, before: string | undefined): Promise<Cancellation[]> {
    return this.dataSource.manager.find(Cancellation, {
      where: {
        ownerId,
        kind: CancellationKind.USER,
        ...(before === undefined ? {} : { id: LessThan(before) }),
      },
      order: { id: 'DESC' },
      take: count,
    });
  }

  /** Money that could not be credited and went or goes back to its payers, newest first. For operators. */
  async giveBacks(count: number, before: string | undefined): Promise<Cancellation[]> {
    return this.dataSource.manager.find(Cancellation, {
      where: { kind: CancellationKind.GIVE_BACK, ...(before === undefined ? {} : { id: LessThan(before) }) },
      order: { id: 'DESC' },
      take: count,
    });
  }

  private async creditOf(ownerId: string, impUid: string): Promise<PointTransaction> {
    const credit = await this.ledger.findCredit(impUid);
    if (!credit || credit.ownerId !== ownerId) throw new PaymentNotFound();
    return credit;
  }

  /**
   * The gateway says no also when money went back outside that we did not know of; then less is left than was held for.
   *
   * @throws {CancelRefused} {@link CancelAmountExceeded}
   */
  private async answer(cancellation: Cancellation): Promise<Cancellation> {
    const { id, ownerId, impUid, checksum, refusal } = cancellation;
    if (refusal === null) return cancellation;
    const { left } = await this.ledger.books(ownerId, impUid);
    throw left < checksum ? new CancelAmountExceeded(left) : new CancelRefused(id, refusal);
  }

  /** @throws {IdempotencyKeyReused} */
  private async findRepeated(ownerId: string, request: CancelRequest): Promise<Cancellation | undefined> {
    if (request.idempotencyKey === undefined) return undefined;
    const { idempotencyKey } = request;
    const first = await this.dataSource.manager.findOneBy(Cancellation, { ownerId, idempotencyKey });
    if (!first) return undefined;
    if (!isSameRequest(first, request)) throw new IdempotencyKeyReused();
    return first;
  }

  private async reserve(cancellation: Cancellation, request: CancelRequest): Promise<Cancellation> {
    const { ownerId } = cancellation;
    try {
      return await this.ledger.reserve(cancellation, async (books, manager) => {
        const { idempotencyKey } = request;
        const first =
          idempotencyKey === undefined
            ? null
            : await manager.findOneBy(Cancellation, { ownerId, idempotencyKey });
        if (first) {
          if (!isSameRequest(first, request)) throw new IdempotencyKeyReused();
          return first;
        }
        const amount = amountToCancel(books, request.amount);
        // The wait for the lock is over: recovery counts from here on how long the gateway's calls can run.
        const sentAt = new Date();
        const nextAttemptAt = new Date(sentAt.getTime() + FIRST_LOOK_AFTER_MS);
        return Object.assign(cancellation, { amount, checksum: books.left, sentAt, nextAttemptAt });
      });
    } catch (error) {
      // Two writers that the lock does not keep apart, as on two nodes of a cluster, are kept apart by these.
      if (violatesUniqueKey(this.dataSource, error, CANCELLATION_OPEN_UNIQUE)) throw new CancelInProgress();
      if (violatesUniqueKey(this.dataSource, error, CANCELLATION_IDEMPOTENCY_UNIQUE))
        throw new CancelInProgress();
      throw error;
    }
  }

  /** Whether it was carried out can be read at once; recovery does. */
  private async afterNoAnswer({ id }: Cancellation): Promise<Cancellation> {
    const { manager } = this.dataSource;
    const isOpen = { id, state: CancellationState.PENDING };
    const { affected } = await manager.update(Cancellation, isOpen, { nextAttemptAt: new Date() });
    if (affected === 1) this.wake();
    return manager.findOneByOrFail(Cancellation, { id });
  }

  /**
   * A refusal can also mean that the money went back already: by an earlier try whose answer was lost, or in the PortOne
   * console. So the payment is read. And a payment company that was too slow for the gateway may carry out what the gateway
   * calls refused: so the hold stays until recovery reads once more, when the call can no longer run. Only where another
   * sum is left than ours was to find, no later run can carry it out.
   */
  private async afterRefusal(cancellation: Cancellation, refused: GatewayRefused): Promise<void> {
    const { id, impUid, checksum } = cancellation;
    const { manager } = this.dataSource;
    const isOpen = { id, state: CancellationState.PENDING };
    const { sentAt } = await manager.findOneByOrFail(Cancellation, { id });
    const refusal = refused.gatewayMessage.slice(0, REFUSAL_MAX_LENGTH);
    const nextAttemptAt = new Date(sentAt.getTime() + this.settings.recovery.graceMs);
    await manager.update(Cancellation, isOpen, { refusal, nextAttemptAt });
    try {
      const payment = await this.reconciliation.reconcile(impUid);
      if (payment && leftOf(payment) !== checksum) await this.giveUp(cancellation, refusal);
    } catch (error) {
      // Recovery reads it then.
      if (!(error instanceof GatewayUnavailable)) throw error;
    }
  }

  private async current(cancellation: Cancellation): Promise<Cancellation> {
    const { id } = cancellation;
    const found = await cancellationById.first(this.dataSource.manager, { id });
    if (!found) throw new Error('a cancellation that was committed is not there');
    return found;
  }
}

/** @throws {CancelInProgress} {@link CancelAmountExceeded} {@link InsufficientPoint} */
function amountToCancel(books: Books, requested: number | undefined): number {
  if (books.open) throw new CancelInProgress();
  const amount = requested ?? books.left;
  if (books.left < 1 || amount > books.left) throw new CancelAmountExceeded(books.left);
  if (amount > books.available) throw new InsufficientPoint(books.available, amount);
  return amount;
}

/** Amount, checksum and the times of the first attempt are set under the lock. */
function newCancellation(credit: PointTransaction, request: CancelRequest): Cancellation {
  const now = new Date();
  return {
    id: newId(),
    kind: CancellationKind.USER,
    ownerId: credit.ownerId,
    merchantUid: credit.merchantUid,
    impUid: credit.impUid,
    openImpUid: credit.impUid,
    state: CancellationState.PENDING,
    amount: 0,
    checksum: 0,
    currency: 'KRW',
    reason: request.reason ?? DEFAULT_REASON,
    requestedAmount: request.amount ?? null,
    idempotencyKey: request.idempotencyKey ?? null,
    cancellationKey: null,
    refusal: null,
    requestedAt: now,
    sentAt: now,
    completedAt: null,
    nextAttemptAt: now,
    attempts: 0,
  };
}
