import type { EntityManager } from 'typeorm';
import { newId } from '../database/new-id.js';
import { InsertOf, Statement } from '../database/statement.js';
import { inTransaction } from '../database/transaction.js';
import { PointEvent } from '../event/event.entity.js';
import { eventOf, storesEvents } from '../event/outbox.js';
import { Attention, AttentionKind, NOTE_MAX_LENGTH } from './attention.entity.js';

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
/** Only for one that was raised by the statement before, not for one that was there. */
const insertEventIfRaised = new InsertOf(
  PointEvent,
  ({ table, orKeepTheFirst }) => `FROM (SELECT 1 FROM ${table(Attention)}
    WHERE kind = :kind AND subject = :subject AND id = :id) AS raised WHERE 1 = 1 ${orKeepTheFirst('id')}`,
);
const resolveByItself = new Statement(
  ({ table }) => `UPDATE ${table(Attention)} SET resolvedAt = :now, resolution = :resolution
  WHERE kind = :kind AND subject = :subject AND resolvedAt IS NULL`,
);

/**
 * Puts something before the operators: once, however often and by however many it is met. One statement, of the caller's
 * transaction if there is one; safe to repeat. Where events are taken, its event is stored with it.
 *
 * One that was resolved stays so: recovery meets the same thing again and again, and strangers can make it do so, and a
 * list that undoes what people decided is soon not read any more. The log has a line each time.
 */
export async function raise(manager: EntityManager, matter: Matter): Promise<void> {
  const { kind, subject, note, ownerId = null, merchantUid = null } = matter;
  const values = { kind, subject, note: note.slice(0, NOTE_MAX_LENGTH), ownerId, merchantUid };
  const raised = { ...values, id: newId(), since: new Date() };
  // One that says that events are not taken would be told by an event that is not taken, and so on.
  if (!storesEvents(manager) || kind === AttentionKind.EVENTS_GIVEN_UP) {
    await insertOnce.run(manager, raised);
    return;
  }
  const work = async (within: EntityManager) => {
    await insertOnce.run(within, raised);
    await insertEventIfRaised.run(within, Object.assign(attentionEvent(raised), { kind, subject }));
  };
  if (manager.queryRunner?.isTransactionActive) await work(manager);
  else await inTransaction(manager.dataSource, 'READ COMMITTED', work);
}

/** It has no owner: what a person must decide waits for nothing that is told of points. */
function attentionEvent({
  id,
  kind,
  subject,
  note,
  merchantUid,
  since,
}: Omit<Attention, Resolution>): PointEvent {
  return eventOf({
    id,
    type: 'attention.raised',
    ownerId: null,
    position: 0,
    at: since,
    data: { attentionId: id, kind, subject, note, ...(merchantUid !== null && { merchantUid }) },
  });
}

type Resolution = 'resolvedAt' | 'resolvedBy' | 'resolution';

/** Resolves what has ended well after all. Does nothing when it was never raised or is resolved already. */
export async function withdraw(
  manager: EntityManager,
  { kind, subject }: Pick<Matter, 'kind' | 'subject'>,
  resolution: string,
): Promise<void> {
  await resolveByItself.run(manager, { kind, subject, resolution, now: new Date() });
}
