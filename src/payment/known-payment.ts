import { newId } from '../database/new-id.js';
import { type GatewayPayment, GatewayPaymentState } from '../gateway/gateway-payment.js';
import { NO_TAX_PARTS, type TaxParts } from '../gateway/tax-parts.js';
import type { PaymentOrder } from './payment-order.entity.js';
import { cancelReceiptsText } from './cancel-receipts.js';
import {
  ACCOUNT_HOLDER_MAX_LENGTH,
  ACCOUNT_NUMBER_MAX_LENGTH,
  BANK_NAME_MAX_LENGTH,
  CARD_NAME_MAX_LENGTH,
  CARD_NUMBER_MAX_LENGTH,
  CODE_MAX_LENGTH,
  FAIL_REASON_MAX_LENGTH,
  type Payment,
  RECEIPT_URL_MAX_LENGTH,
} from './payment.entity.js';

const { READY, PAID, CANCELLED, FAILED } = GatewayPaymentState;

/**
 * A deposit that reads as taken back is believed when it still does after this: an answer that is older than the credit, and a
 * gateway that lags behind itself, say the same for a moment.
 */
export const TAKEN_BACK_AFTER_MS = 60_000;

/**
 * Which states may follow which. Two looks can miss what was between them, so a state may be followed by all that can come
 * after it. That a failed payment is approved later is documented (Paymentwall, PayPal); that a bank takes a deposit back,
 * by Toss Payments (see {@link knownAfter}), and its account may be closed before anybody looks.
 */
export const NEXT_STATES: Readonly<Record<GatewayPaymentState, readonly GatewayPaymentState[]>> = {
  [READY]: [PAID, CANCELLED, FAILED],
  [FAILED]: [PAID, CANCELLED],
  [PAID]: [CANCELLED, READY, FAILED],
  [CANCELLED]: [],
};

/** Where the columns of amounts end. */
const AMOUNT_END = 10 ** 12;
const CURRENCY_LENGTH = 3;

/** Tells whether an answer is one that a payment can have. Any other is not taken for news. */
export function isPossible({
  amount,
  cancelledAmount,
  currency,
  cancellations,
}: Pick<GatewayPayment, 'amount' | 'cancelledAmount' | 'currency' | 'cancellations'>): boolean {
  const amounts = [amount, cancelledAmount, ...cancellations.map((one) => one.amount)];
  return (
    amounts.every((one) => one >= 0 && one < AMOUNT_END && (currency !== 'KRW' || Number.isInteger(one))) &&
    cancellations.every((one) => one.amount > 0) &&
    cancelledAmount <= amount &&
    currency.length <= CURRENCY_LENGTH
  );
}

/**
 * What is known of a payment after the gateway was asked: its answer, unless that is older than what is known already. An
 * answer is older when it takes a state or a cancellation back, which no payment does but one: a bank can take back what was
 * paid into a virtual account, whose account then waits again or is closed. It is noted at first (`takenBackSeenAt`), and
 * believed at a look {@link TAKEN_BACK_AFTER_MS} later. A credited payment whose deposit was taken back is READY from then on,
 * whatever is paid afterwards and whatever becomes of its account: its points went, and its credit has a unique key.
 *
 * @param known null for one that we hear of for the first time.
 * @param ordered the order, with what its window was told that the amount is made of.
 * @param answer one that {@link isPossible}.
 * @returns `known` itself when there is nothing new.
 */
export function knownAfter(
  known: Payment | null,
  answer: GatewayPayment,
  ordered: Pick<PaymentOrder, 'merchantUid' | 'ownerId' | 'amount' | 'taxFree' | 'vat'>,
  readAt: Date,
): Payment {
  const facts = factsOf(answer);
  if (!known) {
    const { merchantUid, ownerId } = ordered;
    return {
      id: newId(),
      gateway: answer.gateway,
      gatewayPaymentId: answer.paymentId,
      merchantUid,
      ownerId,
      creditedOrder: null,
      ...facts,
      ...taxOf(ordered, facts),
      readAt,
    };
  }
  if (known.creditedOrder !== null && known.state === READY && facts.state !== CANCELLED) return known;
  if (known.state === PAID && (facts.state === READY || facts.state === FAILED)) {
    if (known.accountNumber === null) return known;
    const seenAt = known.takenBackSeenAt;
    if (seenAt === null) return Object.assign({}, known, { takenBackSeenAt: readAt });
    if (readAt.getTime() - seenAt.getTime() < TAKEN_BACK_AFTER_MS) return known;
    if (known.creditedOrder !== null) facts.state = READY;
  }
  const mayFollow = facts.state === known.state || NEXT_STATES[known.state].includes(facts.state);
  if (!mayFollow || facts.cancelledAmount < known.cancelledAmount) return known;
  const told = toldBefore(known, facts);
  return isSame(known, told) ? known : Object.assign({}, known, told, { readAt });
}

type Facts = Pick<
  Payment,
  | 'state'
  | 'amount'
  | 'cancelledAmount'
  | 'currency'
  | 'isTest'
  | 'method'
  | 'pg'
  | 'receiptUrl'
  | 'cancelReceipts'
  | 'cardName'
  | 'cardNumber'
  | 'paidAt'
  | 'failedAt'
  | 'failReason'
  | 'bankCode'
  | 'bankName'
  | 'accountNumber'
  | 'accountHolder'
  | 'accountIssuedAt'
  | 'takenBackSeenAt'
  | 'dueAt'
>;

function factsOf(answer: GatewayPayment): Facts {
  const { amount, cancelledAmount, currency, isTest, method, pg, receiptUrl, failReason } = answer;
  const { paidAt, failedAt, dueAt, account, card } = answer;
  return {
    state: stateOf(answer),
    amount,
    cancelledAmount,
    currency,
    isTest: isTest ?? null,
    method: method?.slice(0, CODE_MAX_LENGTH) ?? null,
    pg: pg?.slice(0, CODE_MAX_LENGTH) ?? null,
    // A part of an address is none.
    receiptUrl: receiptUrl !== null && receiptUrl.length <= RECEIPT_URL_MAX_LENGTH ? receiptUrl : null,
    cancelReceipts: cancelReceiptsText(answer.cancellations),
    cardName: card?.name?.slice(0, CARD_NAME_MAX_LENGTH) ?? null,
    cardNumber: card?.number?.slice(0, CARD_NUMBER_MAX_LENGTH) ?? null,
    paidAt,
    failedAt,
    failReason: failReason?.slice(0, FAIL_REASON_MAX_LENGTH) ?? null,
    bankCode: account?.bankCode?.slice(0, CODE_MAX_LENGTH) ?? null,
    bankName: account?.bank?.slice(0, BANK_NAME_MAX_LENGTH) ?? null,
    // A part of a number is none.
    accountNumber: account && account.number.length <= ACCOUNT_NUMBER_MAX_LENGTH ? account.number : null,
    accountHolder: account?.holder?.slice(0, ACCOUNT_HOLDER_MAX_LENGTH) ?? null,
    accountIssuedAt: account?.issuedAt ?? null,
    takenBackSeenAt: null,
    dueAt,
  };
}

/**
 * A gateway's word alone proves nothing: one of which a part went back may be called paid or cancelled, and a virtual
 * account that was closed before its deposit is called cancelled too.
 */
function stateOf({ state, amount, cancelledAmount, paidAt }: GatewayPayment): GatewayPaymentState {
  if (state === READY || state === FAILED) return state;
  if (state === CANCELLED && cancelledAmount === 0 && paidAt === null) return FAILED;
  return cancelledAmount < amount ? PAID : CANCELLED;
}

/** What was told once stays, should a later answer lack it. */
function toldBefore(known: Payment, facts: Facts): Facts & TaxParts {
  return {
    ...facts,
    ...taxOf(known, facts),
    method: facts.method ?? known.method,
    pg: facts.pg ?? known.pg,
    receiptUrl: facts.receiptUrl ?? known.receiptUrl,
    cancelReceipts: facts.cancelReceipts ?? known.cancelReceipts,
    cardName: facts.cardName ?? known.cardName,
    cardNumber: facts.cardNumber ?? known.cardNumber,
    paidAt: facts.paidAt ?? known.paidAt,
    failedAt: facts.failedAt ?? known.failedAt,
    failReason: facts.failReason ?? known.failReason,
    bankCode: facts.bankCode ?? known.bankCode,
    bankName: facts.bankName ?? known.bankName,
    accountNumber: facts.accountNumber ?? known.accountNumber,
    accountHolder: facts.accountHolder ?? known.accountHolder,
    accountIssuedAt: facts.accountIssuedAt ?? known.accountIssuedAt,
    dueAt: facts.dueAt ?? known.dueAt,
  };
}

/** Of another amount than the window was told nobody knows what it is made of. */
function taxOf(
  told: Pick<PaymentOrder, 'amount' | 'taxFree' | 'vat'>,
  { amount, currency }: Pick<Facts, 'amount' | 'currency'>,
): TaxParts {
  if (amount !== told.amount || currency !== 'KRW') return NO_TAX_PARTS;
  return { taxFree: told.taxFree, vat: told.vat };
}

function isSame(known: Payment, facts: Facts): boolean {
  return Object.entries(facts).every(
    ([name, value]) => value?.valueOf() === known[name as keyof Facts]?.valueOf(),
  );
}
