import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Attention, AttentionKind } from '../../src/attention/attention.entity.js';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { Cancellation, CancellationState } from '../../src/payment/cancellation.entity.js';
import { addOrder, addUser, faultsInBooks, readAccount } from '../support/books.js';
import {
  cancelPayment,
  QUICK_RECOVERY,
  type RefundService,
  startRefundService,
  topUp,
} from '../support/cancel-operations.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { cutBefore, onCancel } from '../support/faulty-gateway.js';
import { eventually } from '../support/rooms.js';
import { simulatorSettings, startServer } from '../support/server.js';
import { JWT_SECRET, makeOrder, startTopUpService, type TopUpService } from '../support/top-up-service.js';

const ORDERS = 40;

describe('a server', () => {
  let service: RefundService;

  beforeAll(async () => {
    service = await startRefundService();
  });

  beforeEach(() => service.gateway.behave());

  afterAll(() => service.stop());

  test('credits a payment that nobody told it of, once its order is due', async () => {
    const { client, account } = await service.user();
    const merchantUid = await makeOrder(client);
    await service.simulator.pay({ merchant_uid: merchantUid, amount: 10_000 });
    const { nextCheckAt, createdAt } = await service.books.manager.findOneByOrFail(PaymentOrder, {
      merchantUid,
    });
    expect(Number(nextCheckAt) - createdAt.getTime()).toBe(60_000);

    await service.books.manager.update(PaymentOrder, { merchantUid }, { nextCheckAt: new Date() });

    await eventually(async () => {
      expect((await readAccount(service.books, account.id)).balance.point).toBe(10_000);
    });
    expect(await faultsInBooks(service.books, account.id)).toEqual([]);
  });

  test('raises an alarm for a cancellation that is open for 15 minutes, and none before', async () => {
    const { client, account } = await service.user();
    const impUid = await topUp(client, service.simulator);
    service.gateway.misbehave(onCancel(cutBefore));
    const { data } = await cancelPayment(client, { impUid });
    const { id } = data.cancelPointTransaction;
    const openSince = (minutes: number) =>
      service.books.manager.update(
        Cancellation,
        { id },
        { requestedAt: new Date(Date.now() - minutes * 60_000), nextAttemptAt: new Date(), attempts: 0 },
      );
    const alarms = () =>
      service.server
        .output()
        .split('\n')
        .filter((line) => line.includes('open for too long') && line.includes(id));

    await openSince(14);
    await eventually(async () => {
      const { attempts } = await service.books.manager.findOneByOrFail(Cancellation, { id });
      expect(attempts).toBeGreaterThan(0);
    });
    expect(alarms()).toEqual([]);
    expect(await service.books.manager.findBy(Attention, { subject: id })).toEqual([]);

    await openSince(16);
    await eventually(async () => expect(alarms()).not.toEqual([]));
    expect(JSON.parse(alarms()[0] as string)).toMatchObject({
      level: 50,
      cancellationId: id,
      ageMinutes: 16,
    });
    expect(alarms()[0]).not.toContain(account.email);
    const attentions = () => service.books.manager.findBy(Attention, { subject: id });
    const raised = { kind: AttentionKind.CANCELLATION_OPEN, ownerId: account.id, resolvedAt: null };
    expect(await attentions()).toEqual([expect.objectContaining(raised)]);

    service.gateway.behave();
    const isOver = { sentAt: new Date(0), nextAttemptAt: new Date() };
    await service.books.manager.update(Cancellation, { id }, isOver);
    await eventually(async () => {
      expect(await attentions()).toEqual([
        expect.objectContaining({ resolvedAt: expect.any(Date), resolvedBy: null }),
      ]);
    });
    expect((await readAccount(service.books, account.id)).balance.point).toBe(0);
  });
});

describeOnEachDatabase('servers that share a database', (database) => {
  let service: TopUpService;
  let stopOther: () => Promise<void> = async () => undefined;

  beforeAll(async () => {
    service = await startTopUpService({ database: database.env, env: QUICK_RECOVERY });
    // On SQLite a second server is refused, so there the one is alone.
    if (database.name === 'MariaDB') {
      const other = await startServer({
        env: {
          ...database.env,
          ...simulatorSettings(service.simulatorUrl),
          ...QUICK_RECOVERY,
          JWT_SECRET,
          RATE_LIMIT: 'off',
        },
      });
      stopOther = () => other.stop();
    }
  });

  afterAll(async () => {
    await stopOther();
    await service.stop();
  });

  test('give each second payment back once and credit each first one once', async () => {
    const user = await addUser(service.books);
    const merchantUids: string[] = [];
    for (let index = 0; index < ORDERS; index++) {
      merchantUids.push((await addOrder(service.books, user.id, 5_000)).merchantUid);
    }
    await service.simulator.payAll(
      merchantUids.flatMap((merchantUid) => [
        { merchant_uid: merchantUid, amount: 5_000 },
        { merchant_uid: merchantUid, amount: 5_000 },
      ]),
    );
    await service.simulator.forgetRequests();

    await service.books.query('UPDATE point_payment_order SET nextCheckAt = createdAt');

    await eventually(async () => {
      const done = { ownerId: user.id, state: CancellationState.DONE };
      expect(await service.books.manager.countBy(Cancellation, done)).toBe(ORDERS);
    });
    const { rows } = await readAccount(service.books, user.id);
    expect(rows.map(({ amount }) => amount)).toEqual(Array.from({ length: ORDERS }, () => 5_000));
    expect((await service.simulator.requests()).counts['POST /payments/cancel']).toBe(ORDERS);
    expect(await faultsInBooks(service.books, user.id)).toEqual([]);
  });
});
