import { ErrorCode } from '../refusal/error-code.js';
import type { DepositAccount, PaymentOrderState } from '../payment/payment-order.model.js';
import { BadUserInput, Refusal } from '../refusal/refusal.js';

export class NotAnImpUid extends BadUserInput {
  constructor() {
    super('impUid', {
      ko: 'imp_uid의 형식이 아닙니다. 결제창이 돌려준 값을 그대로 보내 주세요.',
      en: 'This is not an imp_uid. Send the value that the payment window returned, as it is.',
    });
  }
}

/** Unknown, without an order of ours, or of somebody else: one answer for all, so that nobody learns which. */
export class PaymentNotFound extends Refusal {
  readonly code = ErrorCode.PAYMENT_NOT_FOUND;

  constructor() {
    super({
      ko: '회원님의 주문에 대한 결제를 찾을 수 없습니다. 결제는 createPaymentOrder로 만든 주문으로만 할 수 있습니다.',
      en: 'There is no such payment for an order of yours. Payments start with an order made by createPaymentOrder.',
    });
  }
}

export type NotPaidReason = 'READY' | 'FAILED' | 'CANCELLED';

const NOT_PAID_TEXTS: Record<NotPaidReason, { ko: string; en: string }> = {
  READY: {
    ko: '아직 결제가 끝나지 않았습니다.',
    en: 'This payment is not finished yet.',
  },
  FAILED: {
    ko: '결제되지 않았습니다. 다시 결제해 주세요.',
    en: 'This payment did not go through. Please pay again.',
  },
  CANCELLED: {
    ko: '이미 전액 취소된 결제입니다.',
    en: 'This payment was cancelled and given back in full.',
  },
};

const AWAITS_DEPOSIT = {
  ko: '가상계좌에 입금을 기다리고 있습니다. 입금하시면 충전됩니다.',
  en: 'The virtual account waits for its deposit. It is credited when you have paid in.',
};

export class PaymentNotPaid extends Refusal {
  readonly code = ErrorCode.PAYMENT_NOT_PAID;
  /** Only an unfinished payment can become paid later. */
  override readonly retryable: boolean;
  override readonly details: Readonly<Record<string, string>>;
  override readonly unlogged: Readonly<Record<string, unknown>>;

  /** @param deposit the account that waits for the money. */
  constructor(
    readonly reason: NotPaidReason,
    deposit?: DepositAccount,
  ) {
    super(deposit ? AWAITS_DEPOSIT : NOT_PAID_TEXTS[reason]);
    this.unlogged = deposit ? { deposit } : {};
    this.retryable = reason === 'READY';
    this.details = { reason };
  }
}

export type MismatchReason =
  'AMOUNT' | 'BALANCE_FULL' | 'CLAIMED_AMOUNT' | 'CURRENCY' | 'CHANNEL' | 'ORDER_ALREADY_PAID';

const MISMATCH_TEXTS: Record<MismatchReason, { ko: string; en: string }> = {
  AMOUNT: {
    ko: '결제된 금액이 주문 금액과 달라 충전하지 않았습니다. 결제하신 돈은 자동으로 돌려드립니다.',
    en: 'The amount that was paid is not the amount of the order. The payment is being given back automatically.',
  },
  BALANCE_FULL: {
    ko: '가질 수 있는 포인트를 넘어 충전하지 않았습니다. 결제하신 돈은 자동으로 돌려드립니다.',
    en: 'There is no room for so many points. The payment is being given back automatically.',
  },
  CLAIMED_AMOUNT: {
    ko: '보내신 금액이 결제된 금액과 다릅니다. amount를 빼고 다시 불러 주세요.',
    en: 'The amount you sent is not the amount that was paid. Call again without `amount`.',
  },
  CURRENCY: {
    ko: '원화(KRW) 결제가 아니어서 충전하지 않았습니다. 결제하신 돈은 자동으로 돌려드립니다.',
    en: 'This payment was not made in won (KRW). It is being given back automatically.',
  },
  CHANNEL: {
    ko: '이 서버가 받는 결제 채널(테스트/실연동)이 아닙니다. 고객센터에 문의해 주세요.',
    en: 'This payment came through another channel (test or live) than this server takes. Please contact us.',
  },
  ORDER_ALREADY_PAID: {
    ko: '이 주문은 이미 다른 결제로 충전되었습니다. 나중에 하신 결제는 자동으로 돌려드립니다.',
    en: 'This order was already paid by another payment. This one is being given back automatically.',
  },
};

export class PaymentMismatch extends Refusal {
  readonly code = ErrorCode.PAYMENT_MISMATCH;
  override readonly details: Readonly<Record<string, string>>;

  constructor(readonly reason: MismatchReason) {
    super(MISMATCH_TEXTS[reason]);
    this.details = { reason };
  }
}

export class OrderNotFound extends Refusal {
  readonly code = ErrorCode.ORDER_NOT_FOUND;

  constructor() {
    super({
      ko: '회원님의 주문 가운데 그런 주문이 없습니다.',
      en: 'There is no such order of yours.',
    });
  }
}

/** Nothing was changed: there is no account to close, or to have paid into. */
export class NoDepositAwaited extends Refusal {
  readonly code = ErrorCode.NO_DEPOSIT_AWAITED;
  override readonly details: Readonly<Record<string, string>>;

  constructor(state: PaymentOrderState) {
    super({
      ko: '이 주문에는 입금을 기다리는 가상계좌가 없습니다. 결제하지 않은 주문은 시간이 지나면 저절로 끝납니다.',
      en: 'No virtual account waits for a deposit of this order. An order that is not paid ends by itself.',
    });
    this.details = { state };
  }
}

export class AccountNotClosed extends Refusal {
  readonly code = ErrorCode.ACCOUNT_NOT_CLOSED;
  override readonly details: Readonly<Record<string, string>>;

  /** @param until when the account takes its deposit no more. */
  constructor(until: Date) {
    const inKorea = (locale: string) =>
      until.toLocaleString(locale, { timeZone: 'Asia/Seoul', dateStyle: 'medium', timeStyle: 'short' });
    super({
      ko: `결제사가 이 가상계좌를 닫아 주지 않습니다. 입금하지 않으시면 ${inKorea('ko-KR')}에 저절로 끝납니다.`,
      en: `The payment company does not close this account. Without a deposit it ends by itself at ${inKorea('en-US')} in Korea.`,
    });
    this.details = { until: until.toISOString() };
  }
}
