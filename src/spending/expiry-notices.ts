import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { And, type DataSource, type EntityManager, In, IsNull, LessThan, MoreThan } from 'typeorm';
import { addDays, koreanDayOf, periodOfDay } from '../calendar/korean-time.js';
import { InjectDataSource } from '../database/inject.js';
import { newId } from '../database/new-id.js';
import { inTransaction } from '../database/transaction.js';
import { storeEvent, storesEvents } from '../event/outbox.js';
import { LOGGER } from '../logging/logger.js';
import { lockAccount } from '../point-account/accounts.js';
import { Lot } from '../point-transaction/lot.entity.js';
import { noticeLot } from '../point-transaction/lots.js';
import type { Batch, Work } from '../work/work.js';

/** How many days before their end the owner of points is told, the last one first. */
export const NOTICE_DAYS = [1, 7, 30] as const;
/** Lots that are looked at together; the next ones follow after the pause of recovery. */
const BATCH = 500;
/** Pause between two looks that find all there is: a notice is of a day and not of a minute. */
const LOOK_EVERY_MS = 10 * 60_000;

/** Lots of one owner that end on the same day in Korea. */
interface Notice {
  ownerId: string;
  /** On which they end. */
  day: string;
  /** Which of NOTICE_DAYS it is. */
  days: number;
  lotIds: string[];
}

/**
 * Tells owners of points that are about to expire, by events: each lot once for each step, by whichever server comes first.
 * A lot that was not there at an earlier step is told of at the next one alone. Where nobody takes events, nobody is told,
 * and nothing is looked for.
 */
@Injectable()
export class ExpiryNotices {
  readonly due: Work<Notice> = {
    take: () => this.take(),
    nameOf: ({ ownerId, day }) => ({ ownerId, day }),
    do: (notice) => this.tell(notice),
  };
  private nextLookAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  private async take(): Promise<Batch<Notice>> {
    if (!storesEvents(this.dataSource.manager) || performance.now() < this.nextLookAtMs) {
      return { pieces: [], isFull: false };
    }
    const notices = new Map<string, Notice>();
    let found = 0;
    let after = new Date();
    for (const days of NOTICE_DAYS) {
      const before = periodOfDay(addDays(koreanDayOf(new Date()), days)).until;
      const lots = await this.findUntold(days, { after, before }, BATCH - found);
      after = new Date(before.getTime() - 1);
      found += lots.length;
      for (const { id, ownerId, openUntil } of lots) {
        const day = koreanDayOf(openUntil as Date);
        const key = `${day} ${ownerId}`;
        const notice = notices.get(key) ?? { ownerId, day, days, lotIds: [] };
        notice.lotIds.push(id);
        notices.set(key, notice);
      }
    }
    // Not at once, so that what fails again and again does not keep this loop turning.
    if (found < BATCH) this.nextLookAtMs = performance.now() + LOOK_EVERY_MS;
    return { pieces: [...notices.values()], isFull: false };
  }

  /** Lots that end between the two moments and whose owner was not told at this step. Each is a range of an index. */
  private async findUntold(days: number, end: { after: Date; before: Date }, limit: number): Promise<Lot[]> {
    const lots: Lot[] = [];
    const nextExpiryAt = And(MoreThan(end.after), LessThan(end.before));
    for (const earlier of [null, ...NOTICE_DAYS.filter((step) => step > days)]) {
      if (lots.length >= limit) break;
      lots.push(
        ...(await this.dataSource.manager.find(Lot, {
          where: { noticedDays: earlier ?? IsNull(), nextExpiryAt },
          order: { nextExpiryAt: 'ASC' },
          take: limit - lots.length,
        })),
      );
    }
    return lots;
  }

  private async tell(notice: Notice): Promise<void> {
    const { ownerId, day, days } = notice;
    // Made once: a run whose COMMIT was carried out without our knowing is followed by one that finds nothing untold.
    const id = newId();
    const amount = await inTransaction(this.dataSource, 'READ COMMITTED', (manager) =>
      tellIn(manager, notice, id),
    );
    if (amount > 0)
      this.logger.info({ ownerId, day, days, points: amount }, 'an owner is told that points expire');
  }
}

/** @returns how many points it tells of; 0 when there was nothing to tell. */
async function tellIn(manager: EntityManager, notice: Notice, id: string): Promise<number> {
  const { ownerId, day, days } = notice;
  const { transactionCount } = await lockAccount(manager, ownerId);
  const lots = await manager.find(Lot, { where: { id: In(notice.lotIds) }, order: { id: 'ASC' } });
  const untold = [];
  for (const lot of lots) {
    // Since it was looked for it may have been spent, or have got another end.
    if (lot.openUntil === null || koreanDayOf(lot.openUntil) !== day) continue;
    if (await noticeLot(manager, lot.id, days)) untold.push(lot);
  }
  const [first] = untold;
  if (!first?.openUntil) return 0;
  const amount = untold.reduce((sum, { remaining }) => sum + remaining, 0);
  storeEvent(manager, {
    id,
    type: 'point.expiring',
    ownerId,
    // After the last row, so that its points are known to whoever reads of their end.
    position: 2 * transactionCount + 1,
    notice: `${first.id}:${days}:${first.openUntil.getTime()}`,
    at: new Date(),
    data: { ownerId, amount, expiresOn: day, days, lotIds: untold.map((lot) => lot.id) },
  });
  return amount;
}
