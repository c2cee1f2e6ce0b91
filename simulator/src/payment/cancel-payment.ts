import { amountToCancel, type CancelRequest } from './cancel-rules.js';
import { unixSeconds, type Clock } from '../clock.js';
import type { GatewayHabits } from '../gateway/gateway-habits.js';
import { cancel, type Payment } from './payment.js';
import type { PaymentStore } from './payment-store.js';
import type { WebhookSender } from '../webhooks/webhook-sender.js';

export interface CancelParts {
  payments: PaymentStore;
  webhooks: WebhookSender;
  habits: GatewayHabits;
  clock: Clock;
}

export interface CancelOrder extends CancelRequest {
  reason: string | null;
  /** Whether a webhook tells of it: always for a cancel in the console, for one by API only when asked (documented). */
  isAnnounced: boolean;
}

/**
 * Gives money back, wholly or in part; by the API and in the console alike. The checks and the change are one transaction,
 * so of two cancels with the same checksum one is refused, however late it is carried out. Undefined when there is no such
 * payment.
 * @throws GatewayRefusal and nothing is given back.
 */
export function cancelPayment(parts: CancelParts, impUid: string, order: CancelOrder): Payment | undefined {
  const { payments, webhooks, habits, clock } = parts;
  const now = unixSeconds(clock);
  const step = { reason: order.reason, cancelledAt: now, partialStatus: habits.partialCancelStatus };
  const stored = payments.change(impUid, (payment) =>
    cancel(payment, amountToCancel(payment, { ...order, unsettledWon: habits.unsettledWon }, now), step),
  );
  if (stored === undefined) return undefined;
  if (order.isAnnounced) webhooks.announce(stored.noticeUrls, cancelNotice(stored.payment));
  return stored.payment;
}

/** documented: `status` is `cancelled`, and the step is named. That it is so even when the payment reads `paid` is assumed. */
export function cancelNotice({ imp_uid, merchant_uid, cancel_history }: Payment): {
  imp_uid: string;
  merchant_uid: string;
  status: 'cancelled';
  cancellation_id?: string;
} {
  const step = cancel_history.at(-1);
  return {
    imp_uid,
    merchant_uid,
    status: 'cancelled',
    ...(step === undefined ? {} : { cancellation_id: step.cancellation_id }),
  };
}
