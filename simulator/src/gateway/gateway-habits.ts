import type { ReceiptAfterPart } from '../payment/cash-receipt.js';

/**
 * What differs from gateway to gateway, or is not known for sure. A partial cancel most likely reads `cancelled` (assumed, see
 * the official WooCommerce plugin); a client must do right with `paid` as well.
 */
export interface GatewayHabits {
  partialCancelStatus: PartialCancelStatus;
  /** What a virtual account reads that was closed before its deposit: the console says "결제실패"; a read is assumed. */
  closedAccountStatus: ClosedAccountStatus;
  /**
   * How much of the shop's money a PG has not paid out yet: a larger refund is refused by those PGs whose words for it are
   * known (documented). It is not used up by refunds here. Null = enough for everything.
   */
  unsettledWon: number | null;
  /** What becomes of a cash receipt when a part of its payment is cancelled (not known: see cash-receipt.ts). */
  receiptAfterPart: ReceiptAfterPart;
}

export const PARTIAL_CANCEL_STATUSES = ['cancelled', 'paid'] as const;

export type PartialCancelStatus = (typeof PARTIAL_CANCEL_STATUSES)[number];

export const CLOSED_ACCOUNT_STATUSES = ['failed', 'cancelled'] as const;

export type ClosedAccountStatus = (typeof CLOSED_ACCOUNT_STATUSES)[number];

export function isClosedAccountStatus(value: unknown): value is ClosedAccountStatus {
  return CLOSED_ACCOUNT_STATUSES.some((status) => status === value);
}

export function isPartialCancelStatus(value: unknown): value is PartialCancelStatus {
  return PARTIAL_CANCEL_STATUSES.some((status) => status === value);
}
