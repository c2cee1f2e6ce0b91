import { DataSource, type DataSourceOptions } from 'typeorm';
import { ulid } from 'ulid';
import { Session } from '../../src/auth/session.entity.js';
import { type DatabaseSettings, readSettings } from '../../src/config/settings.js';
import { createDataSource, dataSourceOptions } from '../../src/database/data-source.js';
import { prepareDatabase } from '../../src/database/prepare-database.js';
import { PaymentOrder, StoredOrderState } from '../../src/payment-order/payment-order.entity.js';
import { openAccount } from '../../src/point-account/accounts.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import {
  Cancellation,
  CancellationKind,
  CancellationState,
} from '../../src/point-transaction/cancellation.entity.js';
import { CancelledPayment } from '../../src/point-transaction/cancelled-payment.entity.js';
import {
  PointTransaction,
  PointTransactionStatus,
} from '../../src/point-transaction/point-transaction.entity.js';
import { User, UserRole } from '../../src/user/user.entity.js';
import { WebhookDelivery } from '../../src/webhook/webhook-delivery.entity.js';
import type { DatabaseEnv } from './databases.js';

const ORDER_LIFETIME_MS = 60 * 60 * 1000;

/** What the server would connect to with these settings. */
export function databaseSettings(env: DatabaseEnv): DatabaseSettings {
  const gateway = {
    IAMPORT_API_KEY: 'unused-key',
    IAMPORT_API_SECRET: 'unused-secret',
    IAMPORT_USER_CODE: 'imp00000000',
  };
  return readSettings({ ...env, ...gateway }).database;
}

/** A connected data source like the server's own. Its schema is whatever the database has. */
export async function connect(settings: DatabaseSettings, more: object = {}): Promise<DataSource> {
  const entities = [
    User,
    Session,
    PointAccount,
    PaymentOrder,
    PointTransaction,
    Cancellation,
    CancelledPayment,
    WebhookDelivery,
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
    amount,
    state: StoredOrderState.READY,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + ORDER_LIFETIME_MS),
    nextCheckAt: null,
    paidAt: null,
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

/** An owner's account, an empty one if there is none yet, with all of its rows as they are now, oldest first. */
export async function readAccount(
  dataSource: DataSource,
  ownerId: string,
): Promise<{ balance: PointAccount; rows: PointTransaction[] }> {
  const balance = (await dataSource.manager.findOneBy(PointAccount, { ownerId })) ?? {
    ownerId,
    point: 0,
    heldPoint: 0,
    transactionCount: 0,
    createdAt: new Date(),
  };
  const rows = await dataSource.manager.find(PointTransaction, {
    where: { ownerId },
    order: { sequence: 'ASC' },
  });
  return { balance, rows };
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
  const held = sumOf(open.filter(({ kind }) => kind === CancellationKind.USER));
  check(
    balance.heldPoint === held,
    `${balance.heldPoint} points are held, open cancellations are of ${held}`,
  );
  check(
    balance.transactionCount === rows.length,
    `${balance.transactionCount} rows were counted, there are ${rows.length}`,
  );

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
    rows.every((row) => orders.some(({ merchantUid }) => merchantUid === row.merchantUid)),
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
  for (const done of cancellations.filter(
    ({ kind, state }) => kind === CancellationKind.USER && state === CancellationState.DONE,
  )) {
    const booked = cancels.filter(
      (row) => row.impUid === done.impUid && row.cancellationKey === done.cancellationKey,
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
