import { type Cancellation, REASON_MAX_LENGTH } from '../payment/cancellation.entity.js';
import type { RefundFigures } from '../payment/cancellations.js';
import { checkIdempotencyKey } from '../payment/idempotency-key.js';
import type { GivenRefundAccount } from './refund-account.js';
import { isAsQuoted, type QuotedFigures } from './refund-plan.js';
import { BadUserInput } from '../refusal/refusal.js';

export const DEFAULT_REASON = '고객 요청 / customer request';

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/;

export interface CancelRequest {
  impUid: string;
  /** Whole won; everything that is left when it is not given. */
  amount?: number;
  reason?: string;
  idempotencyKey?: string;
  refundAccount?: GivenRefundAccount;
  /** What `refundQuote` said and the caller agreed to: just that is carried out, or nothing. */
  quoted?: QuotedFigures;
  /** Who asks in place of the owner, for the shop: then its rules for shoppers do not bind, and a reason has to be given. */
  actor?: string;
}

/** @throws {BadUserInput} */
export function checkRequest({ amount, reason, idempotencyKey, actor }: CancelRequest): void {
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
  if (actor !== undefined && reason === undefined) {
    throw new BadUserInput('reason', {
      ko: '다른 회원의 결제를 취소할 때는 사유가 필요합니다. 결제한 회원이 읽습니다.',
      en: 'Who cancels for somebody else has to say why. The payer reads it.',
    });
  }
  if (idempotencyKey !== undefined) checkIdempotencyKey(idempotencyKey);
}

/**
 * Who asks may differ.
 *
 * @param paymentId of the payment that the request names.
 * @param mask of the account that it names: what is compared of it, because the rest is sealed.
 */
export function isSameRequest(
  first: Pick<Cancellation, 'paymentId' | 'requestedAmount' | 'reason'> &
    RefundFigures &
    Partial<Pick<Cancellation, 'refundAccount'>>,
  paymentId: string,
  { amount, reason, quoted }: CancelRequest,
  mask: string | null = null,
): boolean {
  return (
    first.paymentId === paymentId &&
    first.requestedAmount === (amount ?? null) &&
    first.reason === (reason ?? DEFAULT_REASON) &&
    (first.refundAccount ?? null) === mask &&
    (quoted === undefined || isAsQuoted(first, quoted))
  );
}
