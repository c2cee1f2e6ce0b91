import type { EntityManager } from 'typeorm';
import { JoinOf } from '../database/statement.js';
import { Cancellation } from '../payment/cancellation.entity.js';
import { Payment } from '../payment/payment.entity.js';
import type { PaymentName } from '../payment/payments.js';
import { PointAccount } from '../point-account/point-account.entity.js';
import { Lot, LotKind } from '../point-transaction/lot.entity.js';

/** What a cancellation of a payment looks at. */
export interface LockedForCancel {
  account: PointAccount;
  payment: Payment;
  /** The points that the payment brought; null where it is not credited. */
  paidLot: Lot | null;
  /** The payment's cancellation that is still open. */
  openCancellation: Cancellation | null;
  /** The owner's cancellation that was asked for with the same idempotency key, of this payment or another. */
  firstOfKey: Cancellation | null;
}

/** The account stands first, so that no database reads the rest before it has the account's lock. */
const accountPaymentCancellation = new JoinOf<LockedForCancel>(
  {
    account: PointAccount,
    payment: Payment,
    paidLot: Lot,
    openCancellation: Cancellation,
    firstOfKey: Cancellation,
  },
  ({ table, joinAfter, forUpdate }) => `FROM ${table(PointAccount)} AS account
  ${joinAfter} ${table(Payment)} AS payment
    ON payment.gateway = :gateway AND payment.gatewayPaymentId = :paymentId AND payment.ownerId = account.ownerId
  LEFT JOIN ${table(Lot)} AS paidLot ON paidLot.paymentId = payment.id AND paidLot.kind = '${LotKind.PAID}'
  LEFT JOIN ${table(Cancellation)} AS openCancellation ON openCancellation.openPaymentId = payment.id
  LEFT JOIN ${table(Cancellation)} AS firstOfKey
    ON firstOfKey.ownerId = account.ownerId AND firstOfKey.idempotencyKey = :idempotencyKey
  WHERE account.ownerId = :ownerId
  ${forUpdate}`,
);

/**
 * Reads what a cancellation depends on - its owner's account, the payment and its points, what is being cancelled of it, and the
 * same request of before - and keeps all of it from others until the transaction ends.
 *
 * @returns null when this owner has no such payment; nothing of anybody else is locked then.
 */
export async function lockForCancel(
  manager: EntityManager,
  ownerId: string,
  { gateway, paymentId }: PaymentName,
  idempotencyKey: string | undefined,
): Promise<LockedForCancel | null> {
  const values = { ownerId, gateway, paymentId, idempotencyKey: idempotencyKey ?? null };
  return accountPaymentCancellation.first(manager, values);
}
