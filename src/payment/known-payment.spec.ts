import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type GatewayPayment, GatewayPaymentState } from '../gateway/gateway-payment.js';
import { isPossible, knownAfter, NEXT_STATES, TAKEN_BACK_AFTER_MS } from './known-payment.js';
import type { Payment } from './payment.entity.js';

const { READY, PAID, CANCELLED, FAILED } = GatewayPaymentState;
const STATES = Object.values(GatewayPaymentState);
const ORDER = { merchantUid: 'pt01', ownerId: 'owner', amount: 10_000, taxFree: null, vat: null };
const PAID_AT = new Date('2026-11-22T10:00:00Z');
const READ_AT = new Date('2026-11-22T10:00:05Z');
const LATER = new Date('2026-11-22T11:00:00Z');

const ANSWER: GatewayPayment = {
  gateway: 'iamport',
  paymentId: 'imp_000000000001',
  merchantUid: ORDER.merchantUid,
  state: READY,
  amount: 10_000,
  cancelledAmount: 0,
  currency: 'KRW',
  isTest: true,
  method: 'card',
  pg: 'html5_inicis',
  receiptUrl: 'https://receipt.example/1',
  paidAt: null,
  failedAt: null,
  failReason: null,
  dueAt: null,
  cancellations: [],
};

/** An answer as a gateway gives it in this state. */
const answerIn = (state: GatewayPaymentState, changed: Partial<GatewayPayment> = {}): GatewayPayment => ({
  ...ANSWER,
  state,
  paidAt: state === PAID || state === CANCELLED ? PAID_AT : null,
  cancelledAmount: state === CANCELLED ? ANSWER.amount : 0,
  ...changed,
});
const knownIn = (state: GatewayPaymentState): Payment => knownAfter(null, answerIn(state), ORDER, READ_AT);

describe('the states of a payment', () => {
  const edges = STATES.flatMap((from) => STATES.map((to) => [from, to] as const));
  const isTakenBack = (from: GatewayPaymentState, to: GatewayPaymentState) =>
    from === PAID && (to === READY || to === FAILED);

  test('are all in the table, and follow no state that is not', () => {
    expect(Object.keys(NEXT_STATES).toSorted()).toEqual(STATES.toSorted());
    expect(Object.values(NEXT_STATES).flat()).toEqual(
      expect.arrayContaining(STATES.filter((state) => state !== READY)),
    );
  });

  test('never lead back, so that each payment comes to an end; but where a bank takes a deposit back', () => {
    const comesBackTo = (start: GatewayPaymentState) => {
      const reached = new Set<GatewayPaymentState>();
      const walk = (state: GatewayPaymentState) => {
        for (const next of NEXT_STATES[state].filter((to) => !isTakenBack(state, to)))
          if (!reached.has(next)) walk(reached.add(next) && next);
      };
      walk(start);
      return reached.has(start);
    };

    expect(STATES.filter((state) => comesBackTo(state))).toEqual([]);
  });

  test.each(edges.filter(([from, to]) => !isTakenBack(from, to)))(
    'from %s an answer that says %s is news only along an edge',
    (from, to) => {
      const known = knownIn(from);

      const after = knownAfter(known, answerIn(to), ORDER, LATER);

      if (NEXT_STATES[from].includes(to))
        expect(after).toMatchObject({ id: known.id, state: to, readAt: LATER });
      else expect(after).toBe(known);
    },
  );
});

describe('a virtual account', () => {
  const DUE = new Date('2026-11-25T14:59:59Z');
  const account = { bankCode: '04', bank: 'KB국민은행', number: '12345678901234', holder: '(주)포인트' };
  const told = (state: GatewayPaymentState) => answerIn(state, { method: 'vbank', dueAt: DUE, account });
  const waiting = knownAfter(null, told(READY), ORDER, READ_AT);
  const paid = knownAfter(waiting, told(PAID), ORDER, READ_AT);
  const suspected = knownAfter(paid, told(READY), ORDER, LATER);
  const credited = (payment: Payment): Payment => ({ ...payment, creditedOrder: ORDER.merchantUid });
  const takenBack = credited({ ...suspected, state: READY, takenBackSeenAt: null });
  const SOON = new Date(LATER.getTime() + TAKEN_BACK_AFTER_MS - 1);
  const SURE = new Date(LATER.getTime() + TAKEN_BACK_AFTER_MS);

  test('is kept with its bank, number, holder and time', () => {
    expect(waiting).toMatchObject({
      bankCode: '04',
      bankName: 'KB국민은행',
      accountNumber: '12345678901234',
      accountHolder: '(주)포인트',
      dueAt: DUE,
    });
    expect(knownAfter(waiting, answerIn(PAID), ORDER, LATER)).toMatchObject({
      state: PAID,
      accountNumber: '12345678901234',
    });
  });

  test('has no number where the gateway tells one that is longer than any', () => {
    const long = { ...account, number: '1'.repeat(33) };
    expect(knownAfter(null, { ...told(READY), account: long }, ORDER, READ_AT).accountNumber).toBeNull();
  });

  // States of what is known, events as answers, and what is known afterwards. `same`: nothing new.
  const states = {
    waiting,
    'paid in': paid,
    credited: credited(paid),
    'suspected to be taken back': credited(suspected),
    'taken back': takenBack,
    closed: knownAfter(waiting, told(FAILED), ORDER, READ_AT),
    refunded: credited(knownAfter(paid, told(CANCELLED), ORDER, READ_AT)),
  };
  const closedAsCancelled = { ...told(CANCELLED), cancelledAmount: 0, paidAt: null };
  const events = {
    waits: told(READY),
    'is paid': told(PAID),
    'is closed (failed)': told(FAILED),
    'is closed (cancelled)': closedAsCancelled,
    'is refunded': told(CANCELLED),
  };
  const table: Record<
    keyof typeof states,
    Record<keyof typeof events, GatewayPaymentState | 'same' | 'suspected'>
  > = {
    waiting: {
      waits: 'same',
      'is paid': PAID,
      'is closed (failed)': FAILED,
      'is closed (cancelled)': FAILED,
      'is refunded': CANCELLED,
    },
    'paid in': {
      waits: 'suspected',
      'is paid': 'same',
      'is closed (failed)': 'suspected',
      'is closed (cancelled)': 'suspected',
      'is refunded': CANCELLED,
    },
    credited: {
      waits: 'suspected',
      'is paid': 'same',
      'is closed (failed)': 'suspected',
      'is closed (cancelled)': 'suspected',
      'is refunded': CANCELLED,
    },
    'suspected to be taken back': {
      waits: READY,
      'is paid': PAID,
      // Closed without its deposit: the mark of a credit that was taken back.
      'is closed (failed)': READY,
      'is closed (cancelled)': READY,
      'is refunded': CANCELLED,
    },
    'taken back': {
      waits: 'same',
      'is paid': 'same',
      'is closed (failed)': 'same',
      'is closed (cancelled)': 'same',
      'is refunded': CANCELLED,
    },
    closed: {
      waits: 'same',
      'is paid': PAID,
      'is closed (failed)': 'same',
      'is closed (cancelled)': 'same',
      'is refunded': CANCELLED,
    },
    refunded: {
      waits: 'same',
      'is paid': 'same',
      'is closed (failed)': 'same',
      'is closed (cancelled)': 'same',
      'is refunded': 'same',
    },
  };
  const cells = Object.entries(table).flatMap(([state, row]) =>
    Object.entries(row).map(([event, result]) => [state, event, result] as const),
  );

  test('has a cell for each state and event', () => {
    expect(cells).toHaveLength(Object.keys(states).length * Object.keys(events).length);
  });

  test.each(cells)('that is %s and then %s is %s', (state, event, result) => {
    const known = states[state as keyof typeof states];

    const after = knownAfter(known, events[event as keyof typeof events], ORDER, SURE);

    if (result === 'same') expect(after).toBe(known);
    else if (result === 'suspected') expect(after).toEqual({ ...known, takenBackSeenAt: SURE });
    else expect(after).toMatchObject({ state: result, takenBackSeenAt: null });
  });

  test('whose deposit is seen as taken back is so only at a look that comes a minute later', () => {
    expect(suspected).toMatchObject({ state: PAID, takenBackSeenAt: LATER });
    expect(knownAfter(suspected, told(READY), ORDER, SOON)).toBe(suspected);
    expect(knownAfter(suspected, told(READY), ORDER, SURE)).toMatchObject({ state: READY });
  });

  test('whose deposit is seen as taken back without having been credited is what the gateway says', () => {
    expect(knownAfter(suspected, told(FAILED), ORDER, SURE)).toMatchObject({ state: FAILED });
  });

  test.each([READY, FAILED])(
    'is nothing that a card could be: its payment that reads as %s again is an older answer',
    (state) => {
      const card = knownIn(PAID);
      expect(knownAfter(card, answerIn(state), ORDER, SURE)).toBe(card);
    },
  );
});

describe('what is known of a payment', () => {
  test('begins with the gateway’s first answer, for the owner of the order, and credits nothing', () => {
    expect(knownIn(READY)).toEqual({
      id: expect.stringMatching(/^[0-9A-Z]{26}$/),
      gateway: 'iamport',
      gatewayPaymentId: 'imp_000000000001',
      merchantUid: 'pt01',
      ownerId: 'owner',
      creditedOrder: null,
      state: READY,
      amount: 10_000,
      cancelledAmount: 0,
      currency: 'KRW',
      isTest: true,
      method: 'card',
      pg: 'html5_inicis',
      receiptUrl: 'https://receipt.example/1',
      cancelReceipts: null,
      cardName: null,
      cardNumber: null,
      paidAt: null,
      failedAt: null,
      failReason: null,
      bankCode: null,
      bankName: null,
      accountNumber: null,
      accountHolder: null,
      accountIssuedAt: null,
      takenBackSeenAt: null,
      taxFree: null,
      vat: null,
      dueAt: null,
      readAt: READ_AT,
    });
  });

  test('stays the very same when an answer says nothing new, so that nothing is written', () => {
    for (const state of STATES) {
      const known = knownIn(state);
      expect(knownAfter(known, answerIn(state), ORDER, LATER)).toBe(known);
    }
  });

  test('stays when an answer is from before a cancellation that is known', () => {
    const known = knownAfter(null, answerIn(PAID, { cancelledAmount: 4_000 }), ORDER, READ_AT);

    expect(knownAfter(known, answerIn(PAID), ORDER, LATER)).toBe(known);
    expect(knownAfter(known, answerIn(PAID, { cancelledAmount: 4_000 }), ORDER, LATER)).toBe(known);
    expect(knownAfter(known, answerIn(PAID, { cancelledAmount: 5_000 }), ORDER, LATER)).toMatchObject({
      cancelledAmount: 5_000,
      readAt: LATER,
    });
  });

  test('keeps what was told once and is missing in a later answer', () => {
    const after = knownAfter(
      knownIn(PAID),
      answerIn(CANCELLED, { method: null, pg: null, receiptUrl: null, paidAt: null }),
      ORDER,
      LATER,
    );

    expect(after).toMatchObject({
      state: CANCELLED,
      method: 'card',
      pg: 'html5_inicis',
      receiptUrl: 'https://receipt.example/1',
      paidAt: PAID_AT,
    });
  });

  test('takes the state from the amounts, whatever the gateway calls it', () => {
    const partly = { cancelledAmount: 4_000 };
    expect(knownAfter(null, answerIn(CANCELLED, partly), ORDER, READ_AT).state).toBe(PAID);
    expect(knownAfter(null, answerIn(PAID, { cancelledAmount: 10_000 }), ORDER, READ_AT).state).toBe(
      CANCELLED,
    );
  });

  test('is FAILED for a virtual account that was closed before its deposit: no money was ever in it', () => {
    const closed = answerIn(CANCELLED, { cancelledAmount: 0, paidAt: null });

    expect(knownAfter(null, closed, ORDER, READ_AT).state).toBe(FAILED);
    expect(knownAfter(knownIn(READY), closed, ORDER, LATER).state).toBe(FAILED);
  });

  test('fits its columns, and a receipt address is whole or not there', () => {
    const long = 'x'.repeat(1_000);

    const known = knownAfter(
      null,
      answerIn(FAILED, { method: long, pg: long, failReason: long, receiptUrl: `https://${long}` }),
      ORDER,
      READ_AT,
    );

    expect(known.receiptUrl).toBeNull();
    expect([known.method?.length, known.pg?.length, known.failReason?.length]).toEqual([32, 32, 255]);
  });

  test('never loses a state or a cancellation, in whatever order answers come', () => {
    const answer = fc
      .record({
        state: fc.constantFrom(...STATES),
        cancelledAmount: fc.integer({ min: 0, max: 10_000 }),
        isPaid: fc.boolean(),
      })
      .map(({ state, cancelledAmount, isPaid }) =>
        answerIn(state, { cancelledAmount, paidAt: isPaid ? PAID_AT : null }),
      );
    let news = 0;
    fc.assert(
      fc.property(fc.array(answer, { minLength: 2, maxLength: 8 }), ([first, ...others]) => {
        let known = knownAfter(null, first as GatewayPayment, ORDER, READ_AT);
        for (const next of others) {
          const after = knownAfter(known, next, ORDER, LATER);
          expect(after.cancelledAmount).toBeGreaterThanOrEqual(known.cancelledAmount);
          expect([known.state, ...NEXT_STATES[known.state]]).toContain(after.state);
          if (after !== known) news += 1;
          known = after;
        }
      }),
    );
    expect(news).toBeGreaterThan(50);
  });
});

describe('an answer', () => {
  const cancellation = { key: 'c', reason: '', cancelledAt: PAID_AT };

  test.each<[string, Partial<GatewayPayment>]>([
    ['less than nothing paid', { amount: -1 }],
    ['less than nothing cancelled', { cancelledAmount: -1 }],
    ['more cancelled than paid', { cancelledAmount: 10_001 }],
    ['half a won', { amount: 10_000.5 }],
    ['half a won cancelled', { cancelledAmount: 0.5 }],
    ['a cancellation of nothing', { cancellations: [{ ...cancellation, amount: 0 }] }],
    ['a cancellation of less than nothing', { cancellations: [{ ...cancellation, amount: -1 }] }],
    ['a cancellation of half a won', { cancellations: [{ ...cancellation, amount: 0.5 }] }],
    ['more than its column holds', { amount: 10 ** 12 }],
    ['an amount that is no number', { amount: Number.NaN }],
    ['a currency of four letters', { currency: 'KRWX' }],
  ])('with %s cannot be', (_, changed) => {
    expect(isPossible(answerIn(PAID, changed))).toBe(false);
  });

  test.each<[string, Partial<GatewayPayment>]>([
    ['nothing paid', { amount: 0 }],
    ['cents of another currency', { currency: 'USD', amount: 10.99, cancelledAmount: 0.99 }],
    ['all of it cancelled', { cancelledAmount: 10_000 }],
    ['no currency', { currency: '' }],
  ])('with %s can be', (_, changed) => {
    expect(isPossible(answerIn(PAID, changed))).toBe(true);
  });
});
