import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { SETTINGS, type Settings } from '../config/settings.js';
import { InjectDataSource } from '../database/inject.js';
import { newId } from '../database/new-id.js';
import { inTransaction } from '../database/transaction.js';
import { violatesUniqueKey } from '../database/unique-key.js';
import { availablePoint } from '../point-account/accounts.js';
import * as ledger from '../point-transaction/ledger.js';
import { PointTransaction, PointTransactionStatus } from '../point-transaction/point-transaction.entity.js';
import { holdReference } from '../point-transaction/reference.js';
import type { Refusal } from '../refusal/refusal.js';
import { spent } from './announcements.js';
import { Hold, HOLD_IDEMPOTENCY_UNIQUE, HoldState } from './hold.entity.js';
import {
  accountAndFirstHold,
  accountAndHold,
  confirm,
  expire,
  findOpenHolds,
  holdById,
  insertHold,
  type LockedHold,
  voidIt,
} from './holds.js';
import { HoldAmountExceeded, HoldEnded, HoldNotFound, KeyReused, NotEnoughPoints } from './refusals.js';
import { checkAmount, checkPointRequest, checkUntil, type HoldRequest, isHoldOf } from './request.js';

/** See SpendingService. */
const RUNS_MAX = 2;

/**
 * Keeps points for a spend that may follow, as a shop does between an order and its delivery. Each step is one transaction
 * under the lock of the owner's account. A hold that nobody ends ends by itself.
 */
@Injectable()
export class HoldService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Pick<Settings, 'pointValidity'>,
  ) {}

  /**
   * Holds points of an owner, all of them or none.
   *
   * @returns the hold; of the same request, the one that is there already, as it is now.
   * @throws {BadUserInput} {@link NotEnoughPoints} {@link KeyReused} nothing was changed.
   */
  async hold(request: HoldRequest): Promise<Hold> {
    checkPointRequest(request);
    for (let run = 1; ; run++) {
      try {
        return await this.holdOnce(request);
      } catch (error) {
        // What else there is has expired, and is about to be booked.
        if (error instanceof ledger.LotsMissing) {
          throw new NotEnoughPoints(request.amount - error.missing, request.amount);
        }
        const isSecond = violatesUniqueKey(this.dataSource, error, HOLD_IDEMPOTENCY_UNIQUE);
        if (run === RUNS_MAX || !isSecond) throw error;
      }
    }
  }

  private async holdOnce(request: HoldRequest): Promise<Hold> {
    const { ownerId, amount, reason, idempotencyKey, until: expiresAt } = request;
    const held = await inTransaction(
      this.dataSource,
      'READ COMMITTED',
      async (manager): Promise<Hold | { refusal: Refusal }> => {
        const locked = await accountAndFirstHold.first(manager, { ownerId, idempotencyKey });
        if (locked?.first) {
          return isHoldOf(locked.first, request) ? locked.first : { refusal: new KeyReused() };
        }
        const createdAt = new Date();
        checkUntil(expiresAt, createdAt);
        const available = locked ? availablePoint(locked.account) : 0;
        if (!locked || amount > available) return { refusal: new NotEnoughPoints(available, amount) };
        const hold: Hold = {
          id: newId(),
          ownerId,
          amount,
          state: HoldState.HELD,
          confirmedAmount: null,
          reason,
          purpose: request.reference ?? null,
          actor: request.actor ?? null,
          idempotencyKey,
          createdAt,
          expiresAt,
          endedAt: null,
          nextReleaseAt: expiresAt,
        };
        insertHold.runLater(manager, hold);
        await ledger.hold(manager, locked.account, amount, hold.id);
        return hold;
      },
    );
    if ('refusal' in held) throw held.refusal;
    return held;
  }

  /**
   * Spends what was held, or a part of it, and gives the rest free.
   *
   * @param asked whole points; all of it when it is not given.
   * @returns the SPEND row; the same one when it is confirmed again with the same amount.
   * @throws {BadUserInput} {@link HoldNotFound} {@link HoldAmountExceeded} {@link HoldEnded} nothing was changed.
   */
  async confirm(holdId: string, asked?: number): Promise<PointTransaction> {
    if (asked !== undefined) checkAmount(asked);
    const confirmed = await this.underLock(holdId, async (manager, { account, hold }) => {
      const { id, reason, purpose, actor } = hold;
      const amount = asked ?? hold.amount;
      if (hold.state === HoldState.CONFIRMED && hold.confirmedAmount === amount) {
        return { row: await manager.findOneByOrFail(PointTransaction, { id }), isNew: false };
      }
      if (hold.state !== HoldState.HELD) throw new HoldEnded(hold.state, hold.confirmedAmount);
      if (amount > hold.amount) throw new HoldAmountExceeded(hold.amount);
      // Its time can be over before anybody has given it free.
      if (!(await confirm(manager, hold, amount))) throw new HoldEnded(HoldState.EXPIRED, null);
      const status = PointTransactionStatus.SPEND;
      const fact = { id, reference: holdReference(id), status, amount: -amount, reason, purpose, actor };
      return { row: await ledger.spendHeld(manager, account, fact, hold.amount, this.graceMs), isNew: true };
    });
    const { row, isNew } = confirmed;
    if (isNew) spent.announce({ points: -row.amount, ownerId: row.ownerId, transactionId: row.id });
    return row;
  }

  /**
   * Gives what was held free.
   *
   * @returns the hold; as it is when it was given free before.
   * @throws {HoldNotFound} {@link HoldEnded} it was confirmed.
   */
  async void(holdId: string): Promise<Hold> {
    return this.underLock(holdId, async (manager, { account, hold }) => {
      if (hold.state === HoldState.CONFIRMED) throw new HoldEnded(hold.state, hold.confirmedAmount);
      if (hold.state !== HoldState.HELD || !(await voidIt(manager, hold))) return hold;
      await ledger.release(manager, account, hold.amount, hold.id, this.graceMs);
      return manager.findOneByOrFail(Hold, { id: holdId });
    });
  }

  /** Gives a hold free whose time is over. Does nothing for any other one. @returns whether it was given free now. */
  async expire(holdId: string): Promise<boolean> {
    return this.underLock(holdId, async (manager, { account, hold }) => {
      if (hold.state !== HoldState.HELD || !(await expire(manager, hold))) return false;
      await ledger.release(manager, account, hold.amount, hold.id, this.graceMs);
      return true;
    });
  }

  private get graceMs(): number {
    return this.settings.pointValidity.graceMs;
  }

  /**
   * What is held of an owner at this moment, newest first: the holds whose sum is the part of `heldPoint` that no
   * cancellation has. One whose time is over is among them until it is given free, seconds later.
   *
   * @param before only holds with a smaller id.
   */
  async openOf(ownerId: string, count: number, before: string | undefined): Promise<Hold[]> {
    return findOpenHolds(this.dataSource.manager, ownerId, count, before);
  }

  async find(holdId: string): Promise<Hold | null> {
    return holdById.first(this.dataSource.manager, { id: holdId });
  }

  /** @throws {HoldNotFound} and what `work` throws, after a rollback. */
  private async underLock<T>(
    id: string,
    work: (manager: EntityManager, locked: LockedHold) => Promise<T>,
  ): Promise<T> {
    const found = await this.find(id);
    if (!found) throw new HoldNotFound();
    return inTransaction(this.dataSource, 'READ COMMITTED', async (manager) => {
      const locked = await accountAndHold.first(manager, { id, ownerId: found.ownerId });
      if (!locked) throw new Error('a hold is without its account');
      return work(manager, locked);
    });
  }
}
