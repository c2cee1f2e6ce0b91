import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { ulid } from 'ulid';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { Cancellation, CancellationKind, CancellationState } from '../../src/payment/cancellation.entity.js';
import { newCancellation } from '../../src/payment/cancellations.js';
import { Payment } from '../../src/payment/payment.entity.js';
import { readSettings } from '../../src/config/settings.js';
import { Lot, LotUse } from '../../src/point-transaction/lot.entity.js';
import {
  PointTransaction,
  PointTransactionStatus,
} from '../../src/point-transaction/point-transaction.entity.js';
import { Hold } from '../../src/spending/hold.entity.js';
import { HoldService } from '../../src/spending/hold.service.js';
import { SpendingService } from '../../src/spending/spending.service.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { User } from '../../src/user/user.entity.js';
import { proveBooks, WrongRow } from '../../src/verification/books.js';
import {
  addOrder,
  addOrders,
  addUser,
  type BookedRow,
  carriedOut,
  GATEWAY_ENV,
  newImpUid,
  openBooks,
  readAccount,
  reserveCancel,
  applierOf,
} from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';

/** A payment of 10,000 of which 3,000 was cancelled, and one of 5,000 with an open cancellation of 1,000. */
interface GoodBooks {
  user: User;
  credit: BookedRow;
  cancel: BookedRow;
  last: BookedRow;
  open: Cancellation;
}

describeOnEachDatabase('the verification of the books', (database) => {
  let books: DataSource;
  let settle: ReturnType<typeof applierOf>;
  let good: GoodBooks;

  beforeAll(async () => {
    books = await openBooks(database.env);
    settle = applierOf(books);
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
    for (const entity of [
      LotUse,
      Lot,
      Hold,
      Cancellation,
      PointTransaction,
      Payment,
      PaymentOrder,
      PointAccount,
      User,
    ]) {
      await books.manager.deleteAll(entity);
    }
  };

  afterEach(forgetEverything);

  afterAll(() => books.destroy());

  const prove = () => proveBooks(books, () => undefined);

  async function fillGoodBooks(): Promise<GoodBooks> {
    const user = await addUser(books);
    const [order, other] = await addOrders(books, user.id, [10_000, 5_000]);
    if (!order || !other) throw new Error('no orders were made');
    const impUid = newImpUid();
    const done = await reserveCancel(books, await settle(order, impUid), 3_000);
    const last = await settle(other, newImpUid());
    const cancellations = [carriedOut(`cancel-of-${impUid}`, 3_000, done)];
    await settle(order, impUid, { cancelledAmount: 3_000, cancellations });
    const open = await reserveCancel(books, last, 1_000);
    const { rows } = await readAccount(books, user.id);
    const [first, second, third] = rows as [BookedRow, BookedRow, BookedRow];
    return { user, credit: first, last: second, cancel: third, open };
  }

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
      ofPayments: 9,
      payments: 6,
      cancellations: 6,
      points: 36_000n,
      heldPoints: 3_000n,
      imported: 0n,
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
      await books.manager.update(Cancellation, good.open.id, { amount: 1_500, points: 1_500 });
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
      await books.manager.update(Payment, String(good.credit.paymentId), { cancelledAmount: 0 });
      await expectWrong('DONE without its CANCEL row', { paymentId: good.credit.paymentId });
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
      const { ownerId, reference, paymentId, status, createdAt } = good.last;
      const added = { ownerId, reference, paymentId, status, createdAt, amount: 5_000, ...row, id };
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

    /** A second payment of the last order, as its gateway told of it. */
    async function addPayment(changed: Partial<Payment> = {}): Promise<Payment> {
      const payment = await books.manager.findOneByOrFail(Payment, { id: String(good.last.paymentId) });
      const added = Object.assign({}, payment, { id: ulid(), gatewayPaymentId: newImpUid() }, changed);
      await books.manager.insert(Payment, added);
      return added;
    }

    test('a second credit of a payment', async () => {
      await addFittingRow({});
      await expectWrong('a payment was credited twice', { paymentId: good.last.paymentId });
    });

    test('a second credit of an order', async () => {
      const { id: paymentId, gatewayPaymentId } = await addPayment();
      await addFittingRow({ paymentId, reference: `iamport:${gatewayPaymentId}` });
      await expectWrong('an order was credited twice', { creditedOrder: good.last.merchantUid });
    });

    test('a credit of a payment that does not say so, and a payment that says so without one', async () => {
      const payment = String(good.last.paymentId);
      await books.manager.update(Payment, payment, { creditedOrder: null });
      await expectWrong('a payment with a credit does not say so', { id: good.last.id });
      await books.manager.update(Payment, payment, { creditedOrder: good.last.merchantUid });

      const another = await addOrder(books, good.user.id, 5_000);
      const { merchantUid } = another;
      const added = await addPayment({ merchantUid, creditedOrder: merchantUid });
      await expectWrong('a payment is called credited without a credit', { id: added.id });
    });

    test('money that is not credited and has no way back', async () => {
      const { id: paymentId } = await addPayment({ creditedOrder: null });
      const rule = 'money that is not credited has no way back';
      await expectWrong(rule, { id: paymentId });
      const left = { amount: 5_000, cancelledAmount: 2_000 };
      await books.manager.update(Payment, paymentId, left);
      const asked = { ownerId: good.user.id, id: paymentId, currency: 'KRW' };
      const at = { sentAt: new Date(), nextAttemptAt: new Date() };
      const kind = CancellationKind.GIVE_BACK;
      const giveBack = newCancellation(asked, { kind, amount: 5_000, checksum: 5_000, reason: '', ...at });
      await books.manager.insert(Cancellation, giveBack);
      await expect(prove()).resolves.toBeDefined();

      const refused = { state: CancellationState.REFUSED, refusal: 'no', nextAttemptAt: null };
      const end = { ...refused, openPaymentId: null, completedAt: new Date() };
      await books.manager.update(Cancellation, giveBack.id, end);
      await expectWrong(rule, { id: paymentId });
      await books.manager.update(Cancellation, giveBack.id, { amount: 3_000 });
      await expect(prove()).resolves.toBeDefined();
    });

    test('a payment of which something else is left than its transactions leave', async () => {
      const payment = String(good.credit.paymentId);
      for (const cancelledAmount of [2_999, 3_001, 0]) {
        await books.manager.update(Payment, payment, { cancelledAmount });
        await expectWrong('what is left of a payment is not what its transactions leave', {
          paymentId: good.credit.paymentId,
          left: 7_000,
        });
      }
    });

    test('a transaction of a payment that is not there, and one of no payment', async () => {
      const { id, paymentId } = good.last;
      await books.manager.update(PointTransaction, id, { paymentId: 'nobody' });
      await expectWrong('a transaction is without its payment', { id });
      await books.manager.update(PointTransaction, id, { paymentId: null });
      await expectWrong('a transaction names no payment', { id });
      await books.manager.update(PointTransaction, id, { paymentId, reference: 'iamport:imp_of_somebody' });
      await expectWrong('reference names another payment', { id });
    });

    test('a cancellation of more than was paid, and one of what was never credited', async () => {
      const { paymentId, status } = good.cancel;
      const reference = `${good.credit.reference}:z`;
      const id = await addFittingRow({ paymentId, status, reference, amount: -7_001 });
      await expectWrong('what is left of a payment is not what', { left: -1 });

      const { id: uncredited } = await addPayment({ creditedOrder: null });
      await books.manager.update(PointTransaction, id, { paymentId: uncredited });
      await expectWrong('a cancellation has no credit', { id });
    });

    test('a lot of which more or less is left than is available, or that is not there', async () => {
      const { id } = good.last;
      const lot = await books.manager.findOneByOrFail(Lot, { id });
      await books.manager.update(Lot, id, { remaining: lot.remaining - 1 });
      await expectWrong('the lots of an owner are not what is available', { ownerId: good.user.id });
      await books.manager.update(Lot, id, { remaining: lot.remaining });
      await books.manager.update(Lot, id, { initial: lot.initial + 1 });
      await expectWrong('a row that brought points and no others has a lot of as many', { id });
    });

    test('a spend whose lots say otherwise, one of which more came back, and a hold without its points', async () => {
      const settings = readSettings(GATEWAY_ENV);
      const spending = new SpendingService(books, settings);
      const { id: ownerId } = good.user;
      const asked = { ownerId, amount: 2_000, reason: '주문', idempotencyKey: 'key' };
      const { id: spendId } = await spending.spend(asked);
      await spending.cancelSpend({ spendId, amount: 500, reason: '반품', idempotencyKey: 'key' });
      const { id: takenBy } = await new HoldService(books, settings).hold({
        ...asked,
        until: new Date(Date.now() + 60_000),
      });
      await prove();

      await books.manager.increment(LotUse, { takenBy: spendId }, 'returned', 1);
      await expectWrong('what a spend took of the lots is not what was spent of it', { id: spendId });
      await books.manager.decrement(LotUse, { takenBy: spendId }, 'returned', 1);
      await books.manager.increment(LotUse, { takenBy }, 'returned', 1);
      await expectWrong('what a hold took of the lots is not what it holds', { id: takenBy });
      await books.manager.decrement(LotUse, { takenBy }, 'returned', 1);
      const back = { ownerId, status: PointTransactionStatus.SPEND_CANCEL };
      await books.manager.update(PointTransaction, back, { reference: `spend-cancel:${takenBy}:part:key` });
      await expectWrong('points came back of no spend of their owner', back);
    });

    test('what expired and is not written on its lot, or came back too often, and a fee of no refund', async () => {
      const { id: lotId } = good.last;
      const fit = async (fact: { status: PointTransactionStatus; reference: string; amount: number }) => {
        const id = await addFittingRow({ paymentId: null, ...fact });
        await books.manager.increment(Lot, { id: lotId }, 'remaining', fact.amount);
        return id;
      };
      const { EXPIRE, EXPIRE_CANCEL, REFUND_FEE } = PointTransactionStatus;
      await fit({ status: EXPIRE, reference: `expire:${lotId}:4`, amount: -100 });
      await expectWrong('of a lot that does not say so', { status: EXPIRE });
      await books.manager.update(Lot, lotId, { expired: 100 });
      await prove();
      const id = await fit({ status: EXPIRE_CANCEL, reference: `expire-cancel:${lotId}:5`, amount: 40 });
      await expectWrong('what expired of a lot is not what its rows say', { id: lotId });
      await books.manager.update(Lot, lotId, { expired: 60 });
      await prove();

      const fee = { status: REFUND_FEE, reference: `refund-fee:${good.cancel.id}`, amount: -40 };
      await books.manager.delete(PointTransaction, id);
      await books.manager.update(Lot, lotId, { expired: 100 });
      await books.manager.decrement(PointAccount, { ownerId: good.user.id }, 'transactionCount', 1);
      await books.manager.decrement(PointAccount, { ownerId: good.user.id }, 'point', 40);
      await books.manager.decrement(Lot, { id: lotId }, 'remaining', 40);
      await fit(fee);
      await expectWrong('a fee was kept of no refund', { status: REFUND_FEE });
      const { paymentId } = good.credit;
      const withFee = { fee: 40, points: 3_040 };
      await books.manager.update(Cancellation, { paymentId: String(paymentId) }, withFee);
      await prove();
      await books.manager.update(Cancellation, { paymentId: String(paymentId) }, { fee: 41, points: 3_041 });
      await expectWrong('a fee was kept of no refund', { status: REFUND_FEE });
    });

    test('a cancellation that is DONE with another amount than its row', async () => {
      const { paymentId } = good.credit;
      const other = { amount: 2_999, points: 2_999 };
      await books.manager.update(Cancellation, { paymentId: String(paymentId) }, other);
      await expectWrong('DONE without its CANCEL row', { paymentId });
    });
  });

  test('is not disturbed by a server at work', async () => {
    const users = await Promise.all(Array.from({ length: 5 }, () => addUser(books)));
    const end = new AbortController();
    const work = async (user: User) => {
      while (!end.signal.aborted) {
        const order = await addOrder(books, user.id, 1_000);
        const impUid = newImpUid();
        const wish = await reserveCancel(books, await settle(order, impUid), 400);
        await settle(order, impUid, {
          cancelledAmount: 400,
          cancellations: [carriedOut(wish.id, 400, wish)],
        });
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
          ...['point_transaction', 'point_payment', 'point_lot'].flatMap((table) => [
            `CREATE TABLE copy AS SELECT * FROM ${table}`,
            `DROP TABLE ${table}`,
            `ALTER TABLE copy RENAME TO ${table}`,
          ]),
        ]
      : [
          'ALTER TABLE point_lot DROP FOREIGN KEY fk_point_lot_account, DROP FOREIGN KEY fk_point_lot_payment, DROP FOREIGN KEY fk_point_lot_transaction, DROP CONSTRAINT ck_point_lot_remaining',
          'ALTER TABLE point_hold DROP FOREIGN KEY fk_point_hold_account',
          'ALTER TABLE point_payment_order DROP FOREIGN KEY fk_point_payment_order_account',
          `ALTER TABLE point_cancellation
            DROP FOREIGN KEY fk_point_cancellation_account, DROP FOREIGN KEY fk_point_cancellation_payment`,
          `ALTER TABLE point_payment
            DROP FOREIGN KEY fk_point_payment_account, DROP FOREIGN KEY fk_point_payment_order,
            DROP KEY uq_point_payment_credited`,
          `ALTER TABLE point_transaction
            DROP FOREIGN KEY fk_point_transaction_account, DROP FOREIGN KEY fk_point_transaction_payment,
            DROP KEY uq_point_transaction_reference, DROP KEY uq_point_transaction_sequence,
            DROP CONSTRAINT ck_point_transaction_payment`,
        ];
  for (const statement of statements) await books.query(statement);
}
