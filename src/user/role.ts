import type { DataSource } from 'typeorm';
import { User, type UserRole } from './user.entity.js';

/**
 * Says what a person may see. Safe to repeat.
 *
 * @param email in whichever case it was signed up with.
 * @returns false when nobody signed up with it.
 */
export async function giveRole({ manager }: DataSource, email: string, role: UserRole): Promise<boolean> {
  const { affected } = await manager.update(User, { email: email.trim().toLowerCase() }, { role });
  return affected === 1;
}
