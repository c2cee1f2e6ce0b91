import { Announcement } from '../announcement/announcement.js';

export interface EndedGatewayCall {
  /** Name of the gateway. */
  gateway: string;
  /** Which call of its API, without the ids in it: one of a few texts of its adapter. */
  call: string;
  /** `unavailable`: nothing came in time, or nothing that makes sense. */
  outcome: 'ok' | 'refused' | 'unavailable';
  durationMs: number;
}

/** A call of a gateway ended, one way or the other. */
export const gatewayCallEnded = new Announcement<EndedGatewayCall>('gateway.call-ended');
