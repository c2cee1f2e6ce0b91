import type { IamportPayment } from '../iamport/payment.js';
import { PaymentMismatch, PaymentNotPaid } from './refusals.js';

/**
 * How many points a payment of an order is worth: what is still paid of it.
 *
 * Only the gateway's own answer counts. The order's owner was checked before, so that nobody learns anything about the
 * payment of somebody else.
 *
 * @param orderAmount whole won that the order asked for.
 * @param expectsTestPayments whether this installation takes payments of test channels, and only those.
 * @returns whole points, at least 1.
 * @throws {PaymentNotPaid} there is no money in the payment.
 * @throws {PaymentMismatch} there is money in it, but not the money that was asked for.
 */
export function creditableAmount(
  payment: IamportPayment,
  orderAmount: number,
  expectsTestPayments: boolean,
): number {
  // A cancellation of a part may read `paid` or `cancelled` (assumed); how much is left decides.
  if (payment.status === 'failed') throw new PaymentNotPaid('FAILED');
  if (payment.status !== 'paid' && payment.status !== 'cancelled') throw new PaymentNotPaid('READY');
  if (payment.sandbox !== expectsTestPayments) throw new PaymentMismatch('CHANNEL');
  if (payment.currency !== 'KRW') throw new PaymentMismatch('CURRENCY');
  if (payment.amount !== orderAmount) throw new PaymentMismatch('AMOUNT');
  const left = payment.amount - payment.cancelAmount;
  if (left === 0) throw new PaymentNotPaid('CANCELLED');
  // More cancelled than paid, less than nothing cancelled, or a fraction: an answer that cannot be.
  if (!Number.isInteger(left) || left < 0 || left > orderAmount) throw new PaymentMismatch('AMOUNT');
  return left;
}

/** A client's own figure is compared and never used. @throws {PaymentMismatch} */
export function checkClaimedAmount(claimed: number | undefined, orderAmount: number): void {
  if (claimed !== undefined && claimed !== orderAmount) throw new PaymentMismatch('CLAIMED_AMOUNT');
}
