import { type Cancellation, CancellationState } from '../payment/cancellation.entity.js';
import { cancelReceiptsOf } from '../payment/cancel-receipts.js';
import type { Payment } from '../payment/payment.entity.js';
import type { PaymentOrder } from '../payment/payment-order.entity.js';
import { type PointTransaction, PointTransactionStatus } from './point-transaction.entity.js';
import { receiptOf } from './receipt.js';
import { cancellationKeyOf, TAKEN_BACK } from './reference.js';

/** What happened to a payment. */
export enum PaymentEventKind {
  ORDERED = 'ORDERED',
  ACCOUNT_ISSUED = 'ACCOUNT_ISSUED',
  PAID = 'PAID',
  FAILED = 'FAILED',
  CREDITED = 'CREDITED',
  CANCEL_REQUESTED = 'CANCEL_REQUESTED',
  CANCELLED = 'CANCELLED',
  CANCEL_REFUSED = 'CANCEL_REFUSED',
  DEPOSIT_TAKEN_BACK = 'DEPOSIT_TAKEN_BACK',
}

export interface PaymentEvent {
  kind: PaymentEventKind;
  at: Date;
  /** In the currency of the payment. */
  amount: number;
  receiptUrl: string | null;
}

/** What is known of one payment. */
export interface History {
  order: PaymentOrder;
  payment: Payment;
  /** Its rows of the ledger. */
  rows: readonly PointTransaction[];
  /** What we asked for. */
  cancellations: readonly Cancellation[];
}

/**
 * What happened to a payment, in order. The way to its credit stands in the order in which it must have been: the gateway's
 * clock is another one than ours, and tells seconds only.
 */
export function timelineOf({ order, payment, rows, cancellations }: History): PaymentEvent[] {
  const { ORDERED, ACCOUNT_ISSUED, PAID, FAILED, CREDITED } = PaymentEventKind;
  const { amount, receiptUrl, paidAt, failedAt, accountIssuedAt } = payment;
  const credit = rows.find(({ status }) => status === PointTransactionStatus.PAYMENT);
  const toCredit = [
    eventAt(ORDERED, order.createdAt, order.amount),
    eventAt(ACCOUNT_ISSUED, accountIssuedAt, amount),
    eventAt(FAILED, paidAt === null ? failedAt : null, amount),
    eventAt(PAID, paidAt, amount, receiptUrl),
    credit && eventAt(CREDITED, credit.createdAt, credit.amount),
  ];
  const back = [...rowsBack(payment, rows), ...cancellations.flatMap(cancelEvents(payment, rows))];
  return [
    ...toCredit.filter((event) => event !== undefined),
    ...back.toSorted((first, second) => first.at.getTime() - second.at.getTime()),
  ];
}

/** Money that went back and is in the books, whoever asked for it. */
function rowsBack(payment: Payment, rows: History['rows']): PaymentEvent[] {
  const { CANCELLED, DEPOSIT_TAKEN_BACK } = PaymentEventKind;
  return rows
    .filter(({ status }) => status === PointTransactionStatus.CANCEL)
    .map((row) => ({
      kind: keyOf(payment, row) === TAKEN_BACK ? DEPOSIT_TAKEN_BACK : CANCELLED,
      at: row.createdAt,
      amount: -row.amount,
      receiptUrl: receiptOf(row, payment),
    }));
}

/** What we asked for, and its end where that is no row of the ledger: a no, or money back that was never credited. */
function cancelEvents(payment: Payment, rows: History['rows']) {
  const receipts = cancelReceiptsOf(payment.cancelReceipts);
  const keysOfRows = new Set(rows.map((row) => keyOf(payment, row)));
  return ({ requestedAt, completedAt, amount, state, cancellationKey }: Cancellation): PaymentEvent[] => {
    const { CANCEL_REQUESTED, CANCEL_REFUSED, CANCELLED } = PaymentEventKind;
    const asked = eventAt(CANCEL_REQUESTED, requestedAt, amount);
    const isInBooks = cancellationKey !== null && keysOfRows.has(cancellationKey);
    const isRefused = state === CancellationState.REFUSED;
    const receiptUrl = receipts.get(cancellationKey ?? '') ?? null;
    const end = isInBooks
      ? undefined
      : eventAt(isRefused ? CANCEL_REFUSED : CANCELLED, completedAt, amount, receiptUrl);
    return [asked, end].filter((event) => event !== undefined);
  };
}

function keyOf({ gateway, gatewayPaymentId: paymentId }: Payment, { reference }: PointTransaction): string {
  return cancellationKeyOf({ gateway, paymentId }, reference);
}

function eventAt(
  kind: PaymentEventKind,
  at: Date | null,
  amount: number,
  receiptUrl: string | null = null,
): PaymentEvent | undefined {
  return at === null ? undefined : { kind, at, amount, receiptUrl };
}
