import { parse } from 'node:querystring';
import * as z from 'zod';
import type { ArrivedNotice, GatewayNotice, NotUnderstood } from '../gateway/gateway.js';
import { isImpUid } from './imp-uid.js';
import { toState } from './payment.js';

const FORM = /^application\/x-www-form-urlencoded\b/i;

const text = z.string().optional().catch(undefined);

/** The names are documented. */
const wireNotice = z.object({
  imp_uid: z.string().refine(isImpUid),
  merchant_uid: text,
  status: text,
  cancellation_id: text,
});

/** Webhooks of V1 are not signed. They come as JSON or as a form, which is chosen in the console (documented). */
export function understandNotice({ headers, rawBody }: ArrivedNotice): GatewayNotice | NotUnderstood {
  const type = headers['content-type'] ?? '';
  const parsed = wireNotice.safeParse(FORM.test(type) ? parse(rawBody) : fromJson(rawBody));
  if (!parsed.success) return { fault: 'imp_uid is missing' };
  const { imp_uid, merchant_uid, status, cancellation_id } = parsed.data;
  return {
    paymentId: imp_uid,
    merchantUid: merchant_uid,
    state: status === undefined ? undefined : toState(status),
    cancellationKey: cancellation_id,
  };
}

/** @returns undefined for what is no JSON. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
