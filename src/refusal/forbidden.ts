import { ErrorCode } from './error-code.js';
import { Refusal } from './refusal.js';

/** The caller is known but may not see this. */
export class Forbidden extends Refusal {
  readonly code = ErrorCode.FORBIDDEN;

  constructor(texts = { ko: '운영자만 볼 수 있습니다.', en: 'This is for operators only.' }) {
    super(texts);
  }
}
