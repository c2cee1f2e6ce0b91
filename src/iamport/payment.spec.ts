import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toPayment } from './payment.js';

/** The fields that the gateway's schema requires. */
const REQUIRED = {
  imp_uid: 'imp_123456789012',
  merchant_uid: 'pt01ABC',
  status: 'paid',
  amount: 10_000,
  cancel_amount: 0,
  currency: 'KRW',
  sandbox: false,
};
const PAID_AT = 1_700_000_000;

describe('a payment as the gateway sends it', () => {
  test('is read with the words and units of this house', () => {
    expect(toPayment({ ...REQUIRED, paid_at: PAID_AT })).toEqual({
      impUid: 'imp_123456789012',
      merchantUid: 'pt01ABC',
      status: 'paid',
      amount: 10_000,
      cancelAmount: 0,
      currency: 'KRW',
      sandbox: false,
      paidAt: new Date('2023-11-14T22:13:20.000Z'),
      cancelHistory: [],
    });
  });

  test('may have any other fields, which are left out', () => {
    const known = toPayment(REQUIRED);
    const others = fc
      .dictionary(fc.string({ minLength: 1 }), fc.jsonValue())
      .filter((more) => Object.keys(more).every((name) => !(name in REQUIRED) && name !== 'paid_at'));

    fc.assert(
      fc.property(others, (more) => {
        expect(toPayment({ ...more, ...REQUIRED })).toEqual(known);
      }),
    );
  });

  test.each([
    ['not there', undefined],
    ['null', null],
    ['0, as the gateway writes "never"', 0],
  ])('was never paid when paid_at is %s', (_, paid_at) => {
    expect(toPayment({ ...REQUIRED, paid_at })?.paidAt).toBeNull();
  });

  test.each([
    ['not there', undefined],
    ['null', null],
  ])('tells nothing of its channel when sandbox is %s', (_, sandbox) => {
    expect(toPayment({ ...REQUIRED, sandbox })).toMatchObject({ sandbox: undefined });
  });

  test.each(['imp_uid', 'merchant_uid', 'status', 'amount', 'cancel_amount', 'currency'])(
    'is nothing that can be used without %s',
    (field) => {
      expect(toPayment({ ...REQUIRED, [field]: undefined })).toBeUndefined();
      expect(toPayment({ ...REQUIRED, [field]: null })).toBeUndefined();
    },
  );

  test.each([
    ['an amount in quotes', { amount: '10000' }],
    ['a cancelled amount in quotes', { cancel_amount: '0' }],
    ['a number as id', { imp_uid: 123456789012 }],
    ['a word for the channel', { sandbox: 'false' }],
    ['a number for the channel', { sandbox: 0 }],
    ['an amount that is no number', { amount: Number.NaN }],
    ['an endless amount', { amount: Number.POSITIVE_INFINITY }],
  ])('is nothing that can be used with %s', (_, wrong) => {
    expect(toPayment({ ...REQUIRED, ...wrong })).toBeUndefined();
  });

  test.each([
    ['null', null],
    ['nothing', undefined],
    ['a text', 'paid'],
    ['a list', [REQUIRED]],
    ['an empty object', {}],
  ])('is nothing that can be used when it is %s', (_, wire) => {
    expect(toPayment(wire)).toBeUndefined();
  });
});
