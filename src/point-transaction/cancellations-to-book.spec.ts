import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { GatewayCancellation, IamportPayment } from '../iamport/payment.js';
import { cancellationsToBook, giveBackAmount } from './rules.js';

type Told = Pick<IamportPayment, 'cancelAmount' | 'cancelHistory'>;

const entry = (key: string, amount: number): GatewayCancellation => ({
  key,
  amount,
  reason: `reason of ${key}`,
  cancelledAt: new Date(0),
});

const told = (...entries: GatewayCancellation[]): Told => ({
  cancelAmount: entries.reduce((sum, { amount }) => sum + amount, 0),
  cancelHistory: entries,
});

const namesAndAmounts = (payment: Told, booked: Record<string, number> = {}, beforeCredit = 0) =>
  cancellationsToBook(payment, new Map(Object.entries(booked)), beforeCredit).map(
    ({ key, amount }) => `${key} ${amount}`,
  );

describe('the cancellations to book', () => {
  test('are those of the history that are not in the books, oldest first, with their names', () => {
    const payment = told(entry('a', 1_000), entry('b', 2_000), entry('c', 3_000));

    expect(cancellationsToBook(payment, new Map([['b', 2_000]]), 0)).toEqual([
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
    expect(namesAndAmounts({ cancelAmount: 5_000, cancelHistory: [] })).toEqual(['total:5000 5000']);
    expect(namesAndAmounts({ cancelAmount: 5_000, cancelHistory: [entry('a', 2_000)] })).toEqual([
      'a 2000',
      'total:5000 3000',
    ]);
  });

  test('are never more than the sum, whatever the history tells', () => {
    const payment = { cancelAmount: 1_000, cancelHistory: [entry('a', 1_000), entry('b', 9_000)] };
    expect(namesAndAmounts(payment)).toEqual(['a 1000']);
    expect(namesAndAmounts({ cancelAmount: 0, cancelHistory: [entry('a', 1_000)] })).toEqual([]);
  });

  test('do not appear again under their own name when they were booked under that of the sum', () => {
    const payment = told(entry('a', 2_000), entry('b', 3_000));
    expect(namesAndAmounts(payment, { 'total:5000': 5_000 })).toEqual([]);
    expect(namesAndAmounts(payment, { a: 2_000, 'total:5000': 3_000 })).toEqual([]);
  });

  describe('for any payment', () => {
    /** A history of which some is told, after which some is booked; sums are what the gateway cancelled. */
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
              cancelAmount: sumOf(amounts.slice(0, step)),
              cancelHistory: amounts
                .slice(0, step)
                .map((amount, index) => entry(`k${index}`, amount))
                .filter((_, index) => isTold[index]),
            };
            for (const { key, amount } of cancellationsToBook(payment, booked, beforeCredit)) {
              expect(booked.has(key)).toBe(false);
              expect(amount).toBeGreaterThan(0);
              booked.set(key, amount);
            }
            expect(sumOf([...booked.values()])).toBe(payment.cancelAmount - beforeCredit);
            expect(cancellationsToBook(payment, booked, beforeCredit)).toEqual([]);
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
        cancelAmount: fc.nat({ max: 20_000 }),
        entries: fc.uniqueArray(anyEntry, { maxLength: 4, selector: ({ key }) => key }),
        booked: fc.uniqueArray(anyEntry, { maxLength: 4, selector: ({ key }) => key }),
        beforeCredit: fc.nat({ max: 9_000 }),
      });
      fc.assert(
        fc.property(anything, ({ cancelAmount, entries, booked, beforeCredit }) => {
          const payment = {
            cancelAmount,
            cancelHistory: entries.map(({ key, amount }) => entry(key, amount)),
          };
          const books = new Map(booked.map(({ key, amount }) => [key, amount]));
          const toBook = sumOf(cancellationsToBook(payment, books, beforeCredit).map(({ amount }) => amount));
          const missing = cancelAmount - beforeCredit - sumOf([...books.values()]);
          expect(toBook).toBe(Math.max(0, missing));
        }),
      );
    });
  });
});

describe('what is given back of a payment that cannot be credited', () => {
  const PAID: IamportPayment = {
    impUid: 'imp_123456789012',
    merchantUid: 'pt01ABC',
    status: 'paid',
    amount: 10_000,
    cancelAmount: 0,
    currency: 'KRW',
    sandbox: false,
    paidAt: new Date(0),
    cancelHistory: [],
  };

  test.each<[string, Partial<IamportPayment>, number]>([
    ['all of a paid one', {}, 10_000],
    ['the rest of a partly cancelled one', { cancelAmount: 4_000, status: 'cancelled' }, 6_000],
    ['the rest in cents', { amount: 10.1, cancelAmount: 9.99, currency: 'USD' }, 0.11],
    ['nothing of one that was given back', { cancelAmount: 10_000, status: 'cancelled' }, 0],
    ['nothing of one that failed', { status: 'failed' }, 0],
    ['nothing of one that is not finished', { status: 'ready' }, 0],
    ['nothing of one that was cancelled by more than was paid', { cancelAmount: 10_001 }, 0],
    ['nothing of one that was cancelled by less than nothing', { cancelAmount: -1 }, 0],
    ['nothing of one of nothing', { amount: 0 }, 0],
  ])('is %s', (_title, changed, amount) => {
    expect(giveBackAmount({ ...PAID, ...changed })).toBe(amount);
  });

  test('is never more than is left, to the cent', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000_000 }), fc.nat({ max: 10_000_000 }), (paidCents, cancelledCents) => {
        const payment = { ...PAID, amount: paidCents / 100, cancelAmount: cancelledCents / 100 };
        const cents = giveBackAmount(payment) * 100;
        expect(Math.round(cents)).toBe(Math.max(0, paidCents - cancelledCents));
      }),
    );
  });
});
