import {
  And,
  type DataSource,
  type FindOptionsWhere,
  In,
  LessThan,
  MoreThan,
  MoreThanOrEqual,
} from 'typeorm';
import { EventState, PointEvent } from './event.entity.js';

/** The newest are listed, up to so many. */
export const EVENTS_LISTED_MAX = 200;
/** Before the first of all events. */
const BEGINNING = new Date(0);
/** Events that are made due again by one statement. */
const REPLAYED_AT_ONCE = 500;

/** Which events. What is left out does not count. */
export interface WhichEvents {
  ownerId?: string | undefined;
  state?: EventState | undefined;
  /** What happened from this moment on. */
  from?: Date | undefined;
  /** What happened before this moment. */
  until?: Date | undefined;
}

/** Newest first. */
export async function listEvents({ manager }: DataSource, which: WhichEvents): Promise<PointEvent[]> {
  const order = { createdAt: 'DESC', id: 'DESC' } as const;
  return manager.find(PointEvent, { where: whereOf(which), order, take: EVENTS_LISTED_MAX });
}

export async function countEvents({ manager }: DataSource): Promise<Record<EventState, number>> {
  const counts = { PENDING: 0, DELIVERED: 0, GAVE_UP: 0 };
  for (const state of Object.values(EventState)) counts[state] = await manager.countBy(PointEvent, { state });
  return counts;
}

/** When the oldest of the events happened that are still to be sent; null when there are none. */
export async function oldestPendingAt({ manager }: DataSource): Promise<Date | null> {
  const order = { createdAt: 'ASC' } as const;
  const oldest = await manager.findOne(PointEvent, { where: { state: EventState.PENDING }, order });
  return oldest?.createdAt ?? null;
}

/**
 * Has events sent again, at once and with all their attempts before them, under the same ids: also those that were taken.
 * In the order in which they happened, so that those of an owner never overtake each other.
 *
 * @returns how many.
 */
export async function replayEvents({ manager }: DataSource, which: WhichEvents): Promise<number> {
  const now = new Date();
  const until = which.until ?? now;
  const where = whereOf({ ...which, until });
  const again = { state: EventState.PENDING, nextAttemptAt: now, attempts: 0, endedAt: null, fault: null };
  let replayed = 0;
  let last: PointEvent | undefined;
  for (;;) {
    // Each is met once, also one that is sent and ends meanwhile.
    const after: FindOptionsWhere<PointEvent>[] = last
      ? [
          { ...where, createdAt: And(MoreThan(last.createdAt), LessThan(until)) },
          { ...where, createdAt: last.createdAt, id: MoreThan(last.id) },
        ]
      : [where];
    const events = await manager.find(PointEvent, {
      where: after,
      order: { createdAt: 'ASC', id: 'ASC' },
      take: REPLAYED_AT_ONCE,
    });
    if (events.length > 0) await manager.update(PointEvent, { id: In(events.map(({ id }) => id)) }, again);
    replayed += events.length;
    if (events.length < REPLAYED_AT_ONCE) return replayed;
    last = events.at(-1);
  }
}

function whereOf({ ownerId, state, from = BEGINNING, until }: WhichEvents): FindOptionsWhere<PointEvent> {
  return {
    ...(ownerId !== undefined && { ownerId }),
    // Named all the same, so that the index by state and time is read.
    state: state ?? In(Object.values(EventState)),
    createdAt: until ? And(MoreThanOrEqual(from), LessThan(until)) : MoreThanOrEqual(from),
  };
}
