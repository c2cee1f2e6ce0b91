import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { type DataSource, In, LessThan, LessThanOrEqual, MoreThan, Not } from 'typeorm';
import { AttentionKind } from '../attention/attention.entity.js';
import { raise } from '../attention/raise.js';
import { koreanDayOf } from '../calendar/korean-time.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { InjectDataSource } from '../database/inject.js';
import { RowsOf, Statement } from '../database/statement.js';
import { EVENT_FAULT_MAX_LENGTH, EventState, PointEvent } from '../event/event.entity.js';
import { LOGGER } from '../logging/logger.js';
import { pauseMs } from '../work/patience.js';
import type { Batch, Look, Work } from '../work/work.js';
import { eventDelivered, eventGivenUp, eventNotTaken } from './announcements.js';
import { type Answer, ANSWER_TIMEOUT_MS, EventSender } from './sender.js';

/** Events that are looked at together; the next ones follow at once when there are more. */
const BATCH = 200;
/** Owners whose turn is claimed together: as many as are over before the lease ends when no answer comes to any of them. */
const CLAIMED_AT_ONCE = 40;
/** One whose server died is sent by another after this. */
const LEASE_MS = 120_000;
/** With less of its lease left an event is not sent any more: another server could send it at the same time. */
const LEASE_LEFT_MIN_MS = 3 * ANSWER_TIMEOUT_MS;
/** Events of one owner that are sent one after the other before others have their turn. */
const EVENTS_PER_TURN = 50;
/** 5 s, 10 s … and then each hour: 80 attempts take three days, as long as a weekend. */
const PATIENCE = { firstPauseMs: 5_000, lastPauseMs: 60 * 60_000 };
export const EVENT_ATTEMPTS_MAX = 80;
/** A pause is longer by up to this share of it, so that not everything that failed together comes back together. */
const JITTER = 0.25;
const DAY_MS = 24 * 60 * 60_000;
/** Longer than the first notice of an expiry comes before it: notices are known by these rows to have been given. */
const DELIVERED_KEPT_MS = 35 * DAY_MS;
const GAVE_UP_KEPT_MS = 90 * DAY_MS;
const FORGOTTEN_AT_ONCE = 1000;

const { PENDING, DELIVERED, GAVE_UP } = EventState;

/** What of an owner's events is sent next. */
const headOf = new RowsOf(
  PointEvent,
  () => `WHERE ownerId = :ownerId AND state = '${PENDING}' ORDER BY position, id LIMIT 1`,
);
/** Whoever changes it has it; an attempt counts from here on, also that of a server that dies. */
const claim = new Statement(
  ({ table }) => `UPDATE ${table(PointEvent)} SET nextAttemptAt = :leaseUntil, attempts = attempts + 1
  WHERE id = :id AND state = '${PENDING}' AND nextAttemptAt = :nextAttemptAt`,
);
/** Those behind one that is not sent yet are looked at together with it, and not each for itself. */
const letWait = new Statement(
  ({ table }) => `UPDATE ${table(PointEvent)} SET nextAttemptAt = :until
  WHERE ownerId = :ownerId AND state = '${PENDING}' AND id <> :headId AND nextAttemptAt < :until`,
);
const makeDue = new Statement(
  ({ table }) => `UPDATE ${table(PointEvent)} SET nextAttemptAt = :now
  WHERE ownerId = :ownerId AND state = '${PENDING}' AND attempts = 0`,
);

/**
 * Sends stored events: each at least once, those of one owner in their order, on any number of servers. The next event of
 * an owner waits until the one before it was taken or given up; those of others do not wait for it.
 *
 * A piece is the event that stands first in the queue of its owner, and with it the right to send those behind it.
 */
@Injectable()
export class EventWork {
  readonly works: Work<PointEvent>[];
  private readonly sender: EventSender;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(SETTINGS) { events }: Pick<Settings, 'events'>,
  ) {
    this.sender = new EventSender(events ?? { url: '', secrets: [] });
    const forget = { take: () => this.forgetOld(), nameOf: () => ({}), do: async () => undefined };
    this.works = events ? [this.due('first'), this.due('again'), forget] : [];
  }

  private due(look: Look): Work<PointEvent> {
    return {
      take: () => this.take(look),
      nameOf: ({ id, ownerId }) => ({ eventId: id, ownerId: ownerId ?? undefined }),
      do: (event) => this.sendInOrder(event),
    };
  }

  /** After it what was looked at is not due any more: it is claimed, or it waits for what stands before it. */
  private async take(look: Look): Promise<Batch<PointEvent>> {
    const now = new Date();
    const found = await this.dataSource.manager.find(PointEvent, {
      where: { nextAttemptAt: LessThanOrEqual(now), attempts: look === 'first' ? 0 : MoreThan(0) },
      order: { nextAttemptAt: 'ASC' },
      take: BATCH,
    });
    const pieces: PointEvent[] = [];
    const owners = new Set<string>();
    for (const event of found) {
      if (pieces.length === CLAIMED_AT_ONCE) return { pieces, isFull: true };
      const { ownerId } = event;
      if (ownerId === null) {
        if (await this.claimed(event)) pieces.push(event);
      } else if (!owners.has(ownerId)) {
        owners.add(ownerId);
        const head = await this.claimHead(ownerId, now, look);
        if (head) pieces.push(head);
      }
    }
    return { pieces, isFull: found.length === BATCH };
  }

  /** @returns undefined when nothing of this owner can be sent now, and what waits behind it is not looked at before it. */
  private async claimHead(ownerId: string, now: Date, look: Look): Promise<PointEvent | undefined> {
    const { manager } = this.dataSource;
    const head = await headOf.first(manager, { ownerId });
    if (!head?.nextAttemptAt) return undefined;
    const isDue = head.nextAttemptAt <= now;
    // One that is sent again is the other worker's, so that first ones do not wait behind answers that do not come.
    const isOurs = head.attempts === 0 || (isDue && look === 'again');
    if (isOurs && (await this.claimed(head))) return head;
    const until = isDue ? new Date(now.getTime() + LEASE_MS) : head.nextAttemptAt;
    await letWait.run(manager, { ownerId, headId: head.id, until });
    // Whoever has the head may have ended it since we saw it, and have looked for the next one before we let that wait for it.
    const headNow = await headOf.first(manager, { ownerId });
    if (headNow?.id !== head.id) await makeDue.run(manager, { ownerId, now });
    return undefined;
  }

  /** On success the event has its lease, and the attempt that now begins. */
  private async claimed(event: PointEvent): Promise<boolean> {
    const leaseUntil = new Date(Date.now() + LEASE_MS);
    const { id, nextAttemptAt } = event;
    if ((await claim.run(this.dataSource.manager, { id, nextAttemptAt, leaseUntil })) !== 1) return false;
    event.nextAttemptAt = leaseUntil;
    event.attempts += 1;
    return true;
  }

  /** Sends a claimed event, and those that stand behind it, until one is not taken, none is left or others have their turn. */
  private async sendInOrder(claimedEvent: PointEvent): Promise<void> {
    const { ownerId, nextAttemptAt: leaseUntil } = claimedEvent;
    if (Number(leaseUntil) - Date.now() < LEASE_LEFT_MIN_MS) return;
    let event: PointEvent | null = claimedEvent;
    for (let sent = 1; ; sent++) {
      const isOver = await this.sendOnce(event);
      if (!isOver || ownerId === null) return;
      if (sent === EVENTS_PER_TURN) break;
      event = await headOf.first(this.dataSource.manager, { ownerId });
      if (!event) return;
      // One that was sent before is another server's, or is paused.
      if (event.attempts > 0 || !(await this.claimed(event))) return;
    }
    await makeDue.run(this.dataSource.manager, { ownerId, now: new Date() });
  }

  /** @returns whether the next one may be sent: this one was taken or given up. */
  private async sendOnce(event: PointEvent): Promise<boolean> {
    const { type } = event;
    const answer = await this.sender.send(event);
    if (answer.outcome === 'taken') {
      await this.end(event, DELIVERED, null);
      eventDelivered.announce({ type });
      return true;
    }
    eventNotTaken.announce({ type });
    if (answer.outcome === 'gone' || event.attempts >= EVENT_ATTEMPTS_MAX) {
      await this.giveUp(event, answer);
      return true;
    }
    await this.sendLater(event, answer.fault);
    return false;
  }

  private async sendLater(event: PointEvent, fault: string): Promise<void> {
    const { manager } = this.dataSource;
    const { id, ownerId, type, attempts, nextAttemptAt: leaseUntil } = event;
    const pause = pauseMs(attempts - 1, PATIENCE) * (1 + JITTER * Math.random());
    const until = new Date(Date.now() + pause);
    // Only while it is ours: another server that has it by now knows better.
    const ours = { id, state: PENDING, nextAttemptAt: leaseUntil as Date };
    await manager.update(PointEvent, ours, {
      nextAttemptAt: until,
      fault: fault.slice(0, EVENT_FAULT_MAX_LENGTH),
    });
    if (ownerId !== null) await letWait.run(manager, { ownerId, headId: id, until });
    this.logger.warn({ eventId: id, type, attempts, fault }, 'an event was not taken');
  }

  private async giveUp(event: PointEvent, { fault }: Extract<Answer, { fault: string }>): Promise<void> {
    const { id, type, attempts } = event;
    const subject = koreanDayOf(new Date());
    const note = `EVENTS_URL 의 서버가 이벤트를 받지 않았습니다. / The server at EVENTS_URL did not take events. ${type}, ${fault}`;
    // First, so that no death in between ends it without anybody's knowing.
    await raise(this.dataSource.manager, { kind: AttentionKind.EVENTS_GIVEN_UP, subject, note });
    await this.end(event, GAVE_UP, fault);
    eventGivenUp.announce({ type });
    this.logger.error({ eventId: id, type, attempts, fault }, 'an event was given up');
  }

  private async end({ id }: PointEvent, state: EventState, fault: string | null): Promise<void> {
    const ended = { state, fault, endedAt: new Date(), nextAttemptAt: null };
    await this.dataSource.manager.update(PointEvent, { id, state: PENDING }, ended);
  }

  /** Deletes events that ended long ago, some at each round. */
  private async forgetOld(): Promise<Batch<never>> {
    const { manager } = this.dataSource;
    for (const [state, keptMs] of [
      [DELIVERED, DELIVERED_KEPT_MS],
      [GAVE_UP, GAVE_UP_KEPT_MS],
    ] as const) {
      const old = await manager.find(PointEvent, {
        where: { state, createdAt: LessThan(new Date(Date.now() - keptMs)) },
        select: { id: true },
        take: FORGOTTEN_AT_ONCE,
      });
      const ids = old.map(({ id }) => id);
      // Not one that somebody asks for again at this moment.
      if (ids.length > 0) await manager.delete(PointEvent, { id: In(ids), state: Not(PENDING) });
    }
    return { pieces: [], isFull: false };
  }
}
