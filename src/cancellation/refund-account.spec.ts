import { describe, expect, test } from '@jest/globals';
import { RefundAccountNeed } from '../gateway/pg-rules.js';
import { BadUserInput } from '../refusal/refusal.js';
import { checkRefundAccount, maskOf, readRefundAccount, type GivenRefundAccount } from './refund-account.js';

const WISH: GivenRefundAccount = { holder: '김포인트', bank: '04', number: '123-456789-01-234' };
const BANKS = [{ code: '04', name: 'KB국민은행' }];

function wrongField(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof BadUserInput) return error.details.field;
    throw error;
  }
}
const wrongIn = (changed: Partial<GivenRefundAccount>) =>
  wrongField(() => readRefundAccount({ ...WISH, ...changed }));

describe('an account for a refund', () => {
  test('is taken as people write it', () => {
    expect(readRefundAccount({ ...WISH, holder: ' 김포인트 ', phone: '010-1234-5678' })).toEqual({
      holder: '김포인트',
      bank: '04',
      number: '12345678901234',
      phone: '01012345678',
    });
    expect(readRefundAccount(WISH).phone).toBeNull();
    for (const holder of ['(주)포인트', "O'Neil", '주식회사 A&B', '가'.repeat(50)]) {
      expect(wrongIn({ holder })).toBeUndefined();
    }
  });

  test('names what is wrong with it', () => {
    for (const holder of ['', ' ', '가'.repeat(51), 'a\nb', '<b>'])
      expect(wrongIn({ holder })).toBe('refundAccount.holder');
    for (const bank of ['', '국민', '04;', '123456789']) expect(wrongIn({ bank })).toBe('refundAccount.bank');
    for (const number of ['', '12345', '1'.repeat(21), '12345a7', '１２３４５６７'])
      expect(wrongIn({ number })).toBe('refundAccount.number');
    for (const phone of ['12345678901', '010', 'abc']) expect(wrongIn({ phone })).toBe('refundAccount.phone');
  });

  test('is at a bank to which the payment company refunds, with a telephone where it needs one', () => {
    const account = readRefundAccount(WISH);
    const check = (bank: string, need: RefundAccountNeed) =>
      wrongField(() => checkRefundAccount({ ...account, bank }, need, BANKS));

    expect(check('04', RefundAccountNeed.ACCOUNT)).toBeUndefined();
    expect(check('99', RefundAccountNeed.ACCOUNT)).toBe('refundAccount.bank');
    expect(check('04', RefundAccountNeed.ACCOUNT_AND_PHONE)).toBe('refundAccount.phone');
  });

  test('is shown by its bank and last digits', () => {
    expect(maskOf(readRefundAccount(WISH), BANKS)).toBe('KB국민은행 ***234');
  });
});
