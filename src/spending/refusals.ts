import { ErrorCode } from '../refusal/error-code.js';
import { Refusal } from '../refusal/refusal.js';
import type { HoldState } from './hold.entity.js';

const points = (amount: number, locale: string) => amount.toLocaleString(locale);

export class NotEnoughPoints extends Refusal {
  readonly code = ErrorCode.INSUFFICIENT_POINT;
  override readonly details: Readonly<Record<string, number>>;

  /** @param available whole points that can be spent now; below zero in debt. */
  constructor(available: number, needed: number) {
    super({
      ko: `포인트가 모자랍니다. ${points(needed, 'ko-KR')}P가 필요한데 쓸 수 있는 포인트는 ${points(available, 'ko-KR')}P입니다.`,
      en: `Not enough points: ${points(needed, 'en-US')} are needed and ${points(available, 'en-US')} can be spent.`,
    });
    this.details = { available, needed };
  }
}

export class KeyReused extends Refusal {
  readonly code = ErrorCode.IDEMPOTENCY_KEY_REUSED;

  constructor() {
    super({
      ko: '같은 idempotencyKey로 다른 내용을 요청했습니다. 새 요청에는 새 키를 써 주세요.',
      en: 'This idempotencyKey was used for another request. Use a new key for a new request.',
    });
  }
}

export class OwnerNotFound extends Refusal {
  readonly code = ErrorCode.OWNER_NOT_FOUND;

  constructor() {
    super({
      ko: '그런 회원이 없습니다. ownerId를 확인해 주세요.',
      en: 'There is nobody with this ownerId. Check it.',
    });
  }
}

export class SpendNotFound extends Refusal {
  readonly code = ErrorCode.SPEND_NOT_FOUND;

  constructor() {
    super({ ko: '그런 포인트 사용이 없습니다.', en: 'There is no such spend.' });
  }
}

export class SpendAmountExceeded extends Refusal {
  readonly code = ErrorCode.CANCEL_AMOUNT_EXCEEDED;
  override readonly details: Readonly<Record<string, number>>;

  /** @param left whole points of the spend that did not come back yet. */
  constructor(left: number) {
    super(
      left > 0
        ? {
            ko: `이 사용에서 되돌릴 수 있는 포인트는 ${points(left, 'ko-KR')}P입니다.`,
            en: `Only ${points(left, 'en-US')} points of this spend can be given back.`,
          }
        : { ko: '이미 모두 되돌린 사용입니다.', en: 'All of this spend was given back already.' },
    );
    this.details = { left };
  }
}

export class HoldNotFound extends Refusal {
  readonly code = ErrorCode.HOLD_NOT_FOUND;

  constructor() {
    super({ ko: '그런 포인트 예약이 없습니다.', en: 'There is no such hold.' });
  }
}

export class HoldEnded extends Refusal {
  readonly code = ErrorCode.HOLD_ENDED;
  override readonly details: Readonly<Record<string, string | number>>;

  /** @param confirmedAmount whole points that were spent of it. */
  constructor(state: HoldState, confirmedAmount: number | null) {
    super({
      ko: '이미 끝난 포인트 예약입니다. 필요하면 새로 예약해 주세요.',
      en: 'This hold has ended already. Make a new one if points are still needed.',
    });
    this.details = confirmedAmount === null ? { state } : { state, confirmedAmount };
  }
}

export class HoldAmountExceeded extends Refusal {
  readonly code = ErrorCode.HOLD_AMOUNT_EXCEEDED;
  override readonly details: Readonly<Record<string, number>>;

  constructor(held: number) {
    super({
      ko: `예약한 ${points(held, 'ko-KR')}P보다 많이 쓸 수 없습니다.`,
      en: `No more than the ${points(held, 'en-US')} points of the hold can be spent.`,
    });
    this.details = { held };
  }
}
