import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type DataSource, type EntityManager, In } from 'typeorm';
import { newId } from '../database/new-id.js';
import { InsertOf, RowsOf, Statement } from '../database/statement.js';
import { inTransaction } from '../database/transaction.js';
import { availablePoint, lockAccount } from '../point-account/accounts.js';
import { PointAccount } from '../point-account/point-account.entity.js';
import { PaymentOrder, StoredOrderState } from '../payment-order/payment-order.entity.js';
import { type Booked, cancelBooked, credited } from './announcements.js';
import { Cancellation, CancellationKind, CancellationState } from './cancellation.entity.js';
import { NO_CANCELLATION, PointTransaction, PointTransactionStatus } from './point-transaction.entity.js';
import { CancelledPayment } from './cancelled-payment.entity.js';
import { PaymentMismatch, PaymentNotPaid } from './refusals.js';

/** Where a MariaDB INT and GraphQL's Int end. */
const BALANCE_MAX = 2 ** 31 - 1;

export interface Credit {
  ownerId: string;
  merchantUid: string;
  impUid: string;
  /** Whole points, at least 1. */
  amount: number;
}

const creditOfPayment = new RowsOf(
  PointTransaction,
  () => `WHERE impUid = :impUid AND cancellationKey = '${NO_CANCELLATION}'`,
);
const creditOfOrder = new RowsOf(
  PointTransaction,
  () => `WHERE merchantUid = :merchantUid AND cancellationKey = '${NO_CANCELLATION}'`,
);
const rowsOfPayment = new RowsOf(PointTransaction, () => 'WHERE impUid = :impUid');
const cancelsOfPayment = new RowsOf(
  PointTransaction,
  () => `WHERE impUid = :impUid AND status = '${PointTransactionStatus.CANCEL}'`,
);
const insertTransaction = new InsertOf(PointTransaction);
const insertCancellation = new InsertOf(Cancellation);
const openCancellationOf = new RowsOf(Cancellation, () => 'WHERE openImpUid = :impUid');
/** Added in SQL, so that the balance is right even if it was not read under a lock. */
const addToBalance = new Statement(
  ({ table }) => `UPDATE ${table(PointAccount)}
  SET point = point + :amount, transactionCount = transactionCount + 1, heldPoint = heldPoint - :released
  WHERE ownerId = :ownerId`,
);
const hold = new Statement(
  ({ table }) => `UPDATE ${table(PointAccount)} SET heldPoint = heldPoint + :amount WHERE ownerId = :ownerId`,
);
const markPaid = new Statement(
  ({ table }) => `UPDATE ${table(PaymentOrder)} SET state = '${StoredOrderState.PAID}', paidAt = :now
  WHERE merchantUid = :merchantUid AND state = '${StoredOrderState.READY}'
    AND NOT EXISTS (SELECT 1 FROM ${table(CancelledPayment)} AS cancelled WHERE cancelled.impUid = :impUid)`,
);
const endCancellation = new Statement(
  ({ table }) => `UPDATE ${table(Cancellation)}
  SET state = :state, cancellationKey = :cancellationKey, refusal = :refusal,
    openImpUid = NULL, nextAttemptAt = NULL, completedAt = :now
  WHERE id = :id AND state = '${CancellationState.PENDING}'`,
);

/** The row that credited a payment, and its account as the transaction that booked or found it left them. */
export interface Credited {
  row: PointTransaction;
  account: PointAccount;
}

/** A cancellation that the gateway carried out. */
export interface CarriedOut {
  /** The gateway's name for it. */
  key: string;
  /** Whole points, at least 1. */
  amount: number;
}

/** What the rules of a reservation look at, read under the account's lock. */
export interface Books {
  /** Points neither spent nor held. */
  available: number;
  /** What is left of the payment: its credit less its cancellations. */
  left: number;
  /** The payment's cancellation that is still open. */
  open: Cancellation | null;
}

/**
 * The only writer of balances, of the transactions behind them, and of holds.
 *
 * Each method is one short transaction and safe to repeat, also when it is unknown whether the first try was carried
 * out. The account is locked before anything else: inserting first would take a shared lock on it through the
 * foreign key, and two of those waiting to become exclusive are a deadlock.
 */
@Injectable()
export class Ledger {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The row that credited a payment, whoever owns it. */
  async findCredit(impUid: string): Promise<PointTransaction | null> {
    return creditOfPayment.first(this.dataSource.manager, { impUid });
  }

  /** The rows that credited orders; none for an order that is not paid. */
  async findCreditsOfOrders(merchantUids: string[]): Promise<PointTransaction[]> {
    return this.dataSource.manager.findBy(PointTransaction, {
      merchantUid: In(merchantUids),
      cancellationKey: NO_CANCELLATION,
    });
  }

  /** The rows that booked these cancellations of payments. */
  async findCancels(
    cancellations: Pick<PointTransaction, 'impUid' | 'cancellationKey'>[],
  ): Promise<PointTransaction[]> {
    // In pairs, because one payment can have thousands of cancellations that nobody asked for.
    const where = cancellations.map(({ impUid, cancellationKey }) => ({ impUid, cancellationKey }));
    return this.dataSource.manager.findBy(PointTransaction, where);
  }

  /**
   * Books a payment once: row, balance and order together or not at all. Whoever comes second, even at the same
   * moment, gets the first one's row.
   *
   * @throws {PaymentMismatch} ORDER_ALREADY_PAID when another payment of the same order was credited; BALANCE_FULL when
   * the balance would no longer fit its column.
   * @throws {PaymentNotPaid} CANCELLED when somebody looked later than the caller and saw that all of it had gone back.
   */
  async credit(credit: Credit): Promise<Credited> {
    const made = new Set<string>();
    const booked = await inTransaction(this.dataSource, 'READ COMMITTED', async (manager) => {
      const account = await lockAccount(manager, credit.ownerId);
      const { merchantUid, impUid } = credit;
      const isFirst = await markPaid.run(manager, { merchantUid, impUid, now: new Date() });
      if (isFirst === 0) return { row: await firstCredit(manager, credit), account };
      if (account.point + credit.amount > BALANCE_MAX) throw new PaymentMismatch('BALANCE_FULL');
      const appended = await append(manager, account, {
        merchantUid: credit.merchantUid,
        impUid: credit.impUid,
        status: PointTransactionStatus.PAYMENT,
        amount: credit.amount,
        cancellationKey: NO_CANCELLATION,
      });
      made.add(appended.id);
      return { row: appended, account };
    });
    // By its id, because a run whose COMMIT was carried out without our knowing is followed by one that only finds it.
    if (made.has(booked.row.id)) credited.announce(toldOf(booked.row));
    return booked;
  }

  /**
   * Makes sure that a payment whose money has all gone back is not credited by somebody who read it before that.
   *
   * @returns the credit that was there already: then the cancellations are to be booked.
   */
  async refuseLateCredit(credit: Omit<Credit, 'amount'>): Promise<PointTransaction | null> {
    const { ownerId, impUid, merchantUid } = credit;
    return inTransaction(this.dataSource, 'READ COMMITTED', async (manager) => {
      await lockAccount(manager, ownerId);
      const row = await creditOfPayment.first(manager, { impUid });
      if (row || (await manager.existsBy(CancelledPayment, { impUid }))) return row;
      await manager.insert(CancelledPayment, { impUid, merchantUid, seenAt: new Date() });
      return null;
    });
  }

  /** A payment's books of this moment. Another moment's, as soon as they are read: `reserve` looks again under the lock. */
  async books(ownerId: string, impUid: string): Promise<Books> {
    const { manager } = this.dataSource;
    const account = await manager.findOneByOrFail(PointAccount, { ownerId });
    return readBooks(manager, account, impUid);
  }

  /**
   * Step 1 of a cancellation: holds the points and commits the wish before anybody outside hears of it.
   *
   * @param wish what is to be opened, as far as it is known before the lock.
   * @param decide looks at the books under the lock and returns the wish completed, or a cancellation that exists
   * already; what it throws leaves everything as it was.
   */
  async reserve(
    wish: Pick<Cancellation, 'id' | 'ownerId' | 'impUid'>,
    decide: (books: Books, manager: EntityManager) => Promise<Cancellation>,
  ): Promise<Cancellation> {
    let isRepeat = false;
    return inTransaction(this.dataSource, 'READ COMMITTED', async (manager) => {
      const account = await lockAccount(manager, wish.ownerId);
      // The COMMIT of an earlier run may have been carried out without our knowing.
      const made = isRepeat ? await manager.findOneBy(Cancellation, { id: wish.id }) : null;
      if (made) return made;
      isRepeat = true;
      const cancellation = await decide(await readBooks(manager, account, wish.impUid), manager);
      if (cancellation.id !== wish.id) return cancellation;
      await insertCancellation.run(manager, cancellation);
      const { kind, ownerId, amount } = cancellation;
      if (kind === CancellationKind.USER) await hold.run(manager, { ownerId, amount });
      return cancellation;
    });
  }

  /**
   * Books the cancellations that the gateway carried out and the books lack: CANCEL rows, the points go, and our wish, if
   * one of them is its end, is DONE and its hold ends. One that was made elsewhere may take the balance below zero; that
   * is the debt.
   *
   * @param credit the row that credited the payment.
   * @param missing which ones are to be booked. It is asked under the lock: what is booked already, by name, decides.
   * @param wish our own open cancellation that one of them may be the end of.
   */
  async bookCancels(
    credit: PointTransaction,
    missing: (booked: ReadonlyMap<string, number>) => { entries: CarriedOut[]; own: CarriedOut | undefined },
    wish: Cancellation | undefined,
  ): Promise<void> {
    const { impUid, merchantUid, ownerId } = credit;
    const made = new Set<string>();
    const cancels = await inTransaction(this.dataSource, 'READ COMMITTED', async (manager) => {
      const account = await lockAccount(manager, ownerId);
      const rows = await cancelsOfPayment.all(manager, { impUid });
      const { entries, own } = missing(new Map(rows.map((row) => [row.cancellationKey, -row.amount])));
      const { DONE: state } = CancellationState;
      const { released } =
        wish && own
          ? await close(manager, wish, { state, cancellationKey: own.key, refusal: null })
          : { released: 0 };
      for (const entry of entries) {
        const fact = {
          impUid,
          merchantUid,
          status: PointTransactionStatus.CANCEL,
          amount: -entry.amount,
          cancellationKey: entry.key,
        };
        const appended = await append(manager, account, fact, entry.key === own?.key ? released : 0);
        made.add(appended.id);
        rows.push(appended);
      }
      return rows;
    });
    for (const row of cancels) {
      if (made.has(row.id)) cancelBooked.announce(toldOf(row));
    }
  }

  /** Ends a GIVE_BACK that was carried out. No points were ever credited for it, so none go. */
  async completeGiveBack(giveBack: Cancellation, cancellationKey: string): Promise<void> {
    await inTransaction(this.dataSource, 'READ COMMITTED', async (manager) => {
      await lockAccount(manager, giveBack.ownerId);
      await close(manager, giveBack, { state: CancellationState.DONE, cancellationKey, refusal: null });
    });
  }

  /**
   * Ends a cancellation to which the gateway said no: the hold is released and nothing else changes.
   *
   * @returns whether it is REFUSED then; false when it had ended otherwise before.
   */
  async release(cancellation: Cancellation, refusal: string): Promise<boolean> {
    const { ownerId } = cancellation;
    return inTransaction(this.dataSource, 'READ COMMITTED', async (manager) => {
      await lockAccount(manager, ownerId);
      const end = { state: CancellationState.REFUSED, refusal };
      const { isEnded, released } = await close(manager, cancellation, end);
      if (released > 0) await hold.run(manager, { ownerId, amount: -released });
      return isEnded;
    });
  }
}

async function readBooks(manager: EntityManager, account: PointAccount, impUid: string): Promise<Books> {
  const rows = await rowsOfPayment.all(manager, { impUid });
  const open = await openCancellationOf.first(manager, { impUid });
  const left = rows.reduce((sum, row) => sum + row.amount, 0);
  return { available: availablePoint(account), left, open };
}

/** @param released points whose hold ends with this row. */
async function append(
  manager: EntityManager,
  account: PointAccount,
  fact: Pick<PointTransaction, 'merchantUid' | 'impUid' | 'status' | 'amount' | 'cancellationKey'>,
  released = 0,
): Promise<PointTransaction> {
  const row: PointTransaction = {
    ...fact,
    id: newId(),
    ownerId: account.ownerId,
    sequence: account.transactionCount + 1,
    balanceAfter: account.point + fact.amount,
    createdAt: new Date(),
  };
  await insertTransaction.run(manager, row);
  await addToBalance.run(manager, { ownerId: account.ownerId, amount: row.amount, released });
  // For the next row of the same transaction, and for who asks for the balance.
  account.point = row.balanceAfter;
  account.transactionCount = row.sequence;
  account.heldPoint -= released;
  return row;
}

/**
 * Does nothing when the cancellation has ended already.
 *
 * @returns whether it ended now, and the points whose hold ends with it: taking them off the account is the caller's.
 */
async function close(
  manager: EntityManager,
  { id, kind, amount }: Cancellation,
  end: Pick<Cancellation, 'state' | 'refusal'> & Partial<Pick<Cancellation, 'cancellationKey'>>,
): Promise<{ isEnded: boolean; released: number }> {
  const { state, cancellationKey = null, refusal } = end;
  const changed = await endCancellation.run(manager, {
    id,
    state,
    cancellationKey,
    refusal,
    now: new Date(),
  });
  const isEnded = changed === 1;
  return { isEnded, released: isEnded && kind === CancellationKind.USER ? amount : 0 };
}

async function firstCredit(manager: EntityManager, credit: Credit): Promise<PointTransaction> {
  const row = await creditOfOrder.first(manager, { merchantUid: credit.merchantUid });
  if (!row) throw new PaymentNotPaid('CANCELLED');
  if (row.impUid !== credit.impUid) throw new PaymentMismatch('ORDER_ALREADY_PAID');
  return row;
}

function toldOf({ amount, ownerId, merchantUid, impUid }: PointTransaction): Booked {
  return { points: Math.abs(amount), ownerId, merchantUid, impUid };
}
