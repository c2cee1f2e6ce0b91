import type { LeavingObstacle } from '../user/leaving.js';
import { ErrorCode } from '../refusal/error-code.js';
import { BadUserInput, type Language, Refusal } from '../refusal/refusal.js';
import { Unauthenticated } from '../refusal/unauthenticated.js';

export class EmailTaken extends Refusal {
  readonly code = ErrorCode.EMAIL_TAKEN;

  constructor() {
    super({
      ko: '이미 가입된 이메일입니다. 로그인해 주세요.',
      en: 'This e-mail address already has an account. Please log in.',
    });
  }
}

/** There is no token, or it is not good. */
export class NoAccessToken extends Unauthenticated {
  constructor() {
    super({
      ko: '로그인이 필요합니다. restoreAccessToken 또는 login으로 새 토큰을 받아 주세요.',
      en: 'Please log in: get a new token with restoreAccessToken or login.',
    });
  }
}

/** One answer for an unknown e-mail address and for a wrong password. */
export class WrongCredentials extends Unauthenticated {
  constructor() {
    super({
      ko: '이메일 또는 비밀번호가 맞지 않습니다.',
      en: 'The e-mail address or the password is wrong.',
    });
  }
}

/** Not UNAUTHENTICATED, which means that the token is not good: clients answer that by getting another one. */
export class WrongPassword extends BadUserInput {
  constructor() {
    super('currentPassword', { ko: '지금 비밀번호가 맞지 않습니다.', en: 'The current password is wrong.' });
  }
}

const LEAVING_OBSTACLES: Record<LeavingObstacle, Record<Language, string>> = {
  POINTS: {
    ko: '포인트가 남아 있습니다. 쓰거나 결제를 취소한 뒤 탈퇴할 수 있습니다.',
    en: 'There are points left: spend them, or cancel their payments, before you leave.',
  },
  DEBT: {
    ko: '모자란 포인트가 있습니다. 채운 뒤 탈퇴할 수 있습니다.',
    en: 'The balance is below zero: fill it before you leave.',
  },
  HELD: {
    ko: '진행 중인 취소나 사용이 있습니다. 끝난 뒤 탈퇴할 수 있습니다.',
    en: 'Points are held by something that has not ended: leave when it has.',
  },
  OPEN_ORDER: {
    ko: '아직 결제될 수 있는 주문이 있습니다. 끝나는 데 한 시간 반쯤 걸리며, 입금을 기다리는 주문은 포기할 수 있습니다.',
    en: 'An order can still be paid. It ends within an hour and a half; one that waits for a deposit can be given up.',
  },
  OPEN_CANCELLATION: {
    ko: '환불이 진행 중입니다. 끝난 뒤 탈퇴할 수 있습니다.',
    en: 'Money is on its way back: leave when it has arrived.',
  },
};

export class LeaveNotPossible extends Refusal {
  readonly code = ErrorCode.LEAVE_NOT_POSSIBLE;
  override readonly details: Readonly<Record<string, string>>;

  constructor(reason: LeavingObstacle) {
    super(LEAVING_OBSTACLES[reason]);
    this.details = { reason };
  }
}

export class SessionEnded extends Unauthenticated {
  constructor() {
    super({
      ko: '로그인이 만료되었습니다. 다시 로그인해 주세요.',
      en: 'Your login has ended. Please log in again.',
    });
  }
}
