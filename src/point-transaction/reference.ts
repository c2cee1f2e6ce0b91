import type { PaymentName } from '../payment/payments.js';

/** What caused a credit: one payment at one gateway. */
export function creditReference({ gateway, paymentId }: PaymentName): string {
  return `${gateway}:${paymentId}`;
}

/** What caused a debit: one cancellation of a payment. @param key the gateway's name for it. */
export function cancelReference(payment: PaymentName, key: string): string {
  return `${creditReference(payment)}:${key}`;
}

/** Ends the reference of the debit for a deposit that the bank took back. No cancellation of a gateway has such a name. */
export const TAKEN_BACK = 'taken-back';

/** The gateway's name for the cancellation that caused a debit of this payment. */
export function cancellationKeyOf(payment: PaymentName, reference: string): string {
  return reference.slice(cancelReference(payment, '').length);
}
