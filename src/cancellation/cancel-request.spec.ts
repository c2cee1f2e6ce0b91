import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BadUserInput } from '../refusal/refusal.js';
import { type CancelRequest, checkRequest, DEFAULT_REASON, isSameRequest } from './cancel-request.js';

const REQUEST: CancelRequest = { impUid: 'imp_123456789012' };

/** Name of the argument that is found fault with, or undefined. */
function wrongField(changed: Partial<CancelRequest>): string | undefined {
  try {
    checkRequest({ ...REQUEST, ...changed });
    return undefined;
  } catch (error) {
    if (error instanceof BadUserInput) return error.details.field;
    throw error;
  }
}

describe('a request to cancel', () => {
  test('needs nothing but a payment', () => {
    expect(wrongField({})).toBeUndefined();
  });

  test('takes every whole amount from 1 and no other one', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.double(), fc.constantFrom(-0, 0, 0.5, 1)), (amount) => {
        expect(wrongField({ amount })).toBe(Number.isInteger(amount) && amount >= 1 ? undefined : 'amount');
      }),
    );
  });

  test('takes a reason of up to 100 characters on one line', () => {
    expect(wrongField({ reason: '가'.repeat(100) })).toBeUndefined();
    for (const reason of ['가'.repeat(101), 'a\nb', 'a\u0000b', 'a\tb', '\u007f']) {
      expect(wrongField({ reason })).toBe('reason');
    }
  });

  test('takes an idempotency key of 1 to 64 characters', () => {
    expect(wrongField({ idempotencyKey: 'k' })).toBeUndefined();
    expect(wrongField({ idempotencyKey: 'k'.repeat(64) })).toBeUndefined();
    expect(wrongField({ idempotencyKey: '' })).toBe('idempotencyKey');
    expect(wrongField({ idempotencyKey: 'k'.repeat(65) })).toBe('idempotencyKey');
  });

  test('takes an idempotency key that every database tells from every other one', () => {
    for (const idempotencyKey of ['~', '!', 'a key', '01ARZ3NDEKTSV4RRFFQ69G5FAV']) {
      expect(wrongField({ idempotencyKey })).toBeUndefined();
    }
    for (const idempotencyKey of [' ', 'k ', ' k', 'k\n', 'k\tk', 'k\0', '\u007f', 'é', '키', 'k\ud800']) {
      expect(wrongField({ idempotencyKey })).toBe('idempotencyKey');
    }
  });
});

describe('two requests', () => {
  const first = {
    paymentId: 'payment',
    requestedAmount: null,
    reason: DEFAULT_REASON,
    // What was left then: it says nothing about what was asked for.
    amount: 7_000,
    fee: 0,
    expiredPoints: 0,
    bonus: 350,
    bonusFromPaid: 0,
  };

  test('are the same when they ask for the same', () => {
    expect(isSameRequest(first, 'payment', REQUEST)).toBe(true);
    expect(isSameRequest(first, 'payment', { ...REQUEST, reason: DEFAULT_REASON })).toBe(true);
    expect(isSameRequest({ ...first, requestedAmount: 500 }, 'payment', { ...REQUEST, amount: 500 })).toBe(
      true,
    );
  });

  test('are not the same when one asks for all that is left and the other for as much in figures', () => {
    expect(isSameRequest(first, 'payment', { ...REQUEST, amount: 7_000 })).toBe(false);
    expect(isSameRequest({ ...first, requestedAmount: 7_000 }, 'payment', REQUEST)).toBe(false);
  });

  test('are the same when what was quoted is what the first one does, and not otherwise', () => {
    const quoted = { amount: 7_000, points: 7_350, bonus: 350, fee: 0 };
    expect(isSameRequest(first, 'payment', { ...REQUEST, quoted })).toBe(true);
    for (const other of [{ amount: 6_999 }, { points: 7_000 }, { bonus: 0 }, { fee: 1 }]) {
      expect(isSameRequest(first, 'payment', { ...REQUEST, quoted: { ...quoted, ...other } })).toBe(false);
    }
  });

  test('are not the same for another payment, amount or reason', () => {
    const partly = { ...first, requestedAmount: 500 };
    expect(isSameRequest(partly, 'payment', { ...REQUEST, amount: 501 })).toBe(false);
    expect(isSameRequest(first, 'payment', { ...REQUEST, reason: '다른 이유' })).toBe(false);
    expect(isSameRequest(first, 'another', REQUEST)).toBe(false);
  });
});
