import { RefusalReason } from '../gateway/pg-rules.js';
import { ErrorCode } from '../refusal/error-code.js';
import { type Language, Refusal } from '../refusal/refusal.js';
import { CancelObstacle, type Refused } from './cancel-terms.js';
import type { PlanInShort } from './refund-plan.js';
import { type LeftToShop, PolicyReason } from './shop-policy.js';

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

/** What goes back is no longer what the caller was shown; nothing was done. */
export class RefundQuoteChanged extends Refusal {
  readonly code = ErrorCode.REFUND_QUOTE_CHANGED;
  override readonly details: Readonly<Record<string, string | number>>;

  /** @param now what would go back at this moment; null when nothing would. */
  constructor(now: PlanInShort | null) {
    const amount = now?.amount ?? 0;
    super({
      ko: `그사이 포인트가 바뀌어 지금은 ${won(amount, 'ko-KR')}원이 환불됩니다. 확인하고 다시 요청해 주세요.`,
      en: `Points have changed meanwhile: ${won(amount, 'en-US')} won would go back now. Please look at it and ask again.`,
    });
    this.details = { amount: 0, points: 0, bonus: 0, fee: 0, ...now };
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

const ASK_US: Readonly<Record<Language, string>> = {
  ko: '고객센터에 계좌 환불을 문의해 주세요.',
  en: 'Please ask us for a refund by bank transfer.',
};

/** A rule of the payment company is against it; it was not asked. */
export class CancelNotPossible extends Refusal {
  readonly code = ErrorCode.CANCEL_NOT_POSSIBLE;
  override readonly retryable: boolean;
  override readonly details: Readonly<Record<string, string>>;

  constructor({ obstacle, at }: Refused) {
    super(OBSTACLE_TEXTS[obstacle](at));
    this.retryable = obstacle === CancelObstacle.CLOSED_NOW;
    const time = obstacle === CancelObstacle.CLOSED_NOW ? 'opensAt' : 'deadline';
    this.details = { reason: obstacle, ...(at ? { [time]: at.toISOString() } : {}) };
  }
}

type Texts = Readonly<Record<Language, string>>;

const OBSTACLE_TEXTS: Readonly<Record<CancelObstacle, (at: Date | null) => Texts>> = {
  [CancelObstacle.NOT_CANCELLABLE]: () => ({
    ko: `이 결제수단은 결제사를 통해 취소할 수 없습니다. ${ASK_US.ko}`,
    en: `The payment company does not cancel payments of this kind. ${ASK_US.en}`,
  }),
  [CancelObstacle.DEADLINE_OVER]: (at) => ({
    ko: `결제사의 취소 기한이 ${inKorea(at, 'ko-KR')}에 끝났습니다. ${ASK_US.ko}`,
    en: `The payment company takes no cancellation since ${inKorea(at, 'en-US')} in Korea. ${ASK_US.en}`,
  }),
  [CancelObstacle.ONLY_IN_FULL]: () => ({
    ko: '이 결제는 일부만 취소할 수 없습니다. amount를 빼고 전액을 취소해 주세요.',
    en: 'This payment can only be cancelled in full: leave the amount out.',
  }),
  [CancelObstacle.PARTIAL_CANCELS_USED_UP]: () => ({
    ko: '이 결제는 더 이상 일부만 취소할 수 없습니다. amount를 빼고 남은 금액을 모두 취소해 주세요.',
    en: 'No further part of this payment can be cancelled: leave the amount out to cancel all that is left.',
  }),
  [CancelObstacle.REFUND_ACCOUNT_NEEDED]: () => ({
    ko: '이 결제를 취소하려면 환불받을 계좌(refundAccount)가 필요합니다.',
    en: 'Cancelling this payment needs an account for the refund: send `refundAccount`.',
  }),
  [CancelObstacle.CLOSED_NOW]: (at) => ({
    ko: `결제사가 지금은 취소를 받지 않습니다. ${inKorea(at, 'ko-KR')} 이후에 다시 시도해 주세요.`,
    en: `The payment company takes no cancellation now. Please try again after ${inKorea(at, 'en-US')} in Korea.`,
  }),
};

/** The shop does not let shoppers cancel this by themselves; its customer service can. */
export class CancelByShopOnly extends Refusal {
  readonly code = ErrorCode.CANCEL_BY_SHOP_ONLY;
  override readonly details: Readonly<Record<string, string | number>>;

  constructor(left: LeftToShop) {
    super(POLICY_TEXTS[left.reason](left));
    const { reason, deadline, minAmount } = left;
    this.details = {
      reason,
      ...(deadline ? { deadline: deadline.toISOString() } : {}),
      ...(minAmount === null ? {} : { minAmount }),
    };
  }
}

const POLICY_TEXTS: Readonly<Record<PolicyReason, (left: LeftToShop) => Texts>> = {
  [PolicyReason.OFF]: () => ({
    ko: '결제 취소는 고객센터에서만 할 수 있습니다.',
    en: 'Only the customer service cancels payments.',
  }),
  [PolicyReason.TOO_LATE]: ({ deadline }) => ({
    ko: `직접 취소할 수 있는 기한이 ${inKorea(deadline, 'ko-KR')}에 끝났습니다. 고객센터에 문의해 주세요.`,
    en: `The time for cancelling ended at ${inKorea(deadline, 'en-US')} in Korea. Please ask the customer service.`,
  }),
  [PolicyReason.ONLY_IN_FULL]: () => ({
    ko: '일부만 취소하는 것은 고객센터에서만 할 수 있습니다. 전액을 취소하려면 amount를 빼 주세요.',
    en: 'Only the customer service cancels a part of a payment: leave the amount out to cancel all of it.',
  }),
  [PolicyReason.BONUS_SPENT]: () => ({
    ko: '이 결제의 보너스를 사용해서 직접 취소할 수 없습니다. 고객센터에 문의해 주세요.',
    en: 'Bonus of this payment was spent. Please ask the customer service.',
  }),
  [PolicyReason.TOO_SMALL]: ({ minAmount }) => ({
    ko: `${won(minAmount ?? 0, 'ko-KR')}원부터 취소할 수 있습니다. 더 적은 금액은 고객센터에 문의해 주세요.`,
    en: `Cancelling begins at ${won(minAmount ?? 0, 'en-US')} won. Please ask the customer service about less.`,
  }),
};

function inKorea(at: Date | null, locale: string): string {
  return (
    at?.toLocaleString(locale, { timeZone: 'Asia/Seoul', dateStyle: 'medium', timeStyle: 'short' }) ?? ''
  );
}

/** The gateway said no. */
export class CancelRefused extends Refusal {
  readonly code = ErrorCode.CANCEL_REFUSED;
  override readonly details: Readonly<Record<string, string>>;

  constructor(cancellationId: string, gatewayMessage: string, reason: RefusalReason) {
    super(REFUSAL_TEXTS[reason](gatewayMessage));
    this.details = { cancellationId, reason };
  }
}

const FREE_AGAIN: Texts = {
  ko: '포인트는 몇 분 뒤 마지막 확인이 끝나면 다시 쓸 수 있습니다.',
  en: 'Your points can be used again after a last check in some minutes.',
};

const REFUSAL_TEXTS: Readonly<Record<RefusalReason, (gatewayMessage: string) => Texts>> = {
  [RefusalReason.TOO_LITTLE_UNSETTLED]: (gatewayMessage) => ({
    ko: `결제사에 환불할 정산 전 금액이 모자랍니다 (${gatewayMessage}). ${FREE_AGAIN.ko} 하루 뒤 다시 취소하거나 고객센터에 문의해 주세요.`,
    en: `The payment company holds too little of our money to refund you now (${gatewayMessage}). ${FREE_AGAIN.en} Please cancel again in a day, or ask us.`,
  }),
  [RefusalReason.OTHER]: (gatewayMessage) => ({
    ko: `결제사가 취소를 거절했습니다 (${gatewayMessage}). ${FREE_AGAIN.ko} ${ASK_US.ko}`,
    en: `The payment company refused the cancellation (${gatewayMessage}). ${FREE_AGAIN.en} ${ASK_US.en}`,
  }),
};
