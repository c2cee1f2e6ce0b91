import type { DataSource, EntityManager } from 'typeorm';
import { InsertOf } from '../database/statement.js';
import { EventState, PointEvent } from './event.entity.js';

/** Of the form of what is sent. A new field is no new version; another meaning of an old one is. */
const VERSION = 1;

/** Something that happened. */
export interface Happening extends Pick<PointEvent, 'id' | 'type' | 'ownerId' | 'position'> {
  at: Date;
  notice?: string;
  /** No personal data: it leaves the house. */
  data: Record<string, unknown>;
}

const insertEvent = new InsertOf(PointEvent);
const storing = new WeakSet<DataSource>();

/**
 * From now on all that happens on this database by this program is stored as events. A shop that takes none has none: no row
 * is written and no statement more is sent.
 */
export function storeEvents(dataSource: DataSource): void {
  storing.add(dataSource);
}

export function storesEvents({ dataSource }: Pick<EntityManager, 'dataSource'>): boolean {
  return storing.has(dataSource);
}

/** Stores an event where events are taken, as one INSERT of the transaction in which it happened. */
export function storeEvent(manager: EntityManager, happening: Happening): void {
  if (storesEvents(manager)) insertEvent.runLater(manager, eventOf(happening));
}

/** The row of an event that is to be sent at once. */
export function eventOf({ id, type, ownerId, position, notice, at, data }: Happening): PointEvent {
  return {
    id,
    type,
    ownerId,
    position,
    notice: notice ?? null,
    body: JSON.stringify({ type, timestamp: at.toISOString(), version: VERSION, data }),
    state: EventState.PENDING,
    createdAt: at,
    nextAttemptAt: at,
    attempts: 0,
    endedAt: null,
    fault: null,
  };
}
