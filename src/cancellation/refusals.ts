import { ErrorCode } from '../refusal/error-code.js';
import { Refusal } from '../refusal/refusal.js';

const won = (amount: number, locale: string) => amount.toLocaleString(locale);

export class CancelAmountExceeded extends Refusal {
  readonly code = ErrorCode.CANCEL_AMOUNT_EXCEEDED;
  override readonly details: Readonly<Record<string, number>>;

  /** @param left whole won that are left of the payment. */
  constructor(left: number) {
    super({
      ko:
        left > 0
          ? `이 결제에서 취소할 수 있는 금액은 ${won(left, 'ko-KR')}원입니다.`
          : '이미 전액 취소된 결제입니다.',
      en:
        left > 0
          ? `Only ${won(left, 'en-US')} won of this payment can be cancelled.`
          : 'This payment was cancelled in full already.',
    });
    this.details = { left };
  }
}

export class InsufficientPoint extends Refusal {
  readonly code = ErrorCode.INSUFFICIENT_POINT;
  override readonly details: Readonly<Record<string, number>>;

  constructor(available: number, needed: number) {
    super({
      ko: `취소하려면 ${won(needed, 'ko-KR')}P가 남아 있어야 합니다. 지금 쓸 수 있는 포인트는 ${won(available, 'ko-KR')}P입니다.`,
      en: `Cancelling needs ${won(needed, 'en-US')} points; ${won(available, 'en-US')} are available.`,
    });
    this.details = { available, needed };
  }
}

export class CancelInProgress extends Refusal {
  readonly code = ErrorCode.CANCEL_IN_PROGRESS;
  override readonly retryable = true;

  constructor() {
    super({
      ko: '이 결제의 다른 취소가 진행 중입니다. 끝난 뒤에 다시 시도해 주세요.',
      en: 'Another cancellation of this payment is in progress. Please try again when it has ended.',
    });
  }
}

export class IdempotencyKeyReused extends Refusal {
  readonly code = ErrorCode.IDEMPOTENCY_KEY_REUSED;

  constructor() {
    super({
      ko: '같은 idempotencyKey로 다른 내용의 취소를 요청했습니다. 새 요청에는 새 키를 써 주세요.',
      en: 'This idempotencyKey was used for another cancellation. Use a new key for a new request.',
    });
  }
}

/** The gateway said no. */
export class CancelRefused extends Refusal {
  readonly code = ErrorCode.CANCEL_REFUSED;
  override readonly details: Readonly<Record<string, string>>;

  constructor(cancellationId: string, gatewayMessage: string) {
    super({
      ko: `결제사가 취소를 거절했습니다 (${gatewayMessage}). 포인트는 몇 분 뒤 마지막 확인이 끝나면 다시 쓸 수 있습니다. 고객센터에 계좌 환불을 문의해 주세요.`,
      en: `The payment company refused the cancellation (${gatewayMessage}). Your points can be used again after a last check in some minutes. Please ask us for a refund by bank transfer.`,
    });
    this.details = { cancellationId };
  }
}
