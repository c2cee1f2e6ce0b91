import { describe, expect, test } from '@jest/globals';
import { understandNotice } from './notice.js';

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };
const FORM_HEADERS = { 'content-type': 'application/x-www-form-urlencoded' };
const asJson = (body: unknown) => ({ headers: JSON_HEADERS, rawBody: JSON.stringify(body) });

const PAYMENT_ID = 'imp_123456789012';

describe('a notice as the gateway sends it', () => {
  test('is read with the words of this house', () => {
    const body = {
      imp_uid: PAYMENT_ID,
      merchant_uid: 'pt01ABC',
      status: 'cancelled',
      cancellation_id: 'c1',
      another: [1],
    };

    const read = {
      paymentId: PAYMENT_ID,
      merchantUid: 'pt01ABC',
      state: 'CANCELLED',
      cancellationKey: 'c1',
    };
    expect(understandNotice(asJson(body))).toEqual(read);
    const form = new URLSearchParams({ ...body, another: '1' });
    expect(understandNotice({ headers: FORM_HEADERS, rawBody: String(form) })).toEqual(read);
  });

  test('needs nothing but a payment, and what it says otherwise is left out', () => {
    const nothing = { merchantUid: undefined, state: undefined, cancellationKey: undefined };
    for (const more of [
      {},
      { status: 'pending', merchant_uid: 1, cancellation_id: ['c1'] },
      { status: null },
    ]) {
      expect(understandNotice(asJson({ imp_uid: PAYMENT_ID, ...more }))).toEqual({
        paymentId: PAYMENT_ID,
        ...nothing,
      });
    }
  });

  test.each(['', '{', 'imp_uid', `imp_uid=${PAYMENT_ID}`])(
    'is not understood when its text is %j',
    (rawBody) => {
      expect(understandNotice({ headers: JSON_HEADERS, rawBody })).toEqual({ fault: 'imp_uid is missing' });
    },
  );

  test.each([
    null,
    '',
    PAYMENT_ID,
    [PAYMENT_ID],
    {},
    { imp_uid: 123456789012 },
    { imp_uid: [PAYMENT_ID] },
    { imp_uid: 'imp_1/../../users/getToken' },
  ])('is not understood when it is %j', (body) => {
    expect(understandNotice(asJson(body))).toEqual({ fault: 'imp_uid is missing' });
  });
});
