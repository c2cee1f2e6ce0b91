/**
 * What differs from gateway to gateway, or is not known for sure. A partial cancel most likely reads `cancelled` (assumed, see
 * the official WooCommerce plugin); a client must do right with `paid` as well.
 */
export interface GatewayHabits {
  partialCancelStatus: PartialCancelStatus;
}

export const PARTIAL_CANCEL_STATUSES = ['cancelled', 'paid'] as const;

export type PartialCancelStatus = (typeof PARTIAL_CANCEL_STATUSES)[number];

export function isPartialCancelStatus(value: unknown): value is PartialCancelStatus {
  return PARTIAL_CANCEL_STATUSES.some((status) => status === value);
}
