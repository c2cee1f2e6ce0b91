import { expect, test } from '@jest/globals';
import { GatewayPaymentState } from '../gateway/gateway-payment.js';
import { type Cancellation, CancellationState } from '../payment/cancellation.entity.js';
import type { Payment } from '../payment/payment.entity.js';
import type { PaymentOrder } from '../payment/payment-order.entity.js';
import { type PointTransaction, PointTransactionStatus } from './point-transaction.entity.js';
import { type History, timelineOf } from './timeline.js';

const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000);

const ORDER = { createdAt: at(0.5), amount: 10_000 } as PaymentOrder;
const PAYMENT = {
  gateway: 'iamport',
  gatewayPaymentId: 'imp_1',
  state: GatewayPaymentState.PAID,
  amount: 10_000,
  receiptUrl: 'https://receipt.example/paid',
  cancelReceipts: JSON.stringify([['key-1', 'https://receipt.example/key-1']]),
  paidAt: at(0),
  failedAt: null,
  accountIssuedAt: null,
} as Payment;

const row = (status: PointTransactionStatus, amount: number, reference: string, seconds: number) =>
  ({ status, amount, reference, createdAt: at(seconds) }) as PointTransaction;
const CREDIT = row(PointTransactionStatus.PAYMENT, 10_000, 'iamport:imp_1', 2);
const cancelled = (key: string, amount: number, seconds: number) =>
  row(PointTransactionStatus.CANCEL, -amount, `iamport:imp_1:${key}`, seconds);

const request = (state: CancellationState, key: string | null, seconds: number) =>
  ({
    state,
    cancellationKey: key,
    amount: 3000,
    requestedAt: at(seconds),
    completedAt: state === CancellationState.PENDING ? null : at(seconds + 1),
  }) as Cancellation;

const told = (history: Partial<History>) =>
  timelineOf({ order: ORDER, payment: PAYMENT, rows: [], cancellations: [], ...history }).map(
    ({ kind, amount, receiptUrl }) => [kind, amount, receiptUrl],
  );

const PAID = ['PAID', 10_000, 'https://receipt.example/paid'];
const ORDERED = ['ORDERED', 10_000, null];
const CREDITED = ['CREDITED', 10_000, null];

test('ordered comes before paid, also where the gateway’s clock, which tells seconds, says otherwise', () => {
  expect(told({ rows: [CREDIT] })).toEqual([ORDERED, PAID, CREDITED]);
});

test('a cancellation of ours is told once, with its receipt; one from outside without its request', () => {
  expect(
    told({
      rows: [CREDIT, cancelled('key-1', 3000, 12), cancelled('key-2', 1000, 20)],
      cancellations: [request(CancellationState.DONE, 'key-1', 10)],
    }).slice(3),
  ).toEqual([
    ['CANCEL_REQUESTED', 3000, null],
    ['CANCELLED', 3000, 'https://receipt.example/key-1'],
    ['CANCELLED', 1000, null],
  ]);
});

test('a refused cancellation is told as refused, and an open one only as asked for', () => {
  expect(
    told({
      rows: [CREDIT],
      cancellations: [
        request(CancellationState.REFUSED, null, 10),
        request(CancellationState.PENDING, null, 20),
      ],
    })
      .slice(3)
      .map(([kind]) => kind),
  ).toEqual(['CANCEL_REQUESTED', 'CANCEL_REFUSED', 'CANCEL_REQUESTED']);
});

test('money that went back without ever being credited is told from its request', () => {
  expect(told({ cancellations: [request(CancellationState.DONE, 'key-1', 10)] })).toEqual([
    ORDERED,
    PAID,
    ['CANCEL_REQUESTED', 3000, null],
    ['CANCELLED', 3000, 'https://receipt.example/key-1'],
  ]);
});

test('a deposit that the bank took back is no cancellation', () => {
  expect(told({ rows: [CREDIT, cancelled('taken-back', 10_000, 30)] }).at(-1)).toEqual([
    'DEPOSIT_TAKEN_BACK',
    10_000,
    null,
  ]);
});

test('an account and a failure are told, a failure only where nothing was paid', () => {
  const failed = { ...PAYMENT, failedAt: at(5), accountIssuedAt: at(1) };
  expect(told({ payment: { ...failed, paidAt: null } }).map(([kind]) => kind)).toEqual([
    'ORDERED',
    'ACCOUNT_ISSUED',
    'FAILED',
  ]);
  expect(told({ payment: failed }).map(([kind]) => kind)).toEqual(['ORDERED', 'ACCOUNT_ISSUED', 'PAID']);
});
