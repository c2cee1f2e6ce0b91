import { amountToCancel, type CancelRequest } from './cancel-rules.js';
import { GatewayRefusal } from '../gateway/envelope.js';
import { refundsLater } from './virtual-account.js';
import { unixSeconds, type Clock } from '../clock.js';
import type { GatewayHabits } from '../gateway/gateway-habits.js';
import { cancel, type Payment } from './payment.js';
import type { CashReceiptStore } from './cash-receipt.js';
import type { PendingRefundStore } from './pending-refund-store.js';
import type { PaymentStore } from './payment-store.js';
import type { CancelTax, TaxStore } from './tax.js';
import type { WebhookSender } from '../webhooks/webhook-sender.js';

export interface CancelParts {
  payments: PaymentStore;
  refunds: PendingRefundStore;
  receipts: CashReceiptStore;
  taxes: TaxStore;
  webhooks: WebhookSender;
  habits: GatewayHabits;
  clock: Clock;
}

export interface CancelOrder extends CancelRequest {
  reason: string | null;
  tax: CancelTax;
  /** Whether a webhook tells of it: always for a cancel in the console, for one by API only when asked (documented). */
  isAnnounced: boolean;
  /** Also where the PG says yes first and refunds later. */
  isFinal?: boolean;
}

/**
 * Gives money back, wholly or in part; by the API and in the console alike. The checks and the change are one transaction,
 * so of two cancels with the same checksum one is refused, however late it is carried out. Undefined when there is no such
 * payment.
 * @throws GatewayRefusal and nothing is given back.
 */
export function cancelPayment(parts: CancelParts, impUid: string, order: CancelOrder): Payment | undefined {
  const { payments, refunds, receipts, taxes, webhooks, habits, clock } = parts;
  const now = unixSeconds(clock);
  const step = { reason: order.reason, cancelledAt: now, partialStatus: habits.partialCancelStatus };
  let waits = false;
  const stored = payments.change(impUid, (payment) => {
    const amount = amountToCancel(payment, { ...order, unsettledWon: habits.unsettledWon }, now);
    taxes.take(payment, amount, order.tax);
    if (order.isFinal || !refundsLater(payment)) return cancel(payment, amount, step);
    // Text and code assumed.
    if (!refunds.add(impUid, { amount, reason: order.reason })) {
      throw new GatewayRefusal(200, -1, '결제취소에 실패하였습니다.(이미 환불 접수된 거래입니다.)');
    }
    waits = true;
    return payment;
  });
  if (waits) return stored?.payment;
  if (stored === undefined) return undefined;
  receipts.follow(stored.payment, habits.receiptAfterPart);
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
