import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type GatewayPayment, GatewayPaymentState } from '../gateway/gateway-payment.js';
import { type PaymentOrder, StoredOrderState } from '../payment/payment-order.entity.js';
import type { Payment } from '../payment/payment.entity.js';
import {
  type PointTransaction,
  PointTransactionStatus,
} from '../point-transaction/point-transaction.entity.js';
import { type Books, compare, DifferenceKind, type Terms, type Verdict } from './compare.js';
import { addDays, isKoreanDay, koreanDayOf, periodOfDay } from '../calendar/korean-time.js';

const { PAID, CANCELLED, READY, FAILED } = GatewayPaymentState;
const DAY = periodOfDay('2026-11-25');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const TERMS: Terms = {
  gateway: 'iamport',
  expectsTestPayments: false,
  day: DAY,
  now: new Date(DAY.until.getTime() + 2 * HOUR_MS),
  graceMs: 5 * MINUTE_MS,
};
const at = (minuteOfDay: number) => new Date(DAY.from.getTime() + minuteOfDay * MINUTE_MS);

/** One payment, there and here. */
interface Case {
  answer: GatewayPayment | undefined;
  order: PaymentOrder | undefined;
  payment: Payment | undefined;
  rows: PointTransaction[];
  isGoingBack: boolean;
  /** The payment for which the order was credited, if it was another one. */
  creditedFor: string | undefined;
}

/** What a payment of the day is like when all is well: credited a minute after it was paid. */
function matching(id: number, amount: number, minute: number): Case {
  const paymentId = `imp_${String(id).padStart(12, '0')}`;
  const merchantUid = `pt${String(id).padStart(26, '0')}`;
  const answer: GatewayPayment = {
    gateway: 'iamport',
    paymentId,
    merchantUid,
    state: PAID,
    amount,
    cancelledAmount: 0,
    currency: 'KRW',
    isTest: false,
    method: 'card',
    pg: null,
    receiptUrl: null,
    paidAt: at(minute),
    failedAt: null,
    failReason: null,
    dueAt: null,
    cancellations: [],
  };
  const order: PaymentOrder = {
    merchantUid,
    ownerId: `owner${id}`,
    gateway: 'iamport',
    amount,
    state: StoredOrderState.PAID,
    createdAt: at(minute - 5),
    expiresAt: at(minute + 55),
    bonus: 0,
    nextCheckAt: null,
    depositReportedAt: null,
    taxFree: null,
    vat: null,
    method: null,
    termsVersion: null,
    paidAt: at(minute + 1),
  };
  const payment = {
    id: `row${id}`,
    gateway: 'iamport',
    gatewayPaymentId: paymentId,
    merchantUid,
    isTest: false,
  };
  return {
    answer,
    order,
    payment: payment as Payment,
    rows: [rowOf(id, amount, minute + 1)],
    isGoingBack: false,
    creditedFor: undefined,
  };
}

function rowOf(id: number, amount: number, minute: number): PointTransaction {
  const status = amount > 0 ? PointTransactionStatus.PAYMENT : PointTransactionStatus.CANCEL;
  return { paymentId: `row${id}`, status, amount, createdAt: at(minute) } as PointTransaction;
}

function cancelledThere(one: Case, amount: number, minute: number): Case {
  const answer = one.answer as GatewayPayment;
  const cancellations = [{ key: 'c1', amount, reason: '', cancelledAt: at(minute) }];
  return { ...one, answer: { ...answer, state: CANCELLED, cancelledAmount: amount, cancellations } };
}

const changed = (one: Case, answer: Partial<GatewayPayment>): Case => ({
  ...one,
  answer: { ...(one.answer as GatewayPayment), ...answer },
});
const uncredited = (one: Case): Case => ({
  ...one,
  order: one.order && { ...one.order, state: StoredOrderState.READY },
  payment: undefined,
  rows: [],
});

/** How each verdict comes about, in more than one way where there is one. `part` is less than the amount. */
const WAYS: [Verdict, (one: Case, id: number, part: number) => Case][] = [
  ['MATCHED', (one) => one],
  ['MATCHED', (one, id, part) => withRow(cancelledThere(one, part, 700), rowOf(id, -part, 701))],
  ['MATCHED', (one, id) => withRow(cancelledThere(one, amountOf(one), 700), rowOf(id, -amountOf(one), 702))],
  ['MATCHED', (one) => uncredited(cancelledThere(one, amountOf(one), 700))],
  ['MATCHED', (one) => uncredited(changed(one, { state: FAILED, paidAt: null, failedAt: at(650) }))],
  // A part was cancelled before the credit, which was smaller by that much.
  [
    'MATCHED',
    (one, id, part) => ({ ...cancelledThere(one, part, 600), rows: [rowOf(id, amountOf(one) - part, 601)] }),
  ],
  [DifferenceKind.PG_ONLY_OURS, uncredited],
  [DifferenceKind.PG_ONLY_OURS, (one, _id, part) => uncredited(cancelledThere(one, part, 700))],
  [DifferenceKind.PG_ONLY_FOREIGN, (one) => ({ ...uncredited(one), order: undefined })],
  [DifferenceKind.LOCAL_ONLY, (one) => ({ ...one, answer: undefined })],
  [DifferenceKind.LOCAL_ONLY, (one) => changed(one, { state: FAILED, paidAt: null })],
  [DifferenceKind.LOCAL_ONLY, (one) => changed(one, { state: READY, paidAt: null })],
  [DifferenceKind.LOCAL_ONLY, (one) => changed(one, { merchantUid: 'another' })],
  [DifferenceKind.AMOUNT_DIFF, (one, _id, part) => changed(one, { amount: amountOf(one) + part })],
  [DifferenceKind.AMOUNT_DIFF, (one) => changed(one, { currency: 'USD' })],
  [
    DifferenceKind.AMOUNT_DIFF,
    (one, _id, part) => uncredited(changed(one, { amount: amountOf(one) - part })),
  ],
  [DifferenceKind.AMOUNT_DIFF, (one) => uncredited(changed(one, { cancelledAmount: amountOf(one) + 1 }))],
  [DifferenceKind.CANCEL_PG_ONLY, (one, _id, part) => cancelledThere(one, part, 700)],
  [DifferenceKind.CANCEL_PG_ONLY, (one) => cancelledThere(one, amountOf(one), 1439)],
  [DifferenceKind.CANCEL_LOCAL_ONLY, (one, id, part) => withRow(one, rowOf(id, -part, 700))],
  [
    DifferenceKind.STATUS_LAG,
    (one) =>
      uncredited(
        changed(one, { state: READY, paidAt: null, dueAt: new Date(TERMS.now.getTime() + HOUR_MS) }),
      ),
  ],
  [DifferenceKind.DATE_SHIFT, (one, id) => ({ ...one, rows: [rowOf(id, amountOf(one), 1441)] })],
  [DifferenceKind.DATE_SHIFT, (one) => changed(one, { paidAt: at(-1) })],
  [DifferenceKind.TEST_IN_LIVE, (one) => changed(one, { isTest: true })],
  [
    DifferenceKind.TEST_IN_LIVE,
    (one) => ({ ...one, answer: undefined, payment: { ...(one.payment as Payment), isTest: true } }),
  ],
  [DifferenceKind.DUPLICATE_ORDER, (one) => ({ ...uncredited(one), creditedFor: 'imp_999999999999' })],
  [
    DifferenceKind.SETTLEMENT_DIFF,
    (one) => changed(one, { settlement: { fee: 100, feeVat: 10, net: amountOf(one) - 109 } }),
  ],
  ['MATCHED', (one) => changed(one, { settlement: { fee: 105, feeVat: 11, net: amountOf(one) - 116 } })],
  // Under way, or not older than the grace.
  ['MOVING', (one, _id, part) => ({ ...cancelledThere(one, part, 700), isGoingBack: true })],
  ['MOVING', (one, _id, part) => movedJustNow(cancelledThere(one, part, 700))],
];

function movedJustNow(one: Case): Case {
  const answer = one.answer as GatewayPayment;
  const cancelledAt = new Date(TERMS.now.getTime() - MINUTE_MS);
  const [first] = answer.cancellations;
  return first ? changed(one, { cancellations: [{ ...first, cancelledAt }] }) : one;
}

function amountOf({ order }: Case): number {
  return order?.amount ?? 0;
}

function withRow(one: Case, row: PointTransaction): Case {
  return { ...one, rows: [...one.rows, row] };
}

function booksOf(cases: Case[]): Books {
  return {
    orders: cases.flatMap(({ order }) => order ?? []),
    payments: cases.flatMap(({ payment }) => payment ?? []),
    transactions: cases.flatMap(({ rows }) => rows),
    goingBack: new Set(
      cases.flatMap(({ isGoingBack, payment }) => (isGoingBack && payment ? payment.id : [])),
    ),
    creditedFor: new Map(
      cases.flatMap(({ order, rows, payment, creditedFor }) => {
        const id = creditedFor ?? (rows.length > 0 ? payment?.gatewayPaymentId : undefined);
        return order && id ? [[order.merchantUid, id] as const] : [];
      }),
    ),
  };
}

const randomDay = fc
  .array(
    fc.record({
      way: fc.nat(WAYS.length - 1),
      amount: fc.integer({ min: 1_000, max: 1_000_000 }),
      part: fc.integer({ min: 1, max: 999 }),
      minute: fc.integer({ min: 10, max: 500 }),
      sort: fc.nat(),
    }),
    { minLength: 1, maxLength: 200 },
  )
  .map((wishes) =>
    wishes.map(({ way, amount, part, minute, sort }, id) => {
      const [verdict, make] = WAYS[way] as (typeof WAYS)[number];
      return { verdict, sort, id, one: make(matching(id, amount, minute), id, part) };
    }),
  );

describe('the comparison of a day', () => {
  test('finds each difference of a random day and no other, whatever the order of both sides', () => {
    const met = new Set<Verdict>();
    fc.assert(
      fc.property(randomDay, (day) => {
        for (const { verdict } of day) met.add(verdict);
        const cases = day.map(({ one }) => one);
        const shuffled = day.toSorted((first, second) => first.sort - second.sort).map(({ one }) => one);
        const idOf = ({ answer, payment }: Case) => answer?.paymentId ?? payment?.gatewayPaymentId ?? '';

        const judged = compare(
          shuffled.flatMap(({ answer }) => answer ?? []),
          cases.filter(({ answer }) => !answer).map(idOf),
          booksOf(cases),
          TERMS,
        );

        const told = new Map(judged.map(({ paymentId, verdict }) => [paymentId, verdict]));
        expect(judged).toHaveLength(told.size);
        for (const { verdict, one } of day) {
          // A payment that failed is of no day.
          const isOfNoDay = verdict === 'MATCHED' && one.answer?.state === FAILED;
          expect([idOf(one), told.get(idOf(one))]).toEqual([idOf(one), isOfNoDay ? undefined : verdict]);
        }
      }),
      { numRuns: 300 },
    );
    expect([...met].toSorted()).toEqual(['MATCHED', 'MOVING', ...Object.values(DifferenceKind)].toSorted());
  });

  test('leaves out what is of another day on both sides', () => {
    const earlier = matching(1, 10_000, -30);
    const later = matching(2, 10_000, 24 * 60 + 30);

    const answers = [earlier, later].map(({ answer }) => answer as GatewayPayment);

    expect(compare(answers, [], booksOf([earlier, later]), TERMS)).toEqual([]);
  });

  test('takes an order that is paid through another gateway for none of this one', () => {
    const one = uncredited(matching(1, 10_000, 30));
    const order = { ...(one.order as PaymentOrder), gateway: 'another' };

    const [judged] = compare([one.answer as GatewayPayment], [], booksOf([{ ...one, order }]), TERMS);

    expect(judged?.verdict).toBe(DifferenceKind.PG_ONLY_FOREIGN);
  });
});

describe('a Korean day', () => {
  test('is from midnight to midnight nine hours before that of Greenwich', () => {
    expect(DAY).toEqual({ from: new Date('2026-11-24T15:00:00Z'), until: new Date('2026-11-25T15:00:00Z') });
    expect(koreanDayOf(DAY.from)).toBe('2026-11-25');
    expect(koreanDayOf(new Date(DAY.until.getTime() - 1))).toBe('2026-11-25');
    expect(koreanDayOf(DAY.until)).toBe('2026-11-26');
    expect(addDays('2026-03-01', -1)).toBe('2026-02-28');
  });

  test.each([
    ['2026-11-25', true],
    ['2024-02-29', true],
    ['2026-02-29', false],
    ['2026-11-31', false],
    ['2026-1-5', false],
    ['2026-13-01', false],
    ['2026-11-25T00:00', false],
    ['', false],
  ])('%p is one: %p', (text, expected) => expect(isKoreanDay(text)).toBe(expected));
});
