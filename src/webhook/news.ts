import { holdsMoney, type IamportPayment } from '../iamport/payment.js';
import type { WebhookDelivery } from './webhook-delivery.entity.js';

/** A cancellation without a name is taken for the one that a notice tells of when it is not older than this. */
const CANCELLED_BEFORE_NOTICE_MAX_MS = 10 * 60_000;

/**
 * Tells whether a read of a payment is as new as a notice about it. The gateway sends a notice and does not wait for its
 * own reads to show the same (its order of events is not promised), so a read that does not is older than the news.
 *
 * What a notice says is never booked; it only says how long to go on looking.
 *
 * @param payment undefined when the read does not show the payment at all.
 */
export function showsNews(
  payment: IamportPayment | undefined,
  { status, cancellationId, receivedAt }: Pick<WebhookDelivery, 'status' | 'cancellationId' | 'receivedAt'>,
): boolean {
  if (!payment) return false;
  if (status === 'paid') return holdsMoney(payment);
  if (status !== 'cancelled') return true;
  const { amount, cancelAmount, cancelHistory } = payment;
  if (cancellationId !== null) return cancelHistory.some(({ key }) => key === cancellationId);
  // A virtual account that was closed unpaid has the status alone (assumed).
  if (cancelHistory.length === 0) return payment.status === 'cancelled' || payment.status === 'failed';
  const since = receivedAt.getTime() - CANCELLED_BEFORE_NOTICE_MAX_MS;
  return cancelAmount >= amount || cancelHistory.some(({ cancelledAt }) => cancelledAt.getTime() >= since);
}
