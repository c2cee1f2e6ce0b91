import { beforeAll, expect, test } from '@jest/globals';
import { In, Not } from 'typeorm';
import { ulid } from 'ulid';
import { addDays, koreanDayOf, periodOfDay } from '../../src/calendar/korean-time.js';
import { Comparison, ComparisonState } from '../../src/comparison/comparison.entity.js';
import { Difference, DifferenceState } from '../../src/comparison/difference.entity.js';
import { PointTransaction } from '../../src/point-transaction/point-transaction.entity.js';
import { faultsInBooks } from '../support/books.js';
import { openDay } from '../support/comparison-day.js';
import { eventually } from '../support/rooms.js';
import { simulatorControl } from '../support/simulator-control.js';
import type { Fleet } from './fleet.js';

const TIMEOUT_MS = 120_000;
const MARGIN_SECONDS = 60 * 60;
const TODAY = koreanDayOf(new Date());
const DAYS = [20, 30, 40].map((ago) => addDays(TODAY, -ago));
/** Few, because the simulator remembers its last hundred calls. */
const PLANTED = { CANCEL_PG_ONLY: 3, PG_ONLY_OURS: 2, DUPLICATE_ORDER: 1 };
const HEALED_PER_DAY = 6;
const POSTED_PER_DAY = 5;
/** Of what was paid, and of what was cancelled. */
const LISTS_PER_ROUND = 2;
const LOOK = 'GET /payments/findAll/{merchant_uid}';
const CANCEL = 'POST /payments/cancel';

/** All of them find the same days due, and one of them dies while it compares one. */
export function comparing(startedFleet: () => Fleet): void {
  let fleet: Fleet;

  beforeAll(() => {
    fleet = startedFleet();
  });

  test(
    'is made by one of them for each day, again only where its server was killed, and heals nothing twice',
    async () => {
      const { books, servers, gateway } = fleet;
      const { manager } = books;
      const control = simulatorControl(fleet.simulatorUrl);
      for (const [seed, day] of DAYS.entries()) {
        await openDay(books, control, { day, payments: 60, seed: 31 + seed, differences: PLANTED });
      }
      const rowsBefore = await manager.count(PointTransaction);
      // Nothing else is to be compared meanwhile, so that the log of calls shows these days alone.
      await manager.update(Comparison, { day: Not(In(DAYS)) }, { nextRunAt: null });
      await control.forgetRequests();
      await gateway.addFaults([{ kind: 'hold-after', call: LOOK, skip: 2 }]);
      await manager.insert(
        Comparison,
        DAYS.map((day) => ({
          id: ulid(),
          gateway: 'iamport',
          day,
          state: ComparisonState.NOT_COMPARED,
          nextRunAt: new Date(),
        })),
      );

      const hold = await gateway.heldCall(LOOK);
      const rows = () => manager.find(Comparison, { where: { day: In(DAYS) }, order: { day: 'DESC' } });
      const wholeDays = async () => (await rows()).filter(({ comparedAt }) => comparedAt !== null);
      // The other servers have the other days meanwhile.
      await eventually(async () => expect(await wholeDays()).toHaveLength(DAYS.length - 1));
      const [broken] = (await rows()).filter(({ comparedAt }) => comparedAt === null);
      for (const server of servers) {
        await server.kill();
        const isTheOne = await gateway.isCallerGone(hold);
        if (isTheOne) break;
        await server.start();
      }
      // The time passes after which the dead one does not have the day any more.
      await manager.update(Comparison, { id: broken?.id ?? '' }, { nextRunAt: new Date() });
      await eventually(async () => {
        expect(await wholeDays()).toHaveLength(DAYS.length);
        expect((await control.requests()).counts[CANCEL]).toBe(DAYS.length * PLANTED.DUPLICATE_ORDER);
      });
      await Promise.all(servers.filter(({ isAlive }) => !isAlive).map((server) => server.start()));

      const { recent } = await control.requests();
      const listsOf = (day: string) => {
        const from = periodOfDay(day).from.getTime() / 1000 - MARGIN_SECONDS;
        return recent.filter(({ path }) => path.includes(`from=${from}&`)).length;
      };
      for (const { day, state, fault } of await rows()) {
        expect({ day, state, fault }).toEqual({ day, state: ComparisonState.SAME, fault: null });
        // The dead one had begun with the first list.
        const lists = day === broken?.day ? 1 + LISTS_PER_ROUND : LISTS_PER_ROUND;
        expect({ day, lists: listsOf(day) }).toEqual({ day, lists });
      }
      expect(await manager.count(PointTransaction)).toBe(rowsBefore + DAYS.length * POSTED_PER_DAY);
      const found = await manager.findBy(Difference, {
        comparisonId: In((await rows()).map(({ id }) => id)),
      });
      expect(found.map(({ state }) => state)).toEqual(
        Array.from({ length: DAYS.length * HEALED_PER_DAY }, () => DifferenceState.HEALED),
      );
      for (const { ownerId } of found) expect(await faultsInBooks(books, String(ownerId))).toEqual([]);
    },
    TIMEOUT_MS,
  );
}
