import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { partsLeft, partsOfCancel, partsOfOrder, type Taxed } from './tax-parts.js';

describe('what an order is made of', () => {
  test.each([
    ['none', 10_000, { taxFree: null, vat: null }],
    ['tax_free', 10_000, { taxFree: 10_000, vat: 0 }],
    ['vat', 10_000, { taxFree: 0, vat: 909 }],
    ['vat', 11_000, { taxFree: 0, vat: 1_000 }],
    ['vat', 5_000, { taxFree: 0, vat: 455 }],
  ] as const)('with %s of %i', (tax, amount, parts) => {
    expect(partsOfOrder(tax, amount)).toEqual(parts);
  });
});

describe('what a cancellation is made of', () => {
  const half: Taxed = { amount: 10_000, taxFree: 5_000, vat: 455 };

  test('is its share, and at the end all that is left', () => {
    expect(partsOfCancel(half, { amount: 3_333, left: 10_000 })).toEqual({ taxFree: 1_666, vat: 151 });
    expect(partsOfCancel(half, { amount: 6_667, left: 6_667 })).toEqual({ taxFree: 3_334, vat: 304 });
    expect(partsOfCancel(half, { amount: 10_000, left: 10_000 })).toEqual({ taxFree: 5_000, vat: 455 });
  });

  test('is nothing of what the payment did not name', () => {
    expect(partsOfCancel({ ...half, vat: null }, { amount: 10_000, left: 10_000 })).toEqual({
      taxFree: 5_000,
      vat: null,
    });
    const silent = { amount: 10_000, taxFree: null, vat: null };
    expect(partsOfCancel(silent, { amount: 4_000, left: 10_000 })).toEqual({ taxFree: null, vat: null });
    expect(partsOfCancel({ ...half, taxFree: null, vat: 909 }, { amount: 10_000, left: 10_000 })).toEqual({
      taxFree: null,
      vat: 909,
    });
  });

  const amount = fc.integer({ min: 1, max: 2 ** 31 - 1 });
  /** Any payment with parts, and cancellations of it until nothing is left. */
  const lives = amount
    .chain((whole) => fc.tuple(fc.constant(whole), fc.integer({ min: 0, max: whole })))
    .chain(([whole, taxFree]) =>
      fc.record({
        payment: fc.record({
          amount: fc.constant(whole),
          taxFree: fc.constant(taxFree),
          vat: fc.integer({ min: 0, max: whole - taxFree }),
        }),
        cuts: fc.uniqueArray(fc.integer({ min: 1, max: whole }), { maxLength: 12 }),
      }),
    );

  test('never is below zero or above what is left, and all of them together are the payment', () => {
    fc.assert(
      fc.property(lives, ({ payment, cuts }) => {
        let left = payment.amount;
        const sums = { taxFree: 0, vat: 0 };
        for (const end of [...new Set([...cuts, payment.amount])].toSorted((a, b) => a - b)) {
          const cancelled = end - (payment.amount - left);
          const parts = partsOfCancel(payment, { amount: cancelled, left });
          const [taxFree, vat] = [Number(parts.taxFree), Number(parts.vat)];
          expect(Math.min(taxFree, vat)).toBeGreaterThanOrEqual(0);
          expect(taxFree + vat).toBeLessThanOrEqual(cancelled);
          sums.taxFree += taxFree;
          sums.vat += vat;
          left -= cancelled;
          const rest = partsLeft(payment, left);
          expect([sums.taxFree + Number(rest.taxFree), sums.vat + Number(rest.vat)]).toEqual([
            payment.taxFree,
            payment.vat,
          ]);
          expect(Number(rest.taxFree) + Number(rest.vat)).toBeLessThanOrEqual(left);
        }
        expect({ left, ...sums }).toEqual({ left: 0, taxFree: payment.taxFree, vat: payment.vat });
      }),
      { numRuns: 500 },
    );
  });

  // Welcome refuses a VAT above a tenth of the taxed part (documented). Smaller sums than this no PG takes.
  test('holds no more VAT than a tenth of what is taxed, from 100 won on', () => {
    const cancels = fc.integer({ min: 1_000, max: 2_000_000 }).chain((whole) =>
      fc.integer({ min: 100, max: whole }).chain((cancelled) =>
        fc.record({
          whole: fc.constant(whole),
          cancelled: fc.constant(cancelled),
          left: fc.integer({ min: cancelled, max: whole }),
        }),
      ),
    );
    fc.assert(
      fc.property(cancels, ({ whole, cancelled, left }) => {
        const payment = { amount: whole, ...partsOfOrder('vat', whole) };
        const { vat } = partsOfCancel(payment, { amount: cancelled, left });
        expect(Number(vat)).toBeLessThanOrEqual(cancelled / 10);
      }),
      { numRuns: 2_000 },
    );
  });
});
