import * as z from 'zod';
import { BadUserInput } from '../refusal/refusal.js';
import { EMAIL_MAX_LENGTH, NAME_MAX_LENGTH } from '../user/user.entity.js';

const PASSWORD_MIN_LENGTH = 8;
/** Long enough for a passphrase, short enough that hashing it costs nothing extra. */
const PASSWORD_MAX_LENGTH = 128;

const emailForm = z.email();
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/;

/** E-mail addresses are kept and compared in lower case. */
export function normalizedEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** @throws {BadUserInput} naming the first field that does not fit. */
export function checkSignUp(input: { email: string; password: string; name: string }): void {
  if (input.email.length > EMAIL_MAX_LENGTH || !emailForm.safeParse(input.email).success) {
    throw new BadUserInput('email', {
      ko: '이메일 주소의 형식이 맞지 않습니다.',
      en: 'This is not an e-mail address.',
    });
  }
  checkPassword('password', input.password);
  if (input.name.length < 1 || input.name.length > NAME_MAX_LENGTH || CONTROL_CHARACTER.test(input.name)) {
    throw new BadUserInput('name', {
      ko: `이름은 1자 이상 ${NAME_MAX_LENGTH}자 이하여야 합니다.`,
      en: `The name must have 1 to ${NAME_MAX_LENGTH} characters.`,
    });
  }
}

/** @param field the argument that it came by. @throws {BadUserInput} */
export function checkPassword(field: string, password: string): void {
  if (password.length >= PASSWORD_MIN_LENGTH && password.length <= PASSWORD_MAX_LENGTH) return;
  throw new BadUserInput(field, {
    ko: `비밀번호는 ${PASSWORD_MIN_LENGTH}자 이상 ${PASSWORD_MAX_LENGTH}자 이하여야 합니다.`,
    en: `The password must have ${PASSWORD_MIN_LENGTH} to ${PASSWORD_MAX_LENGTH} characters.`,
  });
}
