import { describe, expect, test } from '@jest/globals';
import type { GatewayCashReceipt } from '../gateway/cash-receipts.js';
import { CashReceiptCall } from '../payment/cash-receipt.entity.js';
import { type CashReceiptFacts, LOOKS_MAX, nextStep } from './next-step.js';

const NOW = new Date('2026-11-29T00:00:00Z');
const GRACE_MS = 60_000;
const before = (ms: number) => new Date(NOW.getTime() - ms);

const receipt = (amount: number, cancelledAt: Date | null = null): GatewayCashReceipt => ({
  amount,
  number: 'G1',
  receiptUrl: null,
  issuedAt: NOW,
  cancelledAt,
});

type Row = Parameters<typeof nextStep>[0];
const NEVER_SENT: Row = {
  sends: 0,
  openCall: null,
  sentAt: null,
  refusal: null,
  attempts: 0,
  sealed: 'sealed',
  isSelfIssued: false,
};
const DONE: Row = { ...NEVER_SENT, sends: 1, sentAt: before(5) };
const sent = (agoMs: number): Row => ({ ...DONE, openCall: CashReceiptCall.ISSUE, sentAt: before(agoMs) });

const decide = (row: Row, facts: Partial<CashReceiptFacts> = {}) =>
  nextStep(row, {
    wanted: 10_000,
    receipt: undefined,
    isByPg: false,
    terms: { issue: true, cancel: true },
    now: NOW,
    graceMs: GRACE_MS,
    ...facts,
  }).do;

describe('a receipt that is wanted', () => {
  test('is issued where there is none', () => expect(decide(NEVER_SENT)).toBe('ISSUE'));
  test('is not issued beside one of the payment company', () => {
    expect(decide(NEVER_SENT, { isByPg: true })).toBe('BY_PG');
    expect(decide(NEVER_SENT, { receipt: receipt(10_000) })).toBe('BY_PG');
  });
  test('that the gateway shows is issued, whatever was answered', () => {
    for (const row of [DONE, sent(1), { ...sent(1), refusal: 'no' }]) {
      expect(decide(row, { receipt: receipt(10_000) })).toBe('ISSUED');
    }
  });
  test('is not sent again while an earlier call can still run, and then it is', () => {
    expect(decide(sent(GRACE_MS - 1))).toBe('WAIT');
    expect(decide(sent(GRACE_MS))).toBe('ISSUE');
  });
  test('that was refused fails only after the call can no longer run', () => {
    expect(decide({ ...sent(1), refusal: 'no' })).toBe('WAIT');
    expect(decide({ ...sent(GRACE_MS), refusal: 'no' })).toBe('FAIL');
  });
  test('is not tried for ever', () => {
    expect(decide({ ...sent(GRACE_MS), attempts: LOOKS_MAX })).toBe('FAIL');
  });
  test('needs its number, unless it goes to nobody', () => {
    expect(decide({ ...DONE, sealed: null })).toBe('FAIL');
    expect(decide({ ...NEVER_SENT, sealed: null, isSelfIssued: true })).toBe('ISSUE');
  });
});

describe('a receipt whose payment was cancelled', () => {
  test('in full is cancelled, once', () => {
    expect(decide(DONE, { wanted: 0, receipt: receipt(10_000) })).toBe('CANCEL');
    expect(decide(DONE, { wanted: 0, receipt: receipt(10_000, NOW) })).toBe('CANCELLED');
    expect(decide(NEVER_SENT, { wanted: 0 })).toBe('CANCELLED');
  });
  test('in part is right where the payment company changed it', () => {
    expect(decide(DONE, { wanted: 7000, receipt: receipt(7000) })).toBe('ISSUED');
  });
  test('in part is cancelled where it stayed, and issued anew where it is cancelled', () => {
    expect(decide(DONE, { wanted: 7000, receipt: receipt(10_000) })).toBe('CANCEL');
    expect(decide(DONE, { wanted: 7000, receipt: receipt(10_000, NOW) })).toBe('ISSUE');
  });
  test('is left to a person where the payment company cancels none', () => {
    const terms = { issue: true, cancel: false };
    expect(decide(DONE, { wanted: 0, receipt: receipt(10_000), terms })).toBe('FAIL');
  });
});
