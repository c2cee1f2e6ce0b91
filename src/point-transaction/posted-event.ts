import type { Happening } from '../event/outbox.js';
import {
  type PointTransaction,
  PointTransactionStatus,
  STATUSES_OF_PAYMENTS,
} from './point-transaction.entity.js';
import { lotOfReference, paymentIdOfReference, spendOfReference } from './reference.js';

const TYPES: Record<PointTransactionStatus, string> = {
  PAYMENT: 'point.credited',
  CANCEL: 'point.cancelled',
  SPEND: 'point.spent',
  SPEND_CANCEL: 'point.spend_cancelled',
  GRANT: 'point.granted',
  IMPORT: 'point.imported',
  BONUS: 'point.bonus_credited',
  BONUS_CANCEL: 'point.bonus_cancelled',
  EXPIRE: 'point.expired',
  EXPIRE_CANCEL: 'point.expiry_cancelled',
  REFUND_FEE: 'point.refund_fee',
};

/** What the shop's server is told of a row of the ledger. Its reason is a free text of people, and stays here. */
export function postedEvent(row: PointTransaction): Happening {
  const { id, ownerId, status, amount, balanceAfter, sequence, purpose, reference, actor, createdAt } = row;
  const isOfPayment = STATUSES_OF_PAYMENTS.includes(status);
  const cause = {
    ...(isOfPayment && { impUid: paymentIdOfReference(reference) }),
    ...(status === PointTransactionStatus.SPEND_CANCEL && { spendId: spendOfReference(reference) }),
    ...(status === PointTransactionStatus.EXPIRE && { lotId: lotOfReference(reference) }),
    ...(purpose !== null && { reference: purpose }),
    ...(actor !== null && { actor }),
  };
  return {
    id,
    type: TYPES[status],
    ownerId,
    position: 2 * sequence,
    at: createdAt,
    data: { ownerId, transactionId: id, sequence, amount, balanceAfter, ...cause },
  };
}
