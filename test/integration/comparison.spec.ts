import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Attention } from '../../src/attention/attention.entity.js';
import { DifferenceKind } from '../../src/comparison/compare.js';
import { ComparisonState } from '../../src/comparison/comparison.entity.js';
import { Difference, DifferenceState } from '../../src/comparison/difference.entity.js';
import { addDays, koreanDayOf, periodOfDay } from '../../src/calendar/korean-time.js';
import { PointTransaction } from '../../src/point-transaction/point-transaction.entity.js';
import type { Gateway } from '../../src/gateway/gateway.js';
import { withSettlements } from '../support/settlements.js';
import { proveBooks } from '../../src/verification/books.js';
import { openDay, type PaymentOfDay } from '../support/comparison-day.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';

const PLANTED = {
  PG_ONLY_OURS: 3,
  PG_ONLY_FOREIGN: 2,
  LOCAL_ONLY: 2,
  AMOUNT_DIFF: 2,
  CANCEL_PG_ONLY: 4,
  CANCEL_LOCAL_ONLY: 2,
  STATUS_LAG: 2,
  DATE_SHIFT: 2,
  TEST_IN_LIVE: 2,
  DUPLICATE_ORDER: 3,
};
/** Of payments that are the same here and there; no iamport tells it, so another adapter does. */
const SETTLEMENT_DIFFS = 2;
/** The day that issue 14 names has 10,000. */
const PAYMENTS = Number(process.env.COMPARISON_PAYMENTS ?? 300);
const HEALED = ['PG_ONLY_OURS', 'CANCEL_PG_ONLY', 'DUPLICATE_ORDER'];
const NOTED = ['STATUS_LAG', 'DATE_SHIFT', 'SETTLEMENT_DIFF'];
const OPEN_TIMEOUT_MS = 240_000;
const DAY = addDays(koreanDayOf(new Date()), -2);

const stateOf = (kind: string) =>
  HEALED.includes(kind) ? 'HEALED' : NOTED.includes(kind) ? 'NOTED' : 'OPEN';

describeOnEachDatabase('a day with differences of each kind', (database) => {
  let house: GatewayAndRooms;
  let made: PaymentOfDay[];

  beforeAll(async () => {
    /** By payment, what the PG is said to pay out less than it should. */
    const missing = new Map<string, number>();
    const adapt = (gateway: Gateway) =>
      withSettlements(gateway, ({ paymentId, amount }) => {
        const won = missing.get(paymentId);
        return won === undefined ? undefined : { fee: 300, feeVat: 30, net: amount - 330 - won };
      });
    house = await openGatewayAndRooms(database.env, {}, { adapt });
    const { books } = house.rooms;
    const wish = { day: DAY, payments: PAYMENTS, seed: 7, differences: PLANTED };
    made = await openDay(books, house.simulator, wish);
    const settled = made.filter(({ kind, books: here }) => kind === 'MATCHED' && here.cancelled === 0);
    for (const [index, one] of settled.slice(0, 2 * SETTLEMENT_DIFFS).entries()) {
      const isWrong = index < SETTLEMENT_DIFFS;
      missing.set(one.imp_uid, isWrong ? 1 : 0);
      if (isWrong) one.kind = DifferenceKind.SETTLEMENT_DIFF;
    }
  }, OPEN_TIMEOUT_MS);
  afterAll(() => house.close());

  const differences = async () =>
    (await house.rooms.books.manager.find(Difference))
      .map(({ kind, gatewayPaymentId, state }) => `${kind} ${gatewayPaymentId} ${state}`)
      .toSorted();
  const rowCount = () => house.rooms.books.manager.count(PointTransaction);
  const kept = async () => ({
    differences: await house.rooms.books.manager.find(Difference, { order: { id: 'ASC' } }),
    attentions: await house.rooms.books.manager.find(Attention, { order: { id: 'ASC' } }),
    rows: await rowCount(),
  });

  test('has every kind that there is, and payments that are the same', () => {
    const kinds = new Set(made.map(({ kind }) => kind));
    expect([...kinds].toSorted()).toEqual(['MATCHED', ...Object.values(DifferenceKind)].toSorted());
    expect(kinds.size).toBe(12);
  });

  test('is not called compared while the gateway does not answer', async () => {
    house.gateway.misbehave((_request, response) => {
      response.writeHead(503).end();
      return true;
    });
    const { comparison } = await house.rooms.comparer.compare('iamport', DAY);
    house.gateway.behave();

    expect(comparison).toMatchObject({ state: ComparisonState.NOT_COMPARED, comparedAt: null, attempts: 1 });
    expect(comparison.fault).toMatch(/HTTP 503/);
  });

  test('shows exactly these, of which the safe ones are healed and the others put before the operators', async () => {
    const { comparison } = await house.rooms.comparer.compare('iamport', DAY);

    expect(await differences()).toEqual(
      made
        .filter(({ kind }) => kind !== 'MATCHED')
        .map(({ kind, imp_uid }) => `${kind} ${imp_uid} ${stateOf(kind)}`)
        .toSorted(),
    );
    expect(comparison).toMatchObject({ state: ComparisonState.DIFFERENT, fault: null, attempts: 0 });
    const raised = await house.rooms.books.manager.find(Attention);
    expect(raised.map(({ kind, subject }) => `${kind} ${subject}`).toSorted()).toEqual(
      made
        .filter(({ kind }) => kind !== 'MATCHED' && stateOf(kind) === 'OPEN')
        .map(({ kind, imp_uid }) => `${kind} ${imp_uid}`)
        .toSorted(),
    );
    expect(house.rooms.errors.filter((line) => line.includes('failed'))).toEqual([]);
    await proveBooks(house.rooms.books, () => undefined);
  });

  test('has the ledger’s own sums of the day', async () => {
    const { from, until } = periodOfDay(DAY);
    const rows = await house.rooms.books.manager.find(PointTransaction);
    const ofDay = rows.filter(({ createdAt }) => createdAt >= from && createdAt < until);
    const sum = (sign: number) => ofDay.reduce((total, { amount }) => total + Math.max(0, sign * amount), 0);
    const { comparison } = await house.rooms.comparer.compare('iamport', DAY);

    expect(comparison).toMatchObject({ creditedHere: sum(1), cancelledHere: sum(-1) });
    const there = made.filter(({ kind }) => kind !== DifferenceKind.PG_ONLY_FOREIGN);
    expect(comparison.paidThere).toBe(
      there.reduce((total, { paid_at, amount }) => total + (paid_at > 0 ? Number(amount) : 0), 0),
    );
  });

  test('is the same when it is compared again, and by three at once', async () => {
    await house.rooms.comparer.compare('iamport', DAY);
    const before = await kept();

    await Promise.all([1, 2, 3].map(() => house.rooms.comparer.compare('iamport', DAY)));

    const without = ({ differences: some, ...rest }: typeof before) => ({
      ...rest,
      differences: some.map((one) => ({ ...one, seenAt: null })),
    });
    expect(without(await kept())).toEqual(without(before));
  });

  test('sends the second payment of an order back to its payer, once', async () => {
    const duplicates = made.filter(({ kind }) => kind === DifferenceKind.DUPLICATE_ORDER);
    await house.rooms.recoverUntil(async () => {
      for (const { imp_uid } of duplicates) {
        expect(await house.view.read(imp_uid)).toMatchObject({
          cancel_amount: expect.any(Number),
          status: 'cancelled',
        });
      }
    });
    expect(await house.cancelCalls()).toBe(duplicates.length);
  });

  test('says what is gone when a person has healed it', async () => {
    const [wrong] = made.filter(({ kind }) => kind === DifferenceKind.CANCEL_LOCAL_ONLY);
    if (!wrong) throw new Error('nothing was planted');
    await house.simulator.cancel(wrong.imp_uid, { amount: wrong.books.cancelled, webhook: false });
    const graceless = {
      ...house.rooms.settings,
      comparison: { ...house.rooms.settings.comparison, graceMs: 0 },
    };
    Object.assign(house.rooms.settings, graceless);

    await house.rooms.comparer.compare('iamport', DAY);

    const { manager } = house.rooms.books;
    const [difference] = await manager.findBy(Difference, {
      gatewayPaymentId: wrong.imp_uid,
      kind: DifferenceKind.CANCEL_LOCAL_ONLY,
    });
    expect(difference).toMatchObject({ state: DifferenceState.GONE, endedAt: expect.any(Date) });
    const [attention] = await manager.findBy(Attention, { subject: wrong.imp_uid });
    expect(attention).toMatchObject({ resolvedBy: null, resolvedAt: expect.any(Date) });
  });
});
