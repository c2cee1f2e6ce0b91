import { GatewayRefusal } from '../gateway/envelope.js';
import { type Payment, cancellableAmount } from './payment.js';
import { PGS, type PgRule, ruleOf } from './pg-rules.js';
import { checkPromotion } from './promotion.js';

/** POST /payments/cancel as far as it concerns one payment; amounts in the major unit of the payment's currency. */
export interface CancelRequest {
  /** 0 = everything that is left (documented). */
  amount: number;
  /** What the caller believes is left; null = not compared (documented in the schema). */
  checksum: number | null;
  hasRefundAccount: boolean;
  hasRefundTel: boolean;
  /** `retain_promotion` (documented). */
  retainsPromotion?: boolean;
}

/** What is asked for, and how much of the shop's money its PG holds: null = enough. */
export type CancelAtPg = CancelRequest & { unsettledWon: number | null };

/**
 * How much to give back. The order of the checks is assumed; every refusal is HTTP 200 with a code other than 0 (observed).
 * @throws GatewayRefusal and nothing is given back.
 */
export function amountToCancel(payment: Payment, request: CancelAtPg, nowSeconds: number): number {
  // That an attempt which was never paid answers as an unknown one is assumed.
  if (payment.status !== 'paid' && payment.status !== 'cancelled') throw nothingToCancel();
  const left = cancellableAmount(payment);
  // Text and code observed.
  if (left <= 0) throw new GatewayRefusal(200, 1, '이미 전액취소된 주문입니다.');
  // Nothing is executed: documented in the schema. Text and code assumed.
  if (request.checksum !== null && request.checksum !== left) {
    throw new GatewayRefusal(200, 1, 'checksum 값이 취소 가능 금액과 일치하지 않습니다.');
  }
  // Not executed; text and code assumed.
  if (request.amount < 0) throw new GatewayRefusal(200, 1, '취소 요청 금액이 올바르지 않습니다.');
  if (request.amount > left)
    throw new GatewayRefusal(200, 1, '취소 요청 금액이 취소 가능 금액을 초과하였습니다.');
  const amount = request.amount === 0 ? left : request.amount;
  checkPgRules(payment, amount, request, nowSeconds);
  checkPromotion(payment, amount, request.retainsPromotion ?? false);
  return amount;
}

/** Text and code observed. */
export function nothingToCancel(): GatewayRefusal {
  return new GatewayRefusal(200, 1, '취소할 결제건이 존재하지 않습니다.');
}

/** @throws GatewayRefusal for what the PG of the payment refuses; the words are assumed, where nothing else is said. */
function checkPgRules(payment: Payment, amount: number, request: CancelAtPg, nowSeconds: number): void {
  const rule = ruleOf(payment.pg_provider, payment.pay_method);
  if (rule.until === 'never') throw pgRefusal('환불할 수 없는 결제수단입니다.');
  const isPart = amount < cancellableAmount(payment);
  if (rule.onlyWhole && isPart) throw pgRefusal('부분취소를 할 수 없는 결제수단입니다.');
  if (isPart && payment.cancel_history.length >= (rule.partialCancelsMax ?? Infinity)) {
    throw pgRefusal(`부분취소는 ${rule.partialCancelsMax}회까지 가능합니다.`);
  }
  // documented: a virtual account's money needs somewhere to go back to.
  if (rule.refundAccount && !request.hasRefundAccount) {
    throw pgRefusal('환불 계좌 정보(refund_holder, refund_bank, refund_account)가 필요합니다.');
  }
  if (rule.refundAccount === 'needed with refund_tel' && !request.hasRefundTel) {
    throw pgRefusal('환불 연락처(refund_tel)가 필요합니다.');
  }
  if (rule.until === 'month-of-payment' && monthInKorea(payment.paid_at) !== monthInKorea(nowSeconds)) {
    throw pgRefusal('휴대폰 결제는 결제한 달에만 취소할 수 있습니다.');
  }
  if (nowSeconds >= endOf(payment, rule)) throw pgRefusal('취소 가능 기간이 지난 거래입니다.');
  if (rule.closedFromTo && isClosed(rule.closedFromTo, nowSeconds)) {
    throw pgRefusal('환불 요청이 제한되는 시간입니다.');
  }
  const words = PGS[payment.pg_provider]?.shortOfMoney;
  if (words !== undefined && amount > (request.unsettledWon ?? Infinity)) throw pgRefusal(words);
}

/** The prefix is observed, the PG's own text in brackets varies; code -1 is assumed. */
function pgRefusal(pgText: string): GatewayRefusal {
  return new GatewayRefusal(200, -1, `결제취소에 실패하였습니다.(${pgText})`);
}

/** UNIX seconds of the midnight in Korea after the last day; Infinity without one. */
function endOf(payment: Payment, { until }: PgRule): number {
  if (typeof until !== 'object') return Infinity;
  const paid = inKorea(payment.paid_at);
  const [year, month, day] = [paid.getUTCFullYear(), paid.getUTCMonth(), paid.getUTCDate()];
  if ('days' in until) return Date.UTC(year, month, day + until.days + 1) / 1000 - KOREAN_OFFSET_SECONDS;
  const daysOfLastMonth = new Date(Date.UTC(year, month + until.months + 1, 0)).getUTCDate();
  const lastDay = Math.min(day, daysOfLastMonth);
  return Date.UTC(year, month + until.months, lastDay + 1) / 1000 - KOREAN_OFFSET_SECONDS;
}

function isClosed([from, until]: readonly [number, number], nowSeconds: number): boolean {
  const hour = inKorea(nowSeconds).getUTCHours();
  return hour >= from || hour < until;
}

function monthInKorea(seconds: number): string {
  return inKorea(seconds).toISOString().slice(0, 7);
}

const KOREAN_OFFSET_SECONDS = 9 * 60 * 60;

/** A Date whose UTC fields are those of a clock in Korea. */
function inKorea(seconds: number): Date {
  return new Date((seconds + KOREAN_OFFSET_SECONDS) * 1000);
}
