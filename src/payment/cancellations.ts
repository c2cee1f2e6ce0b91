import type { EntityManager } from 'typeorm';
import { AttentionKind } from '../attention/attention.entity.js';
import { withdraw } from '../attention/raise.js';
import { newId } from '../database/new-id.js';
import { InsertOf, RowsOf, Statement } from '../database/statement.js';
import { Cancellation, CancellationKind, CancellationState } from './cancellation.entity.js';
import type { Payment } from './payment.entity.js';

/** The payment's cancellation that is still open; its unique key lets there be one. */
export const openCancellationOf = new RowsOf(Cancellation, () => 'WHERE openPaymentId = :paymentId');
export const cancellationById = new RowsOf(Cancellation, () => 'WHERE id = :id');
export const insertCancellation = new InsertOf(Cancellation);
const end = new Statement(
  ({ table }) => `UPDATE ${table(Cancellation)}
  SET state = :state, cancellationKey = :cancellationKey, refusal = :refusal,
    openPaymentId = NULL, nextAttemptAt = NULL, completedAt = :now
  WHERE id = :id AND state = '${CancellationState.PENDING}'`,
);

/** A cancellation that is open for longer is put before the operators. */
export const OPEN_TOO_LONG_AFTER_MS = 15 * 60_000;
const ENDED_BY_ITSELF = '그 뒤에 스스로 끝났습니다. / It ended by itself afterwards.';

/** A wish to give money back that is not stored yet. */
export function newCancellation(
  payment: Pick<Payment, 'id' | 'ownerId' | 'currency'>,
  wish: Pick<Cancellation, 'kind' | 'amount' | 'checksum' | 'reason' | 'sentAt' | 'nextAttemptAt'> &
    Partial<Pick<Cancellation, 'requestedAmount' | 'idempotencyKey'>>,
): Cancellation {
  return {
    requestedAmount: null,
    idempotencyKey: null,
    ...wish,
    id: newId(),
    ownerId: payment.ownerId,
    paymentId: payment.id,
    openPaymentId: payment.id,
    state: CancellationState.PENDING,
    currency: payment.currency,
    cancellationKey: null,
    refusal: null,
    requestedAt: new Date(),
    completedAt: null,
    attempts: 0,
  };
}

export type CancellationEnd =
  | { state: CancellationState.DONE; cancellationKey: string }
  | { state: CancellationState.REFUSED; refusal: string };

/**
 * Ends a cancellation, under the lock of its owner's account. Does nothing when it has ended already.
 *
 * @returns whether it ended now, and the points whose hold ends with it: giving them free is the caller's.
 */
export async function endCancellation(
  manager: EntityManager,
  { id, kind, amount, requestedAt }: Cancellation,
  how: CancellationEnd,
): Promise<{ isEnded: boolean; held: number }> {
  const values = { cancellationKey: null, refusal: null, ...how, id, now: new Date() };
  const isEnded = (await end.run(manager, values)) === 1;
  if (isEnded && Date.now() - requestedAt.getTime() > OPEN_TOO_LONG_AFTER_MS) {
    const matter = { kind: AttentionKind.CANCELLATION_OPEN, subject: id };
    await withdraw(manager, matter, ENDED_BY_ITSELF);
  }
  return { isEnded, held: isEnded && kind === CancellationKind.USER ? amount : 0 };
}
