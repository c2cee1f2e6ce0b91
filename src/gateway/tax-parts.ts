import { TaxPart } from './pg-rules.js';

/**
 * What an amount is made of for the tax office, in whole won. Null where the payment company is told nothing of that part:
 * it works it out by itself then.
 */
export interface TaxParts {
  /** 면세: on which no VAT is. */
  taxFree: number | null;
  /** 부가세: within what is left of the amount without the tax-free part. */
  vat: number | null;
}

export const NO_TAX_PARTS: TaxParts = { taxFree: null, vat: null };

/** Those of the parts that a payment company is told. */
export function toldOf({ taxFree, vat }: TaxParts, told: readonly TaxPart[]): TaxParts {
  return {
    taxFree: told.includes(TaxPart.TAX_FREE) ? taxFree : null,
    vat: told.includes(TaxPart.VAT) ? vat : null,
  };
}
