import { randomBytes, randomInt } from 'node:crypto';
import type { Channel } from '../gateway/merchant.js';
import { isEasyPay, ownMethodOf, PGS } from './pg-rules.js';

/** `pending` (PayPal only) is left out: the simulator has no PayPal. */
export type PaymentStatus = 'ready' | 'paid' | 'cancelled' | 'failed';

export const PAYMENT_STATUSES: readonly PaymentStatus[] = ['ready', 'paid', 'cancelled', 'failed'];

/** The gateway's limit (documented). */
export const MERCHANT_UID_MAX = 40;

/** One step of giving money back; `amount` in whole won, `cancelled_at` in UNIX seconds. */
export interface CancelHistoryEntry {
  amount: number;
  cancellation_id: string;
  cancelled_at: number;
  pg_tid: string | null;
  reason: string | null;
  receipt_url: string | null;
}

/**
 * The payment object as it goes over the wire (schema, with the null conventions that were observed): every field
 * is there every time; a missing text is null, a missing time 0, a missing list []. Times are UNIX seconds,
 * amounts are in the major unit of `currency`.
 */
export interface Payment {
  amount: number;
  apply_num: string | null;
  bank_code: string | null;
  bank_name: string | null;
  buyer_addr: string | null;
  buyer_email: string | null;
  buyer_name: string | null;
  buyer_postcode: string | null;
  buyer_tel: string | null;
  cancel_amount: number;
  cancel_history: CancelHistoryEntry[];
  cancel_reason: string | null;
  cancel_receipt_urls: string[];
  cancelled_at: number;
  card_code: string | null;
  card_issuer_code: string | null;
  card_issuer_name: string | null;
  card_name: string | null;
  card_number: string | null;
  card_publisher_code: string | null;
  card_publisher_name: string | null;
  card_quota: number;
  card_type: number | null;
  cash_receipt_issued: boolean;
  channel: string;
  currency: string;
  custom_data: string | null;
  customer_uid: string | null;
  customer_uid_usage: string | null;
  deposit_history: unknown[];
  emb_pg_provider: string | null;
  escrow: boolean;
  fail_reason: string | null;
  failed_at: number;
  imp_uid: string;
  merchant_uid: string;
  name: string | null;
  paid_at: number;
  pay_method: string;
  pg_id: string;
  pg_provider: string;
  pg_tid: string | null;
  promotion: unknown;
  receipt_url: string | null;
  sandbox: boolean;
  started_at: number;
  status: PaymentStatus;
  user_agent: string | null;
  vbank_code: string | null;
  vbank_date: number;
  vbank_holder: string | null;
  vbank_issued_at: number;
  vbank_name: string | null;
  vbank_num: string | null;
}

export interface PaymentStart {
  merchantUid: string;
  amount: number;
  channel: Channel;
  startedAt: number;
}

/** A payment as it is when its window opens: it already has its `imp_uid` (documented) and nothing has happened. */
export function startPayment({ merchantUid, amount, channel, startedAt }: PaymentStart): Payment {
  return {
    amount,
    apply_num: null,
    bank_code: null,
    bank_name: null,
    buyer_addr: null,
    buyer_email: null,
    buyer_name: null,
    buyer_postcode: null,
    buyer_tel: null,
    cancel_amount: 0,
    cancel_history: [],
    cancel_reason: null,
    cancel_receipt_urls: [],
    cancelled_at: 0,
    card_code: null,
    card_issuer_code: null,
    card_issuer_name: null,
    card_name: null,
    card_number: null,
    card_publisher_code: null,
    card_publisher_name: null,
    card_quota: 0,
    card_type: null,
    cash_receipt_issued: false,
    channel: 'pc',
    currency: 'KRW',
    custom_data: null,
    customer_uid: null,
    customer_uid_usage: null,
    deposit_history: [],
    emb_pg_provider: null,
    escrow: false,
    fail_reason: null,
    failed_at: 0,
    imp_uid: newImpUid(),
    merchant_uid: merchantUid,
    name: null,
    paid_at: 0,
    pay_method: 'card',
    pg_id: channel.pgId,
    pg_provider: channel.pgProvider,
    pg_tid: null,
    promotion: null,
    receipt_url: null,
    sandbox: channel.sandbox,
    started_at: startedAt,
    status: 'ready',
    user_agent: null,
    vbank_code: null,
    vbank_date: 0,
    vbank_holder: null,
    vbank_issued_at: 0,
    vbank_name: null,
    vbank_num: null,
  };
}

/** Every field name of the payment object, for checking overrides. */
export const PAYMENT_FIELDS: ReadonlySet<string> = new Set(
  Object.keys(
    startPayment({
      merchantUid: '',
      amount: 0,
      startedAt: 0,
      channel: { key: '', name: '', pgProvider: '', pgId: '', sandbox: true, style: 'old', type: 'payment' },
    }),
  ),
);

/** What can still be given back: the value that a cancel's `checksum` must have (documented). */
export function cancellableAmount(payment: Payment): number {
  return payment.amount - payment.cancel_amount;
}

/** A payment that was paid once, whatever was cancelled since. Its `merchant_uid` cannot be paid again (documented). */
export function wasPaid(payment: Payment): boolean {
  return payment.paid_at > 0;
}

/**
 * The time by which the status list compares `from` and `to`; it depends on the present status (documented in the
 * schema), so a cancelled payment leaves the list of paid ones. UNIX seconds.
 */
export function statusTime(payment: Payment): number {
  return payment[STATUS_TIME_FIELD[payment.status]];
}

const STATUS_TIME_FIELD = {
  ready: 'started_at',
  paid: 'paid_at',
  cancelled: 'cancelled_at',
  failed: 'failed_at',
} as const satisfies Record<PaymentStatus, keyof Payment>;

/** What the buyer chose in the window. Codes are those of GET /cards and GET /banks. */
export interface PaymentChoice {
  payMethod: string;
  cardCode?: string | undefined;
  cardQuota?: number | undefined;
  bankCode?: string | undefined;
  /** How the app of an easy pay takes the money. */
  easyPayBy?: 'card' | 'money' | undefined;
}

/** A card or bank as the payment shows it. */
export interface NamedCode {
  code: string;
  name: string;
}

export interface Approval {
  choice: PaymentChoice;
  card: NamedCode;
  bank: NamedCode;
  receiptUrl: string;
  paidAt: number;
}

/**
 * The PG approved: the payment is `paid`, with the fields that go with its method.
 * KakaoPay chooses card or money in its own app: the read then shows `card` or `point` (documented, and for easy pays inside
 * KCP's window); that the other easy pays and windows do so too is assumed.
 */
export function approve(payment: Payment, { choice, card, bank, receiptUrl, paidAt }: Approval): Payment {
  const ownMethod = ownMethodOf(payment.pg_provider);
  const payMethod = ownMethod !== undefined && choice.payMethod !== 'vbank' ? ownMethod : choice.payMethod;
  return {
    ...payment,
    ...methodFields({ ...choice, payMethod }, card, bank),
    ...(PGS[payment.pg_provider]?.tellsIssuer ? issuerOf({ ...choice, payMethod }, card) : {}),
    status: 'paid',
    paid_at: paidAt,
    failed_at: 0,
    fail_reason: null,
    pg_tid: newPgTid(payment.pg_id, payMethod),
    receipt_url: receiptUrl,
    emb_pg_provider: isEasyPay(payMethod) && ownMethod === undefined ? payMethod : null,
  };
}

function isByCard({ payMethod, easyPayBy }: PaymentChoice): boolean {
  return payMethod === 'card' || (isEasyPay(payMethod) && easyPayBy !== 'money');
}

/** Only some PGs tell it (documented). That the issuer is the card's company is assumed. */
function issuerOf(choice: PaymentChoice, card: NamedCode): Partial<Payment> {
  if (!isByCard(choice)) return {};
  return {
    card_issuer_code: card.code,
    card_issuer_name: card.name,
    card_publisher_code: card.code,
    card_publisher_name: card.name,
  };
}

function methodFields(choice: PaymentChoice, card: NamedCode, bank: NamedCode): Partial<Payment> {
  if (isByCard(choice)) {
    return {
      pay_method: 'card',
      apply_num: digits(8),
      card_code: card.code,
      card_name: card.name.endsWith('카드') ? card.name : `${card.name}카드`,
      card_number: `${digits(6)}*********${digits(1)}`,
      card_quota: choice.cardQuota ?? 0,
      card_type: 0,
    };
  }
  if (isEasyPay(choice.payMethod)) return { pay_method: 'point' };
  if (choice.payMethod === 'trans') {
    return { pay_method: 'trans', bank_code: bank.code, bank_name: bank.name, apply_num: '' };
  }
  return { pay_method: choice.payMethod };
}

/** Declined, given up or stopped. No money moved. `failedAt` in UNIX seconds. */
export function fail(payment: Payment, reason: string, failedAt: number): Payment {
  return { ...payment, status: 'failed', failed_at: failedAt, fail_reason: reason };
}

export interface CancelStep {
  reason: string | null;
  cancelledAt: number;
  /** What the payment reads while something of it is left. */
  partialStatus: 'cancelled' | 'paid';
}

/**
 * Gives `amount` back. The amount of the payment does not shrink, `cancel_amount` grows, `paid_at` stays and the step is
 * appended to `cancel_history` (observed in a live body). `cancelledAt` in UNIX seconds.
 */
export function cancel(payment: Payment, amount: number, step: CancelStep): Payment {
  const { reason, cancelledAt, partialStatus } = step;
  const cancellationId = newCancellationId();
  // A PG gives a cancellation its own address or the payment's (observed); here its own, so that a mix-up shows.
  const { receipt_url: paidReceipt } = payment;
  const receiptUrl =
    paidReceipt && `${paidReceipt}${paidReceipt.includes('?') ? '&' : '?'}cancellation=${cancellationId}`;
  const entry: CancelHistoryEntry = {
    amount,
    cancellation_id: cancellationId,
    cancelled_at: cancelledAt,
    pg_tid:
      payment.pg_tid === null
        ? null
        : `CNCL${payment.cancel_history.length + 1}_${payment.pg_tid}`.slice(0, 64),
    reason,
    receipt_url: receiptUrl,
  };
  return {
    ...payment,
    status: amount < cancellableAmount(payment) ? partialStatus : 'cancelled',
    cancel_amount: payment.cancel_amount + amount,
    cancelled_at: cancelledAt,
    cancel_reason: reason,
    cancel_history: [...payment.cancel_history, entry],
    cancel_receipt_urls:
      receiptUrl === null ? payment.cancel_receipt_urls : [...payment.cancel_receipt_urls, receiptUrl],
  };
}

/** `imp_` and 12 digits, as window payments have (observed). */
function newImpUid(): string {
  return `imp_${digits(12)}`;
}

function newPgTid(pgId: string, payMethod: string): string {
  return `Sim${payMethod.toUpperCase()}${pgId}${digits(20)}`.slice(0, 64);
}

/** 20 characters (schema). */
function newCancellationId(): string {
  return randomBytes(10).toString('hex');
}

function digits(count: number): string {
  return Array.from({ length: count }, () => randomInt(10)).join('');
}
