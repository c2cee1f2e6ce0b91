import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type GatewayCancellation,
  type GatewayPayment,
  GatewayPaymentState,
} from '../gateway/gateway-payment.js';
import { isPossible, knownAfter } from '../payment/known-payment.js';
import { cancellationsToPost, moneyLeft } from './rules.js';

const { READY, CANCELLED, FAILED } = GatewayPaymentState;
const PAID: GatewayPayment = {
  gateway: 'some-gateway',
  paymentId: 'payment-1',
  merchantUid: 'pt01ABC',
  state: GatewayPaymentState.PAID,
  amount: 10_000,
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

type Told = Pick<GatewayPayment, 'cancelledAmount' | 'cancellations'>;

const entry = (key: string, amount: number): GatewayCancellation => ({
  key,
  amount,
  reason: `reason of ${key}`,
  cancelledAt: new Date(0),
});

const told = (...entries: GatewayCancellation[]): Told => ({
  cancelledAmount: entries.reduce((sum, { amount }) => sum + amount, 0),
  cancellations: entries,
});

const namesAndAmounts = (payment: Told, booked: Record<string, number> = {}, beforeCredit = 0) =>
  cancellationsToPost(payment, new Map(Object.entries(booked)), beforeCredit).map(
    ({ key, amount }) => `${key} ${amount}`,
  );

describe('the cancellations to post', () => {
  test('are those of the history that are not in the books, oldest first, with their names', () => {
    const payment = told(entry('a', 1_000), entry('b', 2_000), entry('c', 3_000));

    expect(cancellationsToPost(payment, new Map([['b', 2_000]]), 0)).toEqual([
      { key: 'a', amount: 1_000 },
      { key: 'c', amount: 3_000 },
    ]);
  });

  test('are none when nothing was cancelled or all of it is in the books', () => {
    expect(namesAndAmounts(told())).toEqual([]);
    expect(namesAndAmounts(told(entry('a', 1_000)), { a: 1_000 })).toEqual([]);
  });

  test('leave out what was cancelled before the credit', () => {
    const payment = told(entry('a', 1_000), entry('b', 2_000), entry('c', 3_000));
    expect(namesAndAmounts(payment, {}, 3_000)).toEqual(['c 3000']);
    expect(namesAndAmounts(payment, {}, 6_000)).toEqual([]);
    expect(namesAndAmounts(payment, { c: 3_000 }, 3_000)).toEqual([]);
  });

  test('take the name of the sum for a part that the history does not tell of', () => {
    expect(namesAndAmounts({ cancelledAmount: 5_000, cancellations: [] })).toEqual(['total:5000 5000']);
    expect(namesAndAmounts({ cancelledAmount: 5_000, cancellations: [entry('a', 2_000)] })).toEqual([
      'a 2000',
      'total:5000 3000',
    ]);
  });

  test('are never more than the sum, whatever the history tells', () => {
    const payment = { cancelledAmount: 1_000, cancellations: [entry('a', 1_000), entry('b', 9_000)] };
    expect(namesAndAmounts(payment)).toEqual(['a 1000']);
    expect(namesAndAmounts({ cancelledAmount: 0, cancellations: [entry('a', 1_000)] })).toEqual([]);
  });

  test('do not appear again under their own name when they were posted under that of the sum', () => {
    const payment = told(entry('a', 2_000), entry('b', 3_000));
    expect(namesAndAmounts(payment, { 'total:5000': 5_000 })).toEqual([]);
    expect(namesAndAmounts(payment, { a: 2_000, 'total:5000': 3_000 })).toEqual([]);
  });

  describe('for any payment', () => {
    /** A history of which some is told, after which some is posted; sums are what the gateway cancelled. */
    const history = fc.record({
      amounts: fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 8 }),
      isTold: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
      creditedAfter: fc.nat({ max: 8 }),
      looks: fc.array(fc.nat({ max: 8 }), { maxLength: 4 }),
    });
    const sumOf = (amounts: number[]) => amounts.reduce((sum, amount) => sum + amount, 0);

    test('they make the books equal to what was cancelled since the credit, in whatever steps we look', () => {
      fc.assert(
        fc.property(history, ({ amounts, isTold, creditedAfter, looks }) => {
          const beforeCredit = sumOf(amounts.slice(0, creditedAfter));
          const booked = new Map<string, number>();
          const steps = [...looks, amounts.length].map((step) => Math.min(amounts.length, step));
          for (const step of steps.toSorted((first, second) => first - second)) {
            if (step < Math.min(creditedAfter, amounts.length)) continue;
            const payment = {
              cancelledAmount: sumOf(amounts.slice(0, step)),
              cancellations: amounts
                .slice(0, step)
                .map((amount, index) => entry(`k${index}`, amount))
                .filter((_, index) => isTold[index]),
            };
            for (const { key, amount } of cancellationsToPost(payment, booked, beforeCredit)) {
              expect(booked.has(key)).toBe(false);
              expect(amount).toBeGreaterThan(0);
              booked.set(key, amount);
            }
            expect(sumOf([...booked.values()])).toBe(payment.cancelledAmount - beforeCredit);
            expect(cancellationsToPost(payment, booked, beforeCredit)).toEqual([]);
          }
        }),
      );
    });

    test('they are never more than the sum less what was before the credit, even for answers that cannot be', () => {
      const anyEntry = fc.record({
        key: fc.constantFrom('a', 'b', 'c', 'd'),
        amount: fc.nat({ max: 9_000 }),
      });
      const anything = fc.record({
        cancelledAmount: fc.nat({ max: 20_000 }),
        entries: fc.uniqueArray(anyEntry, { maxLength: 4, selector: ({ key }) => key }),
        booked: fc.uniqueArray(anyEntry, { maxLength: 4, selector: ({ key }) => key }),
        beforeCredit: fc.nat({ max: 9_000 }),
      });
      fc.assert(
        fc.property(anything, ({ cancelledAmount, entries, booked, beforeCredit }) => {
          const payment = {
            cancelledAmount,
            cancellations: entries.map(({ key, amount }) => entry(key, amount)),
          };
          const books = new Map(booked.map(({ key, amount }) => [key, amount]));
          const toPost = sumOf(cancellationsToPost(payment, books, beforeCredit).map(({ amount }) => amount));
          const missing = cancelledAmount - beforeCredit - sumOf([...books.values()]);
          expect(toPost).toBe(Math.max(0, missing));
        }),
      );
    });
  });
});

describe('what is given back of a payment that cannot be credited', () => {
  const ORDER = {
    merchantUid: PAID.merchantUid,
    ownerId: 'owner',
    amount: PAID.amount,
    taxFree: null,
    vat: null,
  };
  /** Of an answer that cannot be, nothing is. */
  const givenBack = (answer: GatewayPayment) =>
    isPossible(answer) ? moneyLeft(knownAfter(null, answer, ORDER, new Date())) : 0;

  test.each<[string, Partial<GatewayPayment>, number]>([
    ['all of a paid one', {}, 10_000],
    ['the rest of a partly cancelled one', { cancelledAmount: 4_000, state: CANCELLED }, 6_000],
    ['the rest in cents', { amount: 10.1, cancelledAmount: 9.99, currency: 'USD' }, 0.11],
    ['nothing of one that was given back', { cancelledAmount: 10_000, state: CANCELLED }, 0],
    ['nothing of one that failed', { state: FAILED }, 0],
    ['nothing of one that is not finished', { state: READY }, 0],
    ['nothing of one that was cancelled by more than was paid', { cancelledAmount: 10_001 }, 0],
    ['nothing of one that was cancelled by less than nothing', { cancelledAmount: -1 }, 0],
    ['nothing of one of nothing', { amount: 0 }, 0],
  ])('is %s', (_title, changed, amount) => {
    expect(givenBack({ ...PAID, ...changed })).toBe(amount);
  });

  test('is never more than is left, to the cent', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000_000 }), fc.nat({ max: 10_000_000 }), (paidCents, cancelledCents) => {
        const payment = {
          ...PAID,
          currency: 'USD',
          amount: paidCents / 100,
          cancelledAmount: cancelledCents / 100,
        };
        const cents = givenBack(payment) * 100;
        expect(Math.round(cents)).toBe(Math.max(0, paidCents - cancelledCents));
      }),
    );
  });
});
