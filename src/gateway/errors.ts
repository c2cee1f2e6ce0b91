import { ErrorCode } from '../refusal/error-code.js';
import { Refusal } from '../refusal/refusal.js';

/**
 * No answer, or none that makes sense: a time-out, a broken connection, a 5xx, a body of another form, or keys that the
 * gateway does not take. What the gateway did is unknown; reading again is safe.
 */
export class GatewayUnavailable extends Refusal {
  readonly code = ErrorCode.GATEWAY_UNAVAILABLE;
  override readonly retryable = true;

  /** @param fault for the log only; it names the call and what went wrong, never a header or a body. */
  constructor(readonly fault: string) {
    super({
      ko: '결제 대행사와 연결이 원활하지 않습니다. 결제는 그대로이니 잠시 후 다시 시도해 주세요.',
      en: 'The payment gateway does not answer properly. Nothing was changed; please try again in a moment.',
    });
  }
}

/** The gateway understood and said no: HTTP 200 with a `code` other than 0, or a 4xx. Asking the same again changes nothing. */
export class GatewayRefused extends Error {
  override readonly name = 'GatewayRefused';

  /** @param gatewayMessage Korean text of the gateway or the PG; never branch on it. */
  constructor(
    readonly call: string,
    readonly httpStatus: number,
    readonly gatewayCode: number,
    readonly gatewayMessage: string,
  ) {
    super(`${call} was refused: HTTP ${httpStatus}, code ${gatewayCode}`);
  }
}
