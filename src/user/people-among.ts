import { type EntityManager, In } from 'typeorm';
import { User } from './user.entity.js';

/** @returns those of the ids that are of people who signed up here. */
export async function peopleAmong(
  manager: EntityManager,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const people = await manager.find(User, { select: { id: true }, where: { id: In([...new Set(ids)]) } });
  return new Set(people.map(({ id }) => id));
}
