import type { EntityManager } from 'typeorm';
import { AttentionKind } from '../attention/attention.entity.js';
import { withdraw } from '../attention/raise.js';
import { newId } from '../database/new-id.js';
import { InsertOf, RowsOf, Statement } from '../database/statement.js';
import { Cancellation, CancellationKind, CancellationState, RefundBasis } from './cancellation.entity.js';
import type { Payment } from './payment.entity.js';
import { SealedRefundAccount } from './refund-account.entity.js';

/** The payment's cancellation that is still open; its unique key lets there be one. */
export const openCancellationOf = new RowsOf(Cancellation, () => 'WHERE openPaymentId = :paymentId');
export const cancellationById = new RowsOf(Cancellation, () => 'WHERE id = :id');
/** The one that an owner asked for with this key. */
export const insertCancellation = new InsertOf(Cancellation);
const endOpen = new Statement(
  ({ table }) => `UPDATE ${table(Cancellation)}
  SET state = :state, cancellationKey = :cancellationKey, refusal = :refusal,
    openPaymentId = NULL, nextAttemptAt = NULL, completedAt = :now
  WHERE id = :id AND state = '${CancellationState.PENDING}'`,
);

/** How long the account of a refund is kept after its end, for questions about one that did not arrive. */
export const REFUND_ACCOUNT_KEPT_MS = 30 * 24 * 60 * 60_000;
const deleteLater = new Statement(
  ({ table }) => `UPDATE ${table(SealedRefundAccount)} SET deleteAt = :deleteAt WHERE cancellationId = :id`,
);

/** A cancellation that is open for longer is put before the operators. */
export const OPEN_TOO_LONG_AFTER_MS = 15 * 60_000;
const ENDED_BY_ITSELF = '그 뒤에 스스로 끝났습니다. / It ended by itself afterwards.';

/** What goes back, and which points go for it. */
export type RefundFigures = Pick<
  Cancellation,
  'amount' | 'fee' | 'expiredPoints' | 'bonus' | 'bonusFromPaid'
>;

/** A cancellation that is not stored yet. */
export function newCancellation(
  payment: Pick<Payment, 'id' | 'ownerId' | 'currency'>,
  asked: Pick<Cancellation, 'kind' | 'amount' | 'checksum' | 'reason' | 'sentAt' | 'nextAttemptAt'> &
    Partial<
      RefundFigures &
        Pick<Cancellation, 'basis' | 'actor' | 'requestedAmount' | 'idempotencyKey' | 'refundAccount'>
    >,
): Cancellation {
  const isForPoints = asked.kind === CancellationKind.USER;
  const figures = { fee: 0, expiredPoints: 0, bonus: 0, bonusFromPaid: 0, ...asked };
  return {
    actor: null,
    requestedAmount: null,
    idempotencyKey: null,
    refundAccount: null,
    basis: isForPoints ? RefundBasis.SHOP_POLICY : null,
    ...figures,
    points: isForPoints ? pointsOf(figures) : 0,
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
    acceptedAt: null,
    expectedAt: null,
  };
}

export type CancellationEnd =
  | { state: CancellationState.DONE; cancellationKey: string }
  | { state: CancellationState.REFUSED; refusal: string };

/**
 * Ends a cancellation that its caller has read as open, under the lock of its owner's account: nobody ends one without it.
 *
 * @returns it as it is stored. Giving free what it held (`points`) is the caller's.
 */
export async function endCancellation(
  manager: EntityManager,
  open: Cancellation,
  how: CancellationEnd,
): Promise<Cancellation> {
  const now = new Date();
  const end = { cancellationKey: null, refusal: null, ...how };
  const { id, requestedAt } = open;
  endOpen.runLater(manager, { ...end, id, now });
  if (open.refundAccount !== null) {
    deleteLater.runLater(manager, { id, deleteAt: new Date(now.getTime() + REFUND_ACCOUNT_KEPT_MS) });
  }
  if (now.getTime() - requestedAt.getTime() > OPEN_TOO_LONG_AFTER_MS) {
    const matter = { kind: AttentionKind.CANCELLATION_OPEN, subject: id };
    await withdraw(manager, matter, ENDED_BY_ITSELF);
  }
  return Object.assign({}, open, end, { openPaymentId: null, nextAttemptAt: null, completedAt: now });
}

/** Whole points that go for a refund, and are held until then. What had expired is in no balance any more. */
export function pointsOf({
  amount,
  fee,
  bonus,
  expiredPoints,
}: Omit<RefundFigures, 'bonusFromPaid'>): number {
  return amount + fee + bonus - expiredPoints;
}
