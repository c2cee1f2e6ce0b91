import * as z from 'zod';
import type { ArrivedNotice, GatewayNotice, NotUnderstood } from '../gateway/gateway.js';
import { isImpUid } from './imp-uid.js';
import { toState } from './payment.js';

const text = z.string().optional().catch(undefined);

/** As JSON or as a form, which is chosen in the console; the names are documented. */
const wireNotice = z.object({
  imp_uid: z.string().refine(isImpUid),
  merchant_uid: text,
  status: text,
  cancellation_id: text,
});

/** Webhooks of V1 are not signed. */
export function understandNotice({ body }: Pick<ArrivedNotice, 'body'>): GatewayNotice | NotUnderstood {
  const parsed = wireNotice.safeParse(body);
  if (!parsed.success) return { fault: 'imp_uid is missing' };
  const { imp_uid, merchant_uid, status, cancellation_id } = parsed.data;
  return {
    paymentId: imp_uid,
    merchantUid: merchant_uid,
    state: status === undefined ? undefined : toState(status),
    cancellationKey: cancellation_id,
  };
}
