import { ErrorCode } from './error-code.js';
import { Refusal } from './refusal.js';

/** The caller has not shown who they are. */
export class Unauthenticated extends Refusal {
  readonly code = ErrorCode.UNAUTHENTICATED;

  constructor(
    texts = {
      ko: '로그인이 필요합니다. 새 토큰을 받아 주세요.',
      en: 'Please log in: a new token is needed.',
    },
  ) {
    super(texts);
  }
}
