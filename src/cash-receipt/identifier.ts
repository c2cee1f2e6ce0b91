import {
  type CashReceiptIdentifier,
  CashReceiptIdentifierKind,
  CashReceiptPurpose,
} from '../gateway/cash-receipts.js';
import { BadUserInput } from '../refusal/refusal.js';
import { checkDigitIsRight, hasFormOfRegistrationNumber } from '../shop/registration-number.js';

const PHONE = /^01[016789]\d{7,8}$/;
/** 13 digits would be a resident registration number, which nobody may ask for here. */
const CARD = /^\d{16,19}$/;
const SHOWN_FIRST = 3;
const SHOWN_LAST = 4;

/**
 * Checks the form alone: nobody can be asked whose number it is.
 *
 * @param given digits, with hyphens and blanks at will.
 * @throws {BadUserInput}
 */
export function readIdentifier(purpose: CashReceiptPurpose, given: string): CashReceiptIdentifier {
  const number = given.replaceAll(/[\s-]/g, '');
  if (purpose === CashReceiptPurpose.COMPANY) {
    if (!hasFormOfRegistrationNumber(number) || !checkDigitIsRight(number)) {
      throw new BadUserInput('identifier', {
        ko: '사업자등록번호 10자리를 정확히 적어 주세요.',
        en: 'Send a business registration number of 10 digits.',
      });
    }
    return { kind: CashReceiptIdentifierKind.BUSINESS, number };
  }
  if (PHONE.test(number)) return { kind: CashReceiptIdentifierKind.PHONE, number };
  if (CARD.test(number)) return { kind: CashReceiptIdentifierKind.CARD, number };
  throw new BadUserInput('identifier', {
    ko: '휴대폰 번호나 현금영수증 카드 번호(16-19자리)를 적어 주세요. 주민등록번호는 받지 않습니다.',
    en: 'Send a mobile phone number or the number of a cash receipt card (16 to 19 digits); no resident registration number.',
  });
}

/** Enough for its owner, and for nobody else. */
export function maskOf({ number }: CashReceiptIdentifier): string {
  return `${number.slice(0, SHOWN_FIRST)}-****-${number.slice(-SHOWN_LAST)}`;
}
