import type { TaxMode } from '../config/settings.js';
import { NO_TAX_PARTS, type TaxParts } from '../gateway/tax-parts.js';

/** A price with 10 % VAT in it: as many elevenths of it are the tax (documented: PortOne help centre, pg-settlement). */
const ELEVENTHS = 11;

/** An amount, and what it is made of. */
export type Taxed = TaxParts & { amount: number };

/** What a new order is made of. @param amount whole won. */
export function partsOfOrder(tax: TaxMode, amount: number): TaxParts {
  if (tax === 'none') return NO_TAX_PARTS;
  return tax === 'tax_free'
    ? { taxFree: amount, vat: 0 }
    : { taxFree: 0, vat: Math.round(amount / ELEVENTHS) };
}

/**
 * What a cancellation of a part is made of. Each takes the difference between two points of one line, so those of all
 * cancellations of a payment are exactly its parts, and none is below zero or above what is left. Only amounts decide, so the
 * same cancellation that is sent again names the same ones; of one that was made elsewhere it is assumed that it kept to the line.
 *
 * @param payment as it was paid.
 * @param cancel `left` of the payment before it. Whole won.
 */
export function partsOfCancel(payment: Taxed, { amount, left }: { amount: number; left: number }): TaxParts {
  if (payment.taxFree === null && payment.vat === null) return NO_TAX_PARTS;
  const before = partsOfFirst(payment, payment.amount - left);
  const after = partsOfFirst(payment, payment.amount - left + amount);
  return {
    taxFree: difference(after.taxFree, before.taxFree),
    vat: difference(after.vat, before.vat),
  };
}

/** What is left of a payment is made of. @param left of it, in whole won. */
export function partsLeft(payment: Taxed, left: number): TaxParts {
  return partsOfCancel(payment, { amount: left, left });
}

/**
 * Of the first so many won. The VAT goes with the taxed part and not with the whole, so that a sum is never less than its
 * parts: both lines rise by no more than what they are drawn over.
 */
function partsOfFirst({ amount, taxFree, vat }: Taxed, won: number): TaxParts {
  const free = share(taxFree ?? 0, won, amount);
  const taxed = amount - (taxFree ?? 0);
  return {
    taxFree: taxFree === null ? null : free,
    vat: vat === null ? null : share(vat, won - free, taxed),
  };
}

/** `part` x `won` / `whole`, rounded down; products of amounts are beyond what a number holds exactly. */
function share(part: number, won: number, whole: number): number {
  return whole === 0 ? 0 : Number((BigInt(part) * BigInt(won)) / BigInt(whole));
}

function difference(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : after - before;
}
