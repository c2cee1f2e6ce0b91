import { DataSource, type DataSourceOptions } from 'typeorm';
import { ulid } from 'ulid';
import { Attention } from '../../src/attention/attention.entity.js';
import { Session } from '../../src/auth/session.entity.js';
import { gatewaysOf } from '../../src/adapters.js';
import { type DatabaseSettings, readSettings } from '../../src/config/settings.js';
import { createDataSource, dataSourceOptions } from '../../src/database/data-source.js';
import { prepareDatabase } from '../../src/database/prepare-database.js';
import {
  type GatewayCancellation,
  type GatewayPayment,
  GatewayPaymentState,
} from '../../src/gateway/gateway-payment.js';
import { PaymentOrder, StoredOrderState } from '../../src/payment/payment-order.entity.js';
import { insertCancellation, newCancellation } from '../../src/payment/cancellations.js';
import { holdOwn } from '../../src/point-transaction/ledger.js';
import { lotsOf } from '../../src/point-transaction/lots.js';
import { Lot, LotUse } from '../../src/point-transaction/lot.entity.js';
import { inTransaction } from '../../src/database/transaction.js';
import { lockAccount, openAccount } from '../../src/point-account/accounts.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { Cancellation, CancellationKind, CancellationState } from '../../src/payment/cancellation.entity.js';
import { Payment } from '../../src/payment/payment.entity.js';
import {
  PointTransaction,
  PointTransactionStatus,
} from '../../src/point-transaction/point-transaction.entity.js';
import { Reconciliation } from '../../src/point-transaction/reconciliation.js';
import { findCredit } from '../../src/point-transaction/transactions.js';
import { createLogger } from '../../src/logging/logger.js';
import { User, UserRole } from '../../src/user/user.entity.js';
import { ServiceKey } from '../../src/service-key/service-key.entity.js';
import { CashReceiptRow } from '../../src/payment/cash-receipt.entity.js';
import { SealedRefundAccount } from '../../src/payment/refund-account.entity.js';
import { Hold, HoldState } from '../../src/spending/hold.entity.js';
import { Comparison } from '../../src/comparison/comparison.entity.js';
import { Difference } from '../../src/comparison/difference.entity.js';
import { PointEvent } from '../../src/event/event.entity.js';
import { WebhookDelivery } from '../../src/webhook/webhook-delivery.entity.js';
import type { DatabaseEnv } from './databases.js';

const ORDER_LIFETIME_MS = 60 * 60 * 1000;

/** Of a gateway that nobody calls; it takes test payments. */
export const GATEWAY_ENV = {
  IAMPORT_API_KEY: 'unused-key',
  IAMPORT_API_SECRET: 'unused-secret',
  IAMPORT_USER_CODE: 'imp00000000',
  PAYMENT_METHODS: 'card',
  IAMPORT_TEST_MODE: 'true',
};

/** What the server would connect to with these settings. */
export function databaseSettings(env: DatabaseEnv): DatabaseSettings {
  return readSettings({ ...env, ...GATEWAY_ENV }).database;
}

/** A connected data source like the server's own. Its schema is whatever the database has. */
export async function connect(settings: DatabaseSettings, more: object = {}): Promise<DataSource> {
  const entities = [
    User,
    Session,
    PointAccount,
    Attention,
    PaymentOrder,
    PointTransaction,
    Hold,
    Lot,
    LotUse,
    Payment,
    Cancellation,
    CashReceiptRow,
    SealedRefundAccount,
    ServiceKey,
    WebhookDelivery,
    PointEvent,
    Comparison,
    Difference,
  ];
  const options = { ...(await dataSourceOptions(settings)), ...more, entities } as DataSourceOptions;
  return createDataSource(options).initialize();
}

/** A connected data source of a database that was made ready the way a start of the server does it. */
export async function openBooks(env: DatabaseEnv): Promise<DataSource> {
  const settings = databaseSettings(env);
  await prepareDatabase({ database: settings, production: false }, 'migrate');
  return connect(settings);
}

/** A new user with an account without points, as after a first order. */
export async function addUser({ manager }: Pick<DataSource, 'manager'>): Promise<User> {
  const id = ulid();
  const user: User = {
    id,
    email: `${id.toLowerCase()}@example.com`,
    passwordHash: 'not a hash, so nobody can log in',
    name: '김포인트',
    role: UserRole.USER,
    createdAt: new Date(),
  };
  await manager.insert(User, user);
  await openAccount(manager, id);
  return user;
}

/** One unpaid order for each amount, in that order; their owner has an account from then on. */
export async function addOrders(
  dataSource: DataSource,
  ownerId: string,
  amounts: number[],
): Promise<PaymentOrder[]> {
  await openAccount(dataSource.manager, ownerId);
  const createdAt = new Date();
  const orders = amounts.map((amount) => ({
    merchantUid: `pt${ulid()}`,
    ownerId,
    gateway: 'iamport',
    amount,
    bonus: 0,
    state: StoredOrderState.READY,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + ORDER_LIFETIME_MS),
    nextCheckAt: null,
    paidAt: null,
    depositReportedAt: null,
    taxFree: null,
    vat: null,
    method: null,
    termsVersion: null,
  }));
  // Copies: TypeORM reads rows of SQLite back in the order of their keys and writes those keys into what it was given.
  await dataSource.manager.insert(
    PaymentOrder,
    orders.map((order) => ({ ...order })),
  );
  return orders;
}

/** An order with its amount for a test that needs only one. */
export async function addOrder(
  dataSource: DataSource,
  ownerId: string,
  amount: number,
): Promise<PaymentOrder> {
  const [order] = await addOrders(dataSource, ownerId, [amount]);
  if (!order) throw new Error('no order was made');
  return order;
}

/** `imp_` + 12 digits, another one at each call. */
export function newImpUid(): string {
  return `imp_${String(++impUids).padStart(12, '0')}`;
}
let impUids = 0;

/** A gateway's answer: a test payment of the whole order, or otherwise as `changed` says. */
export function paidAnswer(
  { merchantUid, amount }: Pick<PaymentOrder, 'merchantUid' | 'amount'>,
  paymentId: string,
  changed: Partial<GatewayPayment> = {},
): GatewayPayment {
  return {
    gateway: 'iamport',
    paymentId,
    merchantUid,
    state: GatewayPaymentState.PAID,
    amount,
    cancelledAmount: 0,
    currency: 'KRW',
    isTest: true,
    method: 'card',
    pg: 'html5_inicis',
    receiptUrl: null,
    paidAt: new Date(),
    failedAt: null,
    failReason: null,
    dueAt: null,
    cancellations: [],
    ...changed,
  };
}

/**
 * Settles answers of a gateway on this database as if they had just been read. No gateway is called.
 *
 * @returns the credit. @throws the refusal.
 */
export function applierOf(dataSource: DataSource) {
  const settings = readSettings(GATEWAY_ENV);
  const logger = createLogger('silent');
  const gateways = gatewaysOf(settings, logger);
  const reconciliation = new Reconciliation(dataSource, logger, gateways, settings);
  return async (
    order: PaymentOrder,
    paymentId: string,
    changed: Partial<GatewayPayment> = {},
  ): Promise<PointTransaction> => {
    const payment = paidAnswer(order, paymentId, changed);
    const settled = await reconciliation.apply(payment, order);
    if (!settled) throw new Error('the order is not in these books');
    if ('refusal' in settled) throw settled.refusal;
    const { gateway } = payment;
    const credit = settled.credit ?? (await findCredit(dataSource.manager, { gateway, paymentId }))?.entry;
    if (!credit) throw new Error('a payment is called credited and has no credit');
    return credit;
  };
}

/** A user's wish to cancel a part of a credited payment, held and committed as before the gateway is asked. */
export async function reserveCancel(
  dataSource: DataSource,
  { paymentId }: Pick<PointTransaction, 'paymentId'>,
  amount: number,
): Promise<Cancellation> {
  return inTransaction(dataSource, 'READ COMMITTED', async (manager) => {
    const payment = await manager.findOneByOrFail(Payment, { id: String(paymentId) });
    const account = await lockAccount(manager, payment.ownerId);
    const wish = newCancellation(payment, {
      kind: CancellationKind.USER,
      amount,
      checksum: payment.amount - payment.cancelledAmount,
      reason: 'a reason',
      sentAt: new Date(),
      nextAttemptAt: new Date(),
    });
    await insertCancellation.run(manager, wish);
    const held = { points: amount, bonus: 0, bonusFromPaid: 0 };
    holdOwn(manager, account, await lotsOf(manager, payment.id), held);
    return wish;
  });
}

/** Our cancellations of a payment, oldest first. */
export async function cancellationsOf(dataSource: DataSource, impUid: string): Promise<Cancellation[]> {
  const payment = await dataSource.manager.findOneBy(Payment, { gatewayPaymentId: impUid });
  const order = { id: 'ASC' } as const;
  return payment ? dataSource.manager.find(Cancellation, { where: { paymentId: payment.id }, order }) : [];
}

/** What a gateway tells of a cancellation that it carried out; with ours it keeps the id. */
export function carriedOut(key: string, amount: number, wish?: Cancellation): GatewayCancellation {
  return { key, amount, reason: wish?.id ?? '', cancelledAt: new Date() };
}

/** A row of the ledger, and of its payment what a reader asks for; `cancellationKey` is empty for a credit. */
export interface BookedRow extends PointTransaction {
  /** Empty for a row that has no payment. */
  impUid: string;
  merchantUid: string;
  cancellationKey: string;
}

/** An owner's account, an empty one if there is none yet, with all of its rows as they are now, oldest first. */
export async function readAccount(
  dataSource: DataSource,
  ownerId: string,
): Promise<{ balance: PointAccount; rows: BookedRow[] }> {
  const balance = (await dataSource.manager.findOneBy(PointAccount, { ownerId })) ?? {
    ownerId,
    point: 0,
    heldPoint: 0,
    transactionCount: 0,
    closedAt: null,
    createdAt: new Date(),
  };
  const rows = await dataSource.manager.find(PointTransaction, {
    where: { ownerId },
    order: { sequence: 'ASC' },
  });
  const payments = await dataSource.manager.findBy(Payment, { ownerId });
  return {
    balance,
    rows: rows.map((row) => {
      const payment = payments.find(({ id }) => id === row.paymentId);
      if (row.paymentId === null) return { ...row, impUid: '', merchantUid: '', cancellationKey: '' };
      if (!payment) throw new Error(`row ${row.sequence} has no payment of its owner`);
      const { gateway, gatewayPaymentId: impUid, merchantUid } = payment;
      return {
        ...row,
        impUid,
        merchantUid,
        cancellationKey: row.reference.slice(`${gateway}:${impUid}:`.length),
      };
    }),
  };
}

/**
 * Every way in which the rows of one owner break a rule of money (semantics I1, I3, I4, I5, I6), in words; an empty list
 * when the books are in order.
 *
 * @param mayOwe a cancellation made outside may have taken more than there was.
 */
export async function faultsInBooks(
  dataSource: DataSource,
  ownerId: string,
  { mayOwe = false }: { mayOwe?: boolean } = {},
): Promise<string[]> {
  const { balance, rows } = await readAccount(dataSource, ownerId);
  const orders = await dataSource.manager.findBy(PaymentOrder, { ownerId });
  const payments = await dataSource.manager.findBy(Payment, { ownerId });
  const cancellations = await dataSource.manager.findBy(Cancellation, { ownerId });
  const faults: string[] = [];
  const check = (holds: boolean, fault: string) => {
    if (!holds) faults.push(fault);
  };

  let sum = 0;
  rows.forEach((row, index) => {
    sum += row.amount;
    check(row.sequence === index + 1, `row ${index + 1} has sequence ${row.sequence}`);
    check(
      row.balanceAfter === sum,
      `row ${row.sequence} says the balance is ${row.balanceAfter}, the sum is ${sum}`,
    );
  });
  check(balance.point === sum, `the balance is ${balance.point}, the sum of the rows is ${sum}`);
  check(mayOwe || balance.point >= 0, `the balance is ${balance.point}`);
  const open = cancellations.filter(({ state }) => state === CancellationState.PENDING);
  const holds = await dataSource.manager.findBy(Hold, { ownerId, state: HoldState.HELD });
  const cancelling = open.filter(({ kind }) => kind === CancellationKind.USER);
  const held = sumOf(holds) + cancelling.reduce((sum, { points }) => sum + points, 0);
  check(
    balance.heldPoint === held,
    `${balance.heldPoint} points are held, open cancellations and holds are of ${held}`,
  );
  check(
    balance.transactionCount === rows.length,
    `${balance.transactionCount} rows were counted, there are ${rows.length}`,
  );

  const lots = await dataSource.manager.findBy(Lot, { ownerId });
  const inLots = lots.reduce((sum, { remaining }) => sum + remaining, 0);
  const available = Math.max(0, balance.point - balance.heldPoint);
  check(inLots === available, `the lots have ${inLots}, available are ${available}`);

  const credits = rows.filter(({ status }) => status === PointTransactionStatus.PAYMENT);
  const cancels = rows.filter(({ status }) => status === PointTransactionStatus.CANCEL);
  check(new Set(credits.map((row) => row.impUid)).size === credits.length, 'a payment was credited twice');
  check(
    new Set(credits.map((row) => row.merchantUid)).size === credits.length,
    'an order was credited twice',
  );
  for (const order of orders) {
    const row = credits.find(({ merchantUid }) => merchantUid === order.merchantUid);
    check(
      (order.state === StoredOrderState.PAID) === Boolean(row),
      `order is ${order.state}, row ${row?.id}`,
    );
    check(
      Boolean(order.paidAt) === Boolean(row),
      `order was paid at ${String(order.paidAt)}, row ${row?.id}`,
    );
    check(!row || row.amount <= order.amount, `${row?.amount} was credited for an order of ${order.amount}`);
  }
  check(
    [...credits, ...cancels].every((row) =>
      orders.some(({ merchantUid }) => merchantUid === row.merchantUid),
    ),
    'a row is for the order of somebody else',
  );
  for (const { impUid, amount } of credits) {
    const cancelled = -sumOf(cancels.filter((row) => row.impUid === impUid));
    check(cancelled <= amount, `${cancelled} was cancelled of a payment of ${amount}`);
  }
  check(
    cancels.every((row) => credits.some(({ impUid }) => impUid === row.impUid)),
    'something was cancelled that was never credited',
  );
  for (const { id, creditedOrder, state, amount, cancelledAmount: cancelled } of payments) {
    // Of one whose deposit the bank took back nothing is left.
    const cancelledAmount = state === GatewayPaymentState.READY ? amount : cancelled;
    const own = rows.filter(({ paymentId }) => paymentId === id);
    check(
      (creditedOrder !== null) === own.length > 0,
      `payment ${id} is for ${creditedOrder}, has ${own.length} rows`,
    );
    check(
      creditedOrder === null || sumOf(own) === amount - cancelledAmount,
      `of payment ${id} ${amount - cancelledAmount} is known to be left, its rows are of ${sumOf(own)}`,
    );
  }
  for (const done of cancellations.filter(
    ({ kind, state }) => kind === CancellationKind.USER && state === CancellationState.DONE,
  )) {
    const booked = cancels.filter(
      (row) => row.paymentId === done.paymentId && row.cancellationKey === done.cancellationKey,
    );
    check(
      booked.length === 1 && booked[0]?.amount === -done.amount,
      `cancellation ${done.id} of ${done.amount} is DONE, its rows are of ${sumOf(booked)}`,
    );
  }
  return faults;
}

function sumOf(rows: { amount: number }[]): number {
  return rows.reduce((sum, { amount }) => sum + amount, 0);
}
