import type { GatewayCancellation } from '../gateway/gateway-payment.js';
import { RECEIPT_URL_MAX_LENGTH } from './payment.entity.js';

/** More than any payment company lets anybody cancel of one payment. */
const RECEIPTS_MAX = 50;

/** The receipts of a payment's cancellations as one text, which its row keeps; null where there are none. */
export function cancelReceiptsText(
  cancellations: readonly Pick<GatewayCancellation, 'key' | 'receiptUrl'>[],
): string | null {
  const receipts = cancellations
    // A part of an address is none.
    .filter(({ receiptUrl }) => receiptUrl !== undefined && receiptUrl.length <= RECEIPT_URL_MAX_LENGTH)
    .slice(0, RECEIPTS_MAX)
    .map(({ key, receiptUrl }) => [key, receiptUrl]);
  return receipts.length > 0 ? JSON.stringify(receipts) : null;
}

/** Where the payer sees the receipt of each cancellation, by the gateway's name for it. */
export function cancelReceiptsOf(text: string | null): ReadonlyMap<string, string> {
  return new Map(text === null ? [] : (JSON.parse(text) as [string, string][]));
}
