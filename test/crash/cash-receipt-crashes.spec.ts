import { describe, expect } from '@jest/globals';
import { Attention } from '../../src/attention/attention.entity.js';
import { CashReceiptRow } from '../../src/payment/cash-receipt.entity.js';
import { Payment } from '../../src/payment/payment.entity.js';
import type { TestDatabase } from '../support/databases.js';
import { eventually } from '../support/rooms.js';
import type { Crash, Halt, Scene } from './drill.js';
import {
  atCommit,
  atReceipt,
  whenAnswered,
  whileGatewayCancelsReceipt,
  whileGatewayIssuesReceipt,
} from './halts.js';
import { matrix } from './matrix.js';

const ORDERED = 10_000;
const CANCELLED = 4_000;
const LEFT = ORDERED - CANCELLED;

/** KSNET leaves a receipt as it is when its payment is cancelled, so that this server has to. */
const transfer = (pg_provider: string) => ({
  pay_method: 'trans',
  pg_provider,
  buyer_name: '김포인트',
  buyer_tel: '01012345678',
});
const request = ({ customer, serverUrl, impUid }: Scene) => customer.receipt(serverUrl(), impUid);
const cancelPart = ({ customer, serverUrl, impUid }: Scene) =>
  customer.cancel(serverUrl(), { impUid, amount: CANCELLED, idempotencyKey: `part ${impUid}` });

/** One receipt for exactly what is left, asked for no oftener than the kills explain, and nobody has to look. */
function receiptOf(amount: number, calls: { issue: number; cancel: number }) {
  return async ({ books, gateway, impUid, customer }: Scene) => {
    const { manager } = books;
    const { id: paymentId } = await manager.findOneByOrFail(Payment, { gatewayPaymentId: impUid });
    await eventually(async () => {
      const row = await manager.findOneBy(CashReceiptRow, { paymentId });
      expect(row).toMatchObject({ state: 'ISSUED', amount, openCall: null, nextAttemptAt: null });
    });
    const row = await manager.findOneByOrFail(CashReceiptRow, { paymentId });
    const receipt = await gateway.receiptOf(impUid);
    expect(receipt).toMatchObject({ amount, cancelled_at: 0, apply_num: row.number });
    const { recent } = await gateway.requests();
    const made = recent.filter(({ path }) => path === `/receipts/${impUid}`);
    expect({
      issue: made.filter(({ method }) => method === 'POST').length,
      cancel: made.filter(({ method }) => method === 'DELETE').length,
    }).toEqual(calls);
    expect(await manager.countBy(Attention, { ownerId: customer.ownerId })).toBe(0);
  };
}

interface Step {
  halt: Halt;
  /** Calls of the gateway that died with the server and had to be made again. */
  again?: { issue?: number; cancel?: number };
}
type Steps = Record<string, Step>;

const onMariadb = (name: TestDatabase['name'], steps: Steps): Steps => (name === 'MariaDB' ? steps : {});

/** The rows of a receipt change: the request; that it is sent; that it was answered; how it ended. */
function requests({ name }: TestDatabase): Crash[] {
  const steps: Steps = {
    'before the gateway has the call': { halt: whileGatewayIssuesReceipt('before'), again: { issue: 1 } },
    'after the gateway has issued it': { halt: whileGatewayIssuesReceipt('after') },
    ...onMariadb(name, {
      'after its request is committed': { halt: atCommit('after') },
      'before it is noted that it is sent': { halt: atReceipt('before', 0) },
      'after it is noted that it is sent': { halt: atReceipt('after', 0) },
      'before the answer is noted': { halt: atReceipt('before', 1) },
      'after the answer is noted': { halt: atReceipt('after', 1) },
      'before its end is stored': { halt: atReceipt('before', 2) },
      'before its end is committed': { halt: atReceipt('before', 1, 'COMMIT') },
      'after its end is committed': { halt: atReceipt('after', 1, 'COMMIT') },
    }),
  };
  const crashes = Object.entries(steps).map(([step, { halt, again }]) => ({
    title: `one that is asked for is issued once after a kill ${step}`,
    paid: transfer('html5_inicis'),
    credited: true,
    operation: request,
    halts: [halt],
    afterRecovery: receiptOf(ORDERED, { issue: 1 + (again?.issue ?? 0), cancel: 0 }),
    expected: { point: ORDERED, heldPoint: 0, refunded: 0, cancellations: [], attentions: [] },
  }));
  const unheard = {
    title: 'one of which nothing was stored is issued once when its payer asks again',
    paid: transfer('html5_inicis'),
    credited: true,
    operation: request,
    halts: [atCommit('before')],
    afterStart: request,
    afterRecovery: receiptOf(ORDERED, { issue: 1, cancel: 0 }),
    expected: { point: ORDERED, heldPoint: 0, refunded: 0, cancellations: [], attentions: [] },
  };
  return name === 'MariaDB' ? [...crashes, unheard] : crashes;
}

/** A part of the payment was cancelled, and recovery is killed while it cancels the receipt and issues another. */
function followers(): Crash[] {
  const steps: Steps = {
    'before the gateway has to cancel': { halt: whileGatewayCancelsReceipt('before'), again: { cancel: 1 } },
    'after the gateway has cancelled': { halt: whileGatewayCancelsReceipt('after') },
    'before the gateway has to issue': { halt: whileGatewayIssuesReceipt('before'), again: { issue: 1 } },
    'after the gateway has issued': { halt: whileGatewayIssuesReceipt('after') },
  };
  return Object.entries(steps).map(([step, { halt, again }]) => ({
    title: `one follows its payment after a kill ${step}`,
    paid: transfer('ksnet'),
    credited: true,
    before: request,
    operation: async () => undefined,
    halts: [whenAnswered(cancelPart), halt],
    afterRecovery: receiptOf(LEFT, {
      issue: 2 + (again?.issue ?? 0),
      cancel: 1 + (again?.cancel ?? 0),
    }),
    expected: { point: LEFT, heldPoint: 0, refunded: CANCELLED, cancellations: ['DONE'], attentions: [] },
  }));
}

describe('a cash receipt and a server that is killed', () => {
  matrix('while it is asked for', requests);
  matrix('while it follows its payment', followers);
});
