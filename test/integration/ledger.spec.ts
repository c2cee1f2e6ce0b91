import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { ulid } from 'ulid';
import { Attention, AttentionKind } from '../../src/attention/attention.entity.js';
import { WaitOver } from '../../src/database/retry.js';
import { inTransaction } from '../../src/database/transaction.js';
import { PaymentOrder, StoredOrderState } from '../../src/payment/payment-order.entity.js';
import { cancelPosted, credited } from '../../src/point-transaction/announcements.js';
import { GatewayPaymentState } from '../../src/gateway/gateway-payment.js';
import { Payment } from '../../src/payment/payment.entity.js';
import { lockPayment, savePayment } from '../../src/payment/payments.js';
import { Lot, LotKind } from '../../src/point-transaction/lot.entity.js';
import { lockAccount } from '../../src/point-account/accounts.js';
import { knownAfter } from '../../src/payment/known-payment.js';
import {
  PointTransaction,
  PointTransactionStatus,
} from '../../src/point-transaction/point-transaction.entity.js';
import { PaymentMismatch } from '../../src/point-transaction/refusals.js';
import { findCredit, findCreditsOfOrders } from '../../src/point-transaction/transactions.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { User } from '../../src/user/user.entity.js';
import {
  addOrder,
  addOrders,
  addUser,
  faultsInBooks,
  newImpUid,
  openBooks,
  paidAnswer,
  readAccount,
  applierOf,
} from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';

/** For the tests with hundreds of calls; they take seconds, unless the machine is busy with something else. */
const LOAD_TEST_TIMEOUT_MS = 240_000;

const TRIES_MAX = 40;

/** As callers do: who found no free connection in time is told to ask again, and a busy machine tells many so. */
async function asOftenAsTold<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof WaitOver) || tries === TRIES_MAX) throw error;
    }
  }
}

/** Thrown in the middle of a transaction, so that it is rolled back. */
class ChangedMind extends Error {}

describeOnEachDatabase('the ledger', (database) => {
  let dataSource: DataSource;
  let credit: ReturnType<typeof applierOf>;

  beforeAll(async () => {
    dataSource = await openBooks(database.env);
    credit = applierOf(dataSource);
  });
  afterAll(() => dataSource.destroy());

  /** A charge in single statements that lets others run between them, and may be given up at its end. */
  const slowCharge = (order: PaymentOrder, { giveUp }: { giveUp: boolean }) =>
    inTransaction(dataSource, 'READ COMMITTED', async (manager) => {
      await manager.update(PointAccount, order.ownerId, {
        point: () => `point + ${order.amount}`,
        transactionCount: () => 'transactionCount + 1',
      });
      const account = await manager.findOneByOrFail(PointAccount, { ownerId: order.ownerId });
      await sleep(1);
      const impUid = newImpUid();
      const payment = knownAfter(null, paidAnswer(order, impUid), order, new Date());
      await manager.insert(Payment, { ...payment, creditedOrder: order.merchantUid });
      const id = ulid();
      await manager.insert(PointTransaction, {
        id,
        ownerId: order.ownerId,
        reference: `iamport:${impUid}`,
        paymentId: payment.id,
        status: PointTransactionStatus.PAYMENT,
        amount: order.amount,
        sequence: account.transactionCount,
        balanceAfter: account.point,
        createdAt: new Date(),
      });
      const expiresAt = new Date(Date.now() + 365 * 24 * 60 * 60_000);
      await manager.insert(Lot, {
        id,
        ownerId: order.ownerId,
        kind: LotKind.PAID,
        paymentId: payment.id,
        initial: order.amount,
        remaining: order.amount,
        expiresAt,
        openUntil: expiresAt,
        nextExpiryAt: expiresAt,
      });
      const { merchantUid } = order;
      await manager.update(
        PaymentOrder,
        { merchantUid },
        { state: StoredOrderState.PAID, paidAt: new Date() },
      );
      if (giveUp) throw new ChangedMind();
    });

  describe('for any history', () => {
    const USERS = 2;
    const ORDERS = 8;
    const step = fc.record({
      order: fc.nat({ max: ORDERS - 1 }),
      // Two attempts to pay the same order have two imp_uids.
      attempt: fc.constantFrom<'firstImpUid' | 'secondImpUid'>('firstImpUid', 'secondImpUid'),
      kind: fc.constantFrom('credit', 'credit', 'credit', 'given up'),
    });
    const amounts = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: ORDERS, maxLength: ORDERS });
    /** Steps of one inner list run at the same time, the lists one after the other. */
    const history = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 });

    test(
      'keeps the books in order and credits exactly what was paid',
      async () => {
        let credits = 0;
        let refusals = 0;
        await fc.assert(
          fc.asyncProperty(amounts, history, async (orderAmounts, batches) => {
            const users = await Promise.all(Array.from({ length: USERS }, () => addUser(dataSource)));
            const attempts: { order: PaymentOrder; firstImpUid: string; secondImpUid: string }[] = [];
            for (const [index, amount] of orderAmounts.entries()) {
              const { id } = at(users, index % USERS);
              const order = await addOrder(dataSource, id, amount);
              attempts.push({ order, firstImpUid: newImpUid(), secondImpUid: newImpUid() });
            }
            /** The row that each credited order became. */
            const rowOf = new Map<PaymentOrder, string>();

            for (const batch of batches) {
              const outcomes = await Promise.allSettled(
                batch.map(async ({ order: index, attempt, kind }) => {
                  const { order, [attempt]: impUid } = at(attempts, index);
                  if (kind === 'given up') return slowCharge(order, { giveUp: true });
                  const row = await credit(order, impUid);
                  expect(row).toMatchObject({ reference: `iamport:${impUid}`, amount: order.amount });
                  expect(rowOf.get(order) ?? row.id).toBe(row.id);
                  rowOf.set(order, row.id);
                  return undefined;
                }),
              );
              for (const [index, outcome] of outcomes.entries()) {
                if (outcome.status === 'fulfilled') continue;
                if (at(batch, index).kind === 'given up') continue;
                refusals += 1;
                expect(outcome.reason).toBeInstanceOf(PaymentMismatch);
                expect(outcome.reason.reason).toBe('ORDER_ALREADY_PAID');
              }
            }

            const asked = batches.flat().filter(({ kind }) => kind === 'credit');
            expect(rowOf.size).toBe(new Set(asked.map(({ order }) => order)).size);
            for (const { id } of users) {
              expect(await faultsInBooks(dataSource, id)).toEqual([]);
              const paid = [...rowOf.keys()].filter(({ ownerId }) => ownerId === id);
              const { balance, rows } = await readAccount(dataSource, id);
              expect(balance.point).toBe(paid.reduce((sum, { amount }) => sum + amount, 0));
              expect(rows).toHaveLength(paid.length);
            }
            credits += rowOf.size;
          }),
          { numRuns: 30 },
        );
        // An idle or one-sided run would prove nothing.
        expect(credits).toBeGreaterThan(30);
        expect(refusals).toBeGreaterThan(5);
      },
      LOAD_TEST_TIMEOUT_MS,
    );
  });

  test(
    '200 charges at once, every third given up in its middle, leave exactly the others',
    async () => {
      const first = await addUser(dataSource);
      const second = await addUser(dataSource);
      const orders = [
        ...(await addOrders(
          dataSource,
          first.id,
          Array.from({ length: 100 }, (_, index) => 1000 + index),
        )),
        ...(await addOrders(
          dataSource,
          second.id,
          Array.from({ length: 100 }, (_, index) => 5000 + index),
        )),
      ];
      const newcomers: Promise<User>[] = [];

      const outcomes = await Promise.allSettled(
        orders.map(async (order, index) => {
          // Saves without a transaction, in the middle of all the others.
          if (index % 10 === 0) newcomers.push(addUser(dataSource));
          if (index % 3 === 1) await credit(order, newImpUid());
          else await slowCharge(order, { giveUp: index % 3 === 2 });
        }),
      );

      const kept = orders.filter((_, index) => index % 3 !== 2);
      outcomes.forEach((outcome, index) => {
        if (index % 3 === 2) expect(outcome).toEqual({ status: 'rejected', reason: expect.any(ChangedMind) });
        else expect(outcome.status).toBe('fulfilled');
      });
      for (const { id } of [first, second]) {
        const { balance, rows } = await readAccount(dataSource, id);
        const own = kept.filter(({ ownerId }) => ownerId === id);
        expect(rows.map(({ merchantUid }) => merchantUid).toSorted()).toEqual(
          own.map(({ merchantUid }) => merchantUid).toSorted(),
        );
        expect(balance.point).toBe(own.reduce((sum, { amount }) => sum + amount, 0));
        expect(await faultsInBooks(dataSource, id)).toEqual([]);
      }
      for (const { id } of await Promise.all(newcomers)) {
        expect(await dataSource.manager.existsBy(User, { id })).toBe(true);
      }
    },
    LOAD_TEST_TIMEOUT_MS,
  );

  test(
    'one payment sent 1,000 times at once is credited once, and everybody gets that row',
    async () => {
      const { id } = await addUser(dataSource);
      const order = await addOrder(dataSource, id, 10_000);
      const impUid = newImpUid();

      const answers = await Promise.all(
        Array.from({ length: 1000 }, () => asOftenAsTold(() => credit(order, impUid))),
      );

      expect(new Set(answers.map((row) => row.id)).size).toBe(1);
      const { balance, rows } = await readAccount(dataSource, id);
      expect(rows).toEqual([
        expect.objectContaining({
          id: at(answers, 0).id,
          impUid,
          merchantUid: order.merchantUid,
          status: 'PAYMENT',
          amount: 10_000,
          sequence: 1,
          balanceAfter: 10_000,
        }),
      ]);
      expect(balance.point).toBe(10_000);
      const { manager } = dataSource;
      const stored = await manager.findOneByOrFail(PointTransaction, { id: at(answers, 0).id });
      const payment = await manager.findOneByOrFail(Payment, { gatewayPaymentId: impUid });
      const name = { gateway: 'iamport', paymentId: impUid };
      expect(await findCredit(manager, name)).toEqual({ entry: stored, payment });
      expect(await findCreditsOfOrders(manager, [order.merchantUid])).toEqual([
        { entry: expect.objectContaining({ id: stored.id }), payment },
      ]);
    },
    LOAD_TEST_TIMEOUT_MS,
  );

  test(
    '500 payments of one user at once are all credited, numbered 1 to 500',
    async () => {
      const { id } = await addUser(dataSource);
      const orders = await addOrders(
        dataSource,
        id,
        Array.from({ length: 500 }, (_, index) => 1000 + index),
      );

      await Promise.all(orders.map((order) => asOftenAsTold(() => credit(order, newImpUid()))));

      const { balance, rows } = await readAccount(dataSource, id);
      expect(rows.map(({ sequence }) => sequence)).toEqual(
        Array.from({ length: 500 }, (_, index) => index + 1),
      );
      expect(balance.point).toBe(500 * 1000 + (499 * 500) / 2);
      expect(await faultsInBooks(dataSource, id)).toEqual([]);
    },
    LOAD_TEST_TIMEOUT_MS,
  );

  test('tells of a credit and of a booked cancel once, however many send them', async () => {
    const user = await addUser(dataSource);
    const order = await addOrder(dataSource, user.id, 10_000);
    const impUid = newImpUid();
    const told: [what: string, points: number][] = [];
    credited.listen(({ points }) => told.push(['credited', points]));
    cancelPosted.listen(({ points }) => told.push(['cancelled', points]));

    const rows = await Promise.all(Array.from({ length: 5 }, () => credit(order, impUid)));
    expect(new Set(rows.map(({ id }) => id)).size).toBe(1);
    const cancels = (...amounts: number[]) =>
      credit(order, impUid, {
        cancelledAmount: amounts.reduce((sum, amount) => sum + amount, 0),
        cancellations: amounts.map((amount) => ({
          key: `c${amount}`,
          amount,
          reason: '',
          cancelledAt: new Date(),
        })),
      });
    await Promise.all([cancels(1_000), cancels(1_000), cancels(1_000)]);
    await cancels(1_000, 2_000);

    expect(told).toEqual([
      ['credited', 10_000],
      ['cancelled', 1_000],
      ['cancelled', 2_000],
    ]);
    expect(await faultsInBooks(dataSource, user.id)).toEqual([]);
  });

  test('of two payments of one order at the same time one is credited and the other refused', async () => {
    const { id } = await addUser(dataSource);
    const order = await addOrder(dataSource, id, 5000);

    const outcomes = await Promise.allSettled([credit(order, newImpUid()), credit(order, newImpUid())]);

    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toEqual([{ status: 'rejected', reason: expect.any(PaymentMismatch) }]);
    expect(at(refused, 0).reason.details).toEqual({ reason: 'ORDER_ALREADY_PAID' });
    expect((await readAccount(dataSource, id)).rows).toHaveLength(1);
    expect(await faultsInBooks(dataSource, id)).toEqual([]);
  });

  test('under the lock, an order and its payment are as whoever had the lock before has left them', async () => {
    const { id } = await addUser(dataSource);
    const order = await addOrder(dataSource, id, 5000);
    const name = { gateway: 'iamport', paymentId: newImpUid() };
    const { merchantUid } = order;
    const lockNext = () =>
      inTransaction(dataSource, 'READ COMMITTED', async (manager) =>
        lockPayment(manager, id, { ...name, merchantUid }),
      );
    const before = await lockNext();
    let next: ReturnType<typeof lockNext> | undefined;

    await inTransaction(dataSource, 'READ COMMITTED', async (manager) => {
      await lockAccount(manager, id);
      next = lockNext();
      // Until it waits for the lock.
      await sleep(300);
      const payment = knownAfter(null, paidAnswer(order, name.paymentId), order, new Date());
      savePayment(manager, null, payment);
      // Whoever waits with a lock on the order would make this one a deadlock.
      await manager.update(PaymentOrder, { merchantUid }, { state: StoredOrderState.PAID });
    });

    expect(before).toMatchObject({ paymentOrder: { state: StoredOrderState.READY }, payment: null });
    expect(await next).toMatchObject({
      paymentOrder: { state: StoredOrderState.PAID },
      payment: { gatewayPaymentId: name.paymentId, amount: 5000 },
    });
  });

  test('a payment that was credited for one order is never credited for another one', async () => {
    const { id } = await addUser(dataSource);
    const first = await addOrder(dataSource, id, 5000);
    const second = await addOrder(dataSource, id, 5000);
    const impUid = newImpUid();
    await credit(first, impUid);

    await expect(credit(second, impUid)).rejects.toThrow('a payment has changed its order');

    expect((await readAccount(dataSource, id)).balance.point).toBe(5000);
    expect(await faultsInBooks(dataSource, id)).toEqual([]);
  });

  test('an answer that cannot be changes nothing, and is put before the operators once', async () => {
    const { id: ownerId } = await addUser(dataSource);
    const order = await addOrder(dataSource, ownerId, 5000);
    const impUid = newImpUid();

    for (const cancelledAmount of [5001, -1, 0.5]) {
      await expect(credit(order, impUid, { cancelledAmount })).rejects.toThrow(PaymentMismatch);
    }

    expect((await readAccount(dataSource, ownerId)).rows).toEqual([]);
    expect(await dataSource.manager.countBy(Payment, { ownerId })).toBe(0);
    expect(await dataSource.manager.findBy(Attention, { ownerId })).toEqual([
      expect.objectContaining({
        kind: AttentionKind.IMPOSSIBLE_ANSWER,
        subject: impUid,
        note: 'amount 5000, cancelled 5001, KRW',
      }),
    ]);
    await credit(order, impUid);
    expect(await faultsInBooks(dataSource, ownerId)).toEqual([]);
  });

  test('nothing is written for an order that does not exist', async () => {
    const { id } = await addUser(dataSource);

    const order = await addOrder(dataSource, id, 5000);
    await dataSource.manager.delete(PaymentOrder, { merchantUid: order.merchantUid });

    const answer = paidAnswer(order, newImpUid());
    await expect(credit(order, answer.paymentId)).rejects.toThrow('the order is not in these books');
    // The database refuses it by itself, too.
    const payment = knownAfter(null, answer, order, new Date());
    const storeAlone = inTransaction(dataSource, 'READ COMMITTED', async (manager) =>
      savePayment(manager, null, payment),
    );
    await expect(storeAlone).rejects.toThrow(/foreign key/i);

    expect((await readAccount(dataSource, id)).balance).toMatchObject({ point: 0, transactionCount: 0 });
  });

  test(
    'a balance read while payments are credited never shows half of one',
    async () => {
      const { id } = await addUser(dataSource);
      const orders = await addOrders(
        dataSource,
        id,
        Array.from({ length: 100 }, () => 1000),
      );
      const seen = new Set<number>();
      const credited = new AbortController();

      /** Balance and rows in one statement, as READ COMMITTED shows them. */
      const readAtOnce = async () => {
        const [row] = await dataSource.query(
          `SELECT a.point AS point, a.transactionCount AS transactionCount,
                (SELECT COALESCE(SUM(t.amount), 0) FROM point_transaction t WHERE t.ownerId = a.ownerId) AS total,
                (SELECT COUNT(*) FROM point_transaction t WHERE t.ownerId = a.ownerId) AS number
         FROM point_account a WHERE a.ownerId = ?`,
          [id],
        );
        expect(Number(row.total)).toBe(row.point);
        expect(Number(row.number)).toBe(row.transactionCount);
        seen.add(row.point);
      };
      /** Balance and rows one after the other, in a transaction that sees one state. */
      const readInSteps = () =>
        inTransaction(dataSource, 'REPEATABLE READ', async (manager) => {
          const account = await manager.findOneByOrFail(PointAccount, { ownerId: id });
          await sleep(1);
          const rows = await manager.findBy(PointTransaction, { ownerId: id });
          expect(rows.reduce((sum, row) => sum + row.amount, 0)).toBe(account.point);
          seen.add(account.point);
        });
      const readUntilCredited = async (read: () => Promise<void>) => {
        while (!credited.signal.aborted) await read();
      };
      // A few at a time, so that the readers get their turns in between on SQLite too.
      const waiting = [...orders];
      const payer = async () => {
        for (let order = waiting.pop(); order; order = waiting.pop()) await credit(order, newImpUid());
      };
      const paying = Promise.all([payer(), payer(), payer()]).finally(() => credited.abort());
      const outcomes = await Promise.allSettled([
        paying,
        readUntilCredited(readAtOnce),
        readUntilCredited(readInSteps),
      ]);

      expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
      expect(seen.size).toBeGreaterThan(10);
    },
    LOAD_TEST_TIMEOUT_MS,
  );

  describe('in the database itself', () => {
    let order: PaymentOrder;
    let row: PointTransaction;
    let payment: Payment;

    beforeAll(async () => {
      const { id } = await addUser(dataSource);
      order = await addOrder(dataSource, id, 5000);
      row = await credit(order, newImpUid());
      payment = await dataSource.manager.findOneByOrFail(Payment, { id: String(row.paymentId) });
    });

    /** Another row of a table, in SQL that no code of ours has looked at. */
    const insertInto = (table: string, verb: string, values: object) => {
      const columns = Object.keys(values);
      return dataSource.query(
        `${verb} INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
        Object.values(values),
      );
    };
    const insertRaw = (verb: string, changed: Partial<PointTransaction>) => {
      const next = { id: ulid(), sequence: 2, balanceAfter: 10_000, createdAt: '2026-11-22 00:00:00' };
      return insertInto('point_transaction', verb, { ...row, reference: 'another', ...next, ...changed });
    };
    const insertPayment = (changed: Partial<Payment>) => {
      const isTest = 1 as never;
      const [paidAt, readAt] = ['2026-11-22 00:00:00', '2026-11-22 00:00:00'] as never[];
      const next = { id: ulid(), gatewayPaymentId: newImpUid(), creditedOrder: null, isTest, paidAt, readAt };
      return insertInto('point_payment', 'INSERT', { ...payment, ...next, ...changed });
    };
    const rowNow = () => dataSource.manager.findOneBy(PointTransaction, { id: row.id });

    test.each([
      ['an UPDATE of one row', 'UPDATE point_transaction SET amount = amount + 1 WHERE id = ?'],
      ['a DELETE of one row', 'DELETE FROM point_transaction WHERE id = ?'],
      ['an UPDATE that changes nothing', 'UPDATE point_transaction SET amount = amount WHERE id = ?'],
    ])('%s is refused', async (_, sql) => {
      await expect(dataSource.query(sql, [row.id])).rejects.toThrow(/append-only/);

      expect(await rowNow()).toEqual(row);
    });

    test('a REPLACE of a row is refused', async () => {
      await expect(insertRaw('REPLACE', { id: row.id })).rejects.toThrow(/append-only/);

      expect(await rowNow()).toEqual(row);
    });

    test.each<[string, () => Partial<PointTransaction>, RegExp]>([
      [
        'a second row of one cause',
        () => ({ reference: row.reference }),
        /uq_point_transaction_reference|: point_transaction.reference/,
      ],
      [
        'a number that was given',
        () => ({ sequence: 1 }),
        /uq_point_transaction_sequence|ownerId, point_transaction.sequence/,
      ],
    ])('%s is refused by its unique key', async (_, changed, key) => {
      await expect(insertRaw('INSERT', changed())).rejects.toThrow(key);
    });

    test.each<[string, () => Partial<Payment>, RegExp]>([
      [
        'a second payment of the same name',
        () => ({ gatewayPaymentId: payment.gatewayPaymentId }),
        /uq_point_payment_gateway|gateway, point_payment.gatewayPaymentId/,
      ],
      [
        'a second credited payment of an order',
        () => ({ creditedOrder: order.merchantUid }),
        /uq_point_payment_credited|: point_payment.creditedOrder/,
      ],
    ])('%s is refused by its unique key', async (_, changed, key) => {
      await expect(insertPayment(changed())).rejects.toThrow(key);
    });

    test.each<[string, Partial<PointTransaction>]>([
      ['a payment of nothing', { amount: 0 }],
      ['a negative payment', { amount: -5000 }],
      ['a positive cancel', { status: PointTransactionStatus.CANCEL }],
      ['a cancel of nothing', { status: PointTransactionStatus.CANCEL, amount: 0 }],
    ])('%s is refused by a check', async (_, changed) => {
      await expect(insertRaw('INSERT', changed)).rejects.toThrow(
        /ck_point_transaction_amount|CHECK constraint failed/,
      );
    });

    test.each<[string, () => Partial<Payment>]>([
      ['more cancelled than paid', () => ({ cancelledAmount: 5001 })],
      ['less than nothing cancelled', () => ({ cancelledAmount: -1 })],
      ['less than nothing paid', () => ({ amount: -1 })],
    ])('a payment with %s is refused by a check', async (_, changed) => {
      await expect(insertPayment(changed())).rejects.toThrow(
        /ck_point_payment_amount|CHECK constraint failed/,
      );
    });

    test.each<[string, Partial<Payment>]>([
      ['for another order than its own', { creditedOrder: 'pt-other' }],
      ['in another currency', { currency: 'USD' }],
      ['without money', { state: GatewayPaymentState.FAILED }],
    ])('a payment that is credited %s is refused by a check', async (_, changed) => {
      const other = await addOrder(dataSource, order.ownerId, 5000);
      const { merchantUid } = other;

      await expect(insertPayment({ merchantUid, creditedOrder: merchantUid, ...changed })).rejects.toThrow(
        /ck_point_payment_credited|CHECK constraint failed/,
      );
    });

    test.each<[string, Partial<PointTransaction>]>([
      ['a payment that does not exist', { paymentId: 'nobody' }],
      ['an account that does not exist', { ownerId: 'nobody' }],
    ])('a row for %s is refused by a foreign key', async (_, changed) => {
      await expect(insertRaw('INSERT', changed)).rejects.toThrow(/foreign key/i);
    });

    test('correct rows are accepted, so the refusals above are about their one fault', async () => {
      const { merchantUid } = await addOrder(dataSource, order.ownerId, 5000);
      await insertPayment({ merchantUid, creditedOrder: merchantUid });
      await insertPayment({});
      await insertRaw('INSERT', {});
      await insertRaw('INSERT', {
        reference: 'a third',
        status: PointTransactionStatus.CANCEL,
        amount: -5000,
        sequence: 3,
      });

      expect(await dataSource.manager.countBy(PointTransaction, { ownerId: row.ownerId })).toBe(3);
    });

    test.each([
      [
        'an order of nothing',
        'UPDATE point_payment_order SET amount = 0 WHERE merchantUid = ?',
        () => order.merchantUid,
      ],
      ['a negative hold', 'UPDATE point_account SET heldPoint = -1 WHERE ownerId = ?', () => order.ownerId],
    ])('%s is refused by a check', async (_, sql, key) => {
      await expect(dataSource.query(sql, [key()])).rejects.toThrow(/ck_|CHECK constraint failed/);
    });
  });
});

function at<T>(list: readonly T[], index: number): T {
  const element = list[index];
  if (element === undefined) throw new Error(`there is no element ${index} of ${list.length}`);
  return element;
}
