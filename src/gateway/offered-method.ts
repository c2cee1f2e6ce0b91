import type { PaymentMethod } from '../config/payment-methods.js';
import type { Language } from '../refusal/refusal.js';
import type { TaxPart } from './pg-rules.js';

/** What a payment window needs of the buyer beyond a name and an e-mail address. */
export enum BuyerField {
  /** A telephone number. */
  TEL = 'TEL',
}

/** A way to pay by which new orders can be paid. Amounts are whole won. */
export interface OfferedMethod {
  method: PaymentMethod;
  /** The gateway's word for it, for its window. */
  payMethod: string;
  /** The contract with a PG that is used; undefined leaves it to `pg`, and without that to the gateway's console. */
  channelKey: string | undefined;
  /** The PG, where no contract is named. */
  pg: string | undefined;
  /** Of the payment company; undefined where nobody said which one it is. */
  pgNames: Readonly<Record<Language, string>> | undefined;
  /** Of the payment company, where it is written down; undefined where nothing is known. */
  minAmount: number | undefined;
  maxAmount: number | undefined;
  needs: readonly BuyerField[];
  /** Of the amount, which its window is told where the shop names them. */
  taxParts: readonly TaxPart[];
}

/** Of one gateway: there are no more kinds. */
export const METHODS_MAX = 7;

export function offerOf(offers: readonly OfferedMethod[], method: PaymentMethod): OfferedMethod | undefined {
  return offers.find((offer) => offer.method === method);
}
