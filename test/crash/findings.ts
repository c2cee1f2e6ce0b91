import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { IsNull, Not, type DataSource } from 'typeorm';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { Cancellation, CancellationKind, CancellationState } from '../../src/payment/cancellation.entity.js';
import {
  PointTransaction,
  PointTransactionStatus,
} from '../../src/point-transaction/point-transaction.entity.js';
import { Payment } from '../../src/payment/payment.entity.js';
import { TAKEN_BACK } from '../../src/point-transaction/reference.js';
import { WebhookDelivery } from '../../src/webhook/webhook-delivery.entity.js';
import type { GatewayPayment } from '../support/simulator-control.js';

const VERIFY = fileURLToPath(new URL('../../dist/programs/verify.js', import.meta.url));

interface CancelEntry {
  cancellation_id: string;
  amount: number;
  reason: string;
  /** Unix seconds. */
  cancelled_at: number;
}

/** So long before a cancellation of ours one in the console may be taken for it, when nobody heard how ours ended. */
const TAKEN_FOR_OURS_SECONDS = 3;

/** With the gateway's name for its payment. */
type KnownCancellation = Cancellation & { impUid: string };

/** Everything that both sides know, at one moment without work. */
interface World {
  payments: GatewayPayment[];
  orders: Map<string, PaymentOrder>;
  transactions: Map<string, PointTransaction[]>;
  cancellations: KnownCancellation[];
  dueDeliveries: WebhookDelivery[];
}

/**
 * What is lost, double, stuck or different between our books and the gateway's, in words; nothing when every won of every
 * payment of one of our orders is accounted for. It knows nothing of how the server works: it compares the two ends.
 */
export async function findingsOf(books: DataSource, payments: GatewayPayment[]): Promise<string[]> {
  const { manager } = books;
  const names = new Map(
    (await manager.find(Payment)).map(({ id, gatewayPaymentId }) => [id, gatewayPaymentId]),
  );
  const world: World = {
    payments,
    orders: new Map((await manager.find(PaymentOrder)).map((order) => [order.merchantUid, order])),
    transactions: byPayment(await manager.find(PointTransaction), names),
    cancellations: (await manager.find(Cancellation)).map((one) =>
      Object.assign(one, { impUid: names.get(one.paymentId) ?? '' }),
    ),
    dueDeliveries: await manager.findBy(WebhookDelivery, { nextAttemptAt: Not(IsNull()) }),
  };
  return [...stuck(world), ...lostOrDouble(world), ...cancelledOtherThanOnce(world)];
}

function byPayment(transactions: PointTransaction[], names: Map<string, string>): World['transactions'] {
  const groups: World['transactions'] = new Map();
  for (const row of transactions) {
    const impUid = names.get(String(row.paymentId)) ?? '';
    groups.set(impUid, [...(groups.get(impUid) ?? []), row]);
  }
  return groups;
}

function stuck({ payments, orders, cancellations, dueDeliveries }: World): string[] {
  const ours = new Set(
    payments.filter((payment) => orders.has(payment.merchant_uid)).map(({ imp_uid }) => imp_uid),
  );
  return [
    ...cancellations
      .filter(({ state }) => state === CancellationState.PENDING)
      .map(({ id, impUid }) => `stuck: cancellation ${id} of ${impUid} is PENDING`),
    ...dueDeliveries
      .filter(({ gatewayPaymentId }) => ours.has(gatewayPaymentId))
      .map(({ id, gatewayPaymentId }) => `stuck: webhook ${id} about ${gatewayPaymentId} is not worked on`),
  ];
}

function lostOrDouble(world: World): string[] {
  const { payments, orders, transactions, cancellations } = world;
  const findings: string[] = [];
  for (const payment of payments) {
    const order = orders.get(payment.merchant_uid);
    if (!order || (payment.status !== 'paid' && payment.status !== 'cancelled')) continue;
    const rows = transactions.get(payment.imp_uid) ?? [];
    const credits = rows.filter(({ status }) => status === PointTransactionStatus.PAYMENT);
    const [credit] = credits;
    if (credits.length > 1) findings.push(`double: ${payment.imp_uid} was credited ${credits.length} times`);
    if (!credit) {
      const left = payment.amount - payment.cancel_amount;
      // What the payment company refused to take back waits for a person.
      const isRefused = cancellations.some(
        ({ impUid, kind, state, amount }) =>
          impUid === payment.imp_uid &&
          kind === CancellationKind.GIVE_BACK &&
          state === CancellationState.REFUSED &&
          amount === left,
      );
      if (left > 0 && !isRefused)
        findings.push(`lost: ${payment.imp_uid} is paid, ${left} of it neither credited nor given back`);
      continue;
    }
    if (credit.ownerId !== order.ownerId)
      findings.push(`lost: ${payment.imp_uid} was credited to somebody else`);
    const cancelled = rows.filter(({ status }) => status === PointTransactionStatus.CANCEL);
    const booked = order.amount - credit.amount - sum(cancelled);
    if (booked !== payment.cancel_amount) {
      findings.push(
        `${payment.imp_uid}: the gateway gave ${payment.cancel_amount} back, the books say ${booked}`,
      );
    }
  }
  const refunded = sum(payments.filter(({ merchant_uid }) => orders.has(merchant_uid)).flatMap(entriesOf));
  // A deposit that its bank took back is no refund of the gateway.
  const cancelRows = [...transactions.values()]
    .flat()
    .filter(
      ({ status, reference }) =>
        status === PointTransactionStatus.CANCEL && !reference.endsWith(`:${TAKEN_BACK}`),
    );
  const givenBack = cancellations.filter(
    ({ kind, state }) => kind === CancellationKind.GIVE_BACK && state === CancellationState.DONE,
  );
  const beforeCredit = refundedWithoutRow(world, givenBack);
  if (refunded !== sum(givenBack) - sum(cancelRows) + beforeCredit) {
    findings.push(
      `the gateway gave ${refunded} back in all; CANCEL rows are of ${-sum(cancelRows)}, give-backs of ${sum(givenBack)}, ` +
        `and ${beforeCredit} went back in the console before anything was credited`,
    );
  }
  return findings;
}

/** What somebody cancelled in the console before the credit (which was smaller then) or of a payment that has none. */
function refundedWithoutRow({ payments, orders, transactions }: World, givenBack: Cancellation[]): number {
  const endsOfGiveBacks = new Set(givenBack.map(({ cancellationKey }) => cancellationKey));
  let total = 0;
  for (const payment of payments) {
    const order = orders.get(payment.merchant_uid);
    if (!order) continue;
    const credit = transactions.get(payment.imp_uid)?.find(({ amount }) => amount > 0);
    if (credit) total += order.amount - credit.amount;
    else {
      const others = entriesOf(payment).filter(
        ({ reason, cancellation_id }) => !isOurs(reason) && !endsOfGiveBacks.has(cancellation_id),
      );
      total += sum(others);
    }
  }
  return total;
}

/** Each cancellation that is DONE stands once in the history of its payment, and no other one of ours does. */
function cancelledOtherThanOnce({ payments, cancellations }: World): string[] {
  const times = new Map<string, CancelEntry[]>();
  for (const entry of payments.flatMap(entriesOf)) {
    const [id = ''] = entry.reason.split(' ');
    times.set(id, [...(times.get(id) ?? []), entry]);
  }
  return cancellations.flatMap((cancellation) => {
    const { id, impUid, state, amount } = cancellation;
    const entries = times.get(id) ?? [];
    const expected = state === CancellationState.DONE ? 1 : 0;
    if (entries.length === expected && sum(entries) === expected * amount) return [];
    if (entries.length === 0 && expected === 1 && standIn(cancellation, payments)) return [];
    return [
      `${state} cancellation ${id} of ${impUid}: ${amount} asked for, the gateway carried out ` +
        `${entries.length} of ${sum(entries)} in all`,
    ];
  });
}

/** Somebody in the console gave the same back just then: the money and the points went once, and ours came too late. */
function standIn(
  { impUid, amount, cancellationKey, requestedAt }: KnownCancellation,
  payments: GatewayPayment[],
): boolean {
  const entry = payments
    .filter(({ imp_uid }) => imp_uid === impUid)
    .flatMap(entriesOf)
    .find(({ cancellation_id }) => cancellation_id === cancellationKey);
  return (
    entry !== undefined &&
    !isOurs(entry.reason) &&
    entry.amount === amount &&
    entry.cancelled_at >= Math.floor(requestedAt.getTime() / 1000) - TAKEN_FOR_OURS_SECONDS
  );
}

/** Our own cancellations begin their reason with their id. */
function isOurs(reason: string): boolean {
  return /^[0-9A-Z]{26} /.test(reason);
}

function entriesOf(payment: GatewayPayment): CancelEntry[] {
  return (payment.cancel_history ?? []) as CancelEntry[];
}

function sum(rows: { amount: number }[]): number {
  return rows.reduce((total, { amount }) => total + amount, 0);
}

/** Runs `npm run verify -- --gateway` as an operator would. */
export async function verifyWithGateway(
  env: Record<string, string | undefined>,
): Promise<{ exitCode: number; output: string }> {
  const child = spawn(process.execPath, [VERIFY, '--gateway'], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [exitCode] = (await once(child, 'close')) as [number];
  return { exitCode, output };
}
