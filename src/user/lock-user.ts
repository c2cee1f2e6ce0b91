import type { EntityManager } from 'typeorm';
import { RowsOf } from '../database/statement.js';
import { User } from './user.entity.js';

const userUnderLock = new RowsOf(User, ({ forUpdate }) => `WHERE id = :id ${forUpdate}`);

/**
 * Reads a user's row and keeps it from others until the transaction ends: what is decided by the balance, or by what the
 * user has been promised already, is decided under this lock.
 */
export async function lockUser(manager: EntityManager, id: string): Promise<User | null> {
  return userUnderLock.first(manager, { id });
}
