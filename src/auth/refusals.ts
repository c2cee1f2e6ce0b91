import { ErrorCode } from '../refusal/error-code.js';
import { Refusal } from '../refusal/refusal.js';
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

/** One answer for an unknown e-mail address and for a wrong password. */
export class WrongCredentials extends Unauthenticated {
  constructor() {
    super({
      ko: '이메일 또는 비밀번호가 맞지 않습니다.',
      en: 'The e-mail address or the password is wrong.',
    });
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
