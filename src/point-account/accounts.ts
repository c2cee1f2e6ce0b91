import { type EntityManager, In } from 'typeorm';
import { RowsOf, Statement } from '../database/statement.js';
import { PointAccount } from './point-account.entity.js';

/** What an owner has: nothing, as long as there is no account of theirs. */
export type Balance = Pick<PointAccount, 'point' | 'heldPoint'>;

const accountOf = new RowsOf(PointAccount, () => 'WHERE ownerId = :ownerId');
const accountUnderLock = new RowsOf(PointAccount, ({ forUpdate }) => `WHERE ownerId = :ownerId ${forUpdate}`);
const close = new Statement(
  ({ table }) => `UPDATE ${table(PointAccount)} SET closedAt = :closedAt WHERE ownerId = :ownerId`,
);

/** @returns null as long as the owner has none. */
export async function findAccount(manager: EntityManager, ownerId: string): Promise<PointAccount | null> {
  return accountOf.first(manager, { ownerId });
}

/**
 * Reads an account and keeps it from others until the transaction ends: what is decided by the balance, or by what the
 * owner has been promised already, is decided under this lock.
 */
export async function lockAccount(manager: EntityManager, ownerId: string): Promise<PointAccount> {
  const account = await accountUnderLock.first(manager, { ownerId });
  if (!account) throw new Error('an order names an account that does not exist');
  return account;
}

/**
 * Opens the accounts of many owners who have none, reads them all, and keeps them from others until the transaction ends.
 *
 * The read needs no lock of its own, because the insert before it takes it: where an account is there already, both MariaDB
 * and MySQL lock its row as for an UPDATE (documented of ON DUPLICATE KEY UPDATE), and wait for whoever has it.
 */
export async function openAndLockAccounts(
  manager: EntityManager,
  ownerIds: readonly string[],
): Promise<Map<string, PointAccount>> {
  if (ownerIds.length === 0) return new Map();
  await openAccounts(manager, ownerIds);
  const accounts = await manager.findBy(PointAccount, { ownerId: In(inOrder(ownerIds)) });
  return new Map(accounts.map((account) => [account.ownerId, account]));
}

/**
 * Says for ever that nobody is behind an account any more, under its lock: from the end of the transaction on no order is made
 * for it, and nobody gives it points.
 */
export async function closeAccount(manager: EntityManager, ownerId: string): Promise<void> {
  await close.run(manager, { ownerId, closedAt: new Date() });
}

/** In one order for everybody: two who want some of the same accounts then do not wait for each other in a ring. */
function inOrder(ownerIds: readonly string[]): string[] {
  return [...new Set(ownerIds)].toSorted();
}

/** Makes sure that an owner has an account. May be called at any time and by any number at once: an account that is there stays as it is. */
export async function openAccount(manager: EntityManager, ownerId: string): Promise<void> {
  await openAccounts(manager, [ownerId]);
}

/** The same for many owners. */
async function openAccounts(manager: EntityManager, ownerIds: readonly string[]): Promise<void> {
  const createdAt = new Date();
  // Not IGNORE, by which MariaDB would also cut an id that is too long.
  await manager
    .createQueryBuilder()
    .insert()
    .into(PointAccount)
    .values(
      inOrder(ownerIds).map((ownerId) => ({
        ownerId,
        point: 0,
        heldPoint: 0,
        transactionCount: 0,
        createdAt,
      })),
    )
    .orUpdate(['ownerId'], ['ownerId'])
    .updateEntity(false)
    .execute();
}

/** What can be spent or cancelled now, in whole points. */
export function availablePoint({ point, heldPoint }: Balance): number {
  return point - heldPoint;
}
