import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type GatewayPayment, GatewayPaymentState } from '../gateway/gateway-payment.js';
import { isPossible, knownAfter } from '../payment/known-payment.js';
import { PaymentMismatch, PaymentNotPaid } from './refusals.js';
import { claimMismatch, ownCancellation, type Worth, worthOf } from './rules.js';

const ORDER_AMOUNT = 10_000;
const { READY, CANCELLED, FAILED } = GatewayPaymentState;
const PAID: GatewayPayment = {
  gateway: 'some-gateway',
  paymentId: 'payment-1',
  merchantUid: 'pt01ABC',
  state: GatewayPaymentState.PAID,
  amount: ORDER_AMOUNT,
  cancelledAmount: 0,
  currency: 'KRW',
  isTest: false,
  method: 'card',
  pg: null,
  receiptUrl: null,
  paidAt: new Date('2026-11-22T00:00:00Z'),
  failedAt: null,
  failReason: null,
  dueAt: null,
  cancellations: [],
};

const ORDER = {
  merchantUid: PAID.merchantUid,
  ownerId: 'owner',
  amount: PAID.amount,
  taxFree: null,
  vat: null,
};

/** What becomes of a gateway's answer about a payment that was not known before. */
function worthOfAnswer(
  answer: GatewayPayment,
  orderAmount: number,
  expectsTestPayments: boolean,
  balance = 0,
): Worth | 'not believed' {
  if (!isPossible(answer)) return 'not believed';
  const payment = knownAfter(null, answer, ORDER, new Date());
  return worthOf(payment, orderAmount, expectsTestPayments, balance);
}

/** What a live server makes of a payment: points, or the class and reason of the refusal. */
function outcome(changed: Partial<GatewayPayment>, expectsTestPayments = false, balance = 0): unknown {
  const worth = worthOfAnswer({ ...PAID, ...changed }, ORDER_AMOUNT, expectsTestPayments, balance);
  if (worth === 'not believed') return worth;
  if ('points' in worth) return worth.points;
  const { refusal } = worth;
  return `${refusal instanceof PaymentNotPaid ? 'not paid' : 'mismatch'}: ${refusal.reason}`;
}

describe('the points that a payment is worth', () => {
  test.each<[string, Partial<GatewayPayment>, unknown]>([
    ['paid in full', {}, 10_000],
    ['paid, and cancelled in part but still called paid', { cancelledAmount: 3000 }, 7000],
    ['paid, and cancelled in part and called cancelled', { state: CANCELLED, cancelledAmount: 3000 }, 7000],
    ['cancelled but for one won', { state: CANCELLED, cancelledAmount: 9999 }, 1],
    ['cancelled by one won', { cancelledAmount: 1 }, 9999],
    ['called cancelled although nothing is', { state: CANCELLED }, 10_000],
  ])('are what is left of one that is %s', (_, changed, points) => {
    expect(outcome(changed)).toBe(points);
  });

  test.each<[string, Partial<GatewayPayment>, string]>([
    ['opened and not concluded', { state: READY }, 'not paid: READY'],
    ['failed', { state: FAILED }, 'not paid: FAILED'],
    [
      'a virtual account that was closed before its deposit',
      { state: CANCELLED, paidAt: null },
      'not paid: FAILED',
    ],
    ['cancelled in full', { state: CANCELLED, cancelledAmount: 10_000 }, 'not paid: CANCELLED'],
    ['cancelled in full but still called paid', { cancelledAmount: 10_000 }, 'not paid: CANCELLED'],
    ['one won too small', { amount: 9999 }, 'mismatch: AMOUNT'],
    ['one won too large', { amount: 10_001 }, 'mismatch: AMOUNT'],
    ['of nothing', { amount: 0 }, 'mismatch: AMOUNT'],
    ['negative', { amount: -10_000 }, 'not believed'],
    ['cancelled by more than was paid', { cancelledAmount: 10_001 }, 'not believed'],
    ['cancelled by less than nothing', { cancelledAmount: -1 }, 'not believed'],
    ['cancelled by half a won', { cancelledAmount: 0.5 }, 'not believed'],
    ['in dollars', { currency: 'USD' }, 'mismatch: CURRENCY'],
    ['in small letters', { currency: 'krw' }, 'mismatch: CURRENCY'],
    ['without a currency', { currency: '' }, 'mismatch: CURRENCY'],
    ['of a test channel', { isTest: true }, 'mismatch: CHANNEL'],
    ['of a channel that the gateway does not tell', { isTest: undefined }, 'mismatch: CHANNEL'],
  ])('are none for one that is %s', (_, changed, refusal) => {
    expect(outcome(changed)).toBe(refusal);
  });

  test.each<[boolean | undefined, unknown]>([
    [true, 10_000],
    [false, 'mismatch: CHANNEL'],
    [undefined, 'mismatch: CHANNEL'],
  ])('in test mode are only given for a test payment (isTest: %s)', (isTest, expected) => {
    expect(outcome({ isTest }, true)).toEqual(expected);
  });

  test('are only given when the balance has room for them', () => {
    const room = 2 ** 31 - 1 - ORDER_AMOUNT;

    expect(outcome({}, false, room)).toBe(ORDER_AMOUNT);
    expect(outcome({}, false, room + 1)).toBe('mismatch: BALANCE_FULL');
  });

  test('may come later only for a payment that is not finished', () => {
    const retryable = (['READY', 'FAILED', 'CANCELLED'] as const).map(
      (reason) => new PaymentNotPaid(reason).retryable,
    );

    expect(retryable).toEqual([true, false, false]);
    expect(new PaymentMismatch('AMOUNT').retryable).toBe(false);
  });

  describe('for any payment', () => {
    const money = fc.oneof(
      { weight: 1, arbitrary: fc.integer({ min: -10, max: 20_000 }) },
      { weight: 1, arbitrary: fc.constantFrom(0, 1, 0.5, 2 ** 31, Number.MAX_SAFE_INTEGER) },
      { weight: 3, arbitrary: fc.constant(ORDER_AMOUNT) },
    );
    const changed = fc.record({
      state: fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom(GatewayPaymentState.PAID, CANCELLED) },
        { weight: 1, arbitrary: fc.constantFrom(READY, FAILED) },
      ),
      amount: money,
      cancelledAmount: fc.oneof(money, fc.integer({ min: 0, max: ORDER_AMOUNT })),
      currency: fc.constantFrom('KRW', 'KRW', 'KRW', 'USD', 'krw', ''),
      isTest: fc.constantFrom(true, false, undefined),
      paidAt: fc.constantFrom(PAID.paidAt, null),
    });
    const payment = changed.map((fields): GatewayPayment => ({ ...PAID, ...fields }));

    test('are whole, at least 1 and never more than what is still paid, and only for what was asked', () => {
      let credited = 0;
      let refused = 0;
      fc.assert(
        fc.property(payment, money, fc.boolean(), (paid, orderAmount, expectsTestPayments) => {
          const worth = worthOfAnswer(paid, orderAmount, expectsTestPayments);
          if (worth === 'not believed' || 'refusal' in worth) {
            refused += 1;
            return;
          }
          const { points } = worth;
          credited += 1;
          expect(Number.isInteger(points)).toBe(true);
          expect(points).toBeGreaterThanOrEqual(1);
          expect(points).toBe(paid.amount - paid.cancelledAmount);
          expect(points).toBeLessThanOrEqual(orderAmount);
          expect(paid.amount).toBe(orderAmount);
          expect(paid.cancelledAmount).toBeGreaterThanOrEqual(0);
          expect([GatewayPaymentState.PAID, CANCELLED]).toContain(paid.state);
          expect(paid.currency).toBe('KRW');
          expect(paid.isTest).toBe(expectsTestPayments);
        }),
        { numRuns: 4000 },
      );
      expect(credited).toBeGreaterThan(40);
      expect(refused).toBeGreaterThan(1000);
    });
  });
});

describe('the amount that a caller claims', () => {
  test('is not needed', () => {
    expect(claimMismatch(undefined, ORDER_AMOUNT)).toBeUndefined();
  });

  test('may be the amount of the order', () => {
    expect(claimMismatch(ORDER_AMOUNT, ORDER_AMOUNT)).toBeUndefined();
  });

  test.each([0, -1, -ORDER_AMOUNT, ORDER_AMOUNT - 1, ORDER_AMOUNT + 1, 1_000_000])(
    'is refused when it is %d',
    (claimed) => {
      expect(claimMismatch(claimed, ORDER_AMOUNT)).toMatchObject({ reason: 'CLAIMED_AMOUNT' });
    },
  );
});

describe('a cancellation of ours whose reason the gateway did not keep', () => {
  const ASKED_AT = new Date('2026-11-22T10:00:00.600Z');
  const OWN = {
    id: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    amount: 4_000,
    checksum: ORDER_AMOUNT,
    requestedAt: ASKED_AT,
  };
  const HEARD_NOTHING = { ...OWN, refusal: null };
  const HEARD_NO = { ...OWN, refusal: '취소할 수 없습니다' };

  /** Whether the one entry of the payment, so many seconds after ours was asked for, is taken for its end. */
  const isOwn = (
    own: typeof HEARD_NOTHING | typeof HEARD_NO,
    afterSeconds: number,
    changed: Partial<{ amount: number; reason: string }> = {},
  ) => {
    const cancelledAt = new Date(Math.floor(ASKED_AT.getTime() / 1000) * 1000 + afterSeconds * 1000);
    const entry = { key: 'c1', amount: 4_000, reason: '고객 취소', cancelledAt, ...changed };
    return ownCancellation(own, { amount: ORDER_AMOUNT, cancellations: [entry] }, [entry], false) === entry;
  };

  test('is known by its amount and by what was left', () => {
    expect(isOwn(HEARD_NOTHING, 1)).toBe(true);
    expect(isOwn(HEARD_NO, 1)).toBe(true);
    expect(isOwn(HEARD_NOTHING, 1, { amount: 3_999 })).toBe(false);
    expect(isOwn({ ...HEARD_NOTHING, checksum: 9_000 }, 1)).toBe(false);
    expect(isOwn(HEARD_NOTHING, 1, { reason: '01ARZ3NDEKTSV4RRFFQ69G5FAW another of ours' })).toBe(false);
  });

  test('is not one that was there before: that one was made in the console, and ours cannot be carried out after it', () => {
    expect([0, -1].map((seconds) => isOwn(HEARD_NO, seconds))).toEqual([true, false]);
  });

  test('may be one that looks up to two seconds older, when there was no answer and clocks differ', () => {
    expect([0, -1, -2, -3, -60].map((seconds) => isOwn(HEARD_NOTHING, seconds))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
