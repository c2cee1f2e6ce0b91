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

/**
 * The cancellations of a credited payment that are not in the books yet, oldest first.
 *
 * What the gateway says to have cancelled in all (`cancel_amount`) decides how much is booked; its history gives each
 * part its name. Never more is booked than that sum, and a part that the history lacks is booked under the sum's name,
 * so that the books agree with the money even then.
 *
 * @param booked names and amounts (above 0) of those that are in the books.
 * @param beforeCredit whole won that had been cancelled before the credit. The credit was smaller by that much, so the
 * oldest entries up to this sum have no row of their own.
 */
export function cancellationsToBook(
  payment: Pick<IamportPayment, 'cancelAmount' | 'cancelHistory'>,
  booked: ReadonlyMap<string, number>,
  beforeCredit: number,
): { key: string; amount: number; reason: string }[] {
  let toBook = payment.cancelAmount - beforeCredit;
  for (const amount of booked.values()) toBook -= amount;
  let older = beforeCredit;
  const entries = [];
  for (const { key, amount, reason } of payment.cancelHistory) {
    if (booked.has(key)) continue;
    if (amount <= older) {
      older -= amount;
    } else if (amount <= toBook) {
      entries.push({ key, amount, reason });
      toBook -= amount;
    }
  }
  if (toBook > 0) entries.push({ key: `total:${payment.cancelAmount}`, amount: toBook, reason: '' });
  return entries;
}

/** What is left of a payment that cannot be credited, in its own currency; 0 when there is nothing to give back. */
export function giveBackAmount(payment: IamportPayment): number {
  if (payment.status !== 'paid' && payment.status !== 'cancelled') return 0;
  const left = (Math.round(payment.amount * 100) - Math.round(payment.cancelAmount * 100)) / 100;
  return left > 0 && left <= payment.amount ? left : 0;
}
