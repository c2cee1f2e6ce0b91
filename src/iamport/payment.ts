import { z } from 'zod';

/** What the gateway knows about one attempt to pay an order. */
export interface IamportPayment {
  impUid: string;
  merchantUid: string;
  /**
   * `ready`: window opened and nothing concluded, or a virtual account waits. `cancelled` is also read after a
   * cancellation of a part, so what is still paid is `amount - cancelAmount` and never this word.
   */
  status: string;
  /** Whole won for KRW; does not shrink when a part is cancelled. */
  amount: number;
  /** All that was cancelled so far. */
  cancelAmount: number;
  currency: string;
  /** Paid through a test channel. Undefined when the gateway does not tell. */
  sandbox: boolean | undefined;
  paidAt: Date | null;
}

/** Fields that we use; the gateway adds others without notice. Required ones are required by its schema. */
const wirePayment = z.object({
  imp_uid: z.string(),
  merchant_uid: z.string(),
  status: z.string(),
  amount: z.number(),
  cancel_amount: z.number(),
  currency: z.string(),
  sandbox: z.boolean().nullish(),
  paid_at: z.number().nullish(),
});

/** @returns our view of a payment as the gateway sent it, or undefined when it lacks what the schema promises. */
export function toPayment(wire: unknown): IamportPayment | undefined {
  const parsed = wirePayment.safeParse(wire);
  if (!parsed.success) return undefined;
  const payment = parsed.data;
  return {
    impUid: payment.imp_uid,
    merchantUid: payment.merchant_uid,
    status: payment.status,
    amount: payment.amount,
    cancelAmount: payment.cancel_amount,
    currency: payment.currency,
    sandbox: payment.sandbox ?? undefined,
    // Unix seconds; 0 means that it has not happened (observed).
    paidAt: payment.paid_at ? new Date(payment.paid_at * 1000) : null,
  };
}
