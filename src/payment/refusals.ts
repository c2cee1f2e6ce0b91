import { ErrorCode } from '../refusal/error-code.js';
import { BadUserInput, Refusal } from '../refusal/refusal.js';

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
