import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { type DataSource, type EntityManager, type FindOptionsWhere, IsNull, LessThan, Not } from 'typeorm';
import { AttentionKind } from '../attention/attention.entity.js';
import { raise } from '../attention/raise.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { InjectDataSource } from '../database/inject.js';
import { inTransaction } from '../database/transaction.js';
import { violatesUniqueKey } from '../database/unique-key.js';
import { GatewayRefused, GatewayUnavailable } from '../gateway/errors.js';
import { type Gateway, reasonOfRefusal, rulesOf } from '../gateway/gateway.js';
import { Gateways } from '../gateway/gateways.js';
import { RefundAccountNeed, RefusalReason } from '../gateway/pg-rules.js';
import { type Bank, handlesAccounts, type RefundAccount } from '../gateway/virtual-accounts.js';
import { LOGGER } from '../logging/logger.js';
import {
  Cancellation,
  CANCELLATION_IDEMPOTENCY_UNIQUE,
  CANCELLATION_OPEN_UNIQUE,
  CancellationKind,
  CancellationState,
} from '../payment/cancellation.entity.js';
import {
  cancellationById,
  endCancellation,
  insertCancellation,
  newCancellation,
  openCancellationOf,
  pointsOf,
} from '../payment/cancellations.js';
import { Payment } from '../payment/payment.entity.js';
import { findPayment, paymentById } from '../payment/payments.js';
import { partsOfCancel } from '../payment/tax-parts.js';
import { availablePoint, lockAccount } from '../point-account/accounts.js';
import { PointAccount } from '../point-account/point-account.entity.js';
import { openGiveBack } from '../point-transaction/give-back.js';
import { holdOwn, releasePaid } from '../point-transaction/ledger.js';
import { heldOf, lotsOf, type LotsOfPayment, ownLots } from '../point-transaction/lots.js';
import type { PointTransaction } from '../point-transaction/point-transaction.entity.js';
import { type Applied, Reconciliation } from '../point-transaction/reconciliation.js';
import { NotAnImpUid, PaymentNotFound } from '../point-transaction/refusals.js';
import { leftOf, moneyLeft } from '../point-transaction/rules.js';
import type { Refusal } from '../refusal/refusal.js';
import { SHOP, type Shop } from '../shop/shop.js';
import { cancelUnanswered } from './announcements.js';
import { type CancelRequest, checkRequest, DEFAULT_REASON, isSameRequest } from './cancel-request.js';
import { obstacleTo, openQuestions, sure } from './cancel-terms.js';
import { type LockedForCancel, lockForCancel } from './locked-for-cancel.js';
import { checkRefundAccount, maskOf, readRefundAccount } from './refund-account.js';
import { SealedRefundAccount } from '../payment/refund-account.entity.js';
import { open, seal } from './sealing.js';
import { termsOf } from './payment-terms.js';
import {
  isAsQuoted,
  plainPlan,
  planByPolicy,
  planByPresets,
  refundableByPolicy,
  type RefundBooks,
  type RefundPlan,
} from './refund-plan.js';
import { type QuoteWithPlan, quoteOf, withPlan } from './quote.js';
import {
  type AskedByShopper,
  type LeftToShop,
  leftToShop,
  policyForShop,
  PolicyReason,
  type RefundPolicy,
} from './shop-policy.js';
import {
  CancelAmountExceeded,
  CancelByShopOnly,
  CancelInProgress,
  CancelNotPossible,
  CancelRefused,
  IdempotencyKeyReused,
  InsufficientPoint,
  RefundQuoteChanged,
} from './refusals.js';

const REFUSAL_MAX_LENGTH = 255;
const LONG_NUMBER = /\d[\d-]{4,}\d/g;
/** Recovery looks at one whose server died during the call after this; reading is safe at any time. */
const FIRST_LOOK_AFTER_MS = 5000;

/** The row with which the points of a cancellation went, and the account as it was then. */
export interface PostedCancel {
  entry: PointTransaction;
  payment: Payment;
  account: PointAccount;
}

type SentCancellation = Cancellation & {
  /** Where it is at hand. */
  posted?: PostedCancel | undefined;
};

/** A cancellation, and what its payment is called. */
export type CancellationOfPayment = SentCancellation & {
  payment: Pick<Payment, 'gateway' | 'gatewayPaymentId' | 'merchantUid' | 'pg'>;
};

/** A request that holds its points; `isNew` for the one request that is to ask the gateway. */
type Reserved = { cancellation: Cancellation; payment: Payment; isNew: boolean } | { refusal: Refusal };

/** What the rules of a cancel look at. */
interface Books {
  /** Points neither spent nor held. */
  available: number;
  /** What is left of the payment. */
  left: number;
  /** The payment's cancellation that is still open. */
  open: Cancellation | null;
}

/**
 * Gives money back in three steps: hold the points and commit the cancellation; ask the gateway; post how it ended. No
 * transaction is open during the second step, and whoever dies between two steps leaves a committed cancellation that recovery
 * finishes.
 */
@Injectable()
export class CancellationService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly gateways: Gateways,
    private readonly reconciliation: Reconciliation,
    @Inject(SHOP) private readonly shop: Pick<Shop, 'cancelPolicy'>,
  ) {}

  /**
   * Cancels a payment of an owner, wholly or in part: for themselves, or for the shop where the request names its `actor`.
   *
   * @returns the cancellation: DONE, or PENDING when the gateway did not answer; recovery then finds out.
   * @throws {NotAnImpUid} {@link BadUserInput} {@link PaymentNotFound} {@link CancelAmountExceeded}
   * {@link InsufficientPoint} {@link CancelInProgress} {@link IdempotencyKeyReused} {@link CancelByShopOnly}
   * {@link CancelNotPossible} {@link RefundQuoteChanged} nothing is held and nobody is called.
   * @throws {CancelRefused} the gateway said no; the hold is released after another read of the payment, once nothing that
   * the refusal may have hidden can still be carried out. Asking the same again changes nothing.
   * CancelAmountExceeded comes also after the gateway's no, when money had gone back outside without our knowing.
   */
  async cancel(ownerId: string, request: CancelRequest): Promise<CancellationOfPayment> {
    checkRequest(request);
    if (request.refundAccount) readRefundAccount(request.refundAccount);
    const reserved = await this.reserve(ownerId, request);
    if ('refusal' in reserved) throw reserved.refusal;
    const { cancellation, payment, isNew } = reserved;
    // The first one of several equal requests is the one that asks the gateway.
    return this.answer(isNew ? await this.send(payment, cancellation) : cancellation, payment);
  }

  /**
   * Asks the gateway to carry a committed cancellation out, and applies the answer. Also for recovery.
   *
   * @returns the cancellation as it is afterwards; PENDING when it is unknown whether it was carried out.
   */
  async send(payment: Payment, cancellation: Cancellation): Promise<SentCancellation> {
    const { id, amount, checksum, reason } = cancellation;
    const { gateway: name, gatewayPaymentId: paymentId, ownerId } = payment;
    const gateway = this.gateways.named(name);
    const endsLater = sure(rulesOf(gateway, payment).answersLater) === true;
    try {
      const refundAccount = cancellation.refundAccount === null ? undefined : await this.refundAccountOf(id);
      const tax = partsOfCancel(payment, { amount, left: checksum });
      const asked = { paymentId, amount, checksum, reason: `${id} ${reason}`, tax };
      const answer = await gateway.cancel(refundAccount ? { ...asked, refundAccount } : asked);
      if (endsLater) await this.accept(gateway, payment, cancellation);
      const applied = await this.reconciliation.apply(
        answer,
        { ownerId },
        endsLater ? undefined : cancellation,
      );
      if (!applied) throw new Error('the gateway tells another order of a payment than before');
      this.recordAnswer(payment, cancellation, 'carried out');
      if (applied.ended) return Object.assign(applied.ended, { posted: postedOf(applied) });
    } catch (error) {
      if (error instanceof GatewayUnavailable) {
        // What it may have taken is a request that shows nowhere until it is carried out: sent again it could be carried out twice.
        if (endsLater) await this.accept(gateway, payment, cancellation);
        return this.afterNoAnswer(cancellation);
      }
      if (!(error instanceof GatewayRefused)) throw error;
      this.recordAnswer(payment, cancellation, 'refused');
      await this.afterRefusal(payment, cancellation, error);
    }
    return this.current(cancellation);
  }

  /** The banks to which the payment company of a payment refunds. @throws {NotAnImpUid} {@link PaymentNotFound} */
  async refundBanks(ownerId: string, impUid: string): Promise<readonly Bank[]> {
    const payment = await this.paymentOf(ownerId, impUid);
    const gateway = this.gateways.named(payment.gateway);
    return handlesAccounts(gateway) ? gateway.refundBanksOf(payment.pg) : [];
  }

  /** Where the money of a cancellation goes; undefined where none was named, or it is deleted. For the gateway and operators. */
  async refundAccountOf(cancellationId: string): Promise<RefundAccount | undefined> {
    const row = await this.dataSource.manager.findOneBy(SealedRefundAccount, { cancellationId });
    if (!row) return undefined;
    return JSON.parse(open(this.settings.refundAccountKeys, row, cancellationId)) as RefundAccount;
  }

  /**
   * Whether a cancellation, whose server died in the middle, may have been taken by a payment company that pays later. It could
   * be carried out twice then, because until it is, just as much is left as before; so it is not sent again, and only read.
   */
  async mayBePaidLater(payment: Payment, cancellation: Cancellation): Promise<boolean> {
    const gateway = this.gateways.named(payment.gateway);
    const wasSent = cancellation.sentAt.getTime() > 0;
    if (!wasSent || sure(rulesOf(gateway, payment).answersLater) !== true) return false;
    await this.accept(gateway, payment, cancellation);
    return true;
  }

  /**
   * The payment company pays later, or may: from here on it is only read. Stored before anything that follows from the answer,
   * so that nobody sends it again.
   */
  private async accept(gateway: Gateway, { pg }: Payment, { id }: Cancellation): Promise<void> {
    const acceptedAt = new Date();
    const expectedAt = handlesAccounts(gateway) ? gateway.refundExpectedAt(pg, acceptedAt) : null;
    const isOpen = { id, state: CancellationState.PENDING, acceptedAt: IsNull() };
    await this.dataSource.manager.update(Cancellation, isOpen, { acceptedAt, expectedAt });
  }

  /**
   * Ends a cancellation that the gateway refused and can no longer carry out, after a read of its payment: the hold is released
   * and nothing else changes. Does nothing if it turned out to be DONE.
   *
   * Money that cannot be credited is another question where some of it went back outside meanwhile: then the rest is asked for.
   * What was refused as it still stands waits for a person.
   */
  async giveUp(cancellation: Cancellation, refusal: string): Promise<void> {
    const { id, kind, ownerId, paymentId, reason } = cancellation;
    const { graceMs } = this.settings.pointValidity;
    const next = await inTransaction(this.dataSource, 'READ COMMITTED', async (manager) => {
      const account = await lockAccount(manager, ownerId);
      const how = { state: CancellationState.REFUSED, refusal } as const;
      const open = await openCancellationOf.first(manager, { paymentId });
      if (open?.id !== id) return undefined;
      const ended = await endCancellation(manager, open, how);
      if (ended.points > 0) await releasePaid(manager, account, ended, graceMs);
      if (kind === CancellationKind.USER) return undefined;
      const payment = await paymentById.first(manager, { id: paymentId });
      if (!payment || moneyLeft(payment) === 0) return undefined;
      const rest = await openGiveBack(manager, payment, reason);
      if (rest) return rest;
      await raise(manager, { kind: AttentionKind.GIVE_BACK_REFUSED, subject: id, note: refusal, ownerId });
      return 'A_PERSON' as const;
    });
    if (next === 'A_PERSON') {
      this.logger.error(
        { cancellationId: id, paymentId, refusal },
        'money that cannot be credited was not given back: a person must give it back',
      );
    } else if (next) {
      this.logger.warn(
        { cancellationId: next.id, paymentId, amount: next.amount },
        'some of the money that cannot be credited went back outside: the rest goes back',
      );
    }
  }

  /**
   * What can go back of a payment now, and why.
   *
   * @param amount of a part, whose plan is asked for; undefined for the most that can go back.
   * @param actor who asks for the shop, as in a {@link CancelRequest}; undefined for the owner.
   * @throws {BadUserInput} {@link NotAnImpUid} {@link PaymentNotFound}
   */
  async quote(ownerId: string, impUid: string, amount?: number, actor?: string): Promise<QuoteWithPlan> {
    checkRequest({ impUid, amount });
    const payment = await this.paymentOf(ownerId, impUid);
    const { manager } = this.dataSource;
    const openCancellation = await openCancellationOf.first(manager, { paymentId: payment.id });
    const account = await manager.findOneByOrFail(PointAccount, { ownerId });
    return this.quoteOf(manager, { account, payment, openCancellation }, amount, this.policyFor(actor));
  }

  private async quoteOf(
    manager: EntityManager,
    { account, payment, openCancellation }: Pick<LockedForCancel, 'account' | 'payment' | 'openCancellation'>,
    amount: number | undefined,
    { cancelPolicy, bonusOnRefund }: RefundPolicy,
  ): Promise<QuoteWithPlan> {
    const { refundPresets } = this.settings;
    const now = new Date();
    const { books } = await refundBooksOf(manager, account, payment);
    const terms = await termsOf(manager, this.gateways.named(payment.gateway), payment);
    const refundable = refundableByPolicy(books, bonusOnRefund);
    const known = {
      left: books.left,
      available: Math.min(availablePoint(account), refundable),
      isOpen: openCancellation !== null,
    };
    const byPolicy = quoteOf(known, cancelPolicy, terms, now);
    const isBonusAgainst = planByPolicy(books, byPolicy.left, bonusOnRefund) === 'BONUS_SPENT';
    const preset = cancelPolicy.byShopper
      ? planByPresets(books, refundPresets, bonusOnRefund, now)
      : undefined;
    const planOf = (won: number) => planByPolicy(books, won, bonusOnRefund);
    return withPlan(byPolicy, { paid: books.own.paid, planOf, preset, terms, isBonusAgainst, amount }, now);
  }

  /** What a payment company's no means; null where it has not said no. */
  reasonOfRefusal({ refusal, payment }: CancellationOfPayment): RefusalReason | null {
    return refusal === null ? null : this.reasonOf(refusal, payment);
  }

  /** An owner's cancellations, newest first. @param before only those with a smaller id. */
  async page(ownerId: string, count: number, before: string | undefined): Promise<CancellationOfPayment[]> {
    // Not = USER, for which MariaDB may join two indexes and sort.
    return this.newest({ ownerId, kind: Not(CancellationKind.GIVE_BACK) }, count, before);
  }

  /** Money that could not be credited and went or goes back to its payers, newest first. For operators. */
  async giveBacks(count: number, before: string | undefined): Promise<CancellationOfPayment[]> {
    return this.newest({ kind: CancellationKind.GIVE_BACK }, count, before);
  }

  private async newest(
    which: FindOptionsWhere<Cancellation>,
    count: number,
    before: string | undefined,
  ): Promise<CancellationOfPayment[]> {
    const rows = await this.dataSource.manager
      .createQueryBuilder(Cancellation, 'cancellation')
      .innerJoinAndMapOne('cancellation.payment', Payment, 'payment', 'payment.id = cancellation.paymentId')
      .where({ ...which, ...(before === undefined ? {} : { id: LessThan(before) }) })
      .orderBy('cancellation.id', 'DESC')
      .limit(count)
      .getMany();
    return rows as CancellationOfPayment[];
  }

  /** A credited payment of this owner. @throws {NotAnImpUid} {@link PaymentNotFound} */
  private async paymentOf(ownerId: string, impUid: string): Promise<Payment> {
    const gateway = this.gateways.ofPayment(impUid);
    if (!gateway) throw new NotAnImpUid();
    const payment = await findPayment(this.dataSource.manager, { gateway: gateway.name, paymentId: impUid });
    if (payment?.ownerId !== ownerId || payment.creditedOrder === null) throw new PaymentNotFound();
    return payment;
  }

  /**
   * The gateway says no also when money went back outside that we did not know of; then less is left than was held for.
   *
   * @throws {CancelRefused} {@link CancelAmountExceeded}
   */
  private async answer(cancellation: SentCancellation, payment: Payment): Promise<CancellationOfPayment> {
    const { id, checksum, refusal } = cancellation;
    const { gateway, gatewayPaymentId, merchantUid, pg } = payment;
    if (refusal === null)
      return Object.assign(cancellation, { payment: { gateway, gatewayPaymentId, merchantUid, pg } });
    const now = await paymentById.first(this.dataSource.manager, { id: payment.id });
    const left = leftOf(now ?? payment);
    throw left < checksum
      ? new CancelAmountExceeded(left)
      : new CancelRefused(id, refusal, this.reasonOf(refusal, payment));
  }

  /**
   * Step 1: holds the points and commits the cancellation before anybody outside hears of it.
   *
   * @returns the cancellation; or, of the same request, the one that is there already; or why there is none.
   */
  private async reserve(ownerId: string, request: CancelRequest): Promise<Reserved> {
    const gateway = this.gateways.ofPayment(request.impUid);
    if (!gateway) return { refusal: new NotAnImpUid() };
    const name = { gateway: gateway.name, paymentId: request.impUid };
    let earlier: Cancellation | undefined;
    try {
      return await inTransaction(this.dataSource, 'READ COMMITTED', async (manager) => {
        const locked = await lockForCancel(manager, ownerId, name, request.idempotencyKey);
        if (!locked || locked.payment.creditedOrder === null) return { refusal: new PaymentNotFound() };
        const { payment, firstOfKey: first } = locked;
        const refund = this.refundOf(gateway, payment, request);
        // The COMMIT of an earlier run may have been carried out without our knowing.
        const made = earlier && (await cancellationById.first(manager, { id: earlier.id }));
        if (made) return { cancellation: made, payment, isNew: true };
        if (first) {
          return isSameRequest(first, payment.id, request, refund?.mask ?? null)
            ? { cancellation: first, payment, isNew: false }
            : { refusal: new IdempotencyKeyReused() };
        }
        const plan = await this.hold(manager, locked, request, refund !== undefined);
        if ('refusal' in plan) return plan;
        // The wait for the lock is over: recovery counts from here on how long the gateway's calls can run.
        const sentAt = new Date();
        earlier = newCancellation(payment, {
          kind: CancellationKind.USER,
          checksum: moneyLeft(payment),
          ...plan,
          reason: request.reason ?? DEFAULT_REASON,
          actor: request.actor ?? null,
          requestedAmount: request.amount ?? null,
          idempotencyKey: request.idempotencyKey ?? null,
          refundAccount: refund?.mask ?? null,
          sentAt,
          nextAttemptAt: new Date(sentAt.getTime() + FIRST_LOOK_AFTER_MS),
        });
        insertCancellation.runLater(manager, earlier);
        if (refund) {
          const { id: cancellationId, requestedAt: createdAt } = earlier;
          const text = JSON.stringify(refund.account);
          const sealed = seal(this.settings.refundAccountKeys, text, cancellationId);
          await manager.insert(SealedRefundAccount, { cancellationId, createdAt, deleteAt: null, ...sealed });
        }
        return { cancellation: earlier, payment, isNew: true };
      });
    } catch (error) {
      // Two writers that the lock does not keep apart, as on two nodes of a cluster, are kept apart by these.
      const isSecond = [CANCELLATION_OPEN_UNIQUE, CANCELLATION_IDEMPOTENCY_UNIQUE].some((key) =>
        violatesUniqueKey(this.dataSource, error, key),
      );
      if (isSecond) return { refusal: new CancelInProgress() };
      throw error;
    }
  }

  /**
   * Finds what goes back for a request and holds the points that go for it, both under the same lock.
   *
   * The shop's policy is asked first, because it gives back all that was not spent. What it does not give a preset may give:
   * a shopper can ask for it by the same call, unless the shop lets no shopper cancel.
   *
   * @returns why nothing goes back; then nothing is held.
   */
  private async hold(
    manager: EntityManager,
    locked: LockedForCancel,
    { amount: requested, quoted, actor }: CancelRequest,
    hasRefundAccount: boolean,
  ): Promise<RefundPlan | { refusal: Refusal }> {
    const { account, payment, paidLot, openCancellation: open } = locked;
    const { refundPresets } = this.settings;
    const policy = this.policyFor(actor);
    const { cancelPolicy, bonusOnRefund } = policy;
    const now = new Date();
    const left = moneyLeft(payment);
    const decision = amountToCancel({ available: availablePoint(account), left, open }, requested, (asked) =>
      leftToShop(cancelPolicy, payment.paidAt, asked, now),
    );
    const obstacleOf = async (won: number) => {
      const { rules, facts } = await termsOf(manager, this.gateways.named(payment.gateway), payment);
      const obstacle = obstacleTo(rules, facts, { isAll: won === left, hasRefundAccount }, now);
      return obstacle && { refusal: new CancelNotPossible(obstacle) };
    };
    if ('amount' in decision) {
      const obstacle = await obstacleOf(decision.amount);
      if (obstacle) return obstacle;
      const plain = plainPlan(decision.amount);
      // The usual case: no bonus, and enough of the paid points left.
      const mayBePlain = quoted === undefined || isAsQuoted(plain, quoted);
      if (mayBePlain && paidLot?.bonus === 0 && paidLot.remaining >= plain.amount) {
        holdOwn(manager, account, { paid: paidLot, bonus: undefined }, { points: pointsOf(plain), ...plain });
        return plain;
      }
    } else if (isFinal(decision.refusal, quoted !== undefined && left > 0)) {
      return decision;
    }

    const { books, lots } = await refundBooksOf(manager, account, payment);
    const byPolicy = 'amount' in decision ? planOrRefusal(books, decision.amount, policy) : decision;
    const preset = planByPresets(books, refundPresets, bonusOnRefund, now)?.plan;
    const mayBe = [...('refusal' in byPolicy ? [] : [byPolicy]), ...(preset ? [preset] : [])].filter(
      (one) => one === byPolicy || requested === undefined || requested === one.amount,
    );
    const plan = quoted ? mayBe.find((one) => isAsQuoted(one, quoted)) : mayBe[0];
    if (!plan) {
      const refusal = 'refusal' in byPolicy ? byPolicy.refusal : undefined;
      if (refusal && (!quoted || refusal instanceof CancelByShopOnly)) return { refusal };
      const { plan: instead } = await this.quoteOf(manager, locked, undefined, policy);
      return { refusal: new RefundQuoteChanged(instead) };
    }
    const obstacle = plan === byPolicy ? undefined : await obstacleOf(plan.amount);
    if (obstacle) return obstacle;
    holdOwn(manager, account, lots, { points: pointsOf(plan), ...plan });
    return plan;
  }

  private policyFor(actor: string | undefined): RefundPolicy {
    const { bonusOnRefund } = this.settings;
    const { cancelPolicy } = this.shop;
    return actor === undefined ? { cancelPolicy, bonusOnRefund } : policyForShop({ bonusOnRefund });
  }

  /**
   * The account that a request names, where the payment company wants one or nobody knows whether it does.
   *
   * @throws {BadUserInput} it does not fit what the payment company wants.
   */
  private refundOf(
    gateway: Gateway,
    payment: Payment,
    { refundAccount }: CancelRequest,
  ): { account: RefundAccount; mask: string } | undefined {
    const need = sure(rulesOf(gateway, payment).refundAccount);
    if (!refundAccount || need === RefundAccountNeed.NONE || !handlesAccounts(gateway)) return undefined;
    const account = readRefundAccount(refundAccount);
    const banks = gateway.refundBanksOf(payment.pg);
    checkRefundAccount(account, need, banks);
    return { account, mask: maskOf(account, banks) };
  }

  /** Whether it was carried out can be read at once; recovery does. */
  private async afterNoAnswer({ id }: Cancellation): Promise<Cancellation> {
    const { manager } = this.dataSource;
    const isOpen = { id, state: CancellationState.PENDING };
    const { affected } = await manager.update(Cancellation, isOpen, { nextAttemptAt: new Date() });
    if (affected === 1) cancelUnanswered.announce({});
    return manager.findOneByOrFail(Cancellation, { id });
  }

  /**
   * A refusal can also mean that the money went back already: by an earlier try whose answer was lost, or in the PortOne
   * console. So the payment is read. And a payment company that was too slow for the gateway may carry out what the gateway
   * calls refused: so the hold stays until recovery reads once more, when the call can no longer run. Only where another
   * sum is left than ours was to find, no later run can carry it out.
   */
  private async afterRefusal(
    known: Payment,
    cancellation: Cancellation,
    refused: GatewayRefused,
  ): Promise<void> {
    const { id, checksum } = cancellation;
    const { manager } = this.dataSource;
    const isOpen = { id, state: CancellationState.PENDING };
    const { sentAt } = await manager.findOneByOrFail(Cancellation, { id });
    const words = refused.gatewayMessage;
    // They could repeat the account that was sent.
    const shown = cancellation.refundAccount === null ? words : words.replaceAll(LONG_NUMBER, '…');
    const refusal = shown.slice(0, REFUSAL_MAX_LENGTH);
    const nextAttemptAt = new Date(sentAt.getTime() + this.settings.recovery.graceMs);
    await manager.update(Cancellation, isOpen, { refusal, nextAttemptAt });
    if (this.reasonOf(refusal, known) === RefusalReason.TOO_LITTLE_UNSETTLED) {
      this.logger.warn(
        { cancellationId: id, pg: known.pg, amount: cancellation.amount },
        'the payment company holds too little of our money for a refund: pay some in there, or wait for more sales',
      );
    }
    try {
      const payment = await this.reconciliation.reconcile(known);
      if (payment && leftOf(payment) !== checksum) await this.giveUp(cancellation, refusal);
    } catch (error) {
      // Recovery reads it then.
      if (!(error instanceof GatewayUnavailable)) throw error;
    }
  }

  private reasonOf(refusal: string, { gateway, pg }: Pick<Payment, 'gateway' | 'pg'>): RefusalReason {
    return reasonOfRefusal(this.gateways.named(gateway), pg, refusal);
  }

  /**
   * What a payment company answers where its rules are not known is how they become known. Its words are on the
   * cancellation.
   */
  private recordAnswer(
    payment: Payment,
    { id, amount, checksum }: Cancellation,
    outcome: 'carried out' | 'refused',
  ): void {
    const { gateway, pg, method } = payment;
    const rules = rulesOf(this.gateways.named(gateway), payment);
    const notKnown = openQuestions(rules, payment, { isAll: amount === checksum }, new Date());
    if (notKnown.length === 0) return;
    const answered = { cancellationId: id, gateway, pg, method, notKnown, outcome };
    this.logger.info(answered, 'a payment company answered where its rules are not known');
  }

  private async current(cancellation: Cancellation): Promise<Cancellation> {
    const { id } = cancellation;
    const found = await cancellationById.first(this.dataSource.manager, { id });
    if (!found) throw new Error('a cancellation that was committed is not there');
    return found;
  }
}

/** What the rules of a refund look at, and the lots that they speak of. */
async function refundBooksOf(
  manager: EntityManager,
  account: PointAccount,
  payment: Payment,
): Promise<{ books: RefundBooks; lots: LotsOfPayment }> {
  const lots = await lotsOf(manager, payment.id);
  const { paid } = lots;
  const books = {
    own: { ...ownLots(lots), paid },
    left: moneyLeft(payment),
    // Without holds nothing of them can be held.
    held: account.heldPoint > 0 ? await heldOf(manager, paid.id) : 0,
    available: availablePoint(account),
    paidAt: payment.paidAt,
  };
  return { books, lots };
}

function planOrRefusal(
  books: RefundBooks,
  amount: number,
  { bonusOnRefund }: RefundPolicy,
): RefundPlan | { refusal: Refusal } {
  const plan = planByPolicy(books, amount, bonusOnRefund);
  if (plan === 'BONUS_SPENT') {
    const reason = PolicyReason.BONUS_SPENT;
    return { refusal: new CancelByShopOnly({ reason, deadline: null, minAmount: null }) };
  }
  if (plan !== 'TOO_FEW_POINTS') return plan;
  return { refusal: new InsufficientPoint(refundableByPolicy(books, bonusOnRefund), amount) };
}

/**
 * No preset gives anything where the shop lets no shopper cancel, or where nothing can go back at all.
 *
 * @param isQuoteOld a sum was quoted, and another one is left: then that is told.
 */
function isFinal(refusal: Refusal, isQuoteOld: boolean): boolean {
  if (refusal instanceof CancelByShopOnly) return refusal.details.reason === PolicyReason.OFF;
  return refusal instanceof CancelInProgress || (refusal instanceof CancelAmountExceeded && !isQuoteOld);
}

function postedOf(applied: Applied): PostedCancel | undefined {
  if ('refusal' in applied || !applied.cancel || !applied.account) return undefined;
  const { cancel: entry, payment, account } = applied;
  return { entry, payment, account };
}

/** Whole won to cancel, or why nothing can be. */
function amountToCancel(
  books: Books,
  requested: number | undefined,
  isLeftToShop: (asked: AskedByShopper) => LeftToShop | undefined,
): { amount: number } | { refusal: Refusal } {
  if (books.open) return { refusal: new CancelInProgress() };
  const amount = requested ?? books.left;
  if (books.left < 1 || amount > books.left) return { refusal: new CancelAmountExceeded(books.left) };
  const against = isLeftToShop({ amount, isAll: amount === books.left });
  if (against) return { refusal: new CancelByShopOnly(against) };
  if (amount > books.available) return { refusal: new InsufficientPoint(books.available, amount) };
  return { amount };
}
