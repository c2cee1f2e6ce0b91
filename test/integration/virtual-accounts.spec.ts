import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Attention, AttentionKind } from '../../src/attention/attention.entity.js';
import { open as unseal } from '../../src/cancellation/sealing.js';
import type { GivenRefundAccount } from '../../src/cancellation/refund-account.js';
import { CancelNotPossible } from '../../src/cancellation/refusals.js';
import { readSettings } from '../../src/config/settings.js';
import { GatewayPaymentState } from '../../src/gateway/gateway-payment.js';
import { Cancellation, CancellationState } from '../../src/payment/cancellation.entity.js';
import { REFUND_ACCOUNT_KEPT_MS } from '../../src/payment/cancellations.js';
import { Payment } from '../../src/payment/payment.entity.js';
import { PaymentOrder, StoredOrderState } from '../../src/payment/payment-order.entity.js';
import { PaymentOrderModel } from '../../src/payment/payment-order.model.js';
import { SealedRefundAccount } from '../../src/payment/refund-account.entity.js';
import { TAKEN_BACK_AFTER_MS } from '../../src/payment/known-payment.js';
import { DepositService } from '../../src/point-transaction/deposit.service.js';
import {
  AccountNotClosed,
  NoDepositAwaited,
  OrderNotFound,
  PaymentNotPaid,
} from '../../src/point-transaction/refusals.js';
import { proveBooks } from '../../src/verification/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { faultsInBooks } from '../support/books.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';
import type { PaymentWish } from '../support/simulator-control.js';

const DAY_MS = 24 * 60 * 60_000;
const NUMBER = '56211912345678';
const REFUND: GivenRefundAccount = { holder: '김포인트', bank: '04', number: '301-9876-5432-11' };

const KEY = (byte: number) => Buffer.alloc(32, byte).toString('base64');
const seconds = (at: Date) => Math.floor(at.getTime() / 1000);

describeOnEachDatabase('a virtual account', (database) => {
  let house: GatewayAndRooms;
  let deposits: DepositService;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env, { REFUND_ACCOUNT_KEYS: `old:${KEY(1)}` });
    const { books, gateways, orders, reconciliation } = house.rooms;
    deposits = new DepositService(books, gateways, orders, reconciliation);
  });
  beforeEach(() => house.gateway.behave());
  /** Whatever happened, the books add up. */
  afterEach(() => proveBooks(house.rooms.books, () => undefined));
  afterAll(() => house.close());

  const dueAt = () => new Date(Math.floor(Date.now() / 1000) * 1000 + 3 * DAY_MS);
  const accountWish = (due: Date): Partial<PaymentWish> => ({
    status: 'ready',
    pay_method: 'vbank',
    pg_provider: 'html5_inicis',
    vbank_num: NUMBER,
    vbank_code: '004',
    vbank_name: 'KB국민은행',
    vbank_holder: '(주)포인트',
    vbank_date: seconds(due),
  });

  /** An order whose account was opened and told of. */
  async function awaited(wish: Partial<PaymentWish> = {}, amount = 10_000) {
    const { id: ownerId } = await house.user();
    const order = await house.order(ownerId, amount);
    const due = dueAt();
    const { imp_uid: impUid } = await house.pay(order, { ...accountWish(due), ...wish });
    await house.rooms.reconcile(impUid);
    return { ownerId, order, impUid, due };
  }
  /** One that was paid into and credited. */
  async function deposited(wish: Partial<PaymentWish> = {}) {
    const made = await awaited(wish);
    await deposit(made.impUid);
    await house.rooms.reconcile(made.impUid);
    expect(await house.accountOf(made.ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
    return made;
  }

  const deposit = (impUid: string) => house.simulator.act(impUid, 'deposit');
  const stateOf = async ({ merchantUid }: PaymentOrder) => {
    const order = await house.rooms.orders.find(merchantUid);
    return order && PaymentOrderModel.of(order).state;
  };
  const changeOrder = ({ merchantUid }: PaymentOrder, changed: Partial<PaymentOrder>) =>
    house.rooms.books.manager.update(PaymentOrder, { merchantUid }, changed);
  const attentionOf = (kind: AttentionKind, subject: string) =>
    house.rooms.books.manager.findOneBy(Attention, { kind, subject });
  const refusalOf = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => undefined,
      (error: unknown) => error,
    );

  describe('that was opened', () => {
    test('makes its order wait for the deposit until its time, and credits nothing', async () => {
      const { ownerId, order, impUid, due } = await awaited();

      expect(await house.rooms.orders.find(order.merchantUid)).toMatchObject({
        state: StoredOrderState.AWAITING_DEPOSIT,
        expiresAt: due,
        nextCheckAt: expect.any(Date),
      });
      const refusal = await refusalOf(house.rooms.transactions.create(ownerId, impUid));
      expect(refusal).toBeInstanceOf(PaymentNotPaid);
      expect(refusal).toMatchObject({
        retryable: true,
        details: { reason: 'READY' },
        unlogged: {
          deposit: {
            impUid,
            bank: 'KB국민은행',
            bankCode: '004',
            number: NUMBER,
            holder: '(주)포인트',
            amount: 10_000,
            dueAt: due,
          },
        },
      });
      expect(await house.accountOf(ownerId)).toEqual({ point: 0, held: 0, rows: [] });
      expect(house.rooms.lines.join('')).not.toContain(NUMBER);
    });

    test('is not given to a new order of the same amount, and counts as a promise', async () => {
      const { ownerId, order } = await awaited();

      const another = await house.rooms.orders.create(ownerId, 10_000);

      expect(another.merchantUid).not.toBe(order.merchantUid);
      expect(await house.rooms.orders.awaitingDeposits(ownerId)).toMatchObject([
        { merchantUid: order.merchantUid },
      ]);
    });
  });

  describe('that is paid into', () => {
    test('is credited once, by its notice, its buyer and everybody at once', async () => {
      const { ownerId, order, impUid } = await awaited();
      await deposit(impUid);
      const notice = { gateway: 'iamport', gatewayPaymentId: impUid, merchantUid: order.merchantUid };
      await house.rooms.webhooks.receive({
        ...notice,
        status: GatewayPaymentState.PAID,
        cancellationId: null,
      });

      await house.rooms.recoverWhile(async () => {
        await Promise.all([
          ...Array.from({ length: 10 }, () => house.rooms.transactions.create(ownerId, impUid)),
          ...Array.from({ length: 10 }, () => house.rooms.reconcile(impUid)),
          deposits.report(ownerId, order.merchantUid),
          refusalOf(deposits.cancelOrder(ownerId, order.merchantUid)),
        ]);
      });

      expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
      expect(await stateOf(order)).toBe('PAID');
      expect(await faultsInBooks(house.rooms.books, ownerId)).toEqual([]);
    });

    test('is credited by a look of recovery when nobody tells of it', async () => {
      const { ownerId, order, impUid } = await awaited();
      await deposit(impUid);
      await changeOrder(order, { nextCheckAt: new Date() });

      await house.rooms.recoverUntil(async () => {
        expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
      });
    });

    test('after its time is over is credited all the same', async () => {
      const { ownerId, order, impUid } = await awaited();
      await changeOrder(order, { expiresAt: new Date(Date.now() - 1000), nextCheckAt: new Date() });
      await house.rooms.recoverUntil(async () => expect(await stateOf(order)).toBe('EXPIRED'));

      await deposit(impUid);
      await house.rooms.reconcile(impUid);

      expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
      expect(await stateOf(order)).toBe('PAID');
    });

    test('a second time by another account of the order goes to a person, and is resolved when it went back', async () => {
      const { ownerId, order, impUid, due } = await awaited();
      const { imp_uid: second } = await house.pay(order, accountWish(due));
      await house.rooms.reconcile(second);
      for (const one of [impUid, second]) await deposit(one);

      for (let look = 0; look < 2; look++) await house.rooms.reconcile(second);

      expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
      const credited = await house.rooms.books.manager.findOneByOrFail(Payment, {
        creditedOrder: order.merchantUid,
      });
      const other = credited.gatewayPaymentId === impUid ? second : impUid;
      const kind = AttentionKind.GIVE_BACK_NEEDS_ACCOUNT;
      expect(await attentionOf(kind, other)).toMatchObject({ resolvedAt: null });
      expect(await house.cancelCalls()).toBe(0);

      await house.simulator.cancel(other);
      await house.rooms.reconcile(other);
      expect((await attentionOf(kind, other))?.resolvedAt).toBeInstanceOf(Date);
      expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
    });
  });

  describe('whose time is over', () => {
    test('makes its order expire only after the gateway was asked', async () => {
      const { order } = await awaited();
      await changeOrder(order, {
        expiresAt: new Date(Date.now() - 1000),
        nextCheckAt: new Date(Date.now() + DAY_MS),
      });
      expect(await stateOf(order)).toBe('AWAITING_DEPOSIT');

      await changeOrder(order, { nextCheckAt: new Date() });
      await house.rooms.recoverUntil(async () => expect(await stateOf(order)).toBe('EXPIRED'));

      // For a bank or a notice that was late.
      expect((await house.rooms.orders.find(order.merchantUid))?.nextCheckAt).toBeInstanceOf(Date);
    });

    test('is credited and does not expire when that look shows the deposit', async () => {
      const { ownerId, order, impUid } = await awaited();
      await deposit(impUid);
      await changeOrder(order, { expiresAt: new Date(Date.now() - 1000), nextCheckAt: new Date() });

      await house.rooms.recoverUntil(async () => expect(await stateOf(order)).toBe('PAID'));
      expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
    });
  });

  describe('that its buyer gives up', () => {
    test.each(['failed', 'cancelled'] as const)('is closed, and reads %s', async (closed) => {
      await house.simulator.setHabits({ closed_account_status: closed });
      const { ownerId, order } = await awaited();

      const given = await deposits.cancelOrder(ownerId, order.merchantUid);
      const again = await deposits.cancelOrder(ownerId, order.merchantUid);

      expect([given.state, again.state]).toEqual(['CANCELLED', 'CANCELLED']);
      expect(await house.accountOf(ownerId)).toEqual({ point: 0, held: 0, rows: [] });
      await house.simulator.setHabits({ closed_account_status: 'failed' });
    });

    test('and that was paid into meanwhile is credited', async () => {
      const { ownerId, order, impUid } = await awaited();
      await deposit(impUid);

      expect((await deposits.cancelOrder(ownerId, order.merchantUid)).state).toBe('PAID');
      expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
    });

    test('waits until its time where the PG closes none, and nobody is asked', async () => {
      const { ownerId, order, due } = await awaited({ pg_provider: 'daou' });
      await house.simulator.forgetRequests();

      const refusal = await refusalOf(deposits.cancelOrder(ownerId, order.merchantUid));

      expect(refusal).toBeInstanceOf(AccountNotClosed);
      expect(refusal).toMatchObject({ details: { until: due.toISOString() } });
      expect((await house.simulator.requests()).total).toBe(0);
      expect(await stateOf(order)).toBe('AWAITING_DEPOSIT');
    });

    test('is nothing that another user, or an order without an account, could have', async () => {
      const { ownerId, order } = await awaited();
      const { id: stranger } = await house.user();
      const card = await house.order(ownerId);

      expect(await refusalOf(deposits.cancelOrder(stranger, order.merchantUid))).toBeInstanceOf(
        OrderNotFound,
      );
      expect(await refusalOf(deposits.report(stranger, order.merchantUid))).toBeInstanceOf(OrderNotFound);
      expect(await refusalOf(deposits.cancelOrder(ownerId, card.merchantUid))).toBeInstanceOf(
        NoDepositAwaited,
      );
      expect(await refusalOf(deposits.report(ownerId, card.merchantUid))).toBeInstanceOf(NoDepositAwaited);
    });
  });

  test('of which its buyer says to have paid in, and that is not seen, goes to a person with the address for its PG', async () => {
    const { ownerId, order, impUid } = await awaited();
    const kind = AttentionKind.DEPOSIT_NOT_SEEN;

    expect((await deposits.report(ownerId, order.merchantUid)).state).toBe('AWAITING_DEPOSIT');
    expect(await attentionOf(kind, order.merchantUid)).toBeNull();
    const depositReportedAt = new Date(Date.now() - 31 * 60_000);
    await changeOrder(order, { depositReportedAt, nextCheckAt: new Date() });
    await house.rooms.recoverUntil(async () => {
      expect(await attentionOf(kind, order.merchantUid)).toMatchObject({
        resolvedAt: null,
        note: expect.stringContaining('inicis_payments/notice_vbank'),
      });
    });

    await deposit(impUid);
    await house.rooms.reconcile(impUid);
    expect((await attentionOf(kind, order.merchantUid))?.resolvedAt).toBeInstanceOf(Date);
    expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
  });

  describe('whose deposit the bank takes back', () => {
    const seeTakenBack = async (impUid: string) => {
      await house.simulator.act(impUid, 'take-back');
      await house.rooms.reconcile(impUid);
      const takenBackSeenAt = new Date(Date.now() - TAKEN_BACK_AFTER_MS);
      await house.rooms.books.manager.update(Payment, { gatewayPaymentId: impUid }, { takenBackSeenAt });
    };

    test('loses its points once, at a second look, below zero where they are spent', async () => {
      const { ownerId, order, impUid } = await deposited();
      await house.simulator.act(impUid, 'take-back');
      await house.rooms.reconcile(impUid);
      await house.rooms.reconcile(impUid);
      expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
      const due = (await house.rooms.orders.find(order.merchantUid))?.nextCheckAt;
      expect(Number(due) - Date.now()).toBeLessThanOrEqual(TAKEN_BACK_AFTER_MS);

      const takenBackSeenAt = new Date(Date.now() - TAKEN_BACK_AFTER_MS);
      await house.rooms.books.manager.update(Payment, { gatewayPaymentId: impUid }, { takenBackSeenAt });
      await Promise.all(Array.from({ length: 5 }, () => house.rooms.reconcile(impUid)));

      expect(await house.accountOf(ownerId)).toEqual({ point: 0, held: 0, rows: [10_000, -10_000] });
      expect(await faultsInBooks(house.rooms.books, ownerId)).toEqual([]);
    });

    test('is not credited again when it is paid again: a person looks', async () => {
      const { ownerId, impUid } = await deposited();
      await seeTakenBack(impUid);
      await house.rooms.reconcile(impUid);
      await deposit(impUid);

      await house.rooms.reconcile(impUid);

      expect(await attentionOf(AttentionKind.PAID_AGAIN, impUid)).toMatchObject({ resolvedAt: null });
      expect(await house.accountOf(ownerId)).toEqual({ point: 0, held: 0, rows: [10_000, -10_000] });
      expect(
        await refusalOf(house.rooms.cancellations.cancel(ownerId, { impUid, refundAccount: REFUND })),
      ).toMatchObject({ details: { left: 0 } });
    });

    test('that a person was to give back leaves nothing to do', async () => {
      const { order } = await deposited();
      const { imp_uid: second } = await house.pay(order, {
        pay_method: 'vbank',
        pg_provider: 'html5_inicis',
        vbank_num: '56211912345670',
      });
      await house.rooms.reconcile(second);
      const kind = AttentionKind.GIVE_BACK_NEEDS_ACCOUNT;
      expect(await attentionOf(kind, second)).toMatchObject({ resolvedAt: null });

      await seeTakenBack(second);
      expect(await attentionOf(kind, second)).toMatchObject({ resolvedAt: null });
      await house.rooms.reconcile(second);

      expect((await attentionOf(kind, second))?.resolvedAt).toBeInstanceOf(Date);
    });

    test('was only read too early: an answer that says so again later takes nothing', async () => {
      const { ownerId, impUid } = await deposited();
      await seeTakenBack(impUid);
      await deposit(impUid);

      await house.rooms.reconcile(impUid);

      const payment = await house.rooms.books.manager.findOneByOrFail(Payment, { gatewayPaymentId: impUid });
      expect(payment).toMatchObject({ state: 'PAID', takenBackSeenAt: null });
      expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
    });
  });

  describe('that is refunded', () => {
    const rowOf = (cancellationId: string) =>
      house.rooms.books.manager.findOneBy(SealedRefundAccount, { cancellationId });

    test('needs an account, which is sealed, masked and not in the log', async () => {
      const { ownerId, impUid } = await deposited();
      const refusal = await refusalOf(house.rooms.cancellations.cancel(ownerId, { impUid }));
      expect(refusal).toBeInstanceOf(CancelNotPossible);
      expect(await house.rooms.cancellations.quote(ownerId, impUid)).toMatchObject({
        refundable: 10_000,
        obstacle: null,
        refundAccount: 'ACCOUNT',
      });

      const part = await house.rooms.cancellations.cancel(ownerId, {
        impUid,
        amount: 4_000,
        refundAccount: REFUND,
      });
      const rest = await house.rooms.cancellations.cancel(ownerId, { impUid, refundAccount: REFUND });

      expect(part).toMatchObject({ state: CancellationState.DONE, refundAccount: 'KB국민은행 ***211' });
      expect(rest.state).toBe(CancellationState.DONE);
      expect(await house.accountOf(ownerId)).toEqual({ point: 0, held: 0, rows: [10_000, -4_000, -6_000] });
      expect(await house.rooms.cancellations.refundAccountOf(part.id)).toEqual({
        holder: '김포인트',
        bank: '04',
        number: '3019876543211',
        phone: null,
      });
      const rows: object[] = await house.rooms.books.query('SELECT * FROM point_refund_account');
      const cancellations: object[] = await house.rooms.books.query('SELECT * FROM point_cancellation');
      const bytes = [...rows, ...cancellations].map((row) => JSON.stringify(row)).join('');
      const opened = rows.map((row) =>
        Buffer.from((row as { sealed: string }).sealed, 'base64').toString('latin1'),
      );
      for (const text of [bytes, ...opened, house.rooms.lines.join('')]) {
        expect(text).not.toContain('3019876543211');
        expect(text).not.toContain('301-9876-5432-11');
      }
    });

    test('is opened by an old key after a new one seals', async () => {
      const { ownerId, impUid } = await deposited();
      const { id } = await house.rooms.cancellations.cancel(ownerId, { impUid, refundAccount: REFUND });
      const row = await rowOf(id);
      if (!row) throw new Error('nothing is sealed');
      const { refundAccountKeys } = readSettings({
        ...process.env,
        IAMPORT_API_KEY: 'k',
        IAMPORT_API_SECRET: 's',
        IAMPORT_USER_CODE: 'imp00000000',
        PAYMENT_METHODS: 'card',
        REFUND_ACCOUNT_KEYS: `new:${KEY(2)},old:${KEY(1)}`,
      });

      expect(row.keyId).toBe('old');
      expect(unseal(refundAccountKeys, row, id)).toContain('3019876543211');
      expect(() => unseal(refundAccountKeys.slice(0, 1), row, id)).toThrow('old');
    });

    test('forgets the account a month after its end, and not before', async () => {
      const { ownerId, impUid } = await deposited();
      const { id } = await house.rooms.cancellations.cancel(ownerId, { impUid, refundAccount: REFUND });
      const kept = Number((await rowOf(id))?.deleteAt) - Date.now();
      expect(Math.abs(kept - REFUND_ACCOUNT_KEPT_MS)).toBeLessThan(60_000);

      await house.rooms.books.manager.update(
        SealedRefundAccount,
        { cancellationId: id },
        { deleteAt: new Date(0) },
      );
      await house.rooms.recoverUntil(async () => expect(await rowOf(id)).toBeNull());

      expect(await house.rooms.cancellations.refundAccountOf(id)).toBeUndefined();
    });

    test('is refused for another bank than the PG’s, and without a telephone where it needs one', async () => {
      const { ownerId, impUid } = await deposited({ pg_provider: 'welcome' });
      const cancel = (refundAccount: GivenRefundAccount) =>
        refusalOf(house.rooms.cancellations.cancel(ownerId, { impUid, refundAccount }));

      expect(await cancel({ ...REFUND, bank: '092' })).toMatchObject({
        details: { field: 'refundAccount.bank' },
      });
      expect(await cancel({ ...REFUND, bank: '004' })).toMatchObject({
        details: { field: 'refundAccount.phone' },
      });
      expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
      const phone = '010-1234-5678';
      expect(await cancel({ ...REFUND, bank: '004', phone })).toBeUndefined();
    });

    test('by a PG that pays later stays PENDING with its points held, is sent once and ends by a look', async () => {
      const { ownerId, impUid } = await deposited({ pg_provider: 'daou' });
      const callsBefore = await house.cancelCalls();

      const asked = await house.rooms.cancellations.cancel(ownerId, {
        impUid,
        refundAccount: { ...REFUND, bank: '11' },
      });

      expect(asked).toMatchObject({
        state: CancellationState.PENDING,
        refusal: null,
        expectedAt: expect.any(Date),
      });
      expect(Number(asked.expectedAt) - Date.now()).toBeGreaterThan(6 * DAY_MS);
      expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 10_000, rows: [10_000] });
      const sentAt = new Date(Date.now() - DAY_MS);
      await house.rooms.books.manager.update(
        Cancellation,
        { id: asked.id },
        { sentAt, nextAttemptAt: new Date() },
      );
      await house.rooms.recoverUntil(async () => {
        const { attempts } = await house.rooms.books.manager.findOneByOrFail(Cancellation, { id: asked.id });
        expect(attempts).toBeGreaterThan(0);
      });
      expect(await house.cancelCalls()).toBe(callsBefore + 1);

      await house.simulator.act(impUid, 'refund-done');
      await house.rooms.reconcile(impUid);

      expect(await house.rooms.books.manager.findOneByOrFail(Cancellation, { id: asked.id })).toMatchObject({
        state: CancellationState.DONE,
      });
      expect(await house.accountOf(ownerId)).toEqual({ point: 0, held: 0, rows: [10_000, -10_000] });
    });

    test('of a part by a PG that pays later is over when another one took the money meanwhile', async () => {
      const { ownerId, impUid } = await deposited({ pg_provider: 'daou' });
      const { id } = await house.rooms.cancellations.cancel(ownerId, {
        impUid,
        amount: 6000,
        refundAccount: { ...REFUND, bank: '11' },
      });
      expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 6000, rows: [10_000] });

      await house.simulator.cancel(impUid, { amount: 7000 });
      const sentAt = new Date(Date.now() - DAY_MS);
      const { manager } = house.rooms.books;
      await manager.update(Cancellation, { id }, { sentAt, nextAttemptAt: new Date() });
      await house.rooms.recoverUntil(async () => {
        const { state } = await manager.findOneByOrFail(Cancellation, { id });
        expect(state).toBe(CancellationState.REFUSED);
      });

      expect(await house.accountOf(ownerId)).toEqual({ point: 3000, held: 0, rows: [10_000, -7000] });
    });
  });
});
