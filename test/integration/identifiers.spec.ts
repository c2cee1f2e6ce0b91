import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { Cancellation, CancellationKind, CancellationState } from '../../src/payment/cancellation.entity.js';
import { newCancellation } from '../../src/payment/cancellations.js';
import { Payment } from '../../src/payment/payment.entity.js';
import { PointTransaction } from '../../src/point-transaction/point-transaction.entity.js';
import { ErrorCode } from '../../src/refusal/error-code.js';
import {
  addOrder,
  addUser,
  faultsInBooks,
  newImpUid,
  openBooks,
  readAccount,
  applierOf,
} from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';

describeOnEachDatabase('a payment whose merchant_uid', (database) => {
  let house: GatewayAndRooms;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env);
  });

  afterAll(() => house.close());

  test.each<[string, (merchantUid: string) => string]>([
    ['has a blank at its end', (merchantUid) => `${merchantUid} `],
    ['has many blanks at its end', (merchantUid) => `${merchantUid}${' '.repeat(20)}`],
    ['has a blank at its beginning', (merchantUid) => ` ${merchantUid}`],
    ['has a NUL at its end', (merchantUid) => `${merchantUid}\0`],
    ['is in capitals', (merchantUid) => merchantUid.toUpperCase()],
  ])(
    '%s is not one of the order without: nothing is credited, nothing goes back',
    async (_title, altered) => {
      const { id: ownerId } = await house.user();
      const order = await house.order(ownerId);
      const { imp_uid: impUid } = await house.simulator.pay({
        merchant_uid: altered(order.merchantUid),
        amount: order.amount,
      });

      await expect(house.rooms.transactions.create(ownerId, impUid)).rejects.toMatchObject({
        code: ErrorCode.PAYMENT_NOT_FOUND,
      });
      await house.rooms.reconcile(impUid);

      expect(await house.accountOf(ownerId)).toEqual({ point: 0, held: 0, rows: [] });
      expect((await house.view.read(impUid)).cancel_amount).toBe(0);
      // The order is still there for the payment that is for it.
      const own = await house.pay(order);
      await house.rooms.transactions.create(ownerId, own.imp_uid);
      expect((await house.accountOf(ownerId)).point).toBe(order.amount);
    },
  );
});

/** A database that pads texts takes both for one. */
describeOnEachDatabase('with a blank at its end', (database) => {
  let books: DataSource;
  let ownerId: string;
  let order: PaymentOrder;

  beforeAll(async () => {
    books = await openBooks(database.env);
    ({ id: ownerId } = await addUser(books));
    order = await addOrder(books, ownerId, 10_000);
  });

  afterAll(() => books.destroy());

  test('a merchant_uid is another order’s', async () => {
    const { merchantUid } = order;
    const another = { ...order, merchantUid: `${merchantUid} `, amount: 5_000 };
    await books.manager.insert(PaymentOrder, { ...another });

    for (const { merchantUid: one, amount } of [order, another]) {
      expect(await books.manager.findBy(PaymentOrder, { merchantUid: one })).toMatchObject([
        { merchantUid: one, amount },
      ]);
    }
    const { affected } = await books.manager.delete(PaymentOrder, { merchantUid: another.merchantUid });
    expect(affected).toBe(1);
    expect(await books.manager.countBy(PaymentOrder, { ownerId })).toBe(1);
  });

  test('a cancellation of the gateway is another one, and both are booked', async () => {
    const settle = applierOf(books);
    const impUid = newImpUid();
    await settle(order, impUid);
    const cancellations = [
      { key: 'cancel-1', amount: 1_000, reason: '', cancelledAt: new Date() },
      { key: 'cancel-1 ', amount: 2_000, reason: '', cancelledAt: new Date() },
    ];

    await settle(order, impUid, { cancelledAmount: 1_000, cancellations: cancellations.slice(0, 1) });
    await settle(order, impUid, { cancelledAmount: 3_000, cancellations });

    const { balance, rows } = await readAccount(books, ownerId);
    expect(rows.map((one) => [one.amount, one.cancellationKey])).toEqual([
      [10_000, ''],
      [-1_000, 'cancel-1'],
      [-2_000, 'cancel-1 '],
    ]);
    expect(balance.point).toBe(7_000);
    const found = await books.manager.findBy(PointTransaction, { reference: `iamport:${impUid}:cancel-1 ` });
    expect(found.map((one) => one.amount)).toEqual([-2_000]);
    expect(await books.manager.countBy(PointTransaction, { reference: `iamport:${impUid} ` })).toBe(0);
    expect(await faultsInBooks(books, ownerId)).toEqual([]);
  });

  test('an idempotency key is another request’s', async () => {
    const [payment] = await books.manager.findBy(Payment, { ownerId });
    if (!payment) throw new Error('the payment of the test above is not there');
    const refused = (idempotencyKey: string): Cancellation => ({
      ...newCancellation(payment, {
        kind: CancellationKind.USER,
        amount: 1_000,
        checksum: 10_000,
        reason: '',
        idempotencyKey,
        sentAt: new Date(),
        nextAttemptAt: null,
      }),
      openPaymentId: null,
      state: CancellationState.REFUSED,
      refusal: 'no',
      completedAt: new Date(),
    });
    const [one, another] = [refused('once'), refused('once ')];
    await books.manager.insert(Cancellation, [{ ...one }, { ...another }]);

    for (const { id, idempotencyKey } of [one, another]) {
      const found = await books.manager.findBy(Cancellation, { ownerId, idempotencyKey: idempotencyKey! });
      expect(found.map((row) => row.id)).toEqual([id]);
    }
    await expect(books.manager.insert(Cancellation, refused('once '))).rejects.toThrow(/uniq|duplicate/i);
  });
});
