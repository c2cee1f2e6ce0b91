import { createHash } from 'node:crypto';
import * as z from 'zod';

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
  /** One entry for each cancellation that was carried out, oldest first. */
  cancelHistory: GatewayCancellation[];
}

/** A cancellation as the gateway remembers it. */
export interface GatewayCancellation {
  /** Names it within its payment, for ever. */
  key: string;
  amount: number;
  /** What was sent as `reason`; ours begin with the id of our own Cancellation. */
  reason: string;
  cancelledAt: Date;
}

/** Whether a payment holds or held money. How much, only its amounts say. */
export function holdsMoney({ status }: Pick<IamportPayment, 'status'>): boolean {
  return status === 'paid' || status === 'cancelled';
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
  cancel_history: z
    .array(
      z.object({
        cancellation_id: z.string().nullish(),
        pg_tid: z.string().nullish(),
        amount: z.number(),
        cancelled_at: z.number(),
        reason: z.string().nullish(),
      }),
    )
    .nullish(),
});

type WireCancellation = NonNullable<NonNullable<z.infer<typeof wirePayment>['cancel_history']>[number]>;

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
    cancelHistory: (payment.cancel_history ?? [])
      .toSorted((first, second) => first.cancelled_at - second.cancelled_at)
      .map((entry) => ({
        key: cancellationKey(entry),
        amount: entry.amount,
        reason: entry.reason ?? '',
        cancelledAt: new Date(entry.cancelled_at * 1000),
      })),
  };
}

/** `cancellation_id` (20 characters, schema); older entries may lack it and are named by what makes them unique. */
function cancellationKey({ cancellation_id, pg_tid, amount, cancelled_at }: WireCancellation): string {
  if (cancellation_id) return cancellation_id;
  return createHash('sha256')
    .update(`${pg_tid ?? ''}:${amount}:${cancelled_at}`)
    .digest('hex');
}
