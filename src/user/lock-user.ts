import type { EntityManager } from 'typeorm';
import { User } from './user.entity.js';

/**
 * Reads a user's row and keeps it from others until the transaction ends: what is decided by the balance, or by what the
 * user has been promised already, is decided under this lock.
 */
export async function lockUser(manager: EntityManager, id: string): Promise<User | null> {
  // SQLite knows no row locks and needs none: a transaction has the whole database to itself.
  const isSqlite = manager.dataSource.options.type === 'better-sqlite3';
  return manager.findOne(User, {
    where: { id },
    ...(isSqlite ? {} : { lock: { mode: 'pessimistic_write' } }),
  });
}
