import type { EntityManager } from 'typeorm';
import { newId } from '../database/new-id.js';
import { InsertOf, Statement } from '../database/statement.js';
import { PointAccount } from '../point-account/point-account.entity.js';
import { PointTransaction } from './point-transaction.entity.js';

const insertTransaction = new InsertOf(PointTransaction);
/** Added in SQL, so that the balance is right even if it was not read under a lock. */
const addToBalance = new Statement(
  ({ table }) => `UPDATE ${table(PointAccount)}
  SET point = point + :amount, transactionCount = transactionCount + 1, heldPoint = heldPoint - :released
  WHERE ownerId = :ownerId`,
);
const addToHold = new Statement(
  ({ table }) => `UPDATE ${table(PointAccount)} SET heldPoint = heldPoint + :amount WHERE ownerId = :ownerId`,
);

/** What is to be posted: the ledger numbers it and knows the balance. */
export type Fact = Pick<PointTransaction, 'reference' | 'status' | 'amount'> &
  Partial<Pick<PointTransaction, 'id' | 'paymentId' | 'reason' | 'purpose' | 'actor'>>;

/*
 * The only writers of balances, of the transactions behind them, and of holds. Each is a part of its caller's transaction,
 * which has locked the account before and leaves `account` as it is afterwards.
 */

/**
 * Appends a row to the ledger and adds its amount to the balance.
 *
 * @param released whole points whose hold ends with this row.
 */
export async function post(
  manager: EntityManager,
  account: PointAccount,
  fact: Fact,
  released = 0,
): Promise<PointTransaction> {
  const { ownerId } = account;
  const { id = newId(), reference, status, amount } = fact;
  const { paymentId = null, reason = null, purpose = null, actor = null } = fact;
  const row: PointTransaction = {
    id,
    ownerId,
    reference,
    paymentId,
    status,
    amount,
    sequence: account.transactionCount + 1,
    balanceAfter: account.point + amount,
    reason,
    purpose,
    actor,
    createdAt: new Date(),
  };
  await insertTransaction.run(manager, row);
  await addToBalance.run(manager, { ownerId, amount: row.amount, released });
  account.point = row.balanceAfter;
  account.transactionCount = row.sequence;
  account.heldPoint -= released;
  return row;
}

/** Keeps points from being spent or held again. @param amount whole points, at least 1. */
export async function hold(manager: EntityManager, account: PointAccount, amount: number): Promise<void> {
  await addToHold.run(manager, { ownerId: account.ownerId, amount });
  account.heldPoint += amount;
}

/** Gives held points free again. @param amount whole points, at least 1. */
export async function release(manager: EntityManager, account: PointAccount, amount: number): Promise<void> {
  await addToHold.run(manager, { ownerId: account.ownerId, amount: -amount });
  account.heldPoint -= amount;
}
