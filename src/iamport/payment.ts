import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type GatewayPayment, GatewayPaymentState } from '../gateway/gateway-payment.js';
import { IAMPORT } from './calls.js';

/** The furthest that a Date goes, in seconds. */
const UNIX_SECONDS_MAX = 8_640_000_000_000;

/** Fields that we can do without: an odd one must not make a payment unreadable. Empty ones mean nothing. */
const text = z.string().min(1).nullable().catch(null);
const address = z
  .url({ protocol: /^https?$/ })
  .nullable()
  .catch(null);
/** 0 means that it has not happened (observed). */
const time = z.number().positive().max(UNIX_SECONDS_MAX).transform(toDate).nullable().catch(null);

/** Digits of a card number that may be seen: the first six, which name the bank, and the last four. */
const CARD_DIGITS_SEEN_MAX = 10;
const LAST_DIGITS = 4;

/** Fields that we use; the gateway adds others without notice. Required ones are required by its schema. */
const wirePayment = z.object({
  imp_uid: z.string(),
  merchant_uid: z.string(),
  status: z.string(),
  amount: z.number(),
  cancel_amount: z.number(),
  currency: z.string(),
  sandbox: z.boolean().nullish(),
  paid_at: z.number().nullish(),
  pay_method: text,
  pg_provider: text,
  receipt_url: address,
  cash_receipt_issued: z.boolean().nullable().catch(null),
  card_name: text,
  card_number: text,
  failed_at: time,
  fail_reason: text,
  vbank_date: time,
  vbank_issued_at: time,
  vbank_code: text,
  vbank_name: text,
  vbank_num: text,
  vbank_holder: text,
  cancel_history: z
    .array(
      z.object({
        cancellation_id: z.string().nullish(),
        pg_tid: z.string().nullish(),
        amount: z.number(),
        cancelled_at: z.number(),
        reason: z.string().nullish(),
        receipt_url: address,
      }),
    )
    .nullish(),
});

type WireCancellation = NonNullable<NonNullable<z.infer<typeof wirePayment>['cancel_history']>[number]>;

/** @returns our view of a payment as the gateway sent it, or undefined when it lacks what the schema promises. */
export function toPayment(wire: unknown): GatewayPayment | undefined {
  const parsed = wirePayment.safeParse(wire);
  if (!parsed.success) return undefined;
  const payment = parsed.data;
  return {
    gateway: IAMPORT,
    paymentId: payment.imp_uid,
    merchantUid: payment.merchant_uid,
    state: toState(payment.status) ?? GatewayPaymentState.READY,
    amount: payment.amount,
    cancelledAmount: payment.cancel_amount,
    currency: payment.currency,
    isTest: payment.sandbox ?? undefined,
    method: payment.pay_method,
    pg: payment.pg_provider,
    receiptUrl: payment.receipt_url,
    ...((payment.card_name !== null || payment.card_number !== null) && {
      card: { name: payment.card_name, number: masked(payment.card_number) },
    }),
    ...(payment.cash_receipt_issued === true && { hasCashReceipt: true }),
    // 0 means that it has not happened (observed).
    paidAt: payment.paid_at ? toDate(payment.paid_at) : null,
    failedAt: payment.failed_at,
    failReason: payment.fail_reason,
    dueAt: payment.vbank_date,
    ...(payment.vbank_num !== null && {
      account: {
        bankCode: payment.vbank_code,
        bank: payment.vbank_name,
        number: payment.vbank_num,
        holder: payment.vbank_holder,
        ...(payment.vbank_issued_at !== null && { issuedAt: payment.vbank_issued_at }),
      },
    }),
    cancellations: (payment.cancel_history ?? [])
      .toSorted((first, second) => first.cancelled_at - second.cancelled_at)
      .map((entry) => ({
        key: cancellationKey(entry),
        amount: entry.amount,
        reason: entry.reason ?? '',
        cancelledAt: toDate(entry.cancelled_at),
        ...(entry.receipt_url !== null && { receiptUrl: entry.receipt_url }),
      })),
  };
}

const STATES = new Map([
  ['ready', GatewayPaymentState.READY],
  ['paid', GatewayPaymentState.PAID],
  ['cancelled', GatewayPaymentState.CANCELLED],
  ['failed', GatewayPaymentState.FAILED],
]);

/**
 * `ready`: window opened and nothing concluded, or a virtual account waits. `cancelled` is also read after a cancellation
 * of a part. There are others, such as `pending` of PayPal (documented): none of them says that money is there.
 *
 * @returns undefined for any other word.
 */
export function toState(status: string): GatewayPaymentState | undefined {
  return STATES.get(status);
}

/** The gateway hides most of a card's number (observed). One that is not hidden is hidden here, before anybody stores it. */
function masked(number: string | null): string | null {
  if (number === null) return null;
  const digits = number.replaceAll(/\D/g, '');
  return digits.length > CARD_DIGITS_SEEN_MAX ? `****${digits.slice(-LAST_DIGITS)}` : number;
}

function toDate(seconds: number): Date {
  return new Date(seconds * 1000);
}

/** `cancellation_id` (20 characters, schema); older entries may lack it and are named by what makes them unique. */
function cancellationKey({ cancellation_id, pg_tid, amount, cancelled_at }: WireCancellation): string {
  if (cancellation_id) return cancellation_id;
  return createHash('sha256')
    .update(`${pg_tid ?? ''}:${amount}:${cancelled_at}`)
    .digest('hex');
}
