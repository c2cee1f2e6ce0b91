import type { EntityManager } from 'typeorm';
import { Statement } from '../database/statement.js';
import { GatewayPaymentState } from '../gateway/gateway-payment.js';
import { nextCheckOf } from './check-schedule.js';
import { awaitsDeposit } from './deposits.js';
import { Payment } from './payment.entity.js';
import { PaymentOrder, StoredOrderState } from './payment-order.entity.js';

const { READY, AWAITING_DEPOSIT, PAID, CANCELLED } = StoredOrderState;

const awaitDeposit = new Statement(
  ({ table }) => `UPDATE ${table(PaymentOrder)}
  SET state = :state, expiresAt = :expiresAt, nextCheckAt = :nextCheckAt WHERE merchantUid = :merchantUid`,
);
/** An account whose time is over waits no more; what is paid into it all the same is credited. */
const cancelUnlessAnotherWaits = new Statement(
  ({ table }) => `UPDATE ${table(PaymentOrder)} SET state = '${CANCELLED}'
  WHERE merchantUid = :merchantUid AND state = '${AWAITING_DEPOSIT}' AND NOT EXISTS (
    SELECT 1 FROM ${table(Payment)} AS other
    WHERE other.merchantUid = :merchantUid AND other.state = '${GatewayPaymentState.READY}'
      AND other.accountNumber IS NOT NULL AND other.dueAt > :now)`,
);
const endTime = new Statement(
  ({ table }) => `UPDATE ${table(PaymentOrder)} SET state = '${READY}'
  WHERE merchantUid = :merchantUid AND state = '${AWAITING_DEPOSIT}' AND expiresAt < :askedAt`,
);

/**
 * An order follows the accounts of its payments: one that was opened makes it wait until the account's time, and closing
 * the last one ends it. Under the lock of the owner's account, in the transaction that stores the payment.
 *
 * @param known what was known of the payment before. @param payment what is known now: `known` itself where nothing is new.
 */
export function followAccount(
  manager: EntityManager,
  order: PaymentOrder,
  known: Payment | null,
  payment: Payment,
  now: Date,
): void {
  if (payment === known) return;
  const { merchantUid } = order;
  const { dueAt } = payment;
  if (awaitsDeposit(payment) && dueAt !== null) {
    if (dueAt <= now) return;
    const waitsAlready = order.state === AWAITING_DEPOSIT || order.state === PAID;
    const expiresAt = waitsAlready && order.expiresAt > dueAt ? order.expiresAt : dueAt;
    const state = order.state === PAID ? PAID : AWAITING_DEPOSIT;
    // That of a paid order is about a second deposit.
    const nextCheckAt =
      (state === PAID ? order.nextCheckAt : null) ??
      nextCheckOf({ createdAt: order.createdAt, state: AWAITING_DEPOSIT, expiresAt }, now);
    awaitDeposit.runLater(manager, { merchantUid, state, expiresAt, nextCheckAt });
    return;
  }
  if (known && awaitsDeposit(known)) cancelUnlessAnotherWaits.runLater(manager, { merchantUid, now });
}

/** The gateway was asked after the order's time and knew of no deposit. */
export async function endAwaiting(
  manager: EntityManager,
  { merchantUid }: PaymentOrder,
  askedAt: Date,
): Promise<void> {
  await endTime.run(manager, { merchantUid, askedAt });
}
