import { unixSeconds, type Clock } from '../clock.js';
import {
  ALREADY_PAID,
  redirectOf,
  resultOf,
  type AttemptError,
  type BrowserResult,
  type Checkout,
} from './checkout.js';
import { BANKS, CARDS, findCode } from '../gateway/codes.js';
import { approve, fail, type NamedCode, type Payment, type PaymentChoice } from '../payment/payment.js';
import { dueOf, issueAccount, takeDepositBack } from '../payment/virtual-account.js';
import type { PaymentStore } from '../payment/payment-store.js';
import type { WebhookNotice, WebhookSender } from '../webhooks/webhook-sender.js';

/** The button cannot do that any more, for example declining a payment that is paid. */
export class AttemptConflict extends Error {}

/** How an attempt ended, and what the shop's page is told; nulls when no browser opened the payment. */
export interface AttemptOutcome {
  payment: Payment;
  result: BrowserResult | null;
  redirect_url: string | null;
}

export interface AttemptParts {
  payments: PaymentStore;
  webhooks: WebhookSender;
  clock: Clock;
}

const CLOSED_OLD: AttemptError = { code: 'F400', text: '[결제포기] 사용자가 결제를 취소하셨습니다' };
const CLOSED_NEW: AttemptError = { code: 'F400', text: '사용자가 결제를 취소하였습니다.' };

/**
 * The PG approves, and a webhook tells the shop; of a virtual account it issues one, and the next approval is the deposit. Pressing twice answers the same and sends no second webhook. A late approval of a failed attempt is possible (documented for some PGs).
 * An order that another attempt has paid meanwhile is not paid again (documented); that this attempt then fails is assumed.
 * @throws AttemptConflict when money was already given back.
 */
export function approveAttempt(
  { payments, webhooks, clock }: AttemptParts,
  impUid: string,
  choice: Partial<PaymentChoice>,
  receiptUrl: string,
): AttemptOutcome | undefined {
  const stored = payments.find(impUid);
  if (stored === undefined) return undefined;
  const { payment, checkout } = stored;
  if (payment.status === 'paid') return outcome(payment, checkout, null);
  if (payment.status === 'cancelled') throw new AttemptConflict(`${impUid} is cancelled`);

  const now = unixSeconds(clock);
  if (payments.findPaid(payment.merchant_uid) !== undefined) {
    const failed = fail(payment, ALREADY_PAID, now);
    payments.save(failed);
    return outcome(failed, checkout, { code: 'F1002', text: ALREADY_PAID });
  }
  const payMethod = choice.payMethod ?? payment.pay_method;
  if (payMethod === 'vbank' && payment.vbank_num === null) {
    const bank = named(BANKS, choice.bankCode);
    const due = checkout?.vbankDue;
    const issued = issueAccount(payment, bank, due ? dueOf(due) : null, now);
    payments.save(issued);
    webhooks.announce(stored.noticeUrls, statusNotice(issued));
    return outcome(issued, checkout, null);
  }
  const paid = approvedPayment(payment, { payMethod: payment.pay_method, ...choice }, receiptUrl, now);
  payments.save(paid);
  webhooks.announce(stored.noticeUrls, statusNotice(paid));
  return outcome(paid, checkout, null);
}

/**
 * Somebody pays into an account that waits, also after its time: then it is the bank that was late. Only the exact amount is
 * taken (documented at Toss Payments). Unlike {@link approveAttempt} it asks nobody whether the order is paid already:
 * several accounts of one order may wait (documented).
 * @throws AttemptConflict when no account waits.
 */
export function depositInto(
  { payments, webhooks, clock }: AttemptParts,
  impUid: string,
): Payment | undefined {
  const stored = payments.find(impUid);
  if (stored === undefined) return undefined;
  const { payment } = stored;
  if (payment.status !== 'ready' || payment.vbank_num === null)
    throw new AttemptConflict(`${impUid} waits for no deposit`);
  const paid = approvedPayment(
    payment,
    { payMethod: 'vbank' },
    payment.receipt_url ?? '',
    unixSeconds(clock),
  );
  const kept = { ...paid, receipt_url: payment.receipt_url };
  payments.save(kept);
  webhooks.announce(stored.noticeUrls, statusNotice(kept));
  return kept;
}

/** The bank takes the deposit back, and a webhook says `ready` (assumed). @throws AttemptConflict when there is none. */
export function takeBack({ payments, webhooks }: AttemptParts, impUid: string): Payment | undefined {
  const stored = payments.find(impUid);
  if (stored === undefined) return undefined;
  const { payment } = stored;
  if (payment.status !== 'paid' || payment.vbank_num === null)
    throw new AttemptConflict(`${impUid} has no deposit`);
  const waiting = takeDepositBack(payment);
  payments.save(waiting);
  webhooks.announce(stored.noticeUrls, statusNotice(waiting));
  return waiting;
}

/**
 * documented for an approval, for a virtual account that was issued and for its deposit; a failed or closed attempt sends
 * none.
 */
export function statusNotice({ imp_uid, merchant_uid, status }: Payment): WebhookNotice {
  return { imp_uid, merchant_uid, status };
}

/** A paid payment with a card and bank that exist. `paidAt` in UNIX seconds. */
export function approvedPayment(
  payment: Payment,
  choice: PaymentChoice,
  receiptUrl: string,
  paidAt: number,
): Payment {
  return approve(payment, {
    choice,
    card: named(CARDS, choice.cardCode),
    bank: named(BANKS, choice.bankCode),
    receiptUrl,
    paidAt,
  });
}

/**
 * The PG says no. The new modules answer `PG_PROVIDER_ERROR` with the PG's code and text (read in the browser script);
 * the old ones the PG's own code (documented that there is no common list; this one is assumed).
 * @throws AttemptConflict when the payment is paid or cancelled.
 */
export function declineAttempt(parts: AttemptParts, impUid: string): AttemptOutcome | undefined {
  const stored = parts.payments.find(impUid);
  if (stored === undefined) return undefined;
  const text =
    stored.payment.pay_method === 'card'
      ? '[REJECT_CARD_COMPANY] 카드사에서 승인을 거절했습니다.'
      : '[REJECT_PAYMENT] 결제기관에서 승인을 거절했습니다.';
  const code = stored.checkout?.style === 'new' ? 'PG_PROVIDER_ERROR' : 'REJECT';
  const failed = failOnce(parts, stored.payment, text);
  return outcome(failed, stored.checkout, { code, text: failed.fail_reason ?? text });
}

/**
 * The buyer closes the window. Some PGs leave the payment `ready`, others make it `failed` (documented). Here the old modules
 * leave it and the new ones fail it: which PG does what is assumed. F400 is the browser script's default (read in it).
 * @throws AttemptConflict when the payment is paid or cancelled.
 */
export function closeAttempt(parts: AttemptParts, impUid: string): AttemptOutcome | undefined {
  const stored = parts.payments.find(impUid);
  if (stored === undefined) return undefined;
  const { payment, checkout } = stored;
  if (checkout?.style === 'new') {
    return outcome(failOnce(parts, payment, CLOSED_NEW.text), checkout, CLOSED_NEW);
  }
  refuseWhenPaid(payment);
  return outcome(payment, checkout, CLOSED_OLD);
}

function failOnce({ payments, clock }: AttemptParts, payment: Payment, reason: string): Payment {
  refuseWhenPaid(payment);
  if (payment.status === 'failed') return payment;
  const failed = fail(payment, reason, unixSeconds(clock));
  payments.save(failed);
  return failed;
}

function refuseWhenPaid(payment: Payment): void {
  if (payment.status === 'paid' || payment.status === 'cancelled') {
    throw new AttemptConflict(`${payment.imp_uid} is ${payment.status}`);
  }
}

function outcome(payment: Payment, checkout: Checkout | null, error: AttemptError | null): AttemptOutcome {
  if (checkout === null) return { payment, result: null, redirect_url: null };
  const result = resultOf(payment, checkout, error);
  return { payment, result, redirect_url: redirectOf(checkout, result, error === null) };
}

function named(codes: readonly NamedCode[], code: string | undefined): NamedCode {
  const chosen = findCode(codes, code ?? '') ?? codes[0];
  if (chosen === undefined) throw new Error('the code table is empty');
  return chosen;
}
