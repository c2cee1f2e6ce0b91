import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { ulid } from 'ulid';
import { inTransaction } from '../database/transaction.js';
import { PaymentOrder, StoredOrderState } from '../payment-order/payment-order.entity.js';
import { User } from '../user/user.entity.js';
import { NO_CANCELLATION, PointTransaction, PointTransactionStatus } from './point-transaction.entity.js';
import { PaymentMismatch } from './refusals.js';

export interface Credit {
  userId: string;
  merchantUid: string;
  impUid: string;
  /** Whole points, at least 1. */
  amount: number;
}

/** The only writer of balances and of the transactions behind them. */
@Injectable()
export class Ledger {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The row that credited a payment, whoever owns it. */
  async findCredit(impUid: string): Promise<PointTransaction | null> {
    return this.dataSource.manager.findOneBy(PointTransaction, { impUid, cancellationKey: NO_CANCELLATION });
  }

  /** The row that credited an order. */
  async findCreditOfOrder(merchantUid: string): Promise<PointTransaction | null> {
    return this.dataSource.manager.findOneBy(PointTransaction, {
      merchantUid,
      cancellationKey: NO_CANCELLATION,
    });
  }

  /**
   * Books a payment once: row, balance and order together or not at all. Whoever comes second, even at the same
   * moment, gets the first one's row. Safe to repeat, also when it is unknown whether the first try was carried out.
   *
   * The user's row is locked before anything else. Inserting first would take a shared lock on it through the foreign
   * key, and two of those waiting to become exclusive are a deadlock.
   *
   * @throws {PaymentMismatch} ORDER_ALREADY_PAID when another payment of the same order was credited.
   */
  async credit(credit: Credit): Promise<PointTransaction> {
    return inTransaction(this.dataSource, 'READ COMMITTED', async (manager) => {
      const user = await lockUser(manager, credit.userId);
      const { affected } = await manager.update(
        PaymentOrder,
        { merchantUid: credit.merchantUid, state: StoredOrderState.READY },
        { state: StoredOrderState.PAID, paidAt: new Date() },
      );
      if (affected === 0) return firstCredit(manager, credit);

      const row: PointTransaction = {
        id: ulid(),
        userId: user.id,
        merchantUid: credit.merchantUid,
        impUid: credit.impUid,
        status: PointTransactionStatus.PAYMENT,
        amount: credit.amount,
        cancellationKey: NO_CANCELLATION,
        sequence: user.transactionCount + 1,
        balanceAfter: user.point + credit.amount,
        createdAt: new Date(),
      };
      await manager.insert(PointTransaction, row);
      // Added in SQL, so that the balance is right even if it was not read under a lock.
      await manager.update(User, user.id, {
        point: () => `point + ${row.amount}`,
        transactionCount: () => 'transactionCount + 1',
      });
      return row;
    });
  }
}

async function lockUser(manager: EntityManager, id: string): Promise<User> {
  // SQLite knows no row locks and needs none: a transaction has the whole database to itself.
  const isSqlite = manager.dataSource.options.type === 'better-sqlite3';
  const user = await manager.findOne(User, {
    where: { id },
    select: { id: true, point: true, transactionCount: true },
    ...(isSqlite ? {} : { lock: { mode: 'pessimistic_write' } }),
  });
  if (!user) throw new Error('an order names a user that does not exist');
  return user;
}

async function firstCredit(manager: EntityManager, credit: Credit): Promise<PointTransaction> {
  const row = await manager.findOneBy(PointTransaction, {
    merchantUid: credit.merchantUid,
    cancellationKey: NO_CANCELLATION,
  });
  if (!row) throw new Error('an order is PAID without a credit');
  if (row.impUid !== credit.impUid) throw new PaymentMismatch('ORDER_ALREADY_PAID');
  return row;
}
