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
const OPTIONAL: Record<string, unknown> = {
  paid_at: 1_700_000_000,
  pay_method: 'vbank',
  pg_provider: 'html5_inicis',
  receipt_url: 'https://pg.example/receipts/1',
  failed_at: 1_700_000_001,
  fail_reason: '한도 초과',
  vbank_date: 1_700_000_002,
};

describe('a payment as the gateway sends it', () => {
  test('is read with the words and units of this house', () => {
    expect(toPayment({ ...REQUIRED, ...OPTIONAL })).toEqual({
      gateway: 'iamport',
      paymentId: 'imp_123456789012',
      merchantUid: 'pt01ABC',
      state: 'PAID',
      amount: 10_000,
      cancelledAmount: 0,
      currency: 'KRW',
      isTest: false,
      method: 'vbank',
      pg: 'html5_inicis',
      receiptUrl: 'https://pg.example/receipts/1',
      paidAt: new Date('2023-11-14T22:13:20.000Z'),
      failedAt: new Date('2023-11-14T22:13:21.000Z'),
      failReason: '한도 초과',
      dueAt: new Date('2023-11-14T22:13:22.000Z'),
      cancellations: [],
    });
  });

  test.each([
    ['ready', 'READY'],
    ['paid', 'PAID'],
    ['cancelled', 'CANCELLED'],
    ['failed', 'FAILED'],
  ])('that is %s is %s here', (status, state) => {
    expect(toPayment({ ...REQUIRED, status })?.state).toBe(state);
  });

  test.each(['pending', 'PAID', 'Paid', ' paid', '', '__proto__'])(
    'has no money for a word that we do not know, such as %j',
    (status) => {
      expect(toPayment({ ...REQUIRED, status })?.state).toBe('READY');
    },
  );

  test.each<[string, unknown[]]>([
    ['pay_method', [undefined, null, '', 0, {}]],
    ['pg_provider', [undefined, null, '', 0, []]],
    ['receipt_url', [undefined, null, '', 'receipt', 'javascript:alert(1)', 'ftp://pg.example/1', 1]],
    ['failed_at', [undefined, null, 0, -1, Number.NaN, 1e300, '1700000000', {}]],
    ['fail_reason', [undefined, null, '', 1, true]],
    ['vbank_date', [undefined, null, 0, -1, Number.POSITIVE_INFINITY, '2023-11-14']],
  ])('can be read without %s, and with an odd one', (field, values) => {
    const { [field]: _, ...others } = OPTIONAL;
    const without = toPayment({ ...REQUIRED, ...others });
    expect(without).toBeDefined();
    for (const value of values) {
      expect(toPayment({ ...REQUIRED, ...others, [field]: value })).toEqual(without);
    }
  });

  test('may have any other fields, which are left out', () => {
    const known = toPayment(REQUIRED);
    const others = fc
      .dictionary(fc.string({ minLength: 1 }), fc.jsonValue())
      .filter((more) => Object.keys(more).every((name) => !(name in REQUIRED) && !(name in OPTIONAL)));

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
    expect(toPayment({ ...REQUIRED, sandbox })).toMatchObject({ isTest: undefined });
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

describe('a card', () => {
  const numberOf = (card_number: unknown) => toPayment({ ...REQUIRED, card_number })?.card?.number;

  test.each(['910020*********1', '9100-20**-****-***1', '123456******7890'])(
    'is shown as the gateway hides it: %s',
    (hidden) => {
      expect(numberOf(hidden)).toBe(hidden);
    },
  );

  test.each(['4000123456789017', '4000-1234-5678-9017', '400012345678901*'])(
    'that the gateway does not hide is hidden: %s',
    (whole) => {
      expect(numberOf(whole)).toMatch(/^\*{4}\d{4}$/);
    },
  );

  test('is left out where the gateway tells nothing of it', () => {
    expect(toPayment({ ...REQUIRED, card_name: null, card_number: '' })).not.toHaveProperty('card');
  });
});
