import { GatewayRefusal } from '../gateway/envelope.js';
import { type Payment, cancellableAmount } from './payment.js';

/** POST /payments/cancel as far as it concerns one payment; amounts in the major unit of the payment's currency. */
export interface CancelRequest {
  /** 0 = everything that is left (documented). */
  amount: number;
  /** What the caller believes is left; null = not compared (documented in the schema). */
  checksum: number | null;
  hasRefundAccount: boolean;
}

/**
 * How much to give back. The order of the checks is assumed; every refusal is HTTP 200 with a code other than 0 (observed).
 * @throws GatewayRefusal and nothing is given back.
 */
export function amountToCancel(payment: Payment, request: CancelRequest, nowSeconds: number): number {
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
  checkPgRules(payment, request, nowSeconds);
  return request.amount === 0 ? left : request.amount;
}

/** Text and code observed. */
export function nothingToCancel(): GatewayRefusal {
  return new GatewayRefusal(200, 1, '취소할 결제건이 존재하지 않습니다.');
}

function checkPgRules(payment: Payment, request: CancelRequest, nowSeconds: number): void {
  // documented: a virtual account's money needs somewhere to go back to.
  if (payment.pay_method === 'vbank' && !request.hasRefundAccount) {
    throw pgRefusal('환불 계좌 정보(refund_holder, refund_bank, refund_account)가 필요합니다.');
  }
  // documented: a phone bill can only be cancelled within its calendar month.
  if (payment.pay_method === 'phone' && monthInKorea(payment.paid_at) !== monthInKorea(nowSeconds)) {
    throw pgRefusal('휴대폰 결제는 결제한 달에만 취소할 수 있습니다.');
  }
}

/** The prefix is observed, the PG's own text in brackets varies; code -1 is assumed. */
function pgRefusal(pgText: string): GatewayRefusal {
  return new GatewayRefusal(200, -1, `결제취소에 실패하였습니다.(${pgText})`);
}

function monthInKorea(seconds: number): string {
  const koreanOffsetSeconds = 9 * 60 * 60;
  return new Date((seconds + koreanOffsetSeconds) * 1000).toISOString().slice(0, 7);
}
