import { cancelReceiptsOf } from '../payment/cancel-receipts.js';
import type { Payment } from '../payment/payment.entity.js';
import { type PointTransaction, PointTransactionStatus } from './point-transaction.entity.js';
import { cancellationKeyOf } from './reference.js';

/** Where the payer sees the receipt of what a row of the ledger is about. */
export function receiptOf(
  { status, reference }: Pick<PointTransaction, 'status' | 'reference'>,
  {
    gateway,
    gatewayPaymentId: paymentId,
    receiptUrl,
    cancelReceipts,
  }: Pick<Payment, 'gateway' | 'gatewayPaymentId' | 'receiptUrl' | 'cancelReceipts'>,
): string | null {
  if (status !== PointTransactionStatus.CANCEL) return receiptUrl;
  return cancelReceiptsOf(cancelReceipts).get(cancellationKeyOf({ gateway, paymentId }, reference)) ?? null;
}
