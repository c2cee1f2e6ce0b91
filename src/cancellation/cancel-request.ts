import {
  type Cancellation,
  IDEMPOTENCY_KEY_MAX_LENGTH,
  REASON_MAX_LENGTH,
} from '../payment/cancellation.entity.js';
import type { GivenRefundAccount } from './refund-account.js';
import { BadUserInput } from '../refusal/refusal.js';

export const DEFAULT_REASON = '고객 요청 / customer request';

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/;

/**
 * Printable ASCII, no blank at either end: nobody sees such a blank, and it would make another key. The key's length is
 * the same in characters and bytes.
 */
const IDEMPOTENCY_KEY = /^[!-~](?:[ -~]*[!-~])?$/;

export interface CancelRequest {
  impUid: string;
  /** Whole won; everything that is left when it is not given. */
  amount?: number;
  reason?: string;
  idempotencyKey?: string;
  refundAccount?: GivenRefundAccount;
}

/** @throws {BadUserInput} */
export function checkRequest({ amount, reason, idempotencyKey }: CancelRequest): void {
  if (amount !== undefined && (!Number.isInteger(amount) || amount < 1)) {
    throw new BadUserInput('amount', {
      ko: '취소 금액은 1원 이상의 정수여야 합니다. 전액을 취소하려면 amount를 빼 주세요.',
      en: 'The amount must be a whole number from 1. Leave it out to cancel everything that is left.',
    });
  }
  if (reason !== undefined && (reason.length > REASON_MAX_LENGTH || CONTROL_CHARACTER.test(reason))) {
    throw new BadUserInput('reason', {
      ko: `취소 사유는 ${REASON_MAX_LENGTH}자까지 쓸 수 있습니다.`,
      en: `The reason may have at most ${REASON_MAX_LENGTH} characters.`,
    });
  }
  if (idempotencyKey !== undefined && !isIdempotencyKey(idempotencyKey)) {
    throw new BadUserInput('idempotencyKey', {
      ko: `idempotencyKey는 영문자, 숫자, 기호로 1자 이상 ${IDEMPOTENCY_KEY_MAX_LENGTH}자 이하여야 하며, 공백으로 시작하거나 끝날 수 없습니다.`,
      en: `The idempotencyKey must have 1 to ${IDEMPOTENCY_KEY_MAX_LENGTH} printable ASCII characters and no blank at its beginning or end.`,
    });
  }
}

function isIdempotencyKey(text: string): boolean {
  return text.length <= IDEMPOTENCY_KEY_MAX_LENGTH && IDEMPOTENCY_KEY.test(text);
}

/**
 * @param paymentId of the payment that the request names.
 * @param mask of the account that it names: what is compared of it, because the rest is sealed.
 */
export function isSameRequest(
  first: Pick<Cancellation, 'paymentId' | 'requestedAmount' | 'reason'> &
    Partial<Pick<Cancellation, 'refundAccount'>>,
  paymentId: string,
  { amount, reason }: CancelRequest,
  mask: string | null = null,
): boolean {
  return (
    first.paymentId === paymentId &&
    first.requestedAmount === (amount ?? null) &&
    first.reason === (reason ?? DEFAULT_REASON) &&
    (first.refundAccount ?? null) === mask
  );
}
