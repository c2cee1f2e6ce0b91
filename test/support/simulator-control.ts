import type { PaymentOfDay } from './comparison-day.js';

/** Fields of the gateway's payment that a test sets or reads; `control-payment.ts` of the simulator knows them all. */
export interface GatewayPayment {
  imp_uid: string;
  merchant_uid: string;
  amount: number;
  cancel_amount: number;
  status: 'ready' | 'paid' | 'cancelled' | 'failed';
  currency: string;
  sandbox: boolean;
  [field: string]: unknown;
}

/** What a payment is to be like; the simulator fills in the rest. */
export type PaymentWish = Partial<GatewayPayment> & Pick<GatewayPayment, 'merchant_uid' | 'amount'>;

export interface TaxOfPayment {
  imp_uid: string;
  tax_free: number | null;
  vat_amount: number | null;
  cancelled_tax_free: number;
  cancelled_vat: number;
}

/** Which gateway calls arrived, by call (`GET /payments/{imp_uid}`) and the last of them one by one. */
export interface GatewayRequests {
  total: number;
  counts: Record<string, number>;
  recent: { method: string; path: string; status: number | null }[];
}

export type SimulatorControl = ReturnType<typeof simulatorControl>;

/** Plays the payer, and looks over the gateway's shoulder. */
export function simulatorControl(simulatorUrl: string) {
  async function call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${simulatorUrl}/_simulator${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  }

  return {
    /** Makes a payment as it is wished for; without more it is paid by card through a test channel. */
    pay: (wish: PaymentWish) => call<GatewayPayment>('POST', '/payments', wish),
    /** The same for up to 1,000 payments. */
    payAll: async (wishes: PaymentWish[]) => {
      const { payments } = await call<{ payments: GatewayPayment[] }>('POST', '/payments/bulk', {
        payments: wishes,
      });
      return payments;
    },
    /** A day that is over, and what the books of a shop would have to hold of it. */
    makeDay: async (wish: object) =>
      (await call<{ payments: PaymentOfDay[] }>('POST', '/days', wish)).payments,
    /** A cancel by somebody else. @param how with `webhook: false` nobody is told of it. */
    cancel: (impUid: string, how: { amount?: number; webhook?: boolean } = {}) =>
      call<GatewayPayment>('POST', `/payments/${impUid}/cancel`, how),
    /** What the browser script asks for IMP.request_pay. @returns the `imp_uid` of the attempt. */
    openWindow: async (params: object) => {
      const opened = await call<{ imp_uid?: string }>('POST', '/checkouts', {
        user_code: 'imp00000000',
        is_mobile: false,
        params,
      });
      if (opened.imp_uid === undefined) throw new Error(`the window did not open: ${JSON.stringify(opened)}`);
      return opened.imp_uid;
    },
    /** The payer's bank says yes after all. */
    approve: (impUid: string) => call<GatewayPayment>('POST', `/payments/${impUid}/approve`),
    /** What happens at the bank or at the PG of a virtual account. */
    act: (impUid: string, action: 'deposit' | 'due-over' | 'take-back' | 'refund-done' | 'decline') =>
      call<GatewayPayment>('POST', `/payments/${impUid}/${action}`),
    /** Faults of the next calls that they fit (see fault.ts of the simulator). */
    addFaults: (faults: object[]) => call<object>('POST', '/faults', { faults }),
    /** What differs from gateway to gateway. */
    setHabits: (habits: object) => call<object>('PUT', '/habits', habits),
    /** The payments of one buyer, newest first, among the latest 1,000. */
    paymentsOf: async (buyerEmail: string) => {
      const { list } = await call<{ list: GatewayPayment[] }>('GET', '/payments?limit=1000');
      return list.filter((payment) => payment.buyer_email === buyerEmail);
    },
    /** What the window of a payment was told for the tax office, and what of it went back; undefined for nothing. */
    taxOf: async (impUid: string) => {
      const { taxes } = await call<{ taxes: TaxOfPayment[] }>('GET', '/payments?limit=1000');
      return taxes.find((tax) => tax.imp_uid === impUid);
    },
    /** The cash receipt of a payment. */
    receiptOf: async (impUid: string) => {
      const { receipts } = await call<{ receipts: { imp_uid: string }[] }>('GET', '/payments?limit=1000');
      return receipts.find((receipt) => receipt.imp_uid === impUid);
    },
    requests: () => call<GatewayRequests>('GET', '/requests'),
    forgetRequests: () => call<GatewayRequests>('DELETE', '/requests'),
    /** Ends every token before its time, as the gateway does when its secret is changed. */
    loseTokens: () => call<{ expired: number }>('POST', '/tokens/expire'),
  };
}
