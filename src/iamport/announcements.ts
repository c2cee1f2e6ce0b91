import { Announcement } from '../announcement/announcement.js';

/** The calls that we make, without the ids in them. */
export const GATEWAY_CALLS = [
  'POST /users/getToken',
  'GET /payments',
  'GET /payments/{imp_uid}',
  'GET /payments/findAll/{merchant_uid}',
  'POST /payments/prepare',
  'POST /payments/cancel',
] as const;

export type GatewayCall = (typeof GATEWAY_CALLS)[number];

export interface EndedGatewayCall {
  call: GatewayCall;
  /** `unavailable`: nothing came in time, or nothing that makes sense. */
  outcome: 'ok' | 'refused' | 'unavailable';
  durationMs: number;
}

/** A call of the gateway ended, one way or the other. */
export const gatewayCallEnded = new Announcement<EndedGatewayCall>('iamport.gateway-call-ended');
