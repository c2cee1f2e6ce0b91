import { type GatewayPayment, simulatorControl } from '../support/simulator-control.js';

const ARRIVAL_TIMEOUT_MS = 20_000;
const POLL_WAIT_MS = 1000;
const PAGE = 1000;
const PAGES_MAX = 100;

/** A fault as the simulator's control API takes it. */
export interface FaultWish {
  kind: string;
  /** As `POST /payments/cancel`. */
  call?: string;
  imp_uid?: string;
  merchant_uid?: string;
  skip?: number;
  times?: number | 'always';
  probability?: number;
  delay_ms?: number;
}

/** A gateway call that stands still until it is released. */
interface HeldCall {
  id: string;
  call: string;
  stage: 'before' | 'after';
  imp_uid: string | null;
  merchant_uid: string | null;
  caller_gone: boolean;
}

/** What became of a call after its release. */
export interface ReleasedCall {
  /** Whether the gateway did what was asked; false also for a refusal. */
  applied: boolean;
  answered: boolean;
}

export type Gateway = ReturnType<typeof gateway>;

/** The simulator as the one who makes it fail and looks at its own books. */
export function gateway(simulatorUrl: string) {
  async function call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${simulatorUrl}/_simulator${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  }

  async function heldCall(name: string, id?: string): Promise<HeldCall> {
    const deadline = Date.now() + ARRIVAL_TIMEOUT_MS;
    for (let count = 1; Date.now() < deadline;) {
      const { holds } = await call<{ holds: HeldCall[] }>(
        'GET',
        `/holds?count=${count}&wait_ms=${POLL_WAIT_MS}`,
      );
      const held = holds.find(
        (one) =>
          one.call === name &&
          !one.caller_gone &&
          (id === undefined || one.imp_uid === id || one.merchant_uid === id),
      );
      if (held) return held;
      count = holds.length + 1;
    }
    throw new Error(`the gateway call ${name} about ${id ?? 'anything'} did not arrive`);
  }

  return {
    pay: simulatorControl(simulatorUrl).pay,
    /** What happens to a virtual account. */
    act: simulatorControl(simulatorUrl).act,
    receiptOf: simulatorControl(simulatorUrl).receiptOf,
    /** The calls that were made, the latest of them one by one. */
    requests: simulatorControl(simulatorUrl).requests,
    /** The payer's bank says yes after all. */
    approve: (impUid: string) => call('POST', `/payments/${impUid}/approve`, { pay_method: 'card' }),
    /** Somebody cancels in the PortOne console; without an amount all that is left. */
    cancelInConsole: (impUid: string, amount?: number) =>
      call('POST', `/payments/${impUid}/cancel`, amount === undefined ? {} : { amount }),
    addFaults: (faults: FaultWish[]) => call('POST', '/faults', { faults }),
    /** All faults from one seed, so that the same run gets the same ones. */
    setFaults: (seed: number, faults: FaultWish[]) => call('PUT', '/faults', { seed, faults }),
    clearFaults: () => call('DELETE', '/faults'),
    countFaults: async () => (await call<{ happened: number }>('GET', '/faults')).happened,
    setWebhooks: (modes: string, url: string | null) => call('PUT', '/webhooks', { modes, url }),
    /** Webhooks that are still on their way. */
    countOpenWebhooks: async () => (await call<{ open: number }>('GET', '/webhooks')).open,
    /** Waits for a held call whose caller still lives, about a payment or an order. @returns its hold. */
    heldCall: async (name: string, id?: string) => (await heldCall(name, id)).id,
    /** Whether whoever made a held call has died meanwhile. */
    isCallerGone: async (holdId: string) => {
      const { holds } = await call<{ holds: HeldCall[] }>('GET', '/holds');
      return holds.some(({ id, caller_gone }) => id === holdId && caller_gone);
    },
    release: (holdId: string, { apply, answer }: { apply: boolean; answer: boolean }) =>
      call<ReleasedCall>('POST', `/holds/${holdId}/release`, { apply, answer }),
    /** Every payment that it has. */
    payments: async (): Promise<GatewayPayment[]> => {
      const payments: GatewayPayment[] = [];
      for (let page = 1; page <= PAGES_MAX; page++) {
        const { list } = await call<{ list: GatewayPayment[] }>(
          'GET',
          `/payments?page=${page}&limit=${PAGE}`,
        );
        payments.push(...list);
        if (list.length < PAGE) return payments;
      }
      throw new Error(`the gateway has more than ${PAGE * PAGES_MAX} payments`);
    },
  };
}
