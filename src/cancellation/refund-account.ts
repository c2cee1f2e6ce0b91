import { RefundAccountNeed } from '../gateway/pg-rules.js';
import type { Bank, RefundAccount } from '../gateway/virtual-accounts.js';
import { BadUserInput } from '../refusal/refusal.js';

/** As a caller sends it. */
export interface GivenRefundAccount {
  holder: string;
  bank: string;
  number: string;
  phone?: string | null;
}

/** One line of letters, digits and a few signs, as account holders are written. */
const HOLDER = /^[\p{L}\p{N}(][\p{L}\p{M}\p{N} ().,&'-]{0,49}$/u;
const BANK = /^[A-Za-z0-9]{1,8}$/;
const NUMBER = /^\d{6,20}$/;
const PHONE = /^0\d{8,10}$/;
const SHOWN_DIGITS = 3;

/**
 * Checks the form alone; whose account it is, nobody can be asked (PortOne V1 has no call for it any more).
 *
 * @throws {BadUserInput}
 */
export function readRefundAccount({ holder, bank, number, phone }: GivenRefundAccount): RefundAccount {
  const account = {
    holder: holder.normalize('NFC').trim(),
    bank: bank.trim(),
    number: withoutSigns(number),
    phone: phone ? withoutSigns(phone) : null,
  };
  if (!HOLDER.test(account.holder)) {
    throw new BadUserInput('refundAccount.holder', {
      ko: '예금주는 50자 이하의 글자로 적어 주세요.',
      en: 'The holder must be a name of at most 50 characters.',
    });
  }
  if (!BANK.test(account.bank)) throw notABank();
  if (!NUMBER.test(account.number)) {
    throw new BadUserInput('refundAccount.number', {
      ko: '계좌번호는 숫자 6-20자리여야 합니다.',
      en: 'The number of the account must have 6 to 20 digits.',
    });
  }
  if (account.phone !== null && !PHONE.test(account.phone)) throw notAPhone();
  return account;
}

/** @param banks to which the payment company refunds. @throws {BadUserInput} what it needs is missing. */
export function checkRefundAccount(
  { bank, phone }: RefundAccount,
  need: RefundAccountNeed | undefined,
  banks: readonly Bank[],
): void {
  if (!banks.some(({ code }) => code === bank)) throw notABank();
  if (need === RefundAccountNeed.ACCOUNT_AND_PHONE && phone === null) throw notAPhone();
}

/** The bank and the last digits: enough for its owner, and for nobody else. */
export function maskOf({ bank, number }: RefundAccount, banks: readonly Bank[]): string {
  const name = banks.find(({ code }) => code === bank)?.name ?? bank;
  return `${name} ***${number.slice(-SHOWN_DIGITS)}`;
}

function withoutSigns(text: string): string {
  return text.replaceAll(/[\s-]/g, '');
}

function notABank(): BadUserInput {
  return new BadUserInput('refundAccount.bank', {
    ko: '은행은 refundBanks의 code 중 하나여야 합니다.',
    en: 'The bank must be the `code` of one of `refundBanks`.',
  });
}

function notAPhone(): BadUserInput {
  return new BadUserInput('refundAccount.phone', {
    ko: '이 결제사는 예금주의 전화번호가 필요합니다. 0으로 시작하는 숫자 9-11자리로 적어 주세요.',
    en: 'This payment company needs the holder’s telephone number: 9 to 11 digits that begin with 0.',
  });
}
