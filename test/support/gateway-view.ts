import type { GatewayPayment } from './simulator-control.js';

export interface GatewayCancelEntry {
  cancellation_id: string;
  amount: number;
  reason: string;
}

export type GatewayView = ReturnType<typeof gatewayView>;

/** The gateway past our server and past any faulty gateway in front of it: what is true there, and what its console does. */
export function gatewayView(simulatorUrl: string) {
  async function call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${simulatorUrl}${path}`, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await token()}` },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const envelope = (await response.json()) as { code: number; message: string; response: Answer };
    if (envelope.code !== 0) throw new Error(`${method} ${path}: ${envelope.message}`);
    return envelope.response;
  }

  async function token(): Promise<string> {
    const response = await fetch(`${simulatorUrl}/users/getToken`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ imp_key: 'simulator-key', imp_secret: 'simulator-secret' }),
    });
    const envelope = (await response.json()) as { response: { access_token: string } };
    return envelope.response.access_token;
  }

  return {
    read: (impUid: string) =>
      call<GatewayPayment & { cancel_history: GatewayCancelEntry[] }>(
        'GET',
        `/payments/${impUid}?include_sandbox=true`,
      ),
    /** Gives money back without our server, as somebody does in the PortOne console. Without `amount`: all that is left. */
    cancelOutside: (impUid: string, amount?: number) =>
      call<GatewayPayment>('POST', '/payments/cancel', {
        imp_uid: impUid,
        reason: '콘솔에서 취소',
        ...(amount === undefined ? {} : { amount }),
      }),
  };
}
