import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { ulid } from 'ulid';
import { inTransaction } from '../../src/database/transaction.js';
import { createLogger } from '../../src/logging/logger.js';
import { lockAccount } from '../../src/point-account/accounts.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { bring } from '../../src/point-transaction/ledger.js';
import { Lot, LotKind, LotUse } from '../../src/point-transaction/lot.entity.js';
import {
  PointTransaction,
  PointTransactionStatus,
} from '../../src/point-transaction/point-transaction.entity.js';
import { ExpiryWork } from '../../src/spending/expiry-work.js';
import { HoldService } from '../../src/spending/hold.service.js';
import { SpendingService } from '../../src/spending/spending.service.js';
import { proveBooks } from '../../src/verification/books.js';
import { faultsInBooks, readAccount } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';

const DAY_MS = 24 * 60 * 60_000;
const MANY_LOTS = 20_000;
const LOTS_PER_INSERT = 1_000;
const LOAD_TEST_TIMEOUT_MS = 240_000;

describeOnEachDatabase('lots of points', (database) => {
  let house: GatewayAndRooms;
  let books: DataSource;
  let spending: SpendingService;
  let holds: HoldService;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env, {
      POINT_PACKAGES: '5000,10000:+500',
      POINT_RETURN_GRACE_DAYS: '30',
    });
    ({ books, spending, holds } = house.rooms);
  });
  afterAll(async () => {
    await proveBooks(books, () => undefined);
    await house.close();
  });

  /** Points that somebody was granted, with so many days left. */
  async function give(ownerId: string, amount: number, days: number, kind = LotKind.ADJUST): Promise<string> {
    return inTransaction(books, 'READ COMMITTED', async (manager) => {
      const account = await lockAccount(manager, ownerId);
      const fact = { reference: `grant:${ulid()}`, status: PointTransactionStatus.GRANT, amount };
      const expiresAt = new Date(Date.now() + days * DAY_MS);
      return bring(manager, account, fact, { kind, expiresAt }).id;
    });
  }

  /** An order as the server makes it, paid and credited. */
  async function buy(ownerId: string, amount: number): Promise<string> {
    const order = await house.rooms.orders.create(ownerId, amount);
    const { imp_uid: impUid } = await house.pay(order);
    await house.rooms.transactions.create(ownerId, impUid);
    return impUid;
  }

  const spend = (ownerId: string, amount: number) =>
    spending.spend({ ownerId, amount, reason: '주문', idempotencyKey: ulid() });
  const back = (spendId: string, amount?: number) =>
    spending.cancelSpend({ spendId, amount, reason: '반품', idempotencyKey: ulid() });
  const leftOf = async (...ids: string[]) =>
    Promise.all(ids.map(async (id) => (await books.manager.findOneByOrFail(Lot, { id })).remaining));
  const expectBooks = async (ownerId: string, point: number, held = 0) => {
    expect((await readAccount(books, ownerId)).balance).toMatchObject({ point, heldPoint: held });
    expect(await faultsInBooks(books, ownerId, { mayOwe: true })).toEqual([]);
  };
  const statusesOf = async (ownerId: string) =>
    (await readAccount(books, ownerId)).rows.map(({ status, amount }) => [status, amount]);
  /** Its time is over from now on. */
  async function end(id: string): Promise<void> {
    const past = new Date(Date.now() - 1_000);
    await books.manager.update(Lot, { id }, { expiresAt: past, openUntil: past, nextExpiryAt: past });
  }
  /** What three servers do when they look at the same moment. */
  async function expire(): Promise<void> {
    const servers = Array.from({ length: 3 }, () => new ExpiryWork(books, createLogger('silent')));
    await Promise.all(
      servers.map(async ({ expired }) => {
        for (const piece of (await expired.take()).pieces) await expired.do(piece);
      }),
    );
  }

  describe('are spent', () => {
    test('in the order of their end, then granted and bonus before paid, then the oldest first', async () => {
      const { id: ownerId } = await house.user();
      const paid = await give(ownerId, 100, 10, LotKind.PAID);
      const bonus = await give(ownerId, 100, 10, LotKind.BONUS);
      const sooner = await give(ownerId, 100, 5, LotKind.PAID);
      const later = await give(ownerId, 100, 20);
      // The two with ten days end at the very same instant.
      const { expiresAt } = await books.manager.findOneByOrFail(Lot, { id: paid });
      await books.manager.update(Lot, bonus, { expiresAt, openUntil: expiresAt });

      await spend(ownerId, 150);
      expect(await leftOf(sooner, bonus, paid, later)).toEqual([0, 50, 100, 100]);
      await spend(ownerId, 51);
      expect(await leftOf(sooner, bonus, paid, later)).toEqual([0, 0, 99, 100]);
      await spend(ownerId, 199);
      expect(await leftOf(sooner, bonus, paid, later)).toEqual([0, 0, 0, 0]);
      await expectBooks(ownerId, 0);
    });

    test('and go back into the same ones, those with the most time first', async () => {
      const { id: ownerId } = await house.user();
      const [soon, later] = [await give(ownerId, 100, 5), await give(ownerId, 100, 20)];
      const { id } = await spend(ownerId, 180);

      await back(id, 100);
      expect(await leftOf(soon, later)).toEqual([20, 100]);
      await back(id);
      expect(await leftOf(soon, later)).toEqual([100, 100]);
      await expectBooks(ownerId, 200);
    });

    test('by nobody once their time is over, also before anybody has booked that', async () => {
      const { id: ownerId } = await house.user();
      const [over, open] = [await give(ownerId, 100, 5), await give(ownerId, 30, 20)];
      await end(over);

      await expect(spend(ownerId, 31)).rejects.toMatchObject({
        code: 'INSUFFICIENT_POINT',
        details: { available: 30, needed: 31 },
      });
      const until = new Date(Date.now() + 60_000);
      const asked = { ownerId, amount: 31, reason: '주문', idempotencyKey: ulid(), until };
      await expect(holds.hold(asked)).rejects.toMatchObject({ details: { available: 30 } });
      await spend(ownerId, 30);

      expect(await leftOf(over, open)).toEqual([100, 0]);
      await expire();
      await expectBooks(ownerId, 0);
    });

    test(
      `as fast when there are ${MANY_LOTS} of them`,
      async () => {
        const { id: ownerId } = await house.user();
        await fillLots(ownerId);

        const startedAt = performance.now();
        for (let times = 0; times < 20; times++) await spend(ownerId, 1);
        const eachMs = (performance.now() - startedAt) / 20;

        // A spend that read all of them takes many times as long.
        expect(eachMs).toBeLessThan(250);
        await spend(ownerId, 1_000);
        await expectBooks(ownerId, MANY_LOTS - 1_020);
      },
      LOAD_TEST_TIMEOUT_MS,
    );
  });

  /** Each of one point, as after years of small grants. */
  async function fillLots(ownerId: string): Promise<void> {
    const expiresAt = new Date(Date.now() + 100 * DAY_MS);
    for (let first = 1; first <= MANY_LOTS; first += LOTS_PER_INSERT) {
      const rows = Array.from({ length: LOTS_PER_INSERT }, (_, index) => {
        const sequence = first + index;
        return { id: ulid(), sequence, balanceAfter: sequence, amount: 1, reference: `grant:${ulid()}` };
      });
      const status = PointTransactionStatus.GRANT;
      const more = { ownerId, status, paymentId: null, reason: null, purpose: null, actor: null };
      await books
        .createQueryBuilder()
        .insert()
        .into(PointTransaction)
        .values(rows.map((row) => ({ ...row, ...more, createdAt: new Date() })))
        .updateEntity(false)
        .execute();
      const open = { ownerId, kind: LotKind.ADJUST, paymentId: null, initial: 1, remaining: 1, expiresAt };
      await books
        .createQueryBuilder()
        .insert()
        .into(Lot)
        .values(rows.map(({ id }) => ({ id, ...open, openUntil: expiresAt, nextExpiryAt: expiresAt })))
        .updateEntity(false)
        .execute();
    }
    const account = { point: MANY_LOTS, transactionCount: MANY_LOTS };
    await books.manager.update(PointAccount, { ownerId }, account);
  }

  describe('whose time is over', () => {
    test('are booked as lost once by three servers, with what is left of them alone', async () => {
      const { id: ownerId } = await house.user();
      const [over, open] = [await give(ownerId, 100, 5), await give(ownerId, 100, 20)];
      await spend(ownerId, 40);
      await end(over);

      await Promise.all([expire(), expire()]);

      expect(await leftOf(over, open)).toEqual([0, 100]);
      expect((await statusesOf(ownerId)).at(-1)).toEqual(['EXPIRE', -60]);
      await expectBooks(ownerId, 100);
    });

    test('lose nothing that is held, until the hold ends, and then it has the grace', async () => {
      const { id: ownerId } = await house.user();
      const lot = await give(ownerId, 100, 5);
      const until = new Date(Date.now() + 60_000);
      const asked = { ownerId, amount: 70, reason: '주문', until };
      const { id: confirmed } = await holds.hold({ ...asked, amount: 50, idempotencyKey: ulid() });
      const { id: voided } = await holds.hold({ ...asked, amount: 20, idempotencyKey: ulid() });
      await end(lot);

      await expire();
      await expectBooks(ownerId, 70, 70);
      await holds.confirm(confirmed, 45);
      await holds.void(voided);

      // 5 of the one and 20 of the other.
      const { remaining, openUntil } = await books.manager.findOneByOrFail(Lot, { id: lot });
      expect(remaining).toBe(25);
      expect(openUntil?.getTime()).toBeGreaterThan(Date.now() + 29 * DAY_MS);
      await spend(ownerId, 25);
      await expectBooks(ownerId, 0);
    });

    test('take back what comes back and lose it at once where there is no grace, and say so', async () => {
      const { id: ownerId } = await house.user();
      const lot = await give(ownerId, 100, 5);
      const strict = new SpendingService(books, {
        ...house.rooms.settings,
        pointValidity: { ...house.rooms.settings.pointValidity, graceMs: 0 },
      });
      const { id: spendId } = await spend(ownerId, 80);
      await end(lot);
      await expire();

      await strict.cancelSpend({ spendId, reason: '반품', idempotencyKey: 'key' });
      await expect(spend(ownerId, 1)).rejects.toMatchObject({ details: { available: 0 } });
      await expire();

      expect((await statusesOf(ownerId)).slice(-2)).toEqual([
        ['SPEND_CANCEL', 80],
        ['EXPIRE', -80],
      ]);
      await expectBooks(ownerId, 0);
    });
  });

  describe('of a payment with a bonus', () => {
    test('are two, and a full cancel takes both away', async () => {
      const { id: ownerId } = await house.user();
      const impUid = await buy(ownerId, 10_000);
      await expectBooks(ownerId, 10_500);
      expect(await house.rooms.cancellations.quote(ownerId, impUid)).toMatchObject({
        refundable: 10_000,
        plan: { basis: 'SHOP_POLICY', amount: 10_000, points: 10_500, bonus: 500, fee: 0 },
      });

      await house.rooms.cancellations.cancel(ownerId, { impUid });

      expect(await statusesOf(ownerId)).toEqual([
        ['PAYMENT', 10_000],
        ['BONUS', 500],
        ['CANCEL', -10_000],
        ['BONUS_CANCEL', -500],
      ]);
      await expectBooks(ownerId, 0);
    });

    test('lose the bonus in proportion, and all of it in the end', async () => {
      const { id: ownerId } = await house.user();
      const impUid = await buy(ownerId, 10_000);

      for (const amount of [3_333, 3_333, 3_334]) {
        await house.rooms.cancellations.cancel(ownerId, { impUid, amount });
      }

      const taken = (await statusesOf(ownerId)).filter(
        ([status]) => status === PointTransactionStatus.BONUS_CANCEL,
      );
      expect(taken.map(([, amount]) => amount)).toEqual([-166, -167, -167]);
      await expectBooks(ownerId, 0);
    });

    test('whose bonus was spent give back less money, and nothing of it twice', async () => {
      const { id: ownerId } = await house.user();
      const impUid = await buy(ownerId, 10_000);
      // The bonus ends sooner, so it is spent first.
      await spend(ownerId, 500);

      expect(await house.rooms.cancellations.quote(ownerId, impUid)).toMatchObject({
        left: 10_000,
        refundable: 9_524,
        plan: { basis: 'SHOP_POLICY', amount: 9_524, points: 10_000, bonus: 476, fee: 0 },
        limitedBy: 'INSUFFICIENT_POINT',
      });
      await expect(house.rooms.cancellations.cancel(ownerId, { impUid })).rejects.toMatchObject({
        code: 'INSUFFICIENT_POINT',
        details: { available: 9_524, needed: 10_000 },
      });
      await house.rooms.cancellations.cancel(ownerId, { impUid, amount: 9_524 });

      await expectBooks(ownerId, 0);
      expect(await house.rooms.cancellations.quote(ownerId, impUid)).toMatchObject({ refundable: 0 });
    });

    test('that are cancelled outside lose the bonus too, below zero where all is spent', async () => {
      const { id: ownerId } = await house.user();
      const impUid = await buy(ownerId, 10_000);
      await spend(ownerId, 10_500);

      await house.view.cancelOutside(impUid);
      await house.rooms.reconcile(impUid);
      await house.rooms.reconcile(impUid);

      await expectBooks(ownerId, -10_500);
      await buy(ownerId, 5_000);
      await expectBooks(ownerId, -5_500);
      const later = await buy(ownerId, 10_000);
      // The bonus filled the rest of the hole together with a part of the paid points.
      await expectBooks(ownerId, 5_000);
      expect(await house.rooms.cancellations.quote(ownerId, later)).toMatchObject({ refundable: 4_500 });
    });
  });

  test('give no money back for points of a payment that were spent, whatever else there is', async () => {
    const { id: ownerId } = await house.user();
    const first = await buy(ownerId, 5_000);
    const second = await buy(ownerId, 5_000);
    await spend(ownerId, 4_000);

    expect(await house.rooms.cancellations.quote(ownerId, first)).toMatchObject({ refundable: 1_000 });
    await expect(
      house.rooms.cancellations.cancel(ownerId, { impUid: first, amount: 1_001 }),
    ).rejects.toMatchObject({ code: 'INSUFFICIENT_POINT', details: { available: 1_000, needed: 1_001 } });
    await house.rooms.cancellations.cancel(ownerId, { impUid: first, amount: 1_000 });
    await house.rooms.cancellations.cancel(ownerId, { impUid: second });
    await expectBooks(ownerId, 0);
  });

  test('of a payment are spent or cancelled, never both, when both are asked for at once', async () => {
    for (let round = 0; round < 5; round++) {
      const { id: ownerId } = await house.user();
      const impUid = await buy(ownerId, 10_000);

      const [spent, cancelled] = await Promise.allSettled([
        spend(ownerId, 9_000),
        house.rooms.cancellations.cancel(ownerId, { impUid }),
      ]);

      expect([spent.status, cancelled.status].toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(await faultsInBooks(books, ownerId)).toEqual([]);
    }
  });

  test('of any history of grants, spends, cancels, holds and ends are just what is available', async () => {
    const { id: ownerId } = await house.user();
    const impUids: string[] = [];
    const spends: string[] = [];
    let seed = 20_261_129;
    // A generator of its own, so that a failure comes again.
    const next = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    const attempt = (work: Promise<unknown>) =>
      work.catch((error: unknown) => {
        if (!(error instanceof Error && 'code' in error)) throw error;
      });
    const holdAndEnd = async (amount: number, isConfirmed: boolean) => {
      const until = new Date(Date.now() + 60_000);
      const { id } = await holds.hold({ ownerId, amount, reason: '주문', idempotencyKey: ulid(), until });
      if (isConfirmed) await holds.confirm(id, Math.ceil(amount / 2));
      else await holds.void(id);
    };
    for (let step = 0; step < 120; step++) {
      const kind = next(8);
      if (kind === 0 && impUids.length < 8) impUids.push(await buy(ownerId, next(2) ? 5_000 : 10_000));
      else if (kind === 1) await give(ownerId, 1 + next(3_000), 1 + next(30));
      else if (kind === 2 || kind === 3) {
        await attempt(spend(ownerId, 1 + next(6_000)).then(({ id }) => spends.push(id)));
      } else if (kind === 4 && spends.length > 0) {
        await attempt(back(spends[next(spends.length)] ?? '', 1 + next(2_000)));
      } else if (kind === 5 && impUids.length > 0) {
        const impUid = impUids[next(impUids.length)] ?? '';
        await attempt(house.rooms.cancellations.cancel(ownerId, { impUid, amount: 1 + next(4_000) }));
      } else if (kind === 6) {
        await attempt(holdAndEnd(1 + next(3_000), next(2) === 0));
      } else if (kind === 7) {
        const [lot] = await books.manager.find(Lot, { where: { ownerId, kind: LotKind.ADJUST }, take: 1 });
        if (lot && lot.remaining > 0) await end(lot.id);
        await expire();
      }
    }
    expect(await faultsInBooks(books, ownerId, { mayOwe: true })).toEqual([]);
    expect(await books.manager.countBy(LotUse, {})).toBeGreaterThan(10);
  });
});
