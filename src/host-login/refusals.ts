import { ErrorCode } from '../refusal/error-code.js';
import { Refusal } from '../refusal/refusal.js';
import { Unauthenticated } from '../refusal/unauthenticated.js';

/** The shop's login gives no keys, so nobody knows whether a token is good: that is no "no". */
export class LoginUnavailable extends Refusal {
  readonly code = ErrorCode.LOGIN_UNAVAILABLE;
  override readonly retryable = true;

  constructor() {
    super({
      ko: '지금은 로그인을 확인할 수 없습니다. 잠시 후 다시 시도해 주세요.',
      en: 'Your log-in cannot be checked at the moment. Please try again shortly.',
    });
  }
}

export class NoHostToken extends Unauthenticated {
  constructor() {
    super({
      ko: '서비스의 로그인에서 새 토큰을 받아 주세요.',
      en: 'Please get a new token from the log-in of the service.',
    });
  }
}
