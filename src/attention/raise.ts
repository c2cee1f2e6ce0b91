import type { EntityManager } from 'typeorm';
import { newId } from '../database/new-id.js';
import { Statement } from '../database/statement.js';
import { Attention, NOTE_MAX_LENGTH } from './attention.entity.js';

/** What a person is to look at. The kind says what the subject is. */
export interface Matter extends Pick<Attention, 'kind' | 'subject' | 'note'> {
  ownerId?: string;
  merchantUid?: string;
}

const insertOnce = new Statement(
  ({
    table,
    orKeepTheFirst,
  }) => `INSERT INTO ${table(Attention)} (id, kind, subject, note, ownerId, merchantUid, since)
  VALUES (:id, :kind, :subject, :note, :ownerId, :merchantUid, :since) ${orKeepTheFirst('kind', 'subject')}`,
);
const resolveByItself = new Statement(
  ({ table }) => `UPDATE ${table(Attention)} SET resolvedAt = :now, resolution = :resolution
  WHERE kind = :kind AND subject = :subject AND resolvedAt IS NULL`,
);

/**
 * Puts something before the operators: once, however often and by however many it is met. One statement, of the caller's
 * transaction if there is one; safe to repeat.
 *
 * One that was resolved stays so: recovery meets the same thing again and again, and strangers can make it do so, and a
 * list that undoes what people decided is soon not read any more. The log has a line each time.
 */
export async function raise(manager: EntityManager, matter: Matter): Promise<void> {
  const { kind, subject, note, ownerId = null, merchantUid = null } = matter;
  const values = { kind, subject, note: note.slice(0, NOTE_MAX_LENGTH), ownerId, merchantUid };
  await insertOnce.run(manager, { ...values, id: newId(), since: new Date() });
}

/** Resolves what has ended well after all. Does nothing when it was never raised or is resolved already. */
export async function withdraw(
  manager: EntityManager,
  { kind, subject }: Pick<Matter, 'kind' | 'subject'>,
  resolution: string,
): Promise<void> {
  await resolveByItself.run(manager, { kind, subject, resolution, now: new Date() });
}
