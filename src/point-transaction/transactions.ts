import { type EntityManager, In } from 'typeorm';
import { PairsOf } from '../database/statement.js';
import { Payment } from '../payment/payment.entity.js';
import type { PaymentName } from '../payment/payments.js';
import { PointAccount } from '../point-account/point-account.entity.js';
import { PointTransaction, PointTransactionStatus } from './point-transaction.entity.js';
import { creditReference } from './reference.js';

/** A row of the ledger, and the payment that it came from. */
export type OfPayment = [row: PointTransaction, payment: Payment];

type Rest = (table: (entity: typeof PointAccount) => string) => string;

const rowsWithPayment = (rest: Rest) =>
  new PairsOf(
    PointTransaction,
    Payment,
    ({ table }) => `JOIN ${table(Payment)} AS joined ON joined.id = base.paymentId ${rest(table)}`,
  );
const byReference = rowsWithPayment(() => 'WHERE base.reference = :reference');
// Sequences have no gaps, so both ends of a page are known: with one end alone MariaDB may read a long history from its
// newest row down to the page.
const newest = rowsWithPayment(
  (table) => `WHERE base.ownerId = :ownerId AND base.sequence >
    (SELECT account.transactionCount FROM ${table(PointAccount)} AS account WHERE account.ownerId = :ownerId) - :count
  ORDER BY base.sequence DESC`,
);
const between = rowsWithPayment(
  () =>
    `WHERE base.ownerId = :ownerId AND base.sequence BETWEEN :first AND :last ORDER BY base.sequence DESC`,
);

/** The row that credited a payment, whoever owns it. */
export async function findCredit(
  manager: EntityManager,
  { gateway, paymentId }: PaymentName,
): Promise<OfPayment | undefined> {
  const reference = creditReference({ gateway, paymentId });
  return (await byReference.one(manager, { reference })) as OfPayment | undefined;
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
): Promise<OfPayment[]> {
  const rows =
    before === undefined
      ? newest.all(manager, { ownerId, count })
      : between.all(manager, { ownerId, first: before - count, last: before - 1 });
  return (await rows) as OfPayment[];
}

/** The rows that credited orders; none for an order that is not paid. */
export async function findCreditsOfOrders(
  manager: EntityManager,
  merchantUids: string[],
): Promise<OfPayment[]> {
  return selectWithPayment(manager)
    .where({ status: PointTransactionStatus.PAYMENT })
    .andWhere('payment.creditedOrder IN (:...merchantUids)', { merchantUids })
    .getMany()
    .then(asPairs);
}

/** The rows with these references. */
export async function findByReferences(manager: EntityManager, references: string[]): Promise<OfPayment[]> {
  return selectWithPayment(manager)
    .where({ reference: In(references) })
    .getMany()
    .then(asPairs);
}

function selectWithPayment(manager: EntityManager) {
  return manager
    .createQueryBuilder(PointTransaction, 'transaction')
    .innerJoinAndMapOne('transaction.payment', Payment, 'payment', 'payment.id = transaction.paymentId');
}

function asPairs(rows: PointTransaction[]): OfPayment[] {
  return rows.map((row) => [row, (row as PointTransaction & { payment: Payment }).payment]);
}
