import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { SETTINGS, type Settings } from '../config/settings.js';
import { InjectDataSource } from '../database/inject.js';
import { newId } from '../database/new-id.js';
import { JoinOf, RowsOf, Statement } from '../database/statement.js';
import { inTransaction } from '../database/transaction.js';
import { violatesUniqueKey } from '../database/unique-key.js';
import { PointLimitExceeded } from '../payment/refusals.js';
import { availablePoint, openAccount } from '../point-account/accounts.js';
import { PointAccount } from '../point-account/point-account.entity.js';
import { bring, giveBack, LotsMissing, spend } from '../point-transaction/ledger.js';
import { LotKind } from '../point-transaction/lot.entity.js';
import {
  PointTransaction,
  PointTransactionStatus,
  TRANSACTION_REFERENCE_UNIQUE,
} from '../point-transaction/point-transaction.entity.js';
import {
  grantReference,
  spendCancelPrefix,
  spendCancelReference,
  spendReference,
} from '../point-transaction/reference.js';
import type { Refusal } from '../refusal/refusal.js';
import { granted, spendCancelled, spent } from './announcements.js';
import { KeyReused, NotEnoughPoints, OwnerNotFound, SpendAmountExceeded, SpendNotFound } from './refusals.js';
import {
  checkPointRequest,
  checkSpendCancelRequest,
  isRowOf,
  type PointRequest,
  type SpendCancelRequest,
} from './request.js';

/** An owner's account under its lock, and the row that the same key led to before. */
interface LockedWithFirst {
  account: PointAccount;
  first: PointTransaction | null;
}

type Posted = { row: PointTransaction } | { refusal: Refusal };

/** The account stands first, so that no database looks for the row before it has the account's lock. */
const accountAndFirst = new JoinOf<LockedWithFirst>(
  { account: PointAccount, first: PointTransaction },
  ({ table, forUpdate }) => `FROM ${table(PointAccount)} AS account
  LEFT JOIN ${table(PointTransaction)} AS first ON first.reference = :reference
  WHERE account.ownerId = :ownerId
  ${forUpdate}`,
);
const rowById = new RowsOf(PointTransaction, () => 'WHERE id = :id');
/** All that gave points of one spend back: their references begin alike, and no more than those are read. */
const givenBack = new Statement(
  ({ table }) => `SELECT COALESCE(SUM(amount), 0) AS amount FROM ${table(PointTransaction)}
  WHERE reference >= :from AND reference < :to`,
);

/** Two writers that the account's lock does not keep apart, as on two nodes of a cluster: the second finds the first's row. */
const RUNS_MAX = 2;

/**
 * Spends points, gives them back and grants them: for the code of a shop, and behind the API. Whether the caller may act for
 * the owner was decided at the door.
 *
 * Each is one transaction under the lock of the owner's account. Who dies before its COMMIT has done nothing, and who dies
 * after it is told the same row when it asks again with the same key.
 */
@Injectable()
export class SpendingService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Pick<Settings, 'pointMaxBalance' | 'pointValidity'>,
  ) {}

  /**
   * Spends points of an owner, all of them or none.
   *
   * @returns the SPEND row; of the same request, the one that is there already.
   * @throws {BadUserInput} {@link NotEnoughPoints} {@link KeyReused} nothing was changed.
   */
  async spend(request: PointRequest): Promise<PointTransaction> {
    checkPointRequest(request);
    const { ownerId, amount, reason, reference: purpose = null, actor = null } = request;
    const reference = spendReference(ownerId, request.idempotencyKey);
    // Made once: a run whose COMMIT was carried out without our knowing is followed by one that finds this row.
    const id = newId();
    const row = await this.once(async (manager): Promise<Posted> => {
      const locked = await accountAndFirst.first(manager, { ownerId, reference });
      if (locked?.first) return sameOrReused(locked.first, isRowOf(locked.first, request));
      const available = locked ? availablePoint(locked.account) : 0;
      if (!locked || amount > available) return { refusal: new NotEnoughPoints(available, amount) };
      const fact = {
        id,
        reference,
        status: PointTransactionStatus.SPEND,
        amount: -amount,
        reason,
        purpose,
        actor,
      };
      return { row: await spend(manager, locked.account, fact) };
    }).catch((error: unknown) => {
      // What else there is has expired, and is about to be booked.
      if (error instanceof LotsMissing) throw new NotEnoughPoints(amount - error.missing, amount);
      throw error;
    });
    if (row.id === id) spent.announce({ points: amount, ownerId, transactionId: row.id });
    return row;
  }

  /**
   * Gives points of a spend back, wholly or in part.
   *
   * @returns the SPEND_CANCEL row; of the same request, the one that is there already.
   * @throws {BadUserInput} {@link SpendNotFound} {@link SpendAmountExceeded} {@link KeyReused} nothing was changed.
   */
  async cancelSpend(request: SpendCancelRequest): Promise<PointTransaction> {
    checkSpendCancelRequest(request);
    const { spendId, amount: asked, reason, idempotencyKey, actor = null } = request;
    const spentRow = await rowById.first(this.dataSource.manager, { id: spendId });
    if (spentRow?.status !== PointTransactionStatus.SPEND) throw new SpendNotFound();
    const { ownerId, purpose } = spentRow;
    const reference = spendCancelReference(spendId, asked === undefined ? 'all' : 'part', idempotencyKey);
    const otherExtent = spendCancelReference(spendId, asked === undefined ? 'part' : 'all', idempotencyKey);
    const id = newId();
    const row = await this.once(async (manager): Promise<Posted> => {
      const locked = await accountAndFirst.first(manager, { ownerId, reference });
      if (!locked) throw new Error('a spend is without its account');
      const { account, first } = locked;
      if (first) {
        return sameOrReused(
          first,
          first.reason === reason && (asked === undefined || first.amount === asked),
        );
      }
      if (await manager.existsBy(PointTransaction, { reference: otherExtent })) {
        return { refusal: new KeyReused() };
      }
      const left = -spentRow.amount - (await givenBackOf(manager, spendId));
      const amount = asked ?? left;
      if (left === 0 || amount > left) return { refusal: new SpendAmountExceeded(left) };
      const status = PointTransactionStatus.SPEND_CANCEL;
      const fact = { id, reference, status, amount, reason, purpose, actor };
      const { graceMs } = this.settings.pointValidity;
      return { row: await giveBack(manager, account, fact, spendId, graceMs) };
    });
    if (row.id === id) spendCancelled.announce({ points: row.amount, ownerId, transactionId: row.id });
    return row;
  }

  /**
   * Gives an owner points. They cost nothing and never become money.
   *
   * @returns the GRANT row; of the same request, the one that is there already.
   * @throws {BadUserInput} {@link PointLimitExceeded} {@link KeyReused} nothing was changed.
   * @throws {OwnerNotFound} they have left.
   */
  async grant(request: PointRequest): Promise<PointTransaction> {
    checkPointRequest(request);
    const { ownerId, amount, reason, reference: purpose = null, actor = null } = request;
    const { pointMaxBalance: maxBalance } = this.settings;
    const reference = grantReference(ownerId, request.idempotencyKey);
    // One who never ordered anything has none yet; an empty one says nothing.
    await openAccount(this.dataSource.manager, ownerId);
    const id = newId();
    const row = await this.once(async (manager): Promise<Posted> => {
      const locked = await accountAndFirst.first(manager, { ownerId, reference });
      if (!locked) throw new Error('an account that was opened is not there');
      const { account, first } = locked;
      if (first) return sameOrReused(first, isRowOf(first, request));
      if (account.closedAt !== null) return { refusal: new OwnerNotFound() };
      const { point } = account;
      if (point + amount > maxBalance)
        return { refusal: new PointLimitExceeded({ point, openOrders: 0, maxBalance }) };
      const fact = { id, reference, status: PointTransactionStatus.GRANT, amount, reason, purpose, actor };
      const expiresAt = new Date(Date.now() + this.settings.pointValidity.bonusMs);
      return { row: bring(manager, account, fact, { kind: LotKind.ADJUST, expiresAt }) };
    });
    if (row.id === id) granted.announce({ points: amount, ownerId, transactionId: row.id });
    return row;
  }

  private async once(work: (manager: EntityManager) => Promise<Posted>): Promise<PointTransaction> {
    for (let run = 1; ; run++) {
      try {
        const posted = await inTransaction(this.dataSource, 'READ COMMITTED', work);
        if ('refusal' in posted) throw posted.refusal;
        return posted.row;
      } catch (error) {
        if (run === RUNS_MAX || !violatesUniqueKey(this.dataSource, error, TRANSACTION_REFERENCE_UNIQUE))
          throw error;
      }
    }
  }
}

function sameOrReused(row: PointTransaction, isSame: boolean): Posted {
  return isSame ? { row } : { refusal: new KeyReused() };
}

/** Whole points of a spend that came back, under the lock of its owner's account. */
async function givenBackOf(manager: EntityManager, spendId: string): Promise<number> {
  const from = spendCancelPrefix(spendId);
  // The character after the colon that ends it.
  const to = `${from.slice(0, -1)};`;
  const { records } = await givenBack.send(manager, { from, to });
  return Number((records as { amount: number | string }[])[0]?.amount ?? 0);
}
