import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { ulid } from 'ulid';
import { PaymentOrder } from '../../src/payment-order/payment-order.entity.js';
import {
  Cancellation,
  CancellationKind,
  CancellationState,
} from '../../src/point-transaction/cancellation.entity.js';
import { Ledger } from '../../src/point-transaction/ledger.js';
import { PointTransaction } from '../../src/point-transaction/point-transaction.entity.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { User } from '../../src/user/user.entity.js';
import { proveBooks, WrongRow } from '../../src/verification/books.js';
import { addOrder, addUser, newImpUid, openBooks } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';

/** A payment of 10,000 of which 3,000 was cancelled, and one of 5,000 with an open cancellation of 1,000. */
interface GoodBooks {
  user: User;
  credit: PointTransaction;
  cancel: PointTransaction;
  last: PointTransaction;
  open: Cancellation;
}

describeOnEachDatabase('the verification of the books', (database) => {
  let books: DataSource;
  let ledger: Ledger;
  let good: GoodBooks;

  beforeAll(async () => {
    books = await openBooks(database.env);
    ledger = new Ledger(books);
    // What the database refuses is what verification looks for: somebody with all rights can remove its rules.
    await dropRules(books);
  });

  beforeEach(async () => {
    // Other people's books on both sides of the ones that are altered.
    await fillGoodBooks();
    good = await fillGoodBooks();
    await fillGoodBooks();
    await expect(prove()).resolves.toMatchObject({ points: 36_000n, heldPoints: 3_000n, cancellations: 6 });
  });

  const forgetEverything = async () => {
    for (const entity of [Cancellation, PointTransaction, PaymentOrder, PointAccount, User]) {
      await books.manager.deleteAll(entity);
    }
  };

  afterEach(forgetEverything);

  afterAll(() => books.destroy());

  const prove = () => proveBooks(books, () => undefined);

  async function fillGoodBooks(): Promise<GoodBooks> {
    const user = await addUser(books);
    const credits: PointTransaction[] = [];
    for (const amount of [10_000, 5_000]) {
      const { merchantUid } = await addOrder(books, user.id, amount);
      credits.push((await ledger.credit({ ownerId: user.id, merchantUid, impUid: newImpUid(), amount })).row);
    }
    const [credit, last] = credits as [PointTransaction, PointTransaction];
    const done = await reserve(credit, 3_000);
    const cancellationKey = `cancel-of-${credit.impUid}`;
    await bookCancel(credit, cancellationKey, 3_000, done);
    const open = await reserve(last, 1_000);
    const [cancel] = await ledger.findCancels([{ impUid: credit.impUid, cancellationKey }]);
    if (!cancel) throw new Error('the cancel was not booked');
    return { user, credit, cancel, last, open };
  }

  const bookCancel = (credit: PointTransaction, key: string, amount: number, wish: Cancellation) =>
    ledger.bookCancels(credit, () => ({ entries: [{ key, amount }], own: { key, amount } }), wish);

  const reserve = ({ ownerId, merchantUid, impUid }: PointTransaction, amount: number) => {
    const id = ulid();
    return ledger.reserve({ id, ownerId, impUid }, async ({ left }) => ({
      id,
      kind: CancellationKind.USER,
      ownerId,
      merchantUid,
      impUid,
      openImpUid: impUid,
      state: CancellationState.PENDING,
      amount,
      checksum: left,
      currency: 'KRW',
      reason: 'a reason',
      requestedAmount: null,
      idempotencyKey: null,
      cancellationKey: null,
      refusal: null,
      requestedAt: new Date(),
      sentAt: new Date(),
      completedAt: null,
      nextAttemptAt: new Date(),
      attempts: 0,
    }));
  };

  async function expectWrong(rule: string, row: Record<string, unknown>): Promise<void> {
    const fault = await prove().catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(WrongRow);
    expect((fault as WrongRow).rule).toContain(rule);
    expect((fault as WrongRow).row).toMatchObject(row);
  }

  test('counts what it proved', async () => {
    expect(await prove()).toEqual({
      owners: 3,
      transactions: 9,
      payments: 6,
      cancellations: 6,
      points: 36_000n,
      heldPoints: 3_000n,
    });
  });

  test('proves books of nobody', async () => {
    await forgetEverything();
    expect(await prove()).toMatchObject({ owners: 0, transactions: 0, points: 0n });
  });

  describe('names', () => {
    test.each<[string, number]>([
      ['one point too many', 12_001],
      ['one point too few', 11_999],
    ])('a balance with %s', async (_title, point) => {
      await books.manager.update(PointAccount, good.user.id, { point });
      await expectWrong('a balance is not the sum', { ownerId: good.user.id, point, expected: 12_000 });
    });

    test('a hold without a cancellation, and one that is missing', async () => {
      for (const heldPoint of [999, 0]) {
        await books.manager.update(PointAccount, good.user.id, { heldPoint });
        await expectWrong('a hold is not the sum', { ownerId: good.user.id, heldPoint, expected: 1_000 });
      }
    });

    test('an open cancellation whose amount was changed', async () => {
      await books.manager.update(Cancellation, good.open.id, { amount: 1_500 });
      await expectWrong('a hold is not the sum', { ownerId: good.user.id, expected: 1_500 });
    });

    test('a transaction whose amount was changed', async () => {
      await books.manager.update(PointTransaction, good.credit.id, { amount: 10_001 });
      await expectWrong('balanceAfter is not the running sum', { id: good.credit.id, expected: 10_001 });
    });

    test('a transaction whose amount was changed together with the balances after it', async () => {
      await books.query('UPDATE point_transaction SET balanceAfter = balanceAfter + 1 WHERE ownerId = ?', [
        good.user.id,
      ]);
      await books.manager.update(PointTransaction, good.credit.id, { amount: 10_001 });
      await books.manager.update(PointAccount, good.user.id, { point: 12_001 });
      await expectWrong('more was credited than the order asked for', { id: good.credit.id });
    });

    test('a balanceAfter that was changed', async () => {
      await books.manager.update(PointTransaction, good.cancel.id, { balanceAfter: 12_999 });
      await expectWrong('balanceAfter is not the running sum', { id: good.cancel.id });
    });

    test('a deleted transaction by the one after it', async () => {
      await books.manager.delete(PointTransaction, good.credit.id);
      await expectWrong('a transaction is missing before this one', { id: good.last.id });
    });

    test('a deleted last transaction by its account', async () => {
      await books.manager.delete(PointTransaction, good.cancel.id);
      await expectWrong('an owner’s last transaction is missing', { ownerId: good.user.id, found: 2 });
    });

    test('a deleted last transaction whose account was made to fit, by its cancellation', async () => {
      await books.manager.delete(PointTransaction, good.cancel.id);
      await books.manager.update(PointAccount, good.user.id, { point: 15_000, transactionCount: 2 });
      await expectWrong('DONE without its CANCEL row', { impUid: good.credit.impUid });
    });

    test('a transaction that was given to another owner', async () => {
      const other = await addUser(books);
      await books.manager.update(PointTransaction, good.cancel.id, {
        ownerId: other.id,
        sequence: 1,
        balanceAfter: -3_000,
      });
      await books.manager.update(PointAccount, other.id, { point: -3_000, transactionCount: 1 });
      await books.manager.update(PointAccount, good.user.id, { point: 15_000, transactionCount: 2 });
      await expectWrong('not of the owner of its order', { id: good.cancel.id });
    });

    test('an order that was given to another owner', async () => {
      const other = await addUser(books);
      await books.manager.update(
        PaymentOrder,
        { merchantUid: good.credit.merchantUid },
        { ownerId: other.id },
      );
      await expectWrong('not of the owner of its order', { merchantUid: good.credit.merchantUid });
    });

    test('an order with a credit that is READY, and one that is PAID without a credit', async () => {
      const { merchantUid } = good.credit;
      await books.query(`UPDATE point_payment_order SET state = 'READY' WHERE merchantUid = ?`, [
        merchantUid,
      ]);
      await expectWrong('an order with a credit is not PAID', { merchantUid });
      await books.query(`UPDATE point_payment_order SET state = 'PAID' WHERE merchantUid = ?`, [merchantUid]);

      const unpaid = await addOrder(books, good.user.id, 10_000);
      await books.query(`UPDATE point_payment_order SET state = 'PAID' WHERE merchantUid = ?`, [
        unpaid.merchantUid,
      ]);
      await expectWrong('PAID without a credit', { merchantUid: unpaid.merchantUid });
    });

    test('transactions of an order that is not there', async () => {
      await books.manager.delete(PaymentOrder, { merchantUid: good.credit.merchantUid });
      await expectWrong('without its order', { merchantUid: good.credit.merchantUid });
    });

    test('transactions of an account that is not there', async () => {
      await books.manager.delete(PointAccount, good.user.id);
      await expectWrong('without its account', { ownerId: good.user.id });
    });

    /** Whoever adds a row and makes everything about the account fit. */
    async function addFittingRow(row: Partial<PointTransaction>): Promise<string> {
      const account = await books.manager.findOneByOrFail(PointAccount, { ownerId: good.user.id });
      const id = ulid();
      const added = { ...good.last, amount: 5_000, ...row, id };
      await books.manager.insert(PointTransaction, {
        ...added,
        sequence: account.transactionCount + 1,
        balanceAfter: account.point + added.amount,
      });
      await books.manager.update(PointAccount, account.ownerId, {
        point: account.point + added.amount,
        transactionCount: account.transactionCount + 1,
      });
      return id;
    }

    test('a second credit of a payment', async () => {
      await addFittingRow({});
      await expectWrong('a payment was credited twice', { impUid: good.last.impUid });
    });

    test('a second credit of an order', async () => {
      await addFittingRow({ impUid: newImpUid() });
      await expectWrong('an order was credited twice', { merchantUid: good.last.merchantUid });
    });

    test('a cancellation of more than was paid, and one of what was never credited', async () => {
      const cancel = { ...good.cancel, cancellationKey: 'z', amount: -7_001 };
      const id = await addFittingRow(cancel);
      await expectWrong('more was cancelled than paid', { id });

      await books.manager.update(PointTransaction, id, { impUid: newImpUid() });
      await expectWrong('a cancellation has no credit', { id });
    });

    test('a cancellation that is DONE with another amount than its row', async () => {
      await books.manager.update(Cancellation, { impUid: good.credit.impUid }, { amount: 2_999 });
      await expectWrong('DONE without its CANCEL row', { impUid: good.credit.impUid });
    });
  });

  test('is not disturbed by a server at work', async () => {
    const users = await Promise.all(Array.from({ length: 5 }, () => addUser(books)));
    const end = new AbortController();
    const work = async (user: User) => {
      while (!end.signal.aborted) {
        const { merchantUid } = await addOrder(books, user.id, 1_000);
        const { row: credit } = await ledger.credit({
          ownerId: user.id,
          merchantUid,
          impUid: newImpUid(),
          amount: 1_000,
        });
        const wish = await reserve(credit, 400);
        await bookCancel(credit, wish.id, 400, wish);
      }
    };
    const workers = users.map(work);
    const counts: number[] = [];
    try {
      for (let round = 0; round < 10; round++) counts.push((await prove()).transactions);
    } finally {
      end.abort();
      await Promise.all(workers);
    }
    // It worked meanwhile.
    expect(counts.at(-1)).toBeGreaterThan(counts[0] ?? Number.POSITIVE_INFINITY);
  });
});

/**
 * Takes away what makes the database itself refuse wrong rows. SQLite cannot drop the keys of a table, so its table is made
 * anew without them.
 */
async function dropRules(books: DataSource): Promise<void> {
  for (const change of ['update', 'delete']) {
    await books.query(`DROP TRIGGER tr_point_transaction_no_${change}`);
  }
  const statements =
    books.options.type === 'better-sqlite3'
      ? [
          'PRAGMA foreign_keys = OFF',
          'CREATE TABLE copy AS SELECT * FROM point_transaction',
          'DROP TABLE point_transaction',
          'ALTER TABLE copy RENAME TO point_transaction',
        ]
      : [
          'ALTER TABLE point_payment_order DROP FOREIGN KEY fk_point_payment_order_account',
          `ALTER TABLE point_cancellation
            DROP FOREIGN KEY fk_point_cancellation_account, DROP FOREIGN KEY fk_point_cancellation_order`,
          `ALTER TABLE point_transaction
            DROP FOREIGN KEY fk_point_transaction_account, DROP FOREIGN KEY fk_point_transaction_order,
            DROP KEY uq_point_transaction_payment, DROP KEY uq_point_transaction_order,
            DROP KEY uq_point_transaction_sequence`,
        ];
  for (const statement of statements) await books.query(statement);
}
