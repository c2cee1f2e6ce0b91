import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { DataSource, EntityManager } from 'typeorm';
import { AttentionKind } from '../attention/attention.entity.js';
import { raise, withdraw } from '../attention/raise.js';
import { type BonusOnRefund, SETTINGS, type Settings } from '../config/settings.js';
import { InjectDataSource } from '../database/inject.js';
import { JoinOf, Statement } from '../database/statement.js';
import { inTransaction } from '../database/transaction.js';
import { issuesCashReceipts } from '../gateway/cash-receipts.js';
import { rulesOf, taxToldOf } from '../gateway/gateway.js';
import { CashReceipt } from '../gateway/pg-rules.js';
import { type GatewayPayment, GatewayPaymentState, holdsMoney } from '../gateway/gateway-payment.js';
import { Gateways } from '../gateway/gateways.js';
import { LOGGER } from '../logging/logger.js';
import { Cancellation, CancellationState } from '../payment/cancellation.entity.js';
import { endCancellation, openCancellationOf } from '../payment/cancellations.js';
import { followAccount } from '../payment/awaited-orders.js';
import { followPayment, selfIssueLater } from '../payment/cash-receipts.js';
import { depositOf } from '../payment/deposits.js';
import { isPossible, knownAfter, TAKEN_BACK_AFTER_MS } from '../payment/known-payment.js';
import type { Payment } from '../payment/payment.entity.js';
import { findPayment, lockPayment, savePayment } from '../payment/payments.js';
import type { PointAccount } from '../point-account/point-account.entity.js';
import { PaymentOrder, StoredOrderState } from '../payment/payment-order.entity.js';
import { cancelPosted, credited } from './announcements.js';
import { openGiveBack } from './give-back.js';
import { bring, bringExpiredBack, type Fact, takeBack } from './ledger.js';
import { bonusDue, removalOf } from './lot-rules.js';
import { LotKind } from './lot.entity.js';
import { lotsOf, type LotsOfPayment, noteBonusTaken, ownLots } from './lots.js';
import { PointTransaction, PointTransactionStatus } from './point-transaction.entity.js';
import {
  bonusCancelReference,
  bonusReference,
  cancellationKeyOf,
  cancelReference,
  creditReference,
  refundFeeReference,
  TAKEN_BACK,
} from './reference.js';
import { type MismatchReason, PaymentMismatch, PaymentNotPaid } from './refusals.js';
import {
  cancellationsToPost,
  claimMismatch,
  moneyLeft,
  namelessKey,
  ownCancellation,
  worthOf,
} from './rules.js';

const { DONE } = CancellationState;

type ReconciliationSettings = Pick<Settings, 'pointValidity' | 'bonusOnRefund' | 'cashReceipt' | 'recovery'>;

/** Whose order a payment is said to pay. */
export interface Claim {
  ownerId: string;
  /** Whole won that the caller believes to have paid: compared and never used. */
  claimedAmount?: number;
}

/**
 * A credited payment, or why it is not credited. With its credit, the account as the transaction left it, and our own
 * cancellation that ended with it and the row of its points, where they were at hand.
 */
export type Applied = (
  | { payment: Payment; credit?: PointTransaction; account?: PointAccount; cancel?: PointTransaction }
  | { refusal: PaymentMismatch | PaymentNotPaid }
) & { ended?: Cancellation };

/** What one transaction did, for what is told after its COMMIT. */
interface Done {
  /** Undefined when the payment is for no order of this owner. */
  applied?: Applied;
  /** Rows of the payment that were posted or looked at. */
  rows: PointTransaction[];
  /** A give-back that was opened. */
  giveBack?: Cancellation;
}

const GIVE_BACK_REASONS: Partial<Record<MismatchReason, string>> = {
  AMOUNT: '결제 금액이 주문 금액과 달라 돌려드립니다. / The amount differs from the order.',
  BALANCE_FULL:
    '가질 수 있는 포인트를 넘어 돌려드립니다. / The points would exceed what an account can hold.',
  CURRENCY: '원화 결제가 아니어서 돌려드립니다. / The payment was not in won.',
  ORDER_ALREADY_PAID: '같은 주문이 두 번 결제되어 돌려드립니다. / The order was paid twice.',
};

const PAID_AGAIN =
  '입금이 되돌려져 포인트를 뺀 뒤에 다시 입금되었습니다. / Paid again after its deposit was taken back.';
const DEPOSIT_CAME = '그 뒤에 입금되었습니다. / It was paid in afterwards.';
const NEEDS_ACCOUNT =
  '충전할 수 없는 돈이 가상계좌로 들어왔습니다. 환불 계좌를 물어 콘솔에서 환불하세요. / Money that cannot be credited came into a virtual account.';
const GONE_BACK = '돈이 돌아갔습니다. / The money went back.';

const lookAgain = new Statement(
  ({ table }) => `UPDATE ${table(PaymentOrder)} SET nextCheckAt = :at WHERE merchantUid = :merchantUid`,
);
/** The rows of a payment, each with the payment's cancellation that is still open. */
const rowsOfPayment = new JoinOf<{ entry: PointTransaction; openCancellation: Cancellation | null }>(
  { entry: PointTransaction, openCancellation: Cancellation },
  ({ table }) => `FROM ${table(PointTransaction)} AS entry
  LEFT JOIN ${table(Cancellation)} AS openCancellation ON openCancellation.openPaymentId = entry.paymentId
  WHERE entry.paymentId = :paymentId`,
);
const markPaid = new Statement(
  ({ table }) => `UPDATE ${table(PaymentOrder)} SET state = '${StoredOrderState.PAID}', paidAt = :now
  WHERE merchantUid = :merchantUid`,
);

/**
 * Makes our rows agree with the gateway for one payment. The mutation, webhooks, recovery and cancellations all come
 * here; order and repetition do not matter, and whoever comes second finds the first one's rows.
 */
@Injectable()
export class Reconciliation {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly gateways: Gateways,
    @Inject(SETTINGS) private readonly settings: ReconciliationSettings,
  ) {}

  /**
   * Reads one payment that is known and applies the answer.
   *
   * @returns what was read; undefined for a payment that the gateway does not know any more.
   * @throws {GatewayUnavailable}
   */
  async reconcile({ gateway, gatewayPaymentId, ownerId }: Payment): Promise<GatewayPayment | undefined> {
    const answer = await this.gateways.named(gateway).readPayment(gatewayPaymentId);
    if (answer && (await this.isNews(answer))) await this.applyOwn(answer, ownerId);
    return answer;
  }

  /**
   * Reads all attempts to pay an order of ours and applies the answers.
   *
   * @returns all of them, also those without money.
   * @throws {GatewayUnavailable}
   */
  async reconcileOrder(order: PaymentOrder): Promise<GatewayPayment[]> {
    const payments = await this.gateways.named(order.gateway).findPaymentsOfOrder(order.merchantUid);
    await this.applyAll(order, payments);
    return payments;
  }

  /**
   * Applies what was read of all attempts to pay an order. Of several that were paid the first one is credited.
   *
   * @throws the first fault, after the others were applied all the same.
   */
  async applyAll(order: PaymentOrder, payments: GatewayPayment[]): Promise<void> {
    const faults: unknown[] = [];
    for (const payment of payments.toSorted(
      (first, second) => Number(first.paidAt) - Number(second.paidAt),
    )) {
      try {
        // Of an order that is not paid, money that can be credited is always news.
        const isNews =
          order.state !== StoredOrderState.PAID && holdsMoney(payment) && this.isOurChannel(payment);
        if (isNews || (await this.isNews(payment))) await this.applyOwn(payment, order.ownerId);
      } catch (fault) {
        faults.push(fault);
      }
    }
    if (faults.length > 0) throw faults[0];
  }

  /**
   * Keeps what the gateway said of a payment and does what follows from it, in one transaction: credits the payment if
   * that was not done, posts its cancellations that are not in the ledger, and opens the way back for money that can never
   * be credited. Safe to repeat, also when it is unknown whether the first try was carried out.
   *
   * @param carriedOut our own cancellation that this very answer of the gateway says to have been carried out.
   * @returns undefined when the payment is for no order of this owner: nothing was changed.
   */
  async apply(answer: GatewayPayment, claim: Claim, carriedOut?: Cancellation): Promise<Applied | undefined> {
    const posted = new Set<string>();
    const done = await inTransaction(this.dataSource, 'READ COMMITTED', (manager) =>
      this.applyIn(manager, answer, claim, carriedOut, posted),
    );
    const { applied, rows, giveBack } = done;
    // By their ids, because a run whose COMMIT was carried out without our knowing is followed by one that only finds them.
    for (const { id, status, amount, actor } of rows) {
      if (!posted.has(id)) continue;
      const happened = status === PointTransactionStatus.PAYMENT ? credited : cancelPosted;
      const { merchantUid, paymentId: impUid } = answer;
      const moved = { points: Math.abs(amount), ownerId: claim.ownerId, merchantUid, impUid };
      happened.announce(actor === null ? moved : { ...moved, actor });
    }
    if (applied && 'refusal' in applied) this.reportRefused(answer, applied.refusal, giveBack);
    return applied;
  }

  /** Applies an answer about a payment of an order that is known to be this owner's. */
  private async applyOwn(answer: GatewayPayment, ownerId: string): Promise<void> {
    if (await this.apply(answer, { ownerId })) return;
    throw new Error('the gateway tells another order of a payment than before, or its owner has no account');
  }

  /** Whether an answer tells more than what was applied before. One statement; a transaction finds it just as well. */
  private async isNews(answer: GatewayPayment): Promise<boolean> {
    const known = await findPayment(this.dataSource.manager, answer);
    if (!known || knownAfter(known, answer, known, new Date()) !== known) return true;
    if (isPaidAgain(known, answer)) return true;
    // Money that is not credited may have a way back that is to be opened; that of another channel has none.
    return known.creditedOrder === null && holdsMoney(known) && this.isOurChannel(answer);
  }

  private isOurChannel({ gateway, isTest }: GatewayPayment): boolean {
    return isTest === this.gateways.named(gateway).expectsTestPayments;
  }

  private mayHaveCashReceipt(payment: Payment): boolean {
    const gateway = this.gateways.named(payment.gateway);
    return issuesCashReceipts(gateway) && gateway.cashReceiptTermsOf(payment).issue;
  }

  /** Where receipts come about at the payment alone, one that was issued there may not show, and ours would be the second. */
  private maySelfIssue(payment: Payment): boolean {
    const { cashReceipt } = rulesOf(this.gateways.named(payment.gateway), payment);
    return this.mayHaveCashReceipt(payment) && cashReceipt.value !== CashReceipt.AT_PAYMENT;
  }

  /** @param posted takes the ids of the rows that this or an earlier run posted. */
  private async applyIn(
    manager: EntityManager,
    answer: GatewayPayment,
    { ownerId, claimedAmount }: Claim,
    carriedOut: Cancellation | undefined,
    posted: Set<string>,
  ): Promise<Done> {
    const locked = await lockPayment(manager, ownerId, answer);
    if (!locked) return { rows: [] };
    const { account, paymentOrder: order, payment: known } = locked;
    const { merchantUid } = order;
    if (known && known.merchantUid !== merchantUid) throw new Error('a payment has changed its order');
    const mismatch = claimMismatch(claimedAmount, order.amount);
    if (mismatch) return { applied: { refusal: mismatch }, rows: [] };
    if (!isPossible(answer)) {
      await raise(manager, {
        kind: AttentionKind.IMPOSSIBLE_ANSWER,
        subject: answer.paymentId,
        note: `amount ${answer.amount}, cancelled ${answer.cancelledAmount}, ${answer.currency}`,
        merchantUid,
        ownerId,
      });
      return { applied: { refusal: new PaymentMismatch('AMOUNT') }, rows: [] };
    }
    const now = new Date();
    const told = taxToldOf(this.gateways.named(answer.gateway), answer, order);
    const payment = knownAfter(known, answer, Object.assign({}, order, told), now);
    if (payment.takenBackSeenAt !== null && payment.takenBackSeenAt === now) {
      lookAgain.runLater(manager, { merchantUid, at: new Date(now.getTime() + TAKEN_BACK_AFTER_MS) });
    }

    if (payment.creditedOrder !== null) {
      savePayment(manager, known, payment);
      const { bonusOnRefund } = this.settings;
      const found = await rowsOfPayment.all(manager, { paymentId: payment.id });
      const rows = found.map(({ entry }) => entry);
      const credit = rows.find(({ status }) => status === PointTransactionStatus.PAYMENT);
      if (!credit) throw new Error('a payment is called credited and has no credit');
      const posts = new Map(
        rows
          .filter((row) => row !== credit)
          .map(({ reference, amount }) => [cancellationKeyOf(answer, reference), -amount]),
      );
      const entries = cancellationsToPost(answer, posts, order.amount - credit.amount);
      const { cancels, ended, cancel } = await postCancels(
        manager,
        account,
        payment.id,
        answer,
        entries,
        rows.reduce((sum, { amount }) => sum + amount, 0),
        found[0]?.openCancellation ?? null,
        carriedOut,
        bonusOnRefund,
      );
      const afterCancels = [...rows, ...cancels];
      const takenBack = await postTakenBack(manager, account, payment, answer, afterCancels, bonusOnRefund);
      if (takenBack) cancels.push(takenBack);
      if (known && isPaidAgain(known, answer)) {
        const { paymentId: subject } = answer;
        await raise(manager, {
          kind: AttentionKind.PAID_AGAIN,
          subject,
          note: PAID_AGAIN,
          merchantUid,
          ownerId,
        });
      }
      if (cancels.length > 0 && this.mayHaveCashReceipt(payment)) {
        // Later, because at most payment companies it follows by itself.
        followPayment(manager, payment.id, new Date(now.getTime() + this.settings.recovery.graceMs));
      }
      for (const { id } of cancels) posted.add(id);
      return { applied: { payment, credit, account, ended, cancel }, rows: [...rows, ...cancels] };
    }

    const { expectsTestPayments } = this.gateways.named(answer.gateway);
    const worth = worthOf(payment, order.amount, expectsTestPayments, account.point + order.bonus);
    if (!('points' in worth) || order.state === StoredOrderState.PAID) {
      savePayment(manager, known, payment);
      followAccount(manager, order, known, payment, now);
      const worthless = 'refusal' in worth ? worth.refusal : new PaymentMismatch('ORDER_ALREADY_PAID');
      const isWaiting = worthless instanceof PaymentNotPaid && worthless.reason === 'READY';
      const refusal = isWaiting ? new PaymentNotPaid('READY', depositOf(payment)) : worthless;
      if (isOtherChannel(refusal)) {
        await raise(manager, {
          kind: AttentionKind.OTHER_CHANNEL,
          subject: answer.paymentId,
          note: `amount ${answer.amount}, test payment: ${String(answer.isTest)}`,
          merchantUid,
          ownerId,
        });
      }
      const { ended, giveBack } = await wayBack(manager, payment, answer, refusal, carriedOut);
      if (known && holdsMoney(known) && !holdsMoney(payment)) {
        // The bank took back what a person was asked to give back.
        await wayBackFromAccount(manager, payment, 0);
      }
      return { applied: { refusal, ended }, rows: [], giveBack };
    }
    markPaid.runLater(manager, { merchantUid, now });
    const creditedPayment = Object.assign({}, payment, { creditedOrder: merchantUid });
    savePayment(manager, known, creditedPayment);
    const credit = this.postCredit(manager, account, order, creditedPayment, answer, worth.points);
    posted.add(credit.id);
    if (this.settings.cashReceipt === 'auto' && this.maySelfIssue(payment)) {
      selfIssueLater(manager, payment);
    }
    if (order.depositReportedAt !== null) {
      await withdraw(manager, { kind: AttentionKind.DEPOSIT_NOT_SEEN, subject: merchantUid }, DEPOSIT_CAME);
    }
    return { applied: { payment: creditedPayment, credit, account }, rows: [credit] };
  }

  /** The points of a payment, and the bonus that its order promised: the part of it that belongs to what is left to credit. */
  private postCredit(
    manager: EntityManager,
    account: PointAccount,
    order: PaymentOrder,
    { id: paymentId, merchantUid: purpose }: Payment,
    answer: GatewayPayment,
    points: number,
  ): PointTransaction {
    const { paidMs, bonusMs } = this.settings.pointValidity;
    const now = Date.now();
    const bonus = bonusDue({ initial: order.amount, bonus: order.bonus }, points);
    const credit = bring(
      manager,
      account,
      {
        reference: creditReference(answer),
        paymentId,
        status: PointTransactionStatus.PAYMENT,
        amount: points,
      },
      { kind: LotKind.PAID, paymentId, bonus, expiresAt: new Date(now + paidMs) },
    );
    if (bonus > 0) {
      const status = PointTransactionStatus.BONUS;
      bring(
        manager,
        account,
        { reference: bonusReference(answer), status, amount: bonus, purpose },
        { kind: LotKind.BONUS, paymentId, expiresAt: new Date(now + bonusMs) },
      );
    }
    return credit;
  }

  private reportRefused(
    answer: GatewayPayment,
    refusal: PaymentMismatch | PaymentNotPaid,
    giveBack: Cancellation | undefined,
  ): void {
    const { paymentId: impUid, merchantUid, isTest, amount } = answer;
    if (!isPossible(answer)) {
      this.logger.error(
        { impUid, merchantUid },
        'the gateway tells of a payment that cannot be: not believed',
      );
    }
    if (isOtherChannel(refusal)) {
      this.logger.error(
        { impUid, merchantUid, amount, isTest },
        'a payment of another channel (test or live) than this server takes: not credited and not given back',
      );
    }
    if (giveBack) {
      this.logger.warn(
        { cancellationId: giveBack.id, impUid, reason: giveBack.reason },
        'money that cannot be credited goes back',
      );
    }
  }
}

/** Money came once more for a payment whose deposit was taken back, and whose points went. */
function isPaidAgain(known: Payment, answer: GatewayPayment): boolean {
  return (
    known.creditedOrder !== null &&
    known.state === GatewayPaymentState.READY &&
    answer.state === GatewayPaymentState.PAID
  );
}

/**
 * Takes the points of a deposit that the bank took back, below zero if they are spent. Its reference is its own, so it is posted
 * once. A credit of the same payment cannot be posted again, because its reference is taken: money that comes after this
 * becomes an attention.
 */
async function postTakenBack(
  manager: EntityManager,
  account: PointAccount,
  payment: Payment,
  answer: GatewayPayment,
  rows: PointTransaction[],
  spentBonus: BonusOnRefund,
): Promise<PointTransaction | undefined> {
  if (payment.state !== GatewayPaymentState.READY) return undefined;
  const left = rows.reduce((sum, { amount }) => sum + amount, 0);
  if (left === 0) return undefined;
  const { id: paymentId, merchantUid } = payment;
  const fact = {
    reference: cancelReference(answer, TAKEN_BACK),
    paymentId,
    status: PointTransactionStatus.CANCEL,
    amount: -left,
  };
  return postCancel(manager, account, { fact, merchantUid, left: 0 }, spentBonus);
}

/** Somebody may have paid for nothing, or is trying to have points for test money: a person must look. */
function isOtherChannel(refusal: PaymentMismatch | PaymentNotPaid): boolean {
  return refusal instanceof PaymentMismatch && refusal.reason === 'CHANNEL';
}

/**
 * Posts the cancellations of a credited payment that are not in the ledger. Our own cancellation is DONE when one of them is its
 * end, and its hold goes with that row. One that was made elsewhere may take the balance below zero; that is the debt.
 */
async function postCancels(
  manager: EntityManager,
  account: PointAccount,
  paymentId: string,
  answer: GatewayPayment,
  entries: { key: string; amount: number }[],
  leftBefore: number,
  open: Cancellation | null,
  carriedOut: Cancellation | undefined,
  spentBonus: BonusOnRefund,
): Promise<{ cancels: PointTransaction[]; ended?: Cancellation; cancel?: PointTransaction }> {
  if (entries.length === 0) return { cancels: [] };
  const ours = carriedOut ?? open;
  const own = ours && ownCancellation(ours, answer, entries, carriedOut !== undefined);
  const ended =
    own && ours.id === open?.id
      ? await endCancellation(manager, ours, { state: DONE, cancellationKey: own.key })
      : undefined;
  const cancels = [];
  let left = leftBefore;
  for (const { key, amount } of entries) {
    const itsEnd = key === own?.key ? ended : undefined;
    const fact = {
      reference: cancelReference(answer, key),
      paymentId,
      status: PointTransactionStatus.CANCEL,
      amount: -amount,
      actor: itsEnd?.actor ?? null,
    };
    left -= amount;
    const { merchantUid } = answer;
    const cancel = { fact, merchantUid, left, ended: itsEnd };
    cancels.push(await postCancel(manager, account, cancel, spentBonus));
  }
  return { cancels, ended, cancel: cancels[entries.findIndex(({ key }) => key === own?.key)] };
}

/** A cancellation of a payment as it is to be posted. */
interface CancelToPost {
  fact: Fact & { paymentId: string };
  merchantUid: string;
  /** What is left of the payment's credit after it. */
  left: number;
  /** Our own that ended with it; what it held goes with it. */
  ended?: Cancellation | undefined;
}

/**
 * Posts the row of one cancellation, and what goes with it: points that had expired come back for it, the shop keeps its fee, and
 * the share of the bonus goes. Each has a reference of its own, so it is posted once.
 *
 * Our own cancellation says what that is. Of one that was made elsewhere the points go whatever is left: those of its payment
 * first, then those of it that had expired, which cost nobody anything, and then all others.
 */
async function postCancel(
  manager: EntityManager,
  account: PointAccount,
  { fact, merchantUid: purpose, left, ended }: CancelToPost,
  spentBonus: BonusOnRefund,
): Promise<PointTransaction> {
  const { paymentId, actor = null } = fact;
  const lots = ended?.expiredPoints === 0 ? undefined : await lotsOf(manager, paymentId);
  let expired = 0;
  if (lots) {
    const { id, remaining, expired: most } = lots.paid;
    expired = Math.min(ended?.expiredPoints ?? Math.max(0, -fact.amount - remaining), most);
    if (expired > 0) bringExpiredBack(manager, account, id, expired, { purpose, actor });
  }
  let held = (ended?.points ?? 0) + expired;
  const released = (amount: number) => {
    const most = Math.min(amount, held);
    held -= most;
    return most;
  };
  const row = await takeBack(manager, account, fact, released(ended?.amount ?? expired));
  if (ended && ended.fee > 0) {
    const status = PointTransactionStatus.REFUND_FEE;
    const reference = refundFeeReference(row.id);
    const amount = -ended.fee;
    const fee = { reference, paymentId, status, amount, purpose, actor };
    await takeBack(manager, account, fee, released(ended.fee));
  }
  const hasBonus = ended ? ended.bonus > 0 : (lots?.paid.bonus ?? 0) > 0;
  if (!hasBonus) return row;
  let bonus = ended?.bonus ?? 0;
  if (!ended) {
    // Read once more, because the row before may have taken of it.
    const { paid, bonus: bonusLot } = await lotsOf(manager, paymentId);
    bonus = bonusToTake({ paid, bonus: bonusLot }, left, spentBonus);
    const lacking = bonus - (bonusLot?.remaining ?? 0) - paid.remaining;
    held = Math.min(Math.max(0, lacking), paid.expired);
    if (held > 0) bringExpiredBack(manager, account, paid.id, held, { purpose, actor });
  }
  if (bonus === 0) return row;
  const status = PointTransactionStatus.BONUS_CANCEL;
  const reference = bonusCancelReference(row.id);
  const bonusFact = { reference, paymentId, status, amount: -bonus, purpose, actor };
  await takeBack(manager, account, bonusFact, released(bonus), 'BONUS');
  noteBonusTaken(manager, paymentId, bonus);
  return row;
}

function bonusToTake(lots: LotsOfPayment, left: number, spentBonus: BonusOnRefund): number {
  return removalOf(ownLots(lots), lots.paid.initial - left, 0, spentBonus).bonus;
}

/**
 * The way back for money that cannot be credited: one that is under way ends when the gateway shows it, and where none is
 * and money is left, one is opened.
 *
 * @returns the one that ended, and the one that was opened.
 */
async function wayBack(
  manager: EntityManager,
  payment: Payment,
  answer: GatewayPayment,
  refusal: PaymentMismatch | PaymentNotPaid,
  carriedOut: Cancellation | undefined,
): Promise<{ ended?: Cancellation; giveBack?: Cancellation }> {
  const reason = refusal instanceof PaymentMismatch ? GIVE_BACK_REASONS[refusal.reason] : undefined;
  if (reason === undefined && answer.cancelledAmount === 0) return {};
  const open = await openCancellationOf.first(manager, { paymentId: payment.id });
  const ours = carriedOut ?? open;
  if (ours) {
    const entries = cancellationsToPost(answer, new Map(), 0);
    const own = ownCancellation(ours, answer, entries, carriedOut !== undefined);
    if ((!own && !carriedOut) || ours.id !== open?.id) return {};
    const cancellationKey = own?.key ?? namelessKey(answer);
    return { ended: await endCancellation(manager, ours, { state: DONE, cancellationKey }) };
  }
  if (payment.accountNumber !== null) {
    await wayBackFromAccount(manager, payment, reason === undefined ? 0 : moneyLeft(payment));
    return {};
  }
  if (reason === undefined) return {};
  const giveBack = await openGiveBack(manager, payment, reason);
  return giveBack ? { giveBack } : {};
}

/** Nobody but its payer knows where the money of a virtual account can go, so a person has to ask. @param amount 0: nowhere. */
async function wayBackFromAccount(
  manager: EntityManager,
  { gatewayPaymentId: subject, merchantUid, ownerId }: Payment,
  amount: number,
): Promise<void> {
  const matter = { kind: AttentionKind.GIVE_BACK_NEEDS_ACCOUNT, subject };
  if (amount > 0) await raise(manager, { ...matter, note: NEEDS_ACCOUNT, merchantUid, ownerId });
  else await withdraw(manager, matter, GONE_BACK);
}
