import { ErrorCode } from './error-code.js';
import { Refusal } from './refusal.js';

/** A limit of calls, of wrong passwords or of work at once; the caller is told when it is over. */
export class TooManyRequests extends Refusal {
  readonly code = ErrorCode.TOO_MANY_REQUESTS;
  override readonly retryable = true;
  override readonly details: Readonly<Record<string, number>>;

  constructor(retryAfterSeconds: number) {
    super({
      ko: `요청이 너무 많습니다. ${retryAfterSeconds}초 뒤에 다시 시도해 주세요.`,
      en: `Too many requests. Please try again in ${retryAfterSeconds} seconds.`,
    });
    this.details = { retryAfterSeconds };
  }
}
