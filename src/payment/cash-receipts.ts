import type { EntityManager } from 'typeorm';
import { Statement } from '../database/statement.js';
import { CashReceiptPurpose } from '../gateway/cash-receipts.js';
import { CashReceiptRow, CashReceiptState } from './cash-receipt.entity.js';
import type { Payment } from './payment.entity.js';

/** The number to which a receipt goes whose payer asked for none (자진발급; documented). It is nobody's. */
export const SELF_ISSUE_NUMBER = '01000001234';
const SELF_ISSUE_SHOWN = '010-000-1234';
/** So long a payer can ask for a receipt of their own before that. */
export const SELF_ISSUE_AFTER_MS = 60 * 60_000;

const { PENDING, ISSUED } = CashReceiptState;

const lookAfter = new Statement(
  ({ table }) => `UPDATE ${table(CashReceiptRow)} SET nextAttemptAt = :at
  WHERE paymentId = :paymentId AND state IN ('${PENDING}', '${ISSUED}')`,
);
const insertOnce = new Statement(
  ({ table, orKeepTheFirst }) => `INSERT INTO ${table(CashReceiptRow)}
    (paymentId, ownerId, state, purpose, isSelfIssued, identifier, requestedAt, nextAttemptAt)
  VALUES (:paymentId, :ownerId, '${PENDING}', '${CashReceiptPurpose.PERSON}', :isSelfIssued, :identifier, :now, :at)
  ${orKeepTheFirst('paymentId')}`,
);

/** The receipt of a payment, if it has one, is looked at again: money of the payment went back. */
export function followPayment(manager: EntityManager, paymentId: string, at: Date): void {
  lookAfter.runLater(manager, { paymentId, at });
}

/** A receipt to the number for payers who ask for none, later. Does nothing when the payment has one. */
export function selfIssueLater(manager: EntityManager, { id: paymentId, ownerId }: Payment): void {
  const now = new Date();
  const at = new Date(now.getTime() + SELF_ISSUE_AFTER_MS);
  const identifier = SELF_ISSUE_SHOWN;
  insertOnce.runLater(manager, { paymentId, ownerId, isSelfIssued: true, identifier, now, at });
}
