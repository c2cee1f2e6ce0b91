import type { EntityManager } from 'typeorm';
import { Statement } from '../database/statement.js';
import { closeAccount, lockAccount, openAccount } from '../point-account/accounts.js';
import { Cancellation } from '../payment/cancellation.entity.js';
import { PaymentOrder } from '../payment/payment-order.entity.js';
import { User } from './user.entity.js';

/** What keeps a person from leaving. Each ends by itself or by something that the person can do. */
export type LeavingObstacle = 'POINTS' | 'DEBT' | 'HELD' | 'OPEN_ORDER' | 'OPEN_CANCELLATION';

/** An order that somebody may still pay, or that we still ask the gateway about. */
const openOrder = new Statement(
  ({ table }) => `SELECT 1 AS found FROM ${table(PaymentOrder)}
  WHERE ownerId = :ownerId AND state IN ('READY', 'AWAITING_DEPOSIT') AND (expiresAt > :now OR nextCheckAt IS NOT NULL)
  LIMIT 1`,
);
const openCancellation = new Statement(
  ({ table }) =>
    `SELECT 1 AS found FROM ${table(Cancellation)} WHERE ownerId = :ownerId AND state = 'PENDING' LIMIT 1`,
);

/**
 * Says what would be lost or left open, under a lock of the account, so that nothing new begins before the transaction ends.
 *
 * @returns undefined when the person can leave.
 */
export async function whatKeeps(
  manager: EntityManager,
  ownerId: string,
): Promise<LeavingObstacle | undefined> {
  // Who never ordered anything has none: without one there is nothing to lock, and nothing that could be closed.
  await openAccount(manager, ownerId);
  const account = await lockAccount(manager, ownerId);
  if (account.heldPoint > 0) return 'HELD';
  if (account.point !== 0) return account.point > 0 ? 'POINTS' : 'DEBT';
  const isThere = async (statement: Statement) =>
    (await statement.send(manager, { ownerId, now: new Date() })).records.length > 0;
  if (await isThere(openOrder)) return 'OPEN_ORDER';
  return (await isThere(openCancellation)) ? 'OPEN_CANCELLATION' : undefined;
}

/**
 * Deletes the row of a person, and with it e-mail address, name and password. What they bought and spent stays in the
 * books under their id, which then names nobody: their account is closed, so that an order or a grant of theirs that is under
 * way at this moment comes to nothing.
 */
export async function erasePerson(manager: EntityManager, id: string): Promise<void> {
  await closeAccount(manager, id);
  await manager.delete(User, { id });
}
