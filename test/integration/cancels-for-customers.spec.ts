import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { ulid } from 'ulid';
import type { CancelRequest } from '../../src/cancellation/cancel-request.js';
import { cancelPosted, type Posted } from '../../src/point-transaction/announcements.js';
import { PointEvent } from '../../src/event/event.entity.js';
import { Cancellation, CancellationKind } from '../../src/payment/cancellation.entity.js';
import { Payment } from '../../src/payment/payment.entity.js';
import { NO_SHOP } from '../../src/shop/shop.js';
import { proveBooks } from '../../src/verification/books.js';
import { cancellationsOf, faultsInBooks, readAccount } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { cutBefore, loseAnswer, onCancel } from '../support/faulty-gateway.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';

const DAY_MS = 24 * 60 * 60_000;
/** A shop that lets no shopper cancel anything. */
const STRICT_SHOP = {
  ...NO_SHOP,
  cancelPolicy: { byShopper: false, withinDays: 1, partial: false, minAmount: 50_000 },
};
const OPERATOR = 'operator-1';
const REASON = '고객센터 요청 1042';

describeOnEachDatabase('a cancel for a customer', (database) => {
  let house: GatewayAndRooms;
  let books: DataSource;
  /** Of these the log has a line each. */
  const told: Posted[] = [];

  beforeAll(async () => {
    house = await openGatewayAndRooms(
      database.env,
      {
        POINT_PACKAGES: '5000,10000:+500',
        BONUS_ON_REFUND: 'REFUSE',
        REFUND_PRESETS: 'NONE',
        EVENTS_URL: 'http://127.0.0.1:9/',
        EVENTS_SECRETS: `whsec_${Buffer.alloc(32, 'e').toString('base64')}`,
      },
      { shop: STRICT_SHOP },
    );
    ({ books } = house.rooms);
    cancelPosted.listen((posted) => told.push(posted));
  });
  afterEach(async () => {
    house.gateway.behave();
    await proveBooks(books, () => undefined);
  });
  afterAll(() => house.close());

  async function bought(amount = 10_000): Promise<{ ownerId: string; impUid: string }> {
    const { id: ownerId } = await house.user();
    const order = await house.rooms.orders.create(ownerId, amount);
    const { imp_uid: impUid } = await house.pay(order);
    await house.rooms.transactions.create(ownerId, impUid);
    return { ownerId, impUid };
  }
  const spend = (ownerId: string, amount: number) =>
    house.rooms.spending.spend({ ownerId, amount, reason: '주문', idempotencyKey: ulid() });
  const cancel = (ownerId: string, request: CancelRequest) =>
    house.rooms.cancellations.cancel(ownerId, { reason: REASON, actor: OPERATOR, ...request });
  const actorsOf = async (ownerId: string) =>
    (await readAccount(books, ownerId)).rows.map(({ status, amount, actor }) => [status, amount, actor]);
  const expectBooks = async (ownerId: string, point: number) => {
    expect((await readAccount(books, ownerId)).balance).toMatchObject({ point, heldPoint: 0 });
    expect(await faultsInBooks(books, ownerId)).toEqual([]);
  };

  test('gives back what the shop leaves to itself, and says in each place who it was', async () => {
    const { ownerId, impUid } = await bought(5_000);
    await books.manager.update(
      Payment,
      { gatewayPaymentId: impUid },
      { paidAt: new Date(Date.now() - 5 * DAY_MS) },
    );
    await expect(house.rooms.cancellations.cancel(ownerId, { impUid })).rejects.toMatchObject({
      code: 'CANCEL_BY_SHOP_ONLY',
    });
    expect(await house.rooms.cancellations.quote(ownerId, impUid)).toMatchObject({
      refundable: 0,
      policyReason: 'OFF',
    });

    const quote = await house.rooms.cancellations.quote(ownerId, impUid, 2_000, OPERATOR);
    // The shop's end is over; the payment company's own is not.
    expect(quote.cancelUntil?.getTime()).toBeGreaterThan(Date.now());
    expect(quote).toMatchObject({
      refundable: 5_000,
      limitedBy: null,
      policyReason: null,
      plan: { basis: 'SHOP_POLICY', amount: 2_000, points: 2_000 },
    });
    const quoted = { amount: 2_000, points: 2_000, bonus: 0, fee: 0 };
    const cancellation = await cancel(ownerId, { impUid, amount: 2_000, quoted });

    expect(cancellation).toMatchObject({
      state: 'DONE',
      amount: 2_000,
      checksum: 5_000,
      actor: OPERATOR,
      reason: REASON,
    });
    expect(await actorsOf(ownerId)).toEqual([
      ['PAYMENT', 5_000, null],
      ['CANCEL', -2_000, OPERATOR],
    ]);
    const events = await books.manager.findBy(PointEvent, { ownerId, type: 'point.cancelled' });
    expect(events.map(({ body }) => (JSON.parse(body) as { data: unknown }).data)).toEqual([
      expect.objectContaining({ impUid, amount: -2_000, balanceAfter: 3_000, actor: OPERATOR }),
    ]);
    expect(told.filter((one) => one.impUid === impUid)).toMatchObject([
      { points: 2_000, ownerId, actor: OPERATOR },
    ]);
    expect((await house.view.read(impUid)).cancel_amount).toBe(2_000);
    await expectBooks(ownerId, 3_000);
  });

  test('takes bonus that was spent from the paid points where the shop wants to be asked about it', async () => {
    const { ownerId, impUid } = await bought();
    const { rows } = await readAccount(books, ownerId);
    expect(rows.map(({ amount }) => amount)).toEqual([10_000, 500]);
    // The bonus ends first, so it is spent first.
    await spend(ownerId, 500);

    expect(await house.rooms.cancellations.quote(ownerId, impUid, undefined, OPERATOR)).toMatchObject({
      refundable: 9_524,
      plan: { amount: 9_524, bonus: 476, points: 10_000 },
    });
    await cancel(ownerId, { impUid, amount: 9_524 });

    expect(await actorsOf(ownerId)).toEqual([
      ['PAYMENT', 10_000, null],
      ['BONUS', 500, null],
      ['SPEND', -500, null],
      ['CANCEL', -9_524, OPERATOR],
      ['BONUS_CANCEL', -476, OPERATOR],
    ]);
    await expectBooks(ownerId, 0);
  });

  test('is refused without a reason, for what is spent, for more than is left and for another’s payment', async () => {
    const { ownerId, impUid } = await bought(5_000);
    const other = await bought(5_000);
    await spend(ownerId, 1_000);
    await house.simulator.forgetRequests();
    const refused = (owner: string, request: CancelRequest) => expect(cancel(owner, request)).rejects;

    const silent = { impUid, actor: OPERATOR };
    await expect(house.rooms.cancellations.cancel(ownerId, silent)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { field: 'reason' },
    });
    await refused(ownerId, { impUid }).toMatchObject({ code: 'INSUFFICIENT_POINT' });
    await refused(ownerId, { impUid, amount: 5_001 }).toMatchObject({ code: 'CANCEL_AMOUNT_EXCEEDED' });
    await refused(ownerId, { impUid: other.impUid }).toMatchObject({ code: 'PAYMENT_NOT_FOUND' });
    await expect(
      house.rooms.cancellations.quote(ownerId, other.impUid, undefined, OPERATOR),
    ).rejects.toMatchObject({ code: 'PAYMENT_NOT_FOUND' });

    expect((await house.simulator.requests()).total).toBe(0);
    expect(await cancellationsOf(books, impUid)).toEqual([]);
    expect(await cancellationsOf(books, other.impUid)).toEqual([]);
    await expectBooks(ownerId, 4_000);
  });

  test.each([
    ['did not get it', cutBefore],
    ['did it and was not heard', loseAnswer],
  ])('is finished by recovery with the same actor when the gateway %s', async (_, answer) => {
    const { ownerId, impUid } = await bought(5_000);
    house.gateway.misbehave(onCancel(answer, 1));

    expect(await cancel(ownerId, { impUid })).toMatchObject({ state: 'PENDING', actor: OPERATOR });
    await house.rooms.recoverUntil(async () => {
      expect(await actorsOf(ownerId)).toEqual([
        ['PAYMENT', 5_000, null],
        ['CANCEL', -5_000, OPERATOR],
      ]);
    });

    await expectBooks(ownerId, 0);
  });

  test('with the same key is the first one, also when another operator asks', async () => {
    const { ownerId, impUid } = await bought(5_000);
    const request = { impUid, amount: 1_000, idempotencyKey: 'ticket-1042' };

    const first = await cancel(ownerId, request);
    const again = await cancel(ownerId, { ...request, actor: 'operator-2' });

    expect(again).toMatchObject({ id: first.id, actor: OPERATOR });
    await expect(cancel(ownerId, { ...request, amount: 2_000 })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    await expectBooks(ownerId, 4_000);
  });

  test('has no actor where nobody asked: the database refuses one on a give-back', async () => {
    const { ownerId, impUid } = await bought(5_000);
    const { id } = await cancel(ownerId, { impUid });
    const giveBack = { kind: CancellationKind.GIVE_BACK, basis: null, points: 0 };

    await expect(books.manager.update(Cancellation, { id }, giveBack)).rejects.toThrow(
      /ck_point_cancellation_actor/,
    );
  });
});
