import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { CancelRequest } from '../../src/cancellation/cancel-request.js';
import { CancelObstacle } from '../../src/cancellation/cancel-terms.js';
import { Possibility, RefundLimit } from '../../src/cancellation/quote.js';
import { CancelNotPossible, CancelRefused } from '../../src/cancellation/refusals.js';
import { RefundAccountNeed, RefusalReason } from '../../src/gateway/pg-rules.js';
import { Cancellation, CancellationKind, CancellationState } from '../../src/payment/cancellation.entity.js';
import { faultsInBooks } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { answerJson, onCancel } from '../support/faulty-gateway.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';
import type { PaymentWish } from '../support/simulator-control.js';

const DAY_SECONDS = 24 * 60 * 60;
const secondsAgo = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;

describeOnEachDatabase('what a PG is known to allow', (database) => {
  let house: GatewayAndRooms;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env);
  });
  beforeEach(() => house.gateway.behave());
  afterAll(() => house.close());

  /** A new user with one credited payment of 10,000 won. */
  async function credited(wish: Partial<PaymentWish>) {
    const { id: ownerId } = await house.user();
    const { imp_uid: impUid } = await house.pay(await house.order(ownerId), wish);
    await house.rooms.transactions.create(ownerId, impUid);
    return { ownerId, impUid };
  }

  const cancel = (ownerId: string, request: CancelRequest) =>
    house.rooms.cancellations.cancel(ownerId, request);
  const quote = (ownerId: string, impUid: string) => house.rooms.cancellations.quote(ownerId, impUid);
  const cancellationsOf = (ownerId: string) => house.rooms.books.manager.countBy(Cancellation, { ownerId });

  const refusalOf = (call: Promise<unknown>) =>
    call.then(
      () => undefined,
      (error: unknown) => error,
    );

  /** What a payment company says when it refuses a cancellation. */
  const refuseWith = (words: string) =>
    house.gateway.misbehave(
      onCancel((response) =>
        answerJson(response, 200, {
          code: -1,
          message: `결제취소에 실패하였습니다.(${words})`,
          response: null,
        }),
      ),
    );

  describe('refuses before anybody is called, and the quote says the same', () => {
    const { ONLY_IN_FULL, DEADLINE_OVER, NOT_CANCELLABLE, REFUND_ACCOUNT_NEEDED } = CancelObstacle;

    test.each<[string, Partial<PaymentWish>, number | undefined, CancelObstacle]>([
      ['a part of a phone payment', { pg_provider: 'mobilians', pay_method: 'phone' }, 9_999, ONLY_IN_FULL],
      [
        'a phone payment of another month',
        { pg_provider: 'danal', pay_method: 'phone', paid_at: secondsAgo(32 * DAY_SECONDS) },
        undefined,
        DEADLINE_OVER,
      ],
      [
        'a payment at KSNET of more than six months ago',
        { pg_provider: 'ksnet', pay_method: 'card', paid_at: secondsAgo(186 * DAY_SECONDS) },
        5_000,
        DEADLINE_OVER,
      ],
      [
        'a virtual account of Danal',
        { pg_provider: 'danal_tpay', pay_method: 'vbank' },
        undefined,
        NOT_CANCELLABLE,
      ],
      [
        'a virtual account without an account for the refund',
        { pg_provider: 'html5_inicis', pay_method: 'vbank' },
        undefined,
        REFUND_ACCOUNT_NEEDED,
      ],
    ])('%s', async (_, wish, amount, obstacle) => {
      const { ownerId, impUid } = await credited(wish);
      const callsBefore = (await house.simulator.requests()).total;

      const refusal = await refusalOf(cancel(ownerId, { impUid, ...(amount ? { amount } : {}) }));
      const quoted = await quote(ownerId, impUid);

      expect(refusal).toBeInstanceOf(CancelNotPossible);
      expect((refusal as CancelNotPossible).details.reason).toBe(obstacle);
      expect((await house.simulator.requests()).total).toBe(callsBefore);
      expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
      expect(await cancellationsOf(ownerId)).toBe(0);
      expect(quoted).toMatchObject(
        obstacle === ONLY_IN_FULL
          ? { refundable: 10_000, limitedBy: null, obstacle: null, partialCancel: Possibility.NO }
          : obstacle === REFUND_ACCOUNT_NEEDED
            ? {
                refundable: 10_000,
                limitedBy: null,
                obstacle: null,
                refundAccount: RefundAccountNeed.ACCOUNT,
              }
            : { refundable: 0, limitedBy: RefundLimit.CANCEL_NOT_POSSIBLE, obstacle },
      );
    });
  });

  test('lets a phone payment of this month be cancelled in full', async () => {
    const { ownerId, impUid } = await credited({ pg_provider: 'mobilians', pay_method: 'phone' });

    expect((await cancel(ownerId, { impUid })).state).toBe(CancellationState.DONE);
    expect(await house.accountOf(ownerId)).toEqual({ point: 0, held: 0, rows: [10_000, -10_000] });
  });

  test('cancels a payment with a discount in the amounts before it, as the gateway counts them', async () => {
    const { ownerId, impUid } = await credited({ promotion: { id: 'promotion', discount: 1_000 } });

    await cancel(ownerId, { impUid, amount: 3_000 });
    const rest = await cancel(ownerId, { impUid });

    expect(rest).toMatchObject({ state: CancellationState.DONE, amount: 7_000, checksum: 7_000 });
    expect((await house.view.read(impUid)).cancel_amount).toBe(10_000);
    expect(await house.accountOf(ownerId)).toEqual({ point: 0, held: 0, rows: [10_000, -3_000, -7_000] });
  });

  test('does not keep money that can never be credited: it goes back without a look at the table', async () => {
    const { id: ownerId } = await house.user();
    const order = await house.order(ownerId);
    await house.rooms.transactions.create(ownerId, (await house.pay(order)).imp_uid);
    const paid_at = secondsAgo(32 * DAY_SECONDS);
    const second = await house.pay(order, { pg_provider: 'danal', pay_method: 'phone', paid_at });

    await house.rooms.reconcile(second.imp_uid);
    await house.rooms.recoverUntil(async () => {
      const where = { kind: CancellationKind.GIVE_BACK, ownerId };
      const [giveBack] = await house.rooms.books.manager.findBy(Cancellation, where);
      expect(giveBack).toMatchObject({
        state: CancellationState.REFUSED,
        refusal: expect.stringContaining('결제한 달'),
      });
    });
  });

  test('counts the parts, those that were cancelled outside too, and lets what is left be cancelled', async () => {
    const { ownerId, impUid } = await credited({ pg_provider: 'ksnet', pay_method: 'card' });
    await house.view.cancelOutside(impUid, 100);
    await house.rooms.reconcile(impUid);
    for (let part = 2; part <= 9; part += 1) await cancel(ownerId, { impUid, amount: 100 });
    const calls = await house.cancelCalls();

    const tenth = await refusalOf(cancel(ownerId, { impUid, amount: 100 }));

    expect((tenth as CancelNotPossible).details).toEqual({ reason: CancelObstacle.PARTIAL_CANCELS_USED_UP });
    expect(await house.cancelCalls()).toBe(calls);
    expect(await quote(ownerId, impUid)).toMatchObject({
      left: 9_100,
      refundable: 9_100,
      partialCancel: Possibility.NO,
      partialCancelsLeft: 0,
    });
    expect((await cancel(ownerId, { impUid })).state).toBe(CancellationState.DONE);
    expect((await house.accountOf(ownerId)).point).toBe(0);
    expect(await faultsInBooks(house.rooms.books, ownerId)).toEqual([]);
  });

  test('is not asked about a payment of which nothing is known, and its PG’s answers are in the log', async () => {
    const { ownerId, impUid } = await credited({ pg_provider: 'pg_of_tomorrow', pay_method: 'lpay' });
    const since = house.rooms.lines.length;

    const done = await cancel(ownerId, { impUid, amount: 1_000 });
    refuseWith('부분취소 불가');
    const refused = (await refusalOf(cancel(ownerId, { impUid, amount: 1_000 }))) as CancelRefused;

    expect(done.state).toBe(CancellationState.DONE);
    expect(refused.details.reason).toBe(RefusalReason.OTHER);
    const recorded = house.rooms.lines
      .slice(since)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ notKnown }) => notKnown !== undefined);
    const rules = { gateway: 'iamport', pg: 'pg_of_tomorrow', method: 'lpay' };
    const notKnown = ['cancelEnd', 'refundAccount', 'partialCancel'];
    expect(recorded).toEqual([
      expect.objectContaining({ ...rules, notKnown, cancellationId: done.id, outcome: 'carried out' }),
      expect.objectContaining({
        ...rules,
        notKnown,
        cancellationId: refused.details.cancellationId,
        outcome: 'refused',
      }),
    ]);
  });

  test('writes no such line about a card, whose rules are known', async () => {
    const { ownerId, impUid } = await credited({});
    const since = house.rooms.lines.length;

    await cancel(ownerId, { impUid, amount: 1_000 });

    expect(house.rooms.lines.slice(since).join()).not.toContain('notKnown');
  });

  test.each([
    ['kcp', '[8178]'],
    ['daou', '[9029]'],
    ['nice', '취소금액이 미정산 금액보다 큽니다'],
    ['danal_tpay', '취소불가 상태입니다'],
  ])('tells that %s holds too little of the shop’s money by its words %s', async (pg, words) => {
    const { ownerId, impUid } = await credited({ pg_provider: pg });
    const since = house.rooms.lines.length;
    refuseWith(words);

    const refusal = (await refusalOf(cancel(ownerId, { impUid }))) as CancelRefused;

    expect(refusal).toBeInstanceOf(CancelRefused);
    expect(refusal.details.reason).toBe(RefusalReason.TOO_LITTLE_UNSETTLED);
    const [row] = await house.rooms.cancellations.page(ownerId, 1, undefined);
    expect(row && house.rooms.cancellations.reasonOfRefusal(row)).toBe(RefusalReason.TOO_LITTLE_UNSETTLED);
    expect(house.rooms.lines.slice(since).join()).toContain('holds too little of our money');
    await house.rooms.recoverUntil(async () => {
      expect(await house.accountOf(ownerId)).toEqual({ point: 10_000, held: 0, rows: [10_000] });
    });
  });
});
