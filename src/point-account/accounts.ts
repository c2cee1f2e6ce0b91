import { type EntityManager, In } from 'typeorm';
import { RowsOf } from '../database/statement.js';
import { PointAccount } from './point-account.entity.js';

/** What an owner has: nothing, as long as there is no account of theirs. */
export type Balance = Pick<PointAccount, 'point' | 'heldPoint'>;

const accountOf = new RowsOf(PointAccount, () => 'WHERE ownerId = :ownerId');
const accountUnderLock = new RowsOf(PointAccount, ({ forUpdate }) => `WHERE ownerId = :ownerId ${forUpdate}`);

/** @returns null as long as the owner has none. */
export async function findAccount(manager: EntityManager, ownerId: string): Promise<PointAccount | null> {
  return accountOf.first(manager, { ownerId });
}

/**
 * Reads an account and keeps it from others until the transaction ends: what is decided by the balance, or by what the
 * owner has been promised already, is decided under this lock.
 */
export async function lockAccount(manager: EntityManager, ownerId: string): Promise<PointAccount> {
  const account = await lockAccountIfThere(manager, ownerId);
  if (!account) throw new Error('an order names an account that does not exist');
  return account;
}

/** The same for an owner who may have none, which is null. */
export async function lockAccountIfThere(
  manager: EntityManager,
  ownerId: string,
): Promise<PointAccount | null> {
  return accountUnderLock.first(manager, { ownerId });
}

/** The same for many owners; those who have none are left out. */
export async function lockAccounts(
  manager: EntityManager,
  ownerIds: readonly string[],
): Promise<Map<string, PointAccount>> {
  const accounts = manager
    .createQueryBuilder(PointAccount, 'account')
    .where({ ownerId: In(inOrder(ownerIds)) })
    .orderBy('account.ownerId');
  // SQLite knows no row locks and needs none.
  if (manager.dataSource.options.type !== 'better-sqlite3') accounts.setLock('pessimistic_write');
  return new Map((await accounts.getMany()).map((account) => [account.ownerId, account]));
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
export async function openAccounts(manager: EntityManager, ownerIds: readonly string[]): Promise<void> {
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
