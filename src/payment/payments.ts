import type { EntityManager } from 'typeorm';
import { InsertOf, PairsOf, RowsOf, Statement } from '../database/statement.js';
import { PointAccount } from '../point-account/point-account.entity.js';
import { Payment } from './payment.entity.js';

/** Names a payment at its gateway. */
export interface PaymentName {
  gateway: string;
  paymentId: string;
}

export const paymentById = new RowsOf(Payment, () => 'WHERE id = :id');
const paymentByName = new RowsOf(Payment, () => 'WHERE gateway = :gateway AND gatewayPaymentId = :paymentId');
/** The account stands first, so that no database reads the payment before it has the account's lock. */
const accountAndPayment = new PairsOf(
  PointAccount,
  Payment,
  ({ table, forUpdate }) => `LEFT JOIN ${table(Payment)} AS joined
    ON joined.gateway = :gateway AND joined.gatewayPaymentId = :paymentId
  WHERE base.ownerId = :ownerId
  ${forUpdate}`,
);
const insertPayment = new InsertOf(Payment);
const updatePayment = new Statement(
  ({ table }) => `UPDATE ${table(Payment)}
  SET creditedOrder = :creditedOrder, state = :state, amount = :amount, cancelledAmount = :cancelledAmount,
    currency = :currency, isTest = :isTest, method = :method, pg = :pg, receiptUrl = :receiptUrl, paidAt = :paidAt,
    failedAt = :failedAt, failReason = :failReason, dueAt = :dueAt, readAt = :readAt
  WHERE id = :id`,
);

/** What is known of a payment; null for one that no gateway told us of. */
export async function findPayment(manager: EntityManager, name: PaymentName): Promise<Payment | null> {
  return paymentByName.first(manager, name);
}

/**
 * Reads an account and what is known of one payment of its owner, and keeps both from others until the transaction ends.
 */
export async function lockAccountAndPayment(
  manager: EntityManager,
  ownerId: string,
  { gateway, paymentId }: PaymentName,
): Promise<{ account: PointAccount; payment: Payment | null }> {
  const found = await accountAndPayment.one(manager, { ownerId, gateway, paymentId });
  if (!found) throw new Error('an order names an account that does not exist');
  const [account, payment] = found;
  return { account, payment };
}

/** Stores what is known now, under the lock of the owner's account. @param known what was known before. */
export async function savePayment(
  manager: EntityManager,
  known: Payment | null,
  payment: Payment,
): Promise<void> {
  if (!known) await insertPayment.run(manager, payment);
  else if (payment !== known) await updatePayment.run(manager, payment);
}
