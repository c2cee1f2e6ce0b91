import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import type { CancelRequest } from '../../src/cancellation/cancel-request.js';
import { ErrorCode } from '../../src/refusal/error-code.js';
import { Refusal } from '../../src/refusal/refusal.js';
import { Cancellation, CancellationKind, CancellationState } from '../../src/payment/cancellation.entity.js';
import {
  PointTransaction,
  PointTransactionStatus,
} from '../../src/point-transaction/point-transaction.entity.js';
import { addOrder, addUser, cancellationsOf, faultsInBooks, readAccount } from '../support/books.js';
import { startCommitAnswerProxy } from '../support/commit-answer-proxy.js';
import { describeOnEachDatabase } from '../support/databases.js';
import {
  answerJson,
  cutBefore,
  type Fault,
  type FaultyGateway,
  type Forward,
  loseAnswer,
  onCancel,
  refuse,
  startFaultyGateway,
} from '../support/faulty-gateway.js';
import { gatewayView, type GatewayView } from '../support/gateway-view.js';
import { openRooms, type Rooms } from '../support/rooms.js';
import { type RunningProgram, startSimulator } from '../support/server.js';
import { type PaymentWish, simulatorControl, type SimulatorControl } from '../support/simulator-control.js';

const AT_ONCE = 100;
const { PENDING, DONE, REFUSED } = CancellationState;
/** As `outcomeOf` writes it. */
const done: string = DONE;

describeOnEachDatabase('a cancellation', (database) => {
  let program: RunningProgram;
  let gateway: FaultyGateway;
  let simulator: SimulatorControl;
  let view: GatewayView;
  let rooms: Rooms;

  beforeAll(async () => {
    program = await startSimulator();
    gateway = await startFaultyGateway(program.url);
    simulator = simulatorControl(program.url);
    view = gatewayView(program.url);
    rooms = await openRooms({ database: database.env, gatewayUrl: gateway.url });
  });

  beforeEach(() => gateway.behave());

  afterAll(async () => {
    await rooms.close();
    await gateway.stop();
    await program.stop();
  });

  /** A new user with one credited payment. */
  async function credited(wish: Partial<PaymentWish> = {}) {
    const user = await addUser(rooms.books);
    const payment = await anotherPayment(user.id, wish);
    return { ownerId: user.id, impUid: payment.imp_uid };
  }

  async function anotherPayment(ownerId: string, wish: Partial<PaymentWish> = {}) {
    const order = await addOrder(rooms.books, ownerId, wish.amount ?? 10_000);
    const payment = await simulator.pay({ merchant_uid: order.merchantUid, amount: order.amount, ...wish });
    await rooms.transactions.create(ownerId, payment.imp_uid);
    return payment;
  }

  /** Points, holds, amounts of the rows, and states of the cancellations, in one look. */
  async function accountOf(ownerId: string) {
    const { balance, rows } = await readAccount(rooms.books, ownerId);
    const cancellations = await rooms.books.manager.find(Cancellation, {
      where: { ownerId },
      order: { id: 'ASC' },
    });
    return {
      point: balance.point,
      held: balance.heldPoint,
      rows: rows.map(({ amount }) => amount),
      cancellations: cancellations.map(({ state }) => state),
    };
  }

  const spend = (ownerId: string, amount: number) =>
    rooms.spending.spend({ ownerId, amount, reason: '주문', idempotencyKey: ulid() });
  async function expectRightBooks(ownerId: string, options?: { mayOwe: boolean }) {
    expect(await faultsInBooks(rooms.books, ownerId, options)).toEqual([]);
  }

  /** DONE, PENDING, or the code of the refusal. */
  async function outcomeOf(call: Promise<Cancellation>): Promise<string> {
    try {
      return (await call).state;
    } catch (error) {
      if (error instanceof Refusal) return error.code;
      throw error;
    }
  }

  /** The gateway's times are whole seconds: what was done before this is older than what follows. */
  const nextSecond = () => sleep(1_010 - (Date.now() % 1_000));

  const cancelHistoryLength = async (impUid: string) => (await view.read(impUid)).cancel_history.length;

  const cancelCalls = async () => (await simulator.requests()).counts['POST /payments/cancel'] ?? 0;

  describe('that the gateway carries out', () => {
    test('of a whole payment takes its points and gives all of its money back', async () => {
      const { ownerId, impUid } = await credited();

      const cancellation = await rooms.cancellations.cancel(ownerId, { impUid, reason: '잘못 눌렀습니다' });

      expect(cancellation).toMatchObject({
        payment: { gateway: 'iamport', gatewayPaymentId: impUid },
        state: DONE,
        kind: CancellationKind.USER,
        amount: 10_000,
        reason: '잘못 눌렀습니다',
        completedAt: expect.any(Date),
        nextAttemptAt: null,
      });
      expect(await accountOf(ownerId)).toEqual({
        point: 0,
        held: 0,
        rows: [10_000, -10_000],
        cancellations: [DONE],
      });
      const atGateway = await view.read(impUid);
      expect(atGateway).toMatchObject({ status: 'cancelled', cancel_amount: 10_000 });
      expect(atGateway.cancel_history).toEqual([
        expect.objectContaining({
          amount: 10_000,
          cancellation_id: cancellation.cancellationKey,
          reason: `${cancellation.id} 잘못 눌렀습니다`,
        }),
      ]);
      const { rows } = await readAccount(rooms.books, ownerId);
      expect(rows[1]).toMatchObject({
        status: PointTransactionStatus.CANCEL,
        impUid,
        cancellationKey: cancellation.cancellationKey,
        balanceAfter: 0,
      });
      await expectRightBooks(ownerId);
    });

    test('of a part leaves the rest, as often as there is a rest', async () => {
      const { ownerId, impUid } = await credited();

      for (const [amount, left] of [
        [1_000, 9_000],
        [2_500, 6_500],
        [1, 6_499],
      ] as const) {
        const { state, checksum } = await rooms.cancellations.cancel(ownerId, { impUid, amount });
        expect({ state, checksum }).toEqual({ state: DONE, checksum: left + amount });
        expect((await accountOf(ownerId)).point).toBe(left);
      }
      const { amount } = await rooms.cancellations.cancel(ownerId, { impUid });

      expect(amount).toBe(6_499);
      expect((await accountOf(ownerId)).rows).toEqual([10_000, -1_000, -2_500, -1, -6_499]);
      expect((await view.read(impUid)).cancel_history.map((entry) => entry.amount)).toEqual([
        1_000, 2_500, 1, 6_499,
      ]);
      await expectRightBooks(ownerId);
      expect(await outcomeOf(rooms.cancellations.cancel(ownerId, { impUid }))).toBe(
        ErrorCode.CANCEL_AMOUNT_EXCEEDED,
      );
    });

    test('of a payment that was partly cancelled before its credit takes only what was credited', async () => {
      const { ownerId, impUid } = await credited({ cancel_amount: 4_000 });

      const { amount } = await rooms.cancellations.cancel(ownerId, { impUid });

      expect(amount).toBe(6_000);
      expect((await accountOf(ownerId)).rows).toEqual([6_000, -6_000]);
      expect((await view.read(impUid)).cancel_amount).toBe(10_000);
      await expectRightBooks(ownerId);
    });

    test('does not change what createPointTransaction says about the payment', async () => {
      const { ownerId, impUid } = await credited();
      const { credit: before } = await rooms.transactions.create(ownerId, impUid);
      await rooms.cancellations.cancel(ownerId, { impUid });

      const { credit: after } = await rooms.transactions.create(ownerId, impUid);

      expect(after).toEqual(before);
      expect((await accountOf(ownerId)).rows).toEqual([10_000, -10_000]);
    });
  });

  describe('that is refused', () => {
    async function expectRefusedWithoutTrace(
      ownerId: string,
      request: CancelRequest,
      code: ErrorCode,
      details?: object,
    ) {
      const before = await accountOf(ownerId);
      await simulator.forgetRequests();

      const refusal = await rooms.cancellations.cancel(ownerId, request).catch((error: unknown) => error);

      expect(refusal).toBeInstanceOf(Refusal);
      expect(refusal).toMatchObject({ code, ...(details && { details }) });
      expect(await accountOf(ownerId)).toEqual(before);
      expect((await simulator.requests()).total).toBe(0);
    }

    test.each([0, -1, -10_000, 0.5, 1_000.5, Number.NaN, Number.POSITIVE_INFINITY])(
      'for its amount of %p holds nothing and calls nobody',
      async (amount) => {
        const { ownerId, impUid } = await credited();
        await expectRefusedWithoutTrace(ownerId, { impUid, amount }, ErrorCode.BAD_USER_INPUT, {
          field: 'amount',
        });
      },
    );

    test.each<[string, Partial<CancelRequest>]>([
      ['an impUid that is none', { impUid: 'imp_1/../../users/getToken' }],
      ['a reason that is too long', { reason: '가'.repeat(101) }],
      ['a reason of two lines', { reason: 'one\ntwo' }],
      ['an empty idempotency key', { idempotencyKey: '' }],
      ['an idempotency key that is too long', { idempotencyKey: 'k'.repeat(65) }],
      ['an idempotency key with a blank at its end', { idempotencyKey: 'key-A ' }],
      ['an idempotency key with a blank at its beginning', { idempotencyKey: ' key-A' }],
      ['an idempotency key of a blank', { idempotencyKey: ' ' }],
      ['an idempotency key with a line end', { idempotencyKey: 'key-A\n' }],
      ['an idempotency key with a tab', { idempotencyKey: 'key\tA' }],
      ['an idempotency key with NUL', { idempotencyKey: 'key-A\0' }],
      ['an idempotency key that is not ASCII', { idempotencyKey: '키-A' }],
      ['an idempotency key with half a character', { idempotencyKey: 'key-\ud800' }],
    ])('for %s holds nothing and calls nobody', async (_title, wrong) => {
      const { ownerId, impUid } = await credited();
      await expectRefusedWithoutTrace(ownerId, { impUid, ...wrong }, ErrorCode.BAD_USER_INPUT);
    });

    test.each([10_001, 20_000, 2 ** 31])(
      'because %p is more than is left holds nothing and calls nobody',
      async (amount) => {
        const { ownerId, impUid } = await credited();
        await anotherPayment(ownerId, { amount: 50_000 });
        await expectRefusedWithoutTrace(ownerId, { impUid, amount }, ErrorCode.CANCEL_AMOUNT_EXCEEDED, {
          left: 10_000,
        });
      },
    );

    test('because its points are spent names the figures, holds nothing and calls nobody', async () => {
      const { ownerId, impUid } = await credited();
      await spend(ownerId, 6_001);

      await expectRefusedWithoutTrace(ownerId, { impUid }, ErrorCode.INSUFFICIENT_POINT, {
        available: 3_999,
        needed: 10_000,
      });
      expect((await rooms.cancellations.cancel(ownerId, { impUid, amount: 3_999 })).state).toBe(DONE);
    });

    test('because the payment is somebody else’s, unknown or not credited looks the same for all three', async () => {
      const owner = await credited();
      const stranger = await addUser(rooms.books);
      const order = await addOrder(rooms.books, stranger.id, 10_000);
      const uncredited = await simulator.pay({ merchant_uid: order.merchantUid, amount: 10_000 });

      for (const impUid of [owner.impUid, 'imp_999999999999', uncredited.imp_uid]) {
        await expectRefusedWithoutTrace(stranger.id, { impUid }, ErrorCode.PAYMENT_NOT_FOUND);
      }
      expect((await accountOf(owner.ownerId)).point).toBe(10_000);
    });

    test('by the payment company keeps its points held until a later look, gives them back then, and can be asked for again', async () => {
      const { ownerId, impUid } = await credited();
      gateway.misbehave(onCancel(refuse));

      const refusal = await rooms.cancellations.cancel(ownerId, { impUid, amount: 4_000 }).catch((e) => e);

      expect(refusal).toMatchObject({ code: ErrorCode.CANCEL_REFUSED, retryable: false });
      expect(refusal.texts.ko).toContain('마감된 거래입니다');
      expect(await accountOf(ownerId)).toEqual({
        point: 10_000,
        held: 4_000,
        rows: [10_000],
        cancellations: [PENDING],
      });
      gateway.behave();
      await simulator.forgetRequests();
      await rooms.recoverUntil(async () => {
        expect(await accountOf(ownerId)).toEqual({
          point: 10_000,
          held: 0,
          rows: [10_000],
          cancellations: [REFUSED],
        });
      });
      expect(await cancelCalls()).toBe(0);
      await expectRightBooks(ownerId);

      expect((await rooms.cancellations.cancel(ownerId, { impUid, amount: 4_000 })).state).toBe(DONE);
      expect((await accountOf(ownerId)).rows).toEqual([10_000, -4_000]);
    });
  });

  describe('with an idempotency key', () => {
    test('is the same cancellation when it is asked for again, and costs no call of the gateway', async () => {
      const { ownerId, impUid } = await credited();
      const request = { impUid, amount: 1_000, reason: '이유', idempotencyKey: 'key-1' };
      const { posted, ...first } = await rooms.cancellations.cancel(ownerId, request);
      await simulator.forgetRequests();

      const again = await rooms.cancellations.cancel(ownerId, request);

      expect(posted?.entry.amount).toBe(-1_000);
      expect(again).toEqual(first);
      expect((await simulator.requests()).total).toBe(0);
      expect((await accountOf(ownerId)).rows).toEqual([10_000, -1_000]);
    });

    test('says no again when the gateway said no, without asking it', async () => {
      const { ownerId, impUid } = await credited();
      gateway.misbehave(onCancel(refuse));
      const request = { impUid, idempotencyKey: 'key-2' };
      await outcomeOf(rooms.cancellations.cancel(ownerId, request));
      gateway.behave();
      await simulator.forgetRequests();

      expect(await outcomeOf(rooms.cancellations.cancel(ownerId, request))).toBe(ErrorCode.CANCEL_REFUSED);
      expect((await simulator.requests()).total).toBe(0);
    });

    test('is refused for another wish under the same key, and taken from another user', async () => {
      const { ownerId, impUid } = await credited();
      const other = await anotherPayment(ownerId);
      const request = { impUid, amount: 1_000, reason: '이유', idempotencyKey: 'key-3' };
      await rooms.cancellations.cancel(ownerId, request);
      await simulator.forgetRequests();

      for (const changed of [
        { amount: 1_001 },
        { amount: undefined },
        { reason: '다른 이유' },
        { reason: undefined },
        { impUid: other.imp_uid },
      ]) {
        expect(await outcomeOf(rooms.cancellations.cancel(ownerId, { ...request, ...changed }))).toBe(
          ErrorCode.IDEMPOTENCY_KEY_REUSED,
        );
      }
      expect((await simulator.requests()).total).toBe(0);
      expect((await accountOf(ownerId)).rows).toEqual([10_000, 10_000, -1_000]);

      const somebodyElse = await credited();
      const theirs = { ...request, impUid: somebodyElse.impUid };
      expect((await rooms.cancellations.cancel(somebodyElse.ownerId, theirs)).state).toBe(DONE);
    });

    test(`is carried out once when it is asked for ${AT_ONCE} times at once`, async () => {
      const { ownerId, impUid } = await credited();
      await simulator.forgetRequests();
      const request = { impUid, amount: 1_000, idempotencyKey: 'key-4' };

      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, () => rooms.cancellations.cancel(ownerId, request)),
      );

      expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
      expect(await cancelCalls()).toBe(1);
      expect(await accountOf(ownerId)).toEqual({
        point: 9_000,
        held: 0,
        rows: [10_000, -1_000],
        cancellations: [DONE],
      });
      expect((await view.read(impUid)).cancel_amount).toBe(1_000);
      await expectRightBooks(ownerId);
    });
  });

  describe('at the same moment as others', () => {
    test(`of the whole payment gives the money back once, of ${AT_ONCE}`, async () => {
      const { ownerId, impUid } = await credited();
      await simulator.forgetRequests();

      const outcomes = await Promise.all(
        Array.from({ length: AT_ONCE }, () => outcomeOf(rooms.cancellations.cancel(ownerId, { impUid }))),
      );

      expect(outcomes.filter((outcome) => outcome === done)).toHaveLength(1);
      expect(new Set(outcomes.filter((outcome) => outcome !== done))).toEqual(
        new Set(outcomes.filter((o) => o === 'CANCEL_IN_PROGRESS' || o === 'CANCEL_AMOUNT_EXCEEDED')),
      );
      expect(await cancelCalls()).toBe(1);
      expect((await view.read(impUid)).cancel_history).toHaveLength(1);
      expect((await accountOf(ownerId)).rows).toEqual([10_000, -10_000]);
      await expectRightBooks(ownerId);
    });

    test('of two parts that are more than the payment together gives one of them back', async () => {
      const { ownerId, impUid } = await credited();

      const outcomes = await Promise.all(
        [6_000, 7_000].map((amount) => outcomeOf(rooms.cancellations.cancel(ownerId, { impUid, amount }))),
      );

      expect(outcomes.toSorted()).toEqual([
        expect.stringMatching(/^CANCEL_(IN_PROGRESS|AMOUNT_EXCEEDED)$/),
        DONE,
      ]);
      const { cancel_amount: given } = await view.read(impUid);
      expect(given).toBe(outcomes[0] === done ? 6_000 : 7_000);
      expect((await accountOf(ownerId)).point).toBe(10_000 - given);
      await expectRightBooks(ownerId);
    });

    test('of many parts never gives back more than the payment, and books what the gateway gave back', async () => {
      const { ownerId, impUid } = await credited();
      await anotherPayment(ownerId, { amount: 50_000 });

      const outcomes: string[] = [];
      for (let round = 0; round < 6; round++) {
        const amounts = [2_500, 3_000, 3_500, 4_000];
        outcomes.push(
          ...(await Promise.all(
            amounts.map((amount) => outcomeOf(rooms.cancellations.cancel(ownerId, { impUid, amount }))),
          )),
        );
      }

      const given = (await view.read(impUid)).cancel_amount;
      expect(outcomes).toContain(DONE);
      expect(outcomes).toContain(ErrorCode.CANCEL_AMOUNT_EXCEEDED);
      expect(given).toBeLessThanOrEqual(10_000);
      expect((await accountOf(ownerId)).point).toBe(60_000 - given);
      expect((await accountOf(ownerId)).cancellations.filter((state) => state !== DONE)).toEqual([]);
      await expectRightBooks(ownerId);
    });

    test('of several payments are carried out while there are points', async () => {
      const { ownerId, impUid } = await credited();
      const others = await Promise.all(Array.from({ length: 4 }, () => anotherPayment(ownerId)));
      await spend(ownerId, 40_000);

      const outcomes = await Promise.all(
        [impUid, ...others.map(({ imp_uid }) => imp_uid)].map((payment) =>
          outcomeOf(rooms.cancellations.cancel(ownerId, { impUid: payment })),
        ),
      );

      const { INSUFFICIENT_POINT } = ErrorCode;
      expect(outcomes.toSorted()).toEqual(
        [DONE, ...Array.from({ length: 4 }, () => INSUFFICIENT_POINT)].toSorted(),
      );
      expect(await accountOf(ownerId)).toMatchObject({ point: 0, held: 0 });
    });

    test('of several payments of one user are carried out all', async () => {
      const { ownerId, impUid } = await credited();
      const others = await Promise.all(Array.from({ length: 9 }, () => anotherPayment(ownerId)));

      const outcomes = await Promise.all(
        [impUid, ...others.map(({ imp_uid }) => imp_uid)].map((payment) =>
          outcomeOf(rooms.cancellations.cancel(ownerId, { impUid: payment })),
        ),
      );

      expect(outcomes).toEqual(Array.from({ length: 10 }, () => DONE));
      expect(await accountOf(ownerId)).toMatchObject({ point: 0, held: 0 });
      await expectRightBooks(ownerId);
    });
  });

  describe('whose answer does not come', () => {
    test.each<[string, Parameters<typeof onCancel>[0], number]>([
      ['the connection breaks before the gateway did it', cutBefore, 0],
      ['the gateway is out of order', (response) => answerJson(response, 503, {}), 0],
      [
        'the answer is no answer',
        async (response, forward) => {
          await forward();
          response.end('<html>');
        },
        10_000,
      ],
      ['the connection breaks after the gateway did it', loseAnswer, 10_000],
      [
        'the gateway says yes about a payment of which nothing is cancelled',
        async (response) => {
          const payment = await view.read(paymentOfThisTest);
          answerJson(response, 200, { code: 0, message: null, response: payment });
        },
        0,
      ],
    ])(
      'stays open and holds its points when %s, and is ended by recovery once',
      async (_title, fault, given) => {
        const { ownerId, impUid } = await credited();
        paymentOfThisTest = impUid;
        await simulator.forgetRequests();
        gateway.misbehave(onCancel(fault, 1));

        const cancellation = await rooms.cancellations.cancel(ownerId, { impUid });

        expect(cancellation.state).toBe(PENDING);
        expect(await accountOf(ownerId)).toEqual({
          point: 10_000,
          held: 10_000,
          rows: [10_000],
          cancellations: [PENDING],
        });
        expect((await view.read(impUid)).cancel_amount).toBe(given);
        expect(await outcomeOf(rooms.cancellations.cancel(ownerId, { impUid }))).toBe(
          ErrorCode.CANCEL_IN_PROGRESS,
        );

        await rooms.recoverUntil(async () => {
          expect(await accountOf(ownerId)).toEqual({
            point: 0,
            held: 0,
            rows: [10_000, -10_000],
            cancellations: [DONE],
          });
        });
        expect((await view.read(impUid)).cancel_history).toHaveLength(1);
        // What was carried out is found by reading; only what was not is sent again.
        expect(await cancelCalls()).toBe(1);
        await expectRightBooks(ownerId);
      },
    );
    let paymentOfThisTest: string;

    test('is refused by recovery when the payment company says no then, and the points are free', async () => {
      const { ownerId, impUid } = await credited();
      let calls = 0;
      gateway.misbehave(onCancel((response) => (++calls === 1 ? cutBefore(response) : refuse(response))));
      await rooms.cancellations.cancel(ownerId, { impUid });

      await rooms.recoverUntil(async () => {
        expect(await accountOf(ownerId)).toEqual({
          point: 10_000,
          held: 0,
          rows: [10_000],
          cancellations: [REFUSED],
        });
      });
      await expectRightBooks(ownerId);
    });

    test('gives the money back once when the first call is carried out after recovery sent it again', async () => {
      const { ownerId, impUid } = await credited();
      let carryOutLate: (() => Promise<{ body: string }>) | undefined;
      gateway.misbehave(
        onCancel((response, forward) => {
          carryOutLate = forward;
          cutBefore(response);
        }, 1),
      );
      await rooms.cancellations.cancel(ownerId, { impUid, amount: 4_000 });
      await rooms.recoverUntil(async () => {
        expect((await accountOf(ownerId)).cancellations).toEqual([DONE]);
      });

      const late = JSON.parse((await carryOutLate?.())?.body ?? '{}') as { code: number };

      // The same checksum as before no longer fits what is left.
      expect(late.code).not.toBe(0);
      expect((await view.read(impUid)).cancel_amount).toBe(4_000);
      await rooms.reconcile(impUid);
      expect((await accountOf(ownerId)).rows).toEqual([10_000, -4_000]);
      await expectRightBooks(ownerId);
    });

    test('is not sent again before the first call can no longer run, though it is looked at', async () => {
      const patient = await openRooms({
        database: database.env,
        gatewayUrl: gateway.url,
        env: { RECOVERY_GRACE_MS: '60000' },
      });
      try {
        const { ownerId, impUid } = await credited();
        let calls = 0;
        gateway.misbehave(
          onCancel((response) => {
            calls += 1;
            cutBefore(response);
          }),
        );
        const { id, sentAt } = await patient.cancellations.cancel(ownerId, { impUid });
        await patient.books.manager.update(Cancellation, { id }, { nextAttemptAt: new Date() });

        await patient.recoverUntil(async () => {
          const { attempts } = await patient.books.manager.findOneByOrFail(Cancellation, { id });
          expect(attempts).toBe(1);
        });

        expect(calls).toBe(1);
        const open = await patient.books.manager.findOneByOrFail(Cancellation, { id });
        expect(open).toMatchObject({ state: PENDING, sentAt });
        // It is looked at again, later than the first time.
        expect(open.nextAttemptAt?.getTime()).toBeGreaterThanOrEqual(sentAt.getTime() + 2_000);

        gateway.behave();
        const longAgo = new Date(Date.now() - 61_000);
        await patient.books.manager.update(
          Cancellation,
          { id },
          { sentAt: longAgo, nextAttemptAt: new Date() },
        );
        await patient.recoverUntil(async () => {
          expect((await accountOf(ownerId)).cancellations).toEqual([DONE]);
        });
        expect((await view.read(impUid)).cancel_history).toHaveLength(1);
      } finally {
        await patient.close();
      }
    });
  });

  describe('whose reason the gateway does not keep', () => {
    /** The gateway as such a PG shows it: whatever reason was sent, another one is read. */
    const keepNoReason: Fault = (request, response, forward) => {
      if (!request.url?.startsWith('/payments')) return false;
      answerWithoutReason(response, forward).catch((error: unknown) => response.destroy(error as Error));
      return true;
    };

    async function answerWithoutReason(response: ServerResponse, forward: Forward): Promise<void> {
      const { status, body } = await forward();
      answerJson(response, status, JSON.parse(body.replaceAll(/"reason":"[^"]*"/g, '"reason":"고객 취소"')));
    }

    test('is its own end all the same when its answer was lost', async () => {
      const { ownerId, impUid } = await credited();
      gateway.misbehave(onCancel(loseAnswer, 1));
      await rooms.cancellations.cancel(ownerId, { impUid, amount: 4_000 });
      gateway.misbehave(keepNoReason);

      await rooms.recoverUntil(async () => {
        expect(await accountOf(ownerId)).toEqual({
          point: 6_000,
          held: 0,
          rows: [10_000, -4_000],
          cancellations: [DONE],
        });
      });
      expect(await cancelHistoryLength(impUid)).toBe(1);
      await expectRightBooks(ownerId);
    });

    test('is its own end when a refusal hid that it was carried out', async () => {
      const { ownerId, impUid } = await credited();
      gateway.misbehave(
        (request, response, forward) =>
          onCancel(async () => {
            await forward();
            refuse(response);
          })(request, response, forward) || keepNoReason(request, response, forward),
      );

      expect(await outcomeOf(rooms.cancellations.cancel(ownerId, { impUid, amount: 4_000 }))).toBe(done);
      expect(await accountOf(ownerId)).toEqual({
        point: 6_000,
        held: 0,
        rows: [10_000, -4_000],
        cancellations: [DONE],
      });
      await expectRightBooks(ownerId);
    });
  });

  test('that was refused and is carried out later all the same is DONE, and its points are never free between', async () => {
    const { ownerId, impUid } = await credited();
    let carryOutLate: Forward | undefined;
    gateway.misbehave(
      onCancel((response, forward) => {
        carryOutLate = forward;
        refuse(response);
      }),
    );
    expect(await outcomeOf(rooms.cancellations.cancel(ownerId, { impUid }))).toBe(ErrorCode.CANCEL_REFUSED);
    expect(await accountOf(ownerId)).toMatchObject({ held: 10_000, cancellations: [PENDING] });
    await carryOutLate?.();

    await rooms.recoverUntil(async () => {
      expect(await accountOf(ownerId)).toEqual({
        point: 0,
        held: 0,
        rows: [10_000, -10_000],
        cancellations: [DONE],
      });
    });
    expect(await cancellationsOf(rooms.books, impUid)).toMatchObject([{ refusal: null }]);
    await expectRightBooks(ownerId);
  });

  test('that was given up during a call that carries it out is booked once, and what it held is free only once', async () => {
    const { ownerId, impUid } = await credited();
    await anotherPayment(ownerId);
    gateway.misbehave(
      onCancel(async (response, forward) => {
        const [open] = await cancellationsOf(rooms.books, impUid);
        await rooms.cancellations.giveUp(open as Cancellation, 'given up');
        expect(await accountOf(ownerId)).toMatchObject({ point: 20_000, held: 0 });
        const { status, body } = await forward();
        answerJson(response, status, JSON.parse(body));
      }),
    );
    await outcomeOf(rooms.cancellations.cancel(ownerId, { impUid, amount: 4_000 }));

    expect(await accountOf(ownerId)).toEqual({
      point: 16_000,
      held: 0,
      rows: [10_000, 10_000, -4_000],
      cancellations: [REFUSED],
    });
    await expectRightBooks(ownerId);
  });

  describe('beside one that was made outside', () => {
    test('of the whole payment books the outside one once, and says that nothing is left', async () => {
      const { ownerId, impUid } = await credited();
      await view.cancelOutside(impUid);
      await nextSecond();

      const refusal = await rooms.cancellations.cancel(ownerId, { impUid }).catch((error: unknown) => error);
      await rooms.reconcile(impUid);
      await rooms.reconcile(impUid);

      expect(refusal).toMatchObject({ code: ErrorCode.CANCEL_AMOUNT_EXCEEDED, details: { left: 0 } });
      expect(await accountOf(ownerId)).toEqual({
        point: 0,
        held: 0,
        rows: [10_000, -10_000],
        cancellations: [REFUSED],
      });
      expect((await view.read(impUid)).cancel_amount).toBe(10_000);
      await expectRightBooks(ownerId);
    });

    test('of a part that nobody told us of is not carried out blindly, and can be asked for again', async () => {
      const { ownerId, impUid } = await credited();
      await view.cancelOutside(impUid, 3_000);

      const refusal = await rooms.cancellations.cancel(ownerId, { impUid, amount: 8_000 }).catch((e) => e);

      expect(refusal).toMatchObject({ code: ErrorCode.CANCEL_AMOUNT_EXCEEDED, details: { left: 7_000 } });
      expect(await accountOf(ownerId)).toEqual({
        point: 7_000,
        held: 0,
        rows: [10_000, -3_000],
        cancellations: [REFUSED],
      });
      expect((await rooms.cancellations.cancel(ownerId, { impUid })).amount).toBe(7_000);
      expect((await accountOf(ownerId)).rows).toEqual([10_000, -3_000, -7_000]);
      await expectRightBooks(ownerId);
    });

    test('that is found while ours is open books both, each once', async () => {
      const { ownerId, impUid } = await credited();
      gateway.misbehave(onCancel(loseAnswer, 1));
      await rooms.cancellations.cancel(ownerId, { impUid, amount: 4_000 });
      await view.cancelOutside(impUid, 1_000);

      await rooms.recoverUntil(async () => {
        expect(await accountOf(ownerId)).toMatchObject({ point: 5_000, held: 0, cancellations: [DONE] });
      });

      expect((await accountOf(ownerId)).rows.toSorted((a, b) => a - b)).toEqual([-4_000, -1_000, 10_000]);
      await expectRightBooks(ownerId);
    });

    test('takes the balance below zero when the points are spent; own cancels are refused until a top-up fills it', async () => {
      const { ownerId, impUid } = await credited();
      const other = await anotherPayment(ownerId, { amount: 5_000 });
      await spend(ownerId, 13_000);

      await view.cancelOutside(impUid);
      await rooms.reconcile(impUid);
      await rooms.reconcile(impUid);

      expect((await accountOf(ownerId)).point).toBe(-8_000);
      expect((await accountOf(ownerId)).rows).toEqual([10_000, 5_000, -13_000, -10_000]);
      expect(await outcomeOf(rooms.cancellations.cancel(ownerId, { impUid: other.imp_uid, amount: 1 }))).toBe(
        ErrorCode.INSUFFICIENT_POINT,
      );
      expect(await rooms.cancellations.quote(ownerId, other.imp_uid)).toMatchObject({
        left: 5_000,
        refundable: 0,
        limitedBy: 'INSUFFICIENT_POINT',
      });

      await anotherPayment(ownerId, { amount: 30_000 });

      expect((await accountOf(ownerId)).point).toBe(22_000);
    });

    test('is booked once when two looks at the same moment name it differently', async () => {
      const { ownerId, impUid } = await credited();
      await view.cancelOutside(impUid, 3_000);
      const answer = await rooms.read(impUid);
      // As when the history lags behind the sum.
      const nameless = { ...answer, cancellations: [] };

      await Promise.all(
        [nameless, answer, nameless].map((look) => rooms.reconciliation.apply(look, { ownerId })),
      );

      expect((await accountOf(ownerId)).rows).toEqual([10_000, -3_000]);
      await expectRightBooks(ownerId);
    });
  });

  describe('by itself', () => {
    test('refuses a second credit of a payment, a second row of a cancellation and a second open cancellation', async () => {
      const { ownerId, impUid } = await credited();
      const { manager } = rooms.books;
      gateway.misbehave(onCancel(cutBefore));
      await rooms.cancellations.cancel(ownerId, { impUid, amount: 1_000 });
      const { cancellations, ...before } = await accountOf(ownerId);
      const credit = await manager.findOneByOrFail(PointTransaction, { ownerId });
      const [open] = await cancellationsOf(rooms.books, impUid);
      const again = { ...credit, id: ulid(), sequence: 2 };

      await expect(manager.insert(PointTransaction, again)).rejects.toThrow(/uniq|duplicate/i);
      const cancel = {
        ...again,
        reference: `${credit.reference}:key`,
        status: PointTransactionStatus.CANCEL,
        amount: -1,
      };
      await manager.insert(PointTransaction, cancel);
      await expect(manager.insert(PointTransaction, { ...cancel, id: ulid(), sequence: 3 })).rejects.toThrow(
        /uniq|duplicate/i,
      );
      await expect(manager.insert(Cancellation, { ...open, id: ulid() })).rejects.toThrow(/uniq|duplicate/i);

      expect(cancellations).toEqual([PENDING]);
      expect(await accountOf(ownerId)).toEqual({ ...before, rows: [10_000, -1], cancellations: [PENDING] });
    });

    test('refuses a cancellation of nothing, of more than is left, and an open one that is named closed', async () => {
      const { ownerId, impUid } = await credited();
      const { manager } = rooms.books;
      await rooms.cancellations.cancel(ownerId, { impUid, amount: 1_000 });
      const [done] = await cancellationsOf(rooms.books, impUid);
      const { paymentId: openPaymentId } = done as Cancellation;

      for (const wrong of [{ amount: 0 }, { amount: -1 }, { amount: 20_000 }, { openPaymentId }]) {
        await expect(manager.insert(Cancellation, { ...done, ...wrong, id: ulid() })).rejects.toThrow(
          /ck_point_cancellation|check/i,
        );
      }
    });
  });

  if (database.name === 'MariaDB') {
    describe('when the answer to a COMMIT is lost', () => {
      test.each([1, 2])('at its transaction number %p is carried out once all the same', async (nth) => {
        const { ownerId, impUid } = await credited();
        const proxy = await startCommitAnswerProxy(database.env.DATABASE_URL as string);
        const shaky = await openRooms({
          database: { ...database.env, DATABASE_URL: proxy.url },
          gatewayUrl: gateway.url,
        });
        try {
          gateway.misbehave(
            onCancel(async (response, forward) => {
              const { status, body } = await forward();
              if (nth === 2) proxy.loseNextCommitAnswer();
              answerJson(response, status, JSON.parse(body));
            }),
          );
          if (nth === 1) proxy.loseNextCommitAnswer();

          const { state } = await shaky.cancellations.cancel(ownerId, { impUid, amount: 4_000 });

          expect(proxy.lostAnswers()).toBe(1);
          expect(state).toBe(DONE);
          expect(await accountOf(ownerId)).toEqual({
            point: 6_000,
            held: 0,
            rows: [10_000, -4_000],
            cancellations: [DONE],
          });
          expect((await view.read(impUid)).cancel_amount).toBe(4_000);
          await expectRightBooks(ownerId);
        } finally {
          await shaky.close();
          await proxy.close();
        }
      });
    });
  }
});
