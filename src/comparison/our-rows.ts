import { type EntityManager, In, LessThan, MoreThan, MoreThanOrEqual, And } from 'typeorm';
import { idsFrom } from '../database/new-id.js';
import { GatewayPaymentState } from '../gateway/gateway-payment.js';
import type { Period } from '../gateway/gateway.js';
import { Cancellation } from '../payment/cancellation.entity.js';
import { PaymentOrder } from '../payment/payment-order.entity.js';
import { Payment } from '../payment/payment.entity.js';
import { PointTransaction } from '../point-transaction/point-transaction.entity.js';
import type { Books } from './compare.js';

/** Rows of one table that are asked for by their names at once. */
const NAMES_MAX = 500;
/** An id is made a moment before its row, so near to midnight it can be of the other day. */
const ID_MARGIN_MS = 60_000;

/** What stands in our books of these payments of a gateway and of these orders. */
export async function readBooks(
  manager: EntityManager,
  gateway: string,
  paymentIds: readonly string[],
  merchantUids: readonly string[],
): Promise<Books> {
  const payments = await inParts(paymentIds, (some) =>
    manager.find(Payment, { where: { gateway, gatewayPaymentId: In(some) } }),
  );
  const uids = [...merchantUids, ...payments.map(({ merchantUid }) => merchantUid)];
  const ids = payments.map(({ id }) => id);
  const creditedFor = new Map<string, string>();
  for (const { creditedOrder, gatewayPaymentId } of payments) {
    if (creditedOrder !== null) creditedFor.set(creditedOrder, gatewayPaymentId);
  }
  // Hardly any: most orders were credited for one of these very payments.
  const others = uids.filter((uid) => !creditedFor.has(uid));
  const credited = await inParts(others, (some) =>
    manager.find(Payment, {
      select: { id: true, creditedOrder: true, gatewayPaymentId: true },
      where: { creditedOrder: In(some) },
    }),
  );
  for (const { creditedOrder, gatewayPaymentId } of credited) {
    if (creditedOrder !== null) creditedFor.set(creditedOrder, gatewayPaymentId);
  }
  const open = await inParts(ids, (some) =>
    manager.find(Cancellation, { select: { id: true, paymentId: true }, where: { openPaymentId: In(some) } }),
  );
  return {
    orders: await inParts(uids, (some) => manager.find(PaymentOrder, { where: { merchantUid: In(some) } })),
    payments,
    transactions: await inParts(ids, (some) =>
      manager.find(PointTransaction, { where: { paymentId: In(some) } }),
    ),
    goingBack: new Set(open.map(({ paymentId }) => paymentId)),
    creditedFor,
  };
}

/** Some rows of the ledger, in the order of their ids, which are in the order of time. @param after the last id before. */
export async function ledgerRowsOf(
  manager: EntityManager,
  period: Period,
  after: string | undefined,
  count: number,
): Promise<PointTransaction[]> {
  return manager.find(PointTransaction, {
    where: { id: idsOf(period, after) },
    order: { id: 'ASC' },
    take: count,
  });
}

/** Payments of all gateways that we heard of in the period and that were not paid when theirs was asked last. */
export async function waitingPaymentsOf(
  manager: EntityManager,
  period: Period,
  after: string | undefined,
  count: number,
): Promise<Payment[]> {
  const state = GatewayPaymentState.READY;
  return manager.find(Payment, {
    where: { state, id: idsOf(period, after) },
    order: { id: 'ASC' },
    take: count,
  });
}

/** The payments of a gateway behind these rows. */
export async function paymentsOf(
  manager: EntityManager,
  gateway: string,
  rows: readonly PointTransaction[],
): Promise<Payment[]> {
  const ids = rows.flatMap(({ paymentId }) => paymentId ?? []);
  // By their ids alone: asked for the gateway as well, SQLite goes through all payments that it ever had.
  const payments = await inParts(ids, (some) => manager.find(Payment, { where: { id: In(some) } }));
  return payments.filter((payment) => payment.gateway === gateway);
}

function idsOf({ from, until }: Period, after: string | undefined) {
  const first = idsFrom(new Date(from.getTime() - ID_MARGIN_MS));
  const end = LessThan(idsFrom(new Date(until.getTime() + ID_MARGIN_MS)));
  return And(after === undefined ? MoreThanOrEqual(first) : MoreThan(after), end);
}

async function inParts<Row>(
  names: readonly string[],
  read: (some: string[]) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  const each = [...new Set(names)];
  for (let start = 0; start < each.length; start += NAMES_MAX) {
    rows.push(...(await read(each.slice(start, start + NAMES_MAX))));
  }
  return rows;
}
