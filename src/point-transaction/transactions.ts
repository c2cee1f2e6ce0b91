import { type EntityManager, In } from 'typeorm';
import { columnsOf, type Dialect, JoinOf } from '../database/statement.js';
import { Payment } from '../payment/payment.entity.js';
import type { PaymentName } from '../payment/payments.js';
import { PointAccount } from '../point-account/point-account.entity.js';
import { PointTransaction, PointTransactionStatus } from './point-transaction.entity.js';
import { creditReference } from './reference.js';

/** A row of the ledger, and the payment that it came from. */
export interface EntryOfPayment {
  entry: PointTransaction;
  payment: Payment;
}

/** A row of the ledger, and the payment that it came from, where it came from one. */
export interface Entry {
  entry: PointTransaction;
  payment: ShownPayment | null;
}

/** What a row of a history shows of its payment. */
export type ShownPayment = Pick<Payment, (typeof SHOWN_PAYMENT)['names'][number]>;

const byReference = new JoinOf<EntryOfPayment>(
  { entry: PointTransaction, payment: Payment },
  ({ table }) => `FROM ${table(PointTransaction)} AS entry
  JOIN ${table(Payment)} AS payment ON payment.id = entry.paymentId WHERE entry.reference = :reference`,
);
const SHOWN_PAYMENT = columnsOf(
  Payment,
  'id',
  'gateway',
  'gatewayPaymentId',
  'merchantUid',
  'method',
  'receiptUrl',
  'cancelReceipts',
  'cardName',
  'cardNumber',
);
const history = (rest: (dialect: Pick<Dialect, 'table'>) => string) =>
  new JoinOf<Entry>(
    { entry: PointTransaction, payment: SHOWN_PAYMENT },
    (dialect) => `FROM ${dialect.table(PointTransaction)} AS entry
    LEFT JOIN ${dialect.table(Payment)} AS payment ON payment.id = entry.paymentId ${rest(dialect)}`,
  );
// Sequences have no gaps, so both ends of a page are known: with one end alone MariaDB may read a long history from its
// newest row down to the page.
const newest = history(
  ({ table }) => `WHERE entry.ownerId = :ownerId AND entry.sequence >
    (SELECT account.transactionCount FROM ${table(PointAccount)} AS account WHERE account.ownerId = :ownerId) - :count
  ORDER BY entry.sequence DESC`,
);
const between = history(
  () =>
    `WHERE entry.ownerId = :ownerId AND entry.sequence BETWEEN :first AND :last ORDER BY entry.sequence DESC`,
);

/** The row that credited a payment, whoever owns it. */
export async function findCredit(
  manager: EntityManager,
  { gateway, paymentId }: PaymentName,
): Promise<EntryOfPayment | null> {
  return byReference.first(manager, { reference: creditReference({ gateway, paymentId }) });
}

/**
 * An owner's transactions, newest first.
 *
 * @param before only rows with a smaller sequence.
 */
export async function findPage(
  manager: EntityManager,
  ownerId: string,
  count: number,
  before: number | undefined,
): Promise<Entry[]> {
  return before === undefined
    ? newest.all(manager, { ownerId, count })
    : between.all(manager, { ownerId, first: before - count, last: before - 1 });
}

/** The rows that credited orders; none for an order that is not paid. */
export async function findCreditsOfOrders(
  manager: EntityManager,
  merchantUids: string[],
): Promise<EntryOfPayment[]> {
  return selectWithPayment(manager)
    .where({ status: PointTransactionStatus.PAYMENT })
    .andWhere('payment.creditedOrder IN (:...merchantUids)', { merchantUids })
    .getMany()
    .then(apart);
}

/** How often money of a payment went back after its credit. */
export async function countCancels(manager: EntityManager, paymentId: string): Promise<number> {
  return manager.countBy(PointTransaction, { paymentId, status: PointTransactionStatus.CANCEL });
}

/** The rows with these references. */
export async function findByReferences(
  manager: EntityManager,
  references: string[],
): Promise<EntryOfPayment[]> {
  return selectWithPayment(manager)
    .where({ reference: In(references) })
    .getMany()
    .then(apart);
}

function selectWithPayment(manager: EntityManager) {
  return manager
    .createQueryBuilder(PointTransaction, 'transaction')
    .innerJoinAndMapOne('transaction.payment', Payment, 'payment', 'payment.id = transaction.paymentId');
}

function apart(rows: PointTransaction[]): EntryOfPayment[] {
  return (rows as (PointTransaction & { payment: Payment })[]).map((entry) => ({
    entry,
    payment: entry.payment,
  }));
}
