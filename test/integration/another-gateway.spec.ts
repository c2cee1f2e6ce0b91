import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PaymentMethod } from '../../src/config/payment-methods.js';
import { GatewayRefused } from '../../src/gateway/errors.js';
import { type GatewayPayment, GatewayPaymentState } from '../../src/gateway/gateway-payment.js';
import type { ArrivedNotice, Gateway } from '../../src/gateway/gateway.js';
import { Gateways } from '../../src/gateway/gateways.js';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { CancellationState } from '../../src/payment/cancellation.entity.js';
import { NotAnImpUid } from '../../src/point-transaction/refusals.js';
import { compareWithGateway } from '../../src/verification/gateway.js';
import { WebhookController } from '../../src/webhook/webhook.controller.js';
import { addUser, faultsInBooks, readAccount } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { openRooms, type Rooms } from '../support/rooms.js';

/** All that a new adapter has to be, in the memory of this test. */
class BankOfNowhere implements Gateway {
  readonly name = 'nowhere';
  readonly expectsTestPayments = false;
  readonly checkout = {
    scriptUrl: 'https://nowhere.example/window.js',
    merchantCode: 'us',
  };
  readonly offers = [
    {
      method: PaymentMethod.TRANSFER,
      payMethod: 'transfer',
      channelKey: undefined,
      pg: undefined,
      pgNames: undefined,
      minAmount: undefined,
      maxAmount: undefined,
      needs: [],
      taxParts: [],
    },
  ];
  readonly noticeAddresses = undefined;
  readonly ordersAtOnceMax = 2;
  readonly changesPeriodMaxMs = 7 * 24 * 60 * 60 * 1000;
  readonly registered = new Map<string, number>();
  private readonly payments: GatewayPayment[] = [];

  methodOf = () => PaymentMethod.TRANSFER;
  isPaymentId = (text: string) => /^nowhere\d+$/.test(text);
  registerAmount = async ({ merchantUid, amount }: { merchantUid: string; amount: number }) =>
    void this.registered.set(merchantUid, amount);
  readPayment = async (id: string) => this.payments.find(({ paymentId }) => paymentId === id);
  findPaymentsOfOrder = async (order: string) => this.findPaymentsOfOrders([order]);
  findPaymentsOfOrders = async (orders: string[]) =>
    this.payments.filter(({ merchantUid }) => orders.includes(merchantUid));
  /** One at a time. */
  listChanges: Gateway['listChanges'] = async function* (this: BankOfNowhere, { from, until }) {
    for (const payment of this.payments) {
      const changedAt = payment.cancellations.at(-1)?.cancelledAt ?? payment.paidAt;
      if (changedAt && changedAt >= from && changedAt < until) yield [payment];
    }
  };
  cancel: Gateway['cancel'] = async ({ paymentId, amount, checksum, reason }) => {
    const payment = await this.readPayment(paymentId);
    if (payment?.amount !== checksum + (payment?.cancelledAmount ?? 0)) {
      throw new GatewayRefused('cancel', 200, 1, 'no');
    }
    payment.cancelledAmount += amount;
    const key = `c${payment.cancelledAmount}`;
    payment.cancellations.push({ key, amount, reason, cancelledAt: new Date() });
    return payment;
  };
  understandNotice = ({ rawBody }: ArrivedNotice) => {
    const { id, order: merchantUid } = JSON.parse(rawBody) as { id: string; order: string };
    return { paymentId: id, merchantUid, state: GatewayPaymentState.PAID, cancellationKey: undefined };
  };

  /** The payer pays an order. @returns the id of the payment. */
  pay({ merchantUid, amount }: PaymentOrder): string {
    const paymentId = `nowhere${this.payments.length + 1}`;
    this.payments.push({
      gateway: this.name,
      paymentId,
      merchantUid,
      state: GatewayPaymentState.PAID,
      amount,
      cancelledAmount: 0,
      currency: 'KRW',
      isTest: false,
      method: 'trans',
      pg: null,
      receiptUrl: null,
      paidAt: new Date(),
      failedAt: null,
      failReason: null,
      dueAt: null,
      cancellations: [],
    });
    return paymentId;
  }
}

describeOnEachDatabase('another gateway than iamport', (database) => {
  let gateway: BankOfNowhere;
  let gateways: Gateways;
  let rooms: Rooms;

  beforeAll(async () => {
    gateway = new BankOfNowhere();
    gateways = new Gateways(gateway);
    rooms = await openRooms({ database: database.env, gatewayUrl: 'http://iamport.invalid', gateways });
  });

  afterAll(() => rooms.close());

  const account = async (ownerId: string) => {
    const { balance, rows } = await readAccount(rooms.books, ownerId);
    return { point: balance.point, held: balance.heldPoint, rows: rows.map(({ amount }) => amount) };
  };

  test('sells points that are credited once and can be cancelled', async () => {
    const { id: ownerId } = await addUser(rooms.books);
    const order = await rooms.orders.create(ownerId, 10_000);
    expect(gateway.registered.get(order.merchantUid)).toBe(10_000);
    const paymentId = gateway.pay(order);

    await rooms.transactions.create(ownerId, paymentId);
    await rooms.transactions.create(ownerId, paymentId);
    expect(await account(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });

    for (const amount of [4_000, undefined]) {
      const cancelled = await rooms.cancellations.cancel(ownerId, {
        impUid: paymentId,
        ...(amount === undefined ? {} : { amount }),
      });
      expect(cancelled.state).toBe(CancellationState.DONE);
    }
    expect(await account(ownerId)).toEqual({ point: 0, held: 0, rows: [10_000, -4_000, -6_000] });
    expect(await faultsInBooks(rooms.books, ownerId)).toEqual([]);
  });

  test('tells of payments by notices in its own form', async () => {
    const { id: ownerId } = await addUser(rooms.books);
    const order = await rooms.orders.create(ownerId, 10_000);
    const body = { id: gateway.pay(order), order: order.merchantUid };

    await new WebhookController(gateways, rooms.webhooks).receive(gateway.name, {
      headers: {},
      body: JSON.stringify(body),
    });
    await rooms.recoverUntil(async () => {
      expect(await account(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
    });
  });

  test('is asked about orders whose browser never came back, as many at once as it takes', async () => {
    const { id: ownerId } = await addUser(rooms.books);
    for (const amount of [5_000, 10_000, 30_000]) {
      const order = await rooms.orders.create(ownerId, amount);
      gateway.pay(order);
      const { merchantUid } = order;
      await rooms.books.manager.update(PaymentOrder, { merchantUid }, { nextCheckAt: new Date() });
    }

    await rooms.recoverUntil(async () => expect((await account(ownerId)).point).toBe(45_000));
    expect(await faultsInBooks(rooms.books, ownerId)).toEqual([]);
  });

  test('has ids of its own: those of others are not asked about', async () => {
    const { id: ownerId } = await addUser(rooms.books);

    await expect(rooms.transactions.create(ownerId, 'imp_123456789012')).rejects.toThrow(NotAnImpUid);
  });

  test('is what the books are compared with', async () => {
    const differences: unknown[] = [];
    const comparison = await compareWithGateway(rooms.books, gateways, {
      onDifference: (difference) => differences.push(difference),
      onUnread: (paymentId, fault) => differences.push({ paymentId, fault }),
      onProgress: () => undefined,
    });

    expect(differences).toEqual([]);
    expect(comparison).toEqual({ compared: 5, isGivenUp: false });
  });

  test('is asked about its own orders after new ones go through another one', async () => {
    const { id: ownerId } = await addUser(rooms.books);
    const order = await rooms.orders.create(ownerId, 10_000);
    const { merchantUid } = order;
    gateway.pay(order);
    await rooms.books.manager.update(PaymentOrder, { merchantUid }, { nextCheckAt: new Date() });
    const newer: Gateway = Object.assign(new BankOfNowhere(), { name: 'newer' as 'nowhere' });
    const later = await openRooms({
      database: database.env,
      gatewayUrl: 'http://iamport.invalid',
      gateways: new Gateways(newer, gateway),
    });
    try {
      expect((await later.orders.create(ownerId, 5_000)).gateway).toBe('newer');
      await later.recoverUntil(async () => expect((await account(ownerId)).point).toBe(10_000));
    } finally {
      await later.close();
    }
    expect(await faultsInBooks(rooms.books, ownerId)).toEqual([]);
  });
});
