/** How far an attempt to pay has come. Each gateway's own words become these in its adapter. */
export enum GatewayPaymentState {
  /** Opened and nothing concluded, or a virtual account waits; also whatever the adapter does not know. */
  READY = 'READY',
  PAID = 'PAID',
  /** Also after a cancellation of a part: what is still paid is `amount - cancelledAmount` and never this word. */
  CANCELLED = 'CANCELLED',
  FAILED = 'FAILED',
}

/** What a gateway knows about one attempt to pay an order. */
export interface GatewayPayment {
  /** Name of the gateway. */
  gateway: string;
  /** The gateway's own id of it. */
  paymentId: string;
  /** The order that it is for, in the gateway's own words. */
  merchantUid: string;
  state: GatewayPaymentState;
  /** Whole won for KRW; does not shrink when a part is cancelled. */
  amount: number;
  /** All that was cancelled so far. */
  cancelledAmount: number;
  /** ISO 4217. */
  currency: string;
  /** Paid through a test channel. Undefined when the gateway does not tell. */
  isTest: boolean | undefined;
  /** How it is or was paid, such as `card`, `trans` or `vbank`; null when the gateway does not tell. */
  method: string | null;
  /** The payment company behind the gateway, in the gateway's code for it. */
  pg: string | null;
  /** An http or https address that its payer may open. */
  receiptUrl: string | null;
  /** The card as its payer may see it; left out for other ways to pay, and where the gateway does not tell. */
  card?: MaskedCard;
  /** The PG says to have issued a cash receipt by itself; left out where the gateway does not tell. */
  hasCashReceipt?: boolean;
  paidAt: Date | null;
  failedAt: Date | null;
  /** For people, mostly Korean; never branch on it. */
  failReason: string | null;
  /** Until when a virtual account takes the money. */
  dueAt: Date | null;
  /** The account that was opened for this attempt alone; left out where there is none. Its number is for its payer only. */
  account?: VirtualAccount;
  /** One entry for each cancellation that was carried out, oldest first. */
  cancellations: GatewayCancellation[];
  /** What its PG pays out for it; left out where the gateway does not tell. iamport (V1) has no call for it. */
  settlement?: Settlement;
}

/**
 * A virtual account. Its number goes back to the bank and to somebody else later (documented), so it names nothing: a
 * payment is found by its own id.
 */
export interface VirtualAccount {
  /** In the gateway's code for it. */
  bankCode: string | null;
  /** For people. */
  bank: string | null;
  number: string;
  /** Whose account the bank shows; some PGs do not tell. */
  holder: string | null;
  /** Left out where the gateway does not tell. */
  issuedAt?: Date;
}

/** A card of which nobody can read the whole number. */
export interface MaskedCard {
  /** Of its company, for people. */
  name: string | null;
  /** With what the gateway hides hidden; never the whole number. */
  number: string | null;
}

/** What a PG keeps of a payment and pays out, in whole won. */
export interface Settlement {
  fee: number;
  feeVat: number;
  /** What is paid out to us. */
  net: number;
}

/** A cancellation as a gateway remembers it. */
export interface GatewayCancellation {
  /** Names it within its payment, for ever. */
  key: string;
  amount: number;
  /** What was sent as `reason`; ours begin with the id of our own Cancellation. */
  reason: string;
  cancelledAt: Date;
  /** An http or https address where the payer sees its receipt; left out where the gateway names none. */
  receiptUrl?: string;
}

/** Whether a payment holds or held money. How much, only its amounts say. */
export function holdsMoney({ state }: Pick<GatewayPayment, 'state'>): boolean {
  return state === GatewayPaymentState.PAID || state === GatewayPaymentState.CANCELLED;
}
