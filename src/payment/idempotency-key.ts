import { BadUserInput } from '../refusal/refusal.js';
import { IDEMPOTENCY_KEY_MAX_LENGTH } from './cancellation.entity.js';

/**
 * Printable ASCII, no blank at either end: nobody sees such a blank, and it would make another key. The key's length is
 * the same in characters and bytes.
 */
const IDEMPOTENCY_KEY = /^[!-~](?:[ -~]*[!-~])?$/;

/** @throws {BadUserInput} */
export function checkIdempotencyKey(text: string): void {
  if (text.length <= IDEMPOTENCY_KEY_MAX_LENGTH && IDEMPOTENCY_KEY.test(text)) return;
  throw new BadUserInput('idempotencyKey', {
    ko: `idempotencyKey는 영문자, 숫자, 기호로 1자 이상 ${IDEMPOTENCY_KEY_MAX_LENGTH}자 이하여야 하며, 공백으로 시작하거나 끝날 수 없습니다.`,
    en: `The idempotencyKey must have 1 to ${IDEMPOTENCY_KEY_MAX_LENGTH} printable ASCII characters and no blank at its beginning or end.`,
  });
}
