import { describe, expect, test } from '@jest/globals';
import { understandNotice } from './notice.js';

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

    expect(understandNotice({ body })).toEqual({
      paymentId: PAYMENT_ID,
      merchantUid: 'pt01ABC',
      state: 'CANCELLED',
      cancellationKey: 'c1',
    });
  });

  test('needs nothing but a payment, and what it says otherwise is left out', () => {
    const nothing = { merchantUid: undefined, state: undefined, cancellationKey: undefined };
    for (const more of [
      {},
      { status: 'pending', merchant_uid: 1, cancellation_id: ['c1'] },
      { status: null },
    ]) {
      expect(understandNotice({ body: { imp_uid: PAYMENT_ID, ...more } })).toEqual({
        paymentId: PAYMENT_ID,
        ...nothing,
      });
    }
  });

  test.each([
    undefined,
    null,
    '',
    PAYMENT_ID,
    [PAYMENT_ID],
    {},
    { imp_uid: 123456789012 },
    { imp_uid: [PAYMENT_ID] },
    { imp_uid: 'imp_1/../../users/getToken' },
  ])('is not understood when it is %j', (body) => {
    expect(understandNotice({ body })).toEqual({ fault: 'imp_uid is missing' });
  });
});
