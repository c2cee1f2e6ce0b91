import type { PaymentMethod } from '../config/payment-methods.js';
import { ErrorCode } from '../refusal/error-code.js';
import { BadUserInput, type Language, Refusal } from '../refusal/refusal.js';
import { type LimitFault, MethodLimit } from './method-limits.js';

export class NotAPackage extends BadUserInput {
  constructor(packages: number[]) {
    const list = packages.map((amount) => amount.toLocaleString('en-US')).join(', ');
    super('amount', {
      ko: `살 수 있는 금액은 ${list}원입니다.`,
      en: `The amounts that can be bought are ${list} won.`,
    });
  }
}

export class PointLimitExceeded extends Refusal {
  readonly code = ErrorCode.POINT_LIMIT_EXCEEDED;

  /** @param details whole won: held now, promised by open orders, and the most that can be held. */
  constructor(
    override readonly details: Readonly<{ point: number; openOrders: number; maxBalance: number }>,
  ) {
    const { point, openOrders, maxBalance } = details;
    const ko = (amount: number) => amount.toLocaleString('ko-KR');
    const en = (amount: number) => amount.toLocaleString('en-US');
    super({
      ko: `포인트는 ${ko(maxBalance)}P까지 가질 수 있습니다. 지금 ${ko(point)}P가 있고, 결제를 기다리는 주문이 ${ko(openOrders)}원입니다.`,
      en: `At most ${en(maxBalance)} points can be held. You have ${en(point)} now, and open orders of ${en(openOrders)} won.`,
    });
  }
}

export class TooManyOpenOrders extends Refusal {
  readonly code = ErrorCode.TOO_MANY_OPEN_ORDERS;
  override readonly details: Readonly<Record<string, number>>;

  constructor(maxOpenOrders: number) {
    super({
      ko: `결제를 기다리는 주문이 이미 ${maxOpenOrders}건입니다. 그중 하나를 결제하거나, 한 시간 뒤에 다시 시도해 주세요.`,
      en: `There are ${maxOpenOrders} open orders already. Pay one of them, or try again in an hour.`,
    });
    this.details = { maxOpenOrders };
  }
}

export class MethodNotOffered extends Refusal {
  readonly code = ErrorCode.METHOD_NOT_OFFERED;
  override readonly details: Readonly<{ offered: PaymentMethod[] }>;

  constructor(offered: PaymentMethod[]) {
    super({
      ko: `이 결제수단은 쓸 수 없습니다. 쓸 수 있는 결제수단: ${offered.join(', ')}`,
      en: `This way to pay is not offered. There are ${offered.join(', ')}.`,
    });
    this.details = { offered };
  }
}

export class MethodLimitExceeded extends Refusal {
  readonly code = ErrorCode.METHOD_LIMIT_EXCEEDED;
  override readonly details: Readonly<LimitFault & { method: PaymentMethod }>;

  constructor(method: PaymentMethod, fault: LimitFault) {
    super(textsOf(method, fault));
    this.details = { ...fault, method };
  }
}

function textsOf(method: PaymentMethod, { limit, max, left }: LimitFault): Record<Language, string> {
  const [koMax, koLeft] = [max, left].map((amount) => amount.toLocaleString('ko-KR'));
  const [enMax, enLeft] = [max, left].map((amount) => amount.toLocaleString('en-US'));
  const texts: Record<MethodLimit, Record<Language, string>> = {
    [MethodLimit.AMOUNT_MIN]: {
      ko: `이 결제수단(${method})은 ${koMax}원부터 결제할 수 있습니다.`,
      en: `At least ${enMax} won can be paid this way (${method}).`,
    },
    [MethodLimit.AMOUNT_MAX]: {
      ko: `이 결제수단(${method})은 한 번에 ${koMax}원까지 결제할 수 있습니다.`,
      en: `At most ${enMax} won can be paid at once this way (${method}).`,
    },
    [MethodLimit.DAY]: {
      ko: `이 결제수단(${method})은 하루에 ${koMax}원까지 결제할 수 있습니다. 오늘은 ${koLeft}원 남았습니다.`,
      en: `At most ${enMax} won can be paid this way (${method}) in one day. ${enLeft} won are left today.`,
    },
    [MethodLimit.MONTH]: {
      ko: `이 결제수단(${method})은 한 달에 ${koMax}원까지 결제할 수 있습니다. 이번 달은 ${koLeft}원 남았습니다.`,
      en: `At most ${enMax} won can be paid this way (${method}) in one month. ${enLeft} won are left this month.`,
    },
  };
  return texts[limit];
}

export class TermsNotAgreed extends Refusal {
  readonly code = ErrorCode.TERMS_NOT_AGREED;
  override readonly details: Readonly<Record<string, string>>;

  /** @param termsVersion the one that the shop has now. */
  constructor(termsVersion: string) {
    super({
      ko: `주문하려면 약관(${termsVersion})에 동의해야 합니다. shop.consent의 내용을 보여 주고 그 버전을 termsVersion으로 보내 주세요.`,
      en: `An order needs the buyer’s consent to the terms ${termsVersion}: show shop.consent and send its version as termsVersion.`,
    });
    this.details = { termsVersion };
  }
}
