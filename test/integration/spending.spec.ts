import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { ulid } from 'ulid';
import { readSettings } from '../../src/config/settings.js';
import { transientErrorOf } from '../../src/database/retry.js';
import { createLogger } from '../../src/logging/logger.js';
import { PointTransactionStatus } from '../../src/point-transaction/point-transaction.entity.js';
import { Hold, HoldState } from '../../src/spending/hold.entity.js';
import { HoldService } from '../../src/spending/hold.service.js';
import { HoldWork } from '../../src/spending/hold-work.js';
import type { PointRequest } from '../../src/spending/request.js';
import { SpendingService } from '../../src/spending/spending.service.js';
import { proveBooks } from '../../src/verification/books.js';
import {
  addOrder,
  addUser,
  applierOf,
  faultsInBooks,
  GATEWAY_ENV,
  newImpUid,
  openBooks,
  readAccount,
} from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { watchStatements } from '../support/statements.js';

const LOAD_TEST_TIMEOUT_MS = 240_000;
const AT_ONCE = 500;

describeOnEachDatabase('of points', (database) => {
  let books: DataSource;
  let spending: SpendingService;
  let holds: HoldService;
  let credit: ReturnType<typeof applierOf>;

  beforeAll(async () => {
    books = await openBooks(database.env);
    credit = applierOf(books);
    const settings = readSettings({ ...GATEWAY_ENV });
    spending = new SpendingService(books, settings);
    holds = new HoldService(books, settings);
  });
  afterAll(async () => {
    await proveBooks(books, () => undefined);
    await books.destroy();
  });

  /** An owner who has bought so many points. */
  async function ownerWith(amount: number): Promise<string> {
    const { id } = await addUser(books);
    if (amount > 0) await credit(await addOrder(books, id, amount), newImpUid());
    return id;
  }

  const request = (ownerId: string, amount: number, more: Partial<PointRequest> = {}): PointRequest => ({
    ownerId,
    amount,
    reason: '주문',
    reference: 'order-1',
    idempotencyKey: ulid(),
    ...more,
  });
  const holdRequest = (ownerId: string, amount: number, lastsMs = 60_000) => ({
    ...request(ownerId, amount),
    until: new Date(Date.now() + lastsMs),
  });
  /** As a caller does: no answer of the database in time is no answer, and the same is asked once more. */
  async function spendUntilAnswered(asked: PointRequest) {
    const deadline = Date.now() + LOAD_TEST_TIMEOUT_MS / 2;
    for (;;) {
      try {
        return await spending.spend(asked);
      } catch (error) {
        if (!transientErrorOf(error) || Date.now() > deadline) throw error;
      }
    }
  }
  const expectBooks = async (ownerId: string, point: number, heldPoint = 0) => {
    expect((await readAccount(books, ownerId)).balance).toMatchObject({ point, heldPoint });
    expect(await faultsInBooks(books, ownerId)).toEqual([]);
  };

  describe('a spend', () => {
    test('takes its points, and its row says who, why and what for', async () => {
      const ownerId = await ownerWith(10_000);

      const row = await spending.spend(request(ownerId, 3_000, { actor: 'an-operator' }));

      expect(row).toMatchObject({
        status: PointTransactionStatus.SPEND,
        amount: -3_000,
        balanceAfter: 7_000,
        reason: '주문',
        purpose: 'order-1',
        actor: 'an-operator',
        paymentId: null,
      });
      expect((await readAccount(books, ownerId)).rows.at(-1)).toMatchObject(row);
      await expectBooks(ownerId, 7_000);
    });

    test('with the same key is the first one, and refused for anything else', async () => {
      const ownerId = await ownerWith(10_000);
      const asked = request(ownerId, 4_000);

      const first = await spending.spend(asked);

      expect(await spending.spend({ ...asked, actor: 'somebody-else' })).toEqual(first);
      for (const other of [{ amount: 4_001 }, { reason: '다른 까닭' }, { reference: 'order-2' }]) {
        await expect(spending.spend({ ...asked, ...other })).rejects.toMatchObject({
          code: 'IDEMPOTENCY_KEY_REUSED',
        });
      }
      await expectBooks(ownerId, 6_000);
    });

    test('with the key of another owner is one of its own', async () => {
      const [one, other] = [await ownerWith(1_000), await ownerWith(1_000)];
      const asked = request(one, 1_000);

      const first = await spending.spend(asked);
      const second = await spending.spend({ ...asked, ownerId: other });

      expect(second.id).not.toBe(first.id);
      await expectBooks(one, 0);
      await expectBooks(other, 0);
    });

    test('of more than there is takes nothing and names the figures', async () => {
      const ownerId = await ownerWith(1_000);

      await expect(spending.spend(request(ownerId, 1_001))).rejects.toMatchObject({
        code: 'INSUFFICIENT_POINT',
        details: { available: 1_000, needed: 1_001 },
      });
      await expect(spending.spend(request('nobody-known', 1))).rejects.toMatchObject({
        details: { available: 0 },
      });
      await expectBooks(ownerId, 1_000);
    });

    test.each([
      ['amount', { amount: 0 }],
      ['amount', { amount: 1.5 }],
      ['amount', { amount: -1 }],
      ['reason', { reason: '' }],
      ['reason', { reason: 'x'.repeat(101) }],
      ['reference', { reference: ' order' }],
      ['ownerId', { ownerId: '' }],
      ['idempotencyKey', { idempotencyKey: 'a\n' }],
    ])('whose %s does not fit is refused', async (field, wrong) => {
      const asked = { ...request('an-owner', 1), ...wrong };

      await expect(spending.spend(asked)).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        details: { field },
      });
    });

    test(
      `${AT_ONCE} times at once ends exactly at zero, and the rest is refused`,
      async () => {
        const ownerId = await ownerWith(10_000);
        const amount = 30;

        const outcomes = await Promise.allSettled(
          Array.from({ length: AT_ONCE }, () => spendUntilAnswered(request(ownerId, amount))),
        );

        const spentCount = outcomes.filter(({ status }) => status === 'fulfilled').length;
        const codes = outcomes.flatMap((one) =>
          one.status === 'rejected' ? [(one.reason as { code?: string }).code] : [],
        );
        expect(spentCount).toBe(Math.floor(10_000 / amount));
        expect(new Set(codes)).toEqual(new Set(['INSUFFICIENT_POINT']));
        await expectBooks(ownerId, 10_000 - spentCount * amount);
        await spending.spend(request(ownerId, 10_000 - spentCount * amount));
        await expectBooks(ownerId, 0);
      },
      LOAD_TEST_TIMEOUT_MS,
    );

    test('that is sent twenty times at once with one key is one', async () => {
      const ownerId = await ownerWith(10_000);
      const asked = request(ownerId, 1_000);

      const rows = await Promise.all(Array.from({ length: 20 }, () => spending.spend(asked)));

      expect(new Set(rows.map(({ id }) => id)).size).toBe(1);
      await expectBooks(ownerId, 9_000);
    });
  });

  // Without the lock the books are right as well: the database takes one of two back, and it is done again.
  if (database.name === 'MariaDB') {
    test('spends, grants and cancels at once wait for their turn, and none of them is done twice', async () => {
      const ownerId = await ownerWith(10_000);
      const { id: spendId } = await spending.spend(request(ownerId, 5_000));
      const during = watchStatements(books);

      const statements = await during(() =>
        Promise.all(
          Array.from({ length: 20 }, async () => {
            const back = { spendId, amount: 10, reason: '반품', idempotencyKey: ulid() };
            await Promise.all([
              spending.spend(request(ownerId, 20)),
              spending.cancelSpend(back),
              spending.grant(request(ownerId, 30)),
            ]);
          }),
        ),
      );

      expect(statements.filter((text) => text === 'SET')).toHaveLength(2 * 60);
      await expectBooks(ownerId, 5_000 + 20 * (10 + 30 - 20));
    });
  }

  describe('the cancel of a spend', () => {
    test('gives back a part, then the rest, and never more', async () => {
      const ownerId = await ownerWith(10_000);
      const { id: spendId } = await spending.spend(request(ownerId, 6_000));
      const cancel = (idempotencyKey: string, amount?: number) =>
        spending.cancelSpend({ spendId, amount, reason: '반품', idempotencyKey });

      const part = await cancel('part', 2_500);
      expect(part).toMatchObject({
        status: PointTransactionStatus.SPEND_CANCEL,
        amount: 2_500,
        purpose: 'order-1',
      });
      expect(await cancel('part', 2_500)).toEqual(part);
      await expect(cancel('more', 3_501)).rejects.toMatchObject({
        code: 'CANCEL_AMOUNT_EXCEEDED',
        details: { left: 3_500 },
      });
      await expectBooks(ownerId, 6_500);
      const rest = await cancel('rest');
      expect(rest.amount).toBe(3_500);
      expect(await cancel('rest')).toEqual(rest);
      await expect(cancel('again')).rejects.toMatchObject({ details: { left: 0 } });
      for (const [key, amount] of [
        ['part', 2_501],
        ['part', undefined],
        ['rest', 3_500],
      ] as const) {
        await expect(cancel(key, amount)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
      }
      await expectBooks(ownerId, 10_000);
    });

    test('of what is no spend is refused', async () => {
      const ownerId = await ownerWith(1_000);
      const [credited] = (await readAccount(books, ownerId)).rows;

      for (const spendId of [credited?.id ?? '', ulid(), '']) {
        const asked = { spendId, reason: '반품', idempotencyKey: 'key' };
        await expect(spending.cancelSpend(asked)).rejects.toMatchObject({ code: 'SPEND_NOT_FOUND' });
      }
    });

    test('in twenty parts at once gives no more than the spend', async () => {
      const ownerId = await ownerWith(10_000);
      const { id: spendId } = await spending.spend(request(ownerId, 10_000));

      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) =>
          spending.cancelSpend({ spendId, amount: 600, reason: '반품', idempotencyKey: `${index}` }),
        ),
      );

      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(16);
      await expectBooks(ownerId, 9_600);
    });
  });

  describe('a grant', () => {
    test('gives points once for each key, also to somebody who never ordered anything', async () => {
      const asked = request(`a-user-of-a-host-${ulid()}`, 500);

      const row = await spending.grant(asked);

      expect(row).toMatchObject({ status: PointTransactionStatus.GRANT, amount: 500, balanceAfter: 500 });
      expect(await spending.grant(asked)).toEqual(row);
      await expect(spending.grant({ ...asked, amount: 501 })).rejects.toMatchObject({
        code: 'IDEMPOTENCY_KEY_REUSED',
      });
      await expectBooks(asked.ownerId, 500);
    });

    test('above what may be held is refused', async () => {
      const ownerId = await ownerWith(1_000);

      await expect(spending.grant(request(ownerId, 1_999_001))).rejects.toMatchObject({
        code: 'POINT_LIMIT_EXCEEDED',
      });
      await expectBooks(ownerId, 1_000);
    });
  });

  describe('a hold', () => {
    test('keeps its points from being spent, and its confirmation spends a part and frees the rest', async () => {
      const ownerId = await ownerWith(10_000);

      const hold = await holds.hold(holdRequest(ownerId, 8_000));

      expect(hold).toMatchObject({ state: HoldState.HELD, amount: 8_000 });
      await expectBooks(ownerId, 10_000, 8_000);
      await expect(spending.spend(request(ownerId, 2_001))).rejects.toMatchObject({
        code: 'INSUFFICIENT_POINT',
      });
      await expect(holds.confirm(hold.id, 8_001)).rejects.toMatchObject({
        code: 'HOLD_AMOUNT_EXCEEDED',
        details: { held: 8_000 },
      });
      const row = await holds.confirm(hold.id, 5_000);
      expect(row).toMatchObject({ id: hold.id, status: PointTransactionStatus.SPEND, amount: -5_000 });
      expect(await holds.confirm(hold.id, 5_000)).toEqual(row);
      await expect(holds.confirm(hold.id)).rejects.toMatchObject({
        code: 'HOLD_ENDED',
        details: { state: 'CONFIRMED', confirmedAmount: 5_000 },
      });
      await expect(holds.void(hold.id)).rejects.toMatchObject({ code: 'HOLD_ENDED' });
      await expectBooks(ownerId, 5_000);
      await spending.cancelSpend({ spendId: hold.id, reason: '반품', idempotencyKey: 'key' });
      await expectBooks(ownerId, 10_000);
    });

    test('is the same one for the same key, as it is now, and refused for another wish', async () => {
      const ownerId = await ownerWith(10_000);
      const asked = holdRequest(ownerId, 1_000);

      const first = await holds.hold(asked);
      expect(await holds.hold(asked)).toEqual(first);
      await expect(holds.hold({ ...asked, until: new Date(Date.now() + 5_000) })).rejects.toMatchObject({
        code: 'IDEMPOTENCY_KEY_REUSED',
      });
      await holds.void(first.id);
      expect((await holds.hold(asked)).state).toBe(HoldState.VOIDED);
      await expectBooks(ownerId, 10_000);
    });

    test('that is voided frees its points once', async () => {
      const ownerId = await ownerWith(1_000);
      const { id } = await holds.hold(holdRequest(ownerId, 1_000));

      const ends = await Promise.all(Array.from({ length: 10 }, () => holds.void(id)));

      expect(new Set(ends.map(({ state }) => state))).toEqual(new Set([HoldState.VOIDED]));
      await expect(holds.confirm(id)).rejects.toMatchObject({ details: { state: 'VOIDED' } });
      await expectBooks(ownerId, 1_000);
    });

    test('that is confirmed and voided at once ends in one way', async () => {
      const ownerId = await ownerWith(1_000);
      for (let round = 0; round < 10; round++) {
        const { id } = await holds.hold(holdRequest(ownerId, 100));

        const outcomes = await Promise.allSettled([holds.confirm(id), holds.void(id), holds.confirm(id)]);

        const hold = await books.manager.findOneByOrFail(Hold, { id });
        expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(
          hold.state === HoldState.CONFIRMED ? 2 : 1,
        );
      }
      expect(await faultsInBooks(books, ownerId)).toEqual([]);
    });

    test('whose time is over cannot be confirmed, and three servers free it once', async () => {
      const ownerId = await ownerWith(1_000);
      const { id } = await holds.hold(holdRequest(ownerId, 1_000, 150));
      const later = await holds.hold({ ...holdRequest(await ownerWith(10), 10), idempotencyKey: 'later' });
      await sleep(200);

      await expect(holds.confirm(id)).rejects.toMatchObject({ details: { state: 'EXPIRED' } });
      await expectBooks(ownerId, 1_000, 1_000);
      const servers = Array.from({ length: 3 }, () => new HoldWork(books, createLogger('silent'), holds));
      await Promise.all(
        servers.map(async ({ overdue }) => {
          for (const piece of (await overdue.take()).pieces) await overdue.do(piece);
        }),
      );

      expect((await holds.void(id)).state).toBe(HoldState.EXPIRED);
      await expectBooks(ownerId, 1_000);
      expect((await holds.find(later.id))?.state).toBe(HoldState.HELD);
    });

    test('of a time that is over, or too far away, and of nobody is refused', async () => {
      const ownerId = await ownerWith(1_000);
      for (const lastsMs of [-1, 181 * 24 * 60 * 60_000]) {
        await expect(holds.hold(holdRequest(ownerId, 1, lastsMs))).rejects.toMatchObject({
          details: { field: 'until' },
        });
      }
      await expect(holds.confirm(ulid())).rejects.toMatchObject({ code: 'HOLD_NOT_FOUND' });
      await expect(holds.void('')).rejects.toMatchObject({ code: 'HOLD_NOT_FOUND' });
      await expect(holds.hold(holdRequest('nobody-known', 1))).rejects.toMatchObject({
        code: 'INSUFFICIENT_POINT',
      });
      await expectBooks(ownerId, 1_000);
    });
  });

  describe('what is held', () => {
    const sumOf = (rows: Hold[]) => rows.reduce((sum, { amount }) => sum + amount, 0);

    test('is the open holds of the owner alone, whose sum is the held part of the balance', async () => {
      const [ownerId, another] = [await ownerWith(10_000), await ownerWith(10_000)];
      const made = await Promise.all([100, 200, 300, 400].map((n) => holds.hold(holdRequest(ownerId, n))));
      const overdue = await holds.hold(holdRequest(ownerId, 1_000, 100));
      await holds.hold(holdRequest(another, 5_000));
      await holds.void(made[0]!.id);
      await holds.confirm(made[1]!.id, 50);
      await sleep(150);

      // Nobody has given it free yet, so its points are still held.
      expect((await holds.openOf(ownerId, 10, undefined)).map(({ id }) => id)).toContain(overdue.id);
      await expectBooks(ownerId, 9_950, sumOf(await holds.openOf(ownerId, 10, undefined)));

      await holds.expire(overdue.id);
      const open = await holds.openOf(ownerId, 10, undefined);
      expect(new Set(open.map(({ amount }) => amount))).toEqual(new Set([300, 400]));
      await expectBooks(ownerId, 9_950, sumOf(open));
      expect(await holds.openOf('nobody-known', 10, undefined)).toEqual([]);
    });

    test('comes in pages, newest first, which new holds do not shift', async () => {
      const ownerId = await ownerWith(10_000);
      const made: Hold[] = [];
      for (let n = 1; n <= 5; n++) {
        made.unshift(await holds.hold(holdRequest(ownerId, n)));
        // Ids of one millisecond have no order.
        await sleep(2);
      }

      const first = await holds.openOf(ownerId, 3, undefined);
      await holds.hold(holdRequest(ownerId, 6));
      const rest = await holds.openOf(ownerId, 3, first.at(-1)?.id);

      expect([...first, ...rest].map(({ id }) => id)).toEqual(made.map(({ id }) => id));
    });
  });

  test('holds, spends and their cancels at once never go below zero', async () => {
    const ownerId = await ownerWith(5_000);

    await Promise.allSettled(
      Array.from({ length: 100 }, async (_, index) => {
        if (index % 2) return spending.spend(request(ownerId, 170));
        const { id } = await holds.hold(holdRequest(ownerId, 230));
        return index % 4 ? holds.confirm(id, 100) : holds.void(id);
      }),
    );

    const { balance } = await readAccount(books, ownerId);
    expect(balance.heldPoint).toBe(0);
    expect(balance.point).toBeGreaterThanOrEqual(0);
    expect(await faultsInBooks(books, ownerId)).toEqual([]);
  });
});
