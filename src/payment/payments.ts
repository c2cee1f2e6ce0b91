import type { EntityManager } from 'typeorm';
import { InsertOf, JoinOf, RowsOf, Statement } from '../database/statement.js';
import { PointAccount } from '../point-account/point-account.entity.js';
import { Payment } from './payment.entity.js';
import { PaymentOrder } from './payment-order.entity.js';

/** Names a payment at its gateway. */
export interface PaymentName {
  gateway: string;
  paymentId: string;
}

/** What a payment changes. */
export interface LockedPayment {
  account: PointAccount;
  paymentOrder: PaymentOrder;
  /** Null for one that we have not been told of. */
  payment: Payment | null;
}

export const paymentById = new RowsOf(Payment, () => 'WHERE id = :id');
const paymentByName = new RowsOf(Payment, () => 'WHERE gateway = :gateway AND gatewayPaymentId = :paymentId');
/** The account stands first, so that no database reads the order or the payment before it has the account's lock. */
const accountOrderPayment = new JoinOf<LockedPayment>(
  { account: PointAccount, paymentOrder: PaymentOrder, payment: Payment },
  ({ table, joinAfter, forUpdate }) => `FROM ${table(PointAccount)} AS account
  ${joinAfter} ${table(PaymentOrder)} AS paymentOrder
    ON paymentOrder.merchantUid = :merchantUid AND paymentOrder.ownerId = account.ownerId AND paymentOrder.gateway = :gateway
  LEFT JOIN ${table(Payment)} AS payment
    ON payment.gateway = :gateway AND payment.gatewayPaymentId = :paymentId
  WHERE account.ownerId = :ownerId
  ${forUpdate}`,
);
const insertPayment = new InsertOf(Payment);
const updatePayment = new Statement(
  ({ table }) => `UPDATE ${table(Payment)}
  SET creditedOrder = :creditedOrder, state = :state, amount = :amount, taxFree = :taxFree, vat = :vat,
    cancelledAmount = :cancelledAmount,
    currency = :currency, isTest = :isTest, method = :method, pg = :pg, receiptUrl = :receiptUrl,
    cancelReceipts = :cancelReceipts, cardName = :cardName, cardNumber = :cardNumber, paidAt = :paidAt,
    failedAt = :failedAt, failReason = :failReason, bankCode = :bankCode, bankName = :bankName,
    accountNumber = :accountNumber, accountHolder = :accountHolder,
    accountIssuedAt = :accountIssuedAt, takenBackSeenAt = :takenBackSeenAt,
    dueAt = :dueAt, readAt = :readAt
  WHERE id = :id`,
);

/** What is known of a payment; null for one that no gateway told us of. */
export async function findPayment(manager: EntityManager, name: PaymentName): Promise<Payment | null> {
  return paymentByName.first(manager, name);
}

/**
 * Reads what a payment changes - its owner's account, the order that it pays and what is known of it - and keeps all of it
 * from others until the transaction ends.
 *
 * @param merchantUid of the order as the gateway tells it.
 * @returns null when this owner has no such order at this gateway; nothing of anybody else is locked then.
 */
export async function lockPayment(
  manager: EntityManager,
  ownerId: string,
  { gateway, paymentId, merchantUid }: PaymentName & { merchantUid: string },
): Promise<LockedPayment | null> {
  return accountOrderPayment.first(manager, { ownerId, gateway, paymentId, merchantUid });
}

/** Stores what is known now, under the lock of the owner's account. @param known what was known before. */
export function savePayment(manager: EntityManager, known: Payment | null, payment: Payment): void {
  if (!known) insertPayment.runLater(manager, payment);
  else if (payment !== known) updatePayment.runLater(manager, payment);
}
