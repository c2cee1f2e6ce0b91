import { listOf, textOf } from '../parameters.js';
import type { PaymentStore } from '../payment/payment-store.js';

/** What a gateway call gets to see. Unknown parameters are ignored (assumed: new ones appear without notice). */
export interface GatewayRequest {
  path: Record<string, string>;
  query: URLSearchParams;
  body: Record<string, unknown>;
}

/** The payments and orders that a gateway call is about. */
export interface CallSubject {
  impUids: string[];
  merchantUids: string[];
}

/** Ids from path, query and body; a known payment's order belongs to it, so that faults can be bound to an order before it is paid. */
export function subjectOf({ path, query, body }: GatewayRequest, payments: PaymentStore): CallSubject {
  const named = (name: string): string[] =>
    [path[name], textOf(body[name]), ...listOf(query, name)].filter((id) => id !== undefined);
  const impUids = named('imp_uid');
  const orders = impUids.map((impUid) => payments.find(impUid)?.payment.merchant_uid);
  const merchantUids = [...named('merchant_uid'), ...orders.filter((id) => id !== undefined)];
  return { impUids, merchantUids: [...new Set(merchantUids)] };
}
