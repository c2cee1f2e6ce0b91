import type { GatewayPayment, Settlement } from '../gateway/gateway-payment.js';
import { GatewayPaymentState, holdsMoney } from '../gateway/gateway-payment.js';
import type { Period } from '../gateway/gateway.js';
import { isPossible } from '../payment/known-payment.js';
import { type PaymentOrder, StoredOrderState } from '../payment/payment-order.entity.js';
import type { Payment } from '../payment/payment.entity.js';
import {
  type PointTransaction,
  PointTransactionStatus,
} from '../point-transaction/point-transaction.entity.js';
import { isWithin } from '../calendar/korean-time.js';

/** How the gateway and our rows can differ in one payment. Of several the one that stands first is told. */
export enum DifferenceKind {
  /** Credited here, and paid through a channel (test or live) that this server does not take. */
  TEST_IN_LIVE = 'TEST_IN_LIVE',
  /** Credited here, and the gateway does not know it, or knows it unpaid or for another order: points without money. */
  LOCAL_ONLY = 'LOCAL_ONLY',
  /** Paid for an order that nobody made here. */
  PG_ONLY_FOREIGN = 'PG_ONLY_FOREIGN',
  /** Paid for an order that another payment has paid already. */
  DUPLICATE_ORDER = 'DUPLICATE_ORDER',
  /** Another amount or currency than the order's, or one that cannot be. */
  AMOUNT_DIFF = 'AMOUNT_DIFF',
  /** Paid for an order of ours and not credited. */
  PG_ONLY_OURS = 'PG_ONLY_OURS',
  /** The gateway gave more back than we booked. */
  CANCEL_PG_ONLY = 'CANCEL_PG_ONLY',
  /** We booked more than the gateway gave back. */
  CANCEL_LOCAL_ONLY = 'CANCEL_LOCAL_ONLY',
  /** What the PG pays out is not what is left less its fee and the fee's VAT. */
  SETTLEMENT_DIFF = 'SETTLEMENT_DIFF',
  /** Opened and not paid, here and there: there is still time. */
  STATUS_LAG = 'STATUS_LAG',
  /** The same here and there, on another day. */
  DATE_SHIFT = 'DATE_SHIFT',
}

/** `MOVING`: something of it happened just now, or is under way, so that it proves nothing. */
export type Verdict = DifferenceKind | 'MATCHED' | 'MOVING';

/** What our rows say of payments, of some at a time. Those that are about none of them do no harm. */
export interface Books {
  orders: PaymentOrder[];
  payments: Payment[];
  /** Of these payments, all of them. */
  transactions: PointTransaction[];
  /** The payments, by our own ids, of which money is on its way back. */
  goingBack: ReadonlySet<string>;
  /** Which of a gateway's payments each order was credited for. */
  creditedFor: ReadonlyMap<string, string>;
}

export interface Terms {
  gateway: string;
  /** Whether this installation takes payments of test channels, and only those. */
  expectsTestPayments: boolean;
  day: Period;
  now: Date;
  /** What happened in the last of them may be seen on one side alone. */
  graceMs: number;
}

/** One payment, here and there. */
export interface Judged {
  verdict: Verdict;
  paymentId: string;
  /** As the gateway says it, or we do where it knows nothing. */
  merchantUid: string;
  answer: GatewayPayment | undefined;
  payment: Payment | undefined;
  order: PaymentOrder | undefined;
  /** Whole points that it brought, and that went again. */
  credited: number;
  cancelled: number;
  /** Something of it happened on this day at the gateway. */
  isOfDayThere: boolean;
}

/**
 * Compares what a gateway says of payments with what stands in our books, for one day. Pure: the same lists give the same
 * verdicts.
 *
 * @param answers what the gateway says, of payments that may be of other days, too.
 * @param unknownThere ids of payments of the books that the gateway says it does not know.
 * @returns one for each payment of which anything happened on the day, here or there.
 */
export function compare(
  answers: readonly GatewayPayment[],
  unknownThere: readonly string[],
  books: Books,
  terms: Terms,
): Judged[] {
  const orders = new Map(books.orders.map((order) => [order.merchantUid, order]));
  const payments = new Map(
    books.payments
      .filter(({ gateway }) => gateway === terms.gateway)
      .map((payment) => [payment.gatewayPaymentId, payment]),
  );
  const transactions = new Map<string | null, PointTransaction[]>();
  for (const one of books.transactions) {
    const those = transactions.get(one.paymentId);
    if (those) those.push(one);
    else transactions.set(one.paymentId, [one]);
  }

  const sideBySide = (paymentId: string, answer: GatewayPayment | undefined): Both => {
    const payment = payments.get(paymentId);
    const merchantUid = answer?.merchantUid ?? payment?.merchantUid ?? '';
    const order = orders.get(merchantUid);
    return {
      paymentId,
      merchantUid,
      answer,
      payment,
      order: order?.gateway === terms.gateway ? order : undefined,
      rows: (payment && transactions.get(payment.id)) ?? [],
      isGoingBack: payment !== undefined && books.goingBack.has(payment.id),
      creditedFor: books.creditedFor.get(merchantUid),
    };
  };
  return [
    ...answers.map((answer) => sideBySide(answer.paymentId, answer)),
    ...unknownThere.map((paymentId) => sideBySide(paymentId, undefined)),
  ]
    .map((both) => ({ both, isOfDayThere: happenedThere(both, terms.day) }))
    .filter(({ both, isOfDayThere }) => isOfDayThere || happenedHere(both, terms.day))
    .map(({ both, isOfDayThere }) => {
      const { paymentId, merchantUid, answer, payment, order, rows } = both;
      const { credited, cancelled } = sumsOf(rows);
      const verdict = verdictOf(both, terms);
      return { verdict, paymentId, merchantUid, answer, payment, order, credited, cancelled, isOfDayThere };
    });
}

interface Both extends Pick<Judged, 'paymentId' | 'merchantUid' | 'answer' | 'payment' | 'order'> {
  rows: PointTransaction[];
  isGoingBack: boolean;
  creditedFor: string | undefined;
}

function happenedThere({ answer, order }: Both, day: Period): boolean {
  if (!answer) return false;
  const isOpen = !holdsMoney(answer) && answer.failedAt === null && isWithin(order?.createdAt, day);
  return (
    isOpen ||
    isWithin(answer.paidAt, day) ||
    answer.cancellations.some(({ cancelledAt }) => isWithin(cancelledAt, day))
  );
}

function happenedHere({ rows }: Both, day: Period): boolean {
  return rows.some(({ createdAt }) => isWithin(createdAt, day));
}

function sumsOf(rows: PointTransaction[]): { credited: number; cancelled: number } {
  let credited = 0;
  let cancelled = 0;
  for (const { status, amount } of rows) {
    if (status === PointTransactionStatus.PAYMENT) credited += amount;
    else cancelled -= amount;
  }
  return { credited, cancelled };
}

/** They are told and wait for nobody. */
const HARMLESS: ReadonlySet<Verdict> = new Set<Verdict>([
  'MATCHED',
  DifferenceKind.STATUS_LAG,
  DifferenceKind.DATE_SHIFT,
]);

function verdictOf(both: Both, terms: Terms): Verdict {
  const isCredited = both.rows.some(({ status }) => status === PointTransactionStatus.PAYMENT);
  const verdict = isCredited ? verdictOfCredited(both, terms) : verdictOfUncredited(both, terms);
  if (HARMLESS.has(verdict)) return verdict;
  return both.isGoingBack || newestOf(both) > terms.now.getTime() - terms.graceMs ? 'MOVING' : verdict;
}

/** When something happened to it last, here or there, in ms. */
function newestOf({ answer, rows }: Both): number {
  const times = [
    answer?.paidAt ?? null,
    ...(answer?.cancellations ?? []).map(({ cancelledAt }) => cancelledAt),
    ...rows.map(({ createdAt }) => createdAt),
  ];
  return Math.max(...times.map(Number));
}

function verdictOfUncredited({ answer, paymentId, order, creditedFor }: Both, { now }: Terms): Verdict {
  if (!answer) return 'MATCHED';
  if (!hasHadMoney(answer)) {
    const isOpenHere =
      order?.state === StoredOrderState.READY || order?.state === StoredOrderState.AWAITING_DEPOSIT;
    const hasTime = (order && order.expiresAt > now) || (answer.dueAt && answer.dueAt > now);
    const isOpenThere = answer.state === GatewayPaymentState.READY;
    return isOpenHere && isOpenThere && hasTime ? DifferenceKind.STATUS_LAG : 'MATCHED';
  }
  if (!isPossible(answer)) return order ? DifferenceKind.AMOUNT_DIFF : DifferenceKind.PG_ONLY_FOREIGN;
  if (leftAt(answer) === 0) return 'MATCHED';
  if (!order) return DifferenceKind.PG_ONLY_FOREIGN;
  if (creditedFor !== undefined && creditedFor !== paymentId) return DifferenceKind.DUPLICATE_ORDER;
  return isAmountOf(order, answer) ? DifferenceKind.PG_ONLY_OURS : DifferenceKind.AMOUNT_DIFF;
}

function verdictOfCredited({ answer, payment, order, rows }: Both, terms: Terms): Verdict {
  const isTest = answer?.isTest ?? payment?.isTest;
  if (isTest !== terms.expectsTestPayments) return DifferenceKind.TEST_IN_LIVE;
  // The bank took the deposit back, and so did the books.
  const isTakenBack =
    payment?.state === GatewayPaymentState.READY && sumsOf(rows).credited === sumsOf(rows).cancelled;
  if (isTakenBack && answer && !hasHadMoney(answer)) return 'MATCHED';
  if (!answer || !order || !hasHadMoney(answer) || answer.merchantUid !== payment?.merchantUid) {
    return DifferenceKind.LOCAL_ONLY;
  }
  if (!isPossible(answer) || !isAmountOf(order, answer)) return DifferenceKind.AMOUNT_DIFF;
  const { credited, cancelled } = sumsOf(rows);
  const leftHere = credited - cancelled;
  if (leftAt(answer) < leftHere) return DifferenceKind.CANCEL_PG_ONLY;
  if (leftAt(answer) > leftHere) return DifferenceKind.CANCEL_LOCAL_ONLY;
  if (answer.settlement && !addsUp(answer.settlement, leftHere)) return DifferenceKind.SETTLEMENT_DIFF;
  return movedThere(answer, terms.day) === movedHere(rows, terms.day) ? 'MATCHED' : DifferenceKind.DATE_SHIFT;
}

/** An account that was closed before its deposit is called cancelled, too. */
function hasHadMoney(answer: GatewayPayment): boolean {
  return (
    holdsMoney(answer) &&
    (answer.paidAt !== null || answer.cancelledAmount > 0 || answer.state === GatewayPaymentState.PAID)
  );
}

function isAmountOf({ amount }: PaymentOrder, answer: GatewayPayment): boolean {
  return answer.amount === amount && answer.currency === 'KRW';
}

/** In the payment's own currency; to a hundredth, which a difference of floats would lose. */
function leftAt({ amount, cancelledAmount }: GatewayPayment): number {
  return Math.round((amount - cancelledAmount) * 100) / 100;
}

/**
 * The PG's own sum (documented: what is paid out is what was approved less what was cancelled, the fee and its VAT, which is
 * a tenth of the fee). Which fee was agreed on, nobody tells us, so a wrong rate is not seen.
 */
function addsUp({ fee, feeVat, net }: Settlement, left: number): boolean {
  return net === left - fee - feeVat && feeVat === Math.round(fee / 10);
}

/** What came in on the day less what went back on it. */
export function movedThere({ amount, paidAt, cancellations }: GatewayPayment, day: Period): number {
  let moved = isWithin(paidAt, day) ? amount : 0;
  for (const cancellation of cancellations) {
    if (isWithin(cancellation.cancelledAt, day)) moved -= cancellation.amount;
  }
  return moved;
}

function movedHere(rows: PointTransaction[], day: Period): number {
  let moved = 0;
  for (const { amount, createdAt } of rows) if (isWithin(createdAt, day)) moved += amount;
  return moved;
}
