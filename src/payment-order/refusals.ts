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
  override readonly details: Readonly<Record<string, number>>;

  constructor(point: number, maxBalance: number) {
    super({
      ko: `포인트는 ${maxBalance.toLocaleString('ko-KR')}P까지 가질 수 있습니다. 지금 ${point.toLocaleString('ko-KR')}P가 있습니다.`,
      en: `At most ${maxBalance.toLocaleString('en-US')} points can be held. You have ${point.toLocaleString('en-US')} now.`,
    });
    this.details = { point, maxBalance };
  }
}
