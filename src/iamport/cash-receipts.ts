import * as z from 'zod';
import {
  CashReceiptIdentifierKind,
  CashReceiptPurpose,
  type CashReceiptTerms,
  type GatewayCashReceipt,
} from '../gateway/cash-receipts.js';
import type { PaidBy } from '../gateway/pg-rules.js';

/**
 * PGs that issue by a call (documented), without daou and welcome, which also do: they want the shop's registration number and
 * more of the shop with each call.
 */
const ISSUING = new Set([
  'html5_inicis',
  'kcp',
  'nice',
  'nice_v2',
  'kicc',
  'settle',
  'tosspayments',
  'ksnet',
  'smartro_v2',
]);
/** Of them the one that cancels by no call (documented). */
const NOT_CANCELLING = 'kicc';
/** Transfers and virtual accounts (documented). */
const METHODS = new Set(['trans', 'vbank']);
/** Who want to know of the buyer, in the gateway's names of the fields (documented). */
const BUYER_FIELDS = new Map<string, readonly ('buyer_name' | 'buyer_tel')[]>([
  ['ksnet', ['buyer_name']],
  ['smartro_v2', ['buyer_name', 'buyer_tel']],
]);

export const PURPOSES = { PERSON: 'person', COMPANY: 'company' } as const satisfies Record<
  CashReceiptPurpose,
  string
>;

export const IDENTIFIER_TYPES = {
  PHONE: 'phone',
  CARD: 'taxcard',
  BUSINESS: 'business',
} as const satisfies Record<CashReceiptIdentifierKind, string>;

export function cashReceiptTermsOf({ pg, method }: PaidBy): CashReceiptTerms {
  const issue = pg !== null && method !== null && ISSUING.has(pg) && METHODS.has(method);
  return { issue, cancel: issue && pg !== NOT_CANCELLING };
}

export function buyerFieldsOf(pg: string | null): readonly ('buyer_name' | 'buyer_tel')[] {
  return BUYER_FIELDS.get(pg ?? '') ?? [];
}

/** 0 and null mean that it has not happened. */
const time = z
  .number()
  .nullish()
  .transform((seconds) => (seconds ? new Date(seconds * 1000) : null));

const wireReceipt = z.object({
  imp_uid: z.string(),
  amount: z.number(),
  apply_num: z.string().nullish(),
  receipt_url: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .catch(null),
  applied_at: time,
  cancelled_at: time,
});

/** @returns undefined for anything else than a receipt of this payment. */
export function toCashReceipt(wire: unknown, paymentId: string): GatewayCashReceipt | undefined {
  const parsed = wireReceipt.safeParse(wire);
  if (!parsed.success || parsed.data.imp_uid !== paymentId) return undefined;
  const { amount, apply_num, receipt_url: receiptUrl, applied_at, cancelled_at } = parsed.data;
  return {
    amount,
    number: apply_num || null,
    receiptUrl,
    issuedAt: applied_at,
    cancelledAt: cancelled_at,
  };
}
