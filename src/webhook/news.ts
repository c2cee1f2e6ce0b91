import { type GatewayPayment, GatewayPaymentState, holdsMoney } from '../gateway/gateway-payment.js';
import type { WebhookDelivery } from './webhook-delivery.entity.js';

/** A cancellation without a name is taken for the one that a notice tells of when it is not older than this. */
const CANCELLED_BEFORE_NOTICE_MAX_MS = 10 * 60_000;

/**
 * Tells whether a read of a payment is as new as a notice about it. The gateway sends a notice and does not wait for its
 * own reads to show the same (its order of events is not promised), so a read that does not is older than the news.
 *
 * What a notice says is never posted; it only says how long to go on looking.
 *
 * @param payment undefined when the read does not show the payment at all.
 */
export function showsNews(
  payment: GatewayPayment | undefined,
  { status, cancellationId, receivedAt }: Pick<WebhookDelivery, 'status' | 'cancellationId' | 'receivedAt'>,
): boolean {
  if (!payment) return false;
  const { PAID, CANCELLED, FAILED } = GatewayPaymentState;
  if (status === PAID) return holdsMoney(payment);
  if (status !== CANCELLED) return true;
  const { state, amount, cancelledAmount, cancellations } = payment;
  if (cancellationId !== null) return cancellations.some(({ key }) => key === cancellationId);
  // A virtual account that was closed unpaid has the state alone (assumed).
  if (cancellations.length === 0) return state === CANCELLED || state === FAILED;
  const since = receivedAt.getTime() - CANCELLED_BEFORE_NOTICE_MAX_MS;
  return cancelledAmount >= amount || cancellations.some(({ cancelledAt }) => cancelledAt.getTime() >= since);
}
