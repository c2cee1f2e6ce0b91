import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { availablePoint, findAccount } from '../point-account/accounts.js';
import type { PointTransaction } from '../point-transaction/point-transaction.entity.js';
import { HoldService } from '../spending/hold.service.js';
import type { Hold } from '../spending/hold.entity.js';
import type { HoldRequest, PointRequest, SpendCancelRequest } from '../spending/request.js';
import { SpendingService } from '../spending/spending.service.js';

/** What an owner has, in whole points. */
export interface PointBalance {
  point: number;
  /** The part of it that open cancellations and holds have reserved. */
  heldPoint: number;
  /** What can be spent now. */
  availablePoint: number;
}

/**
 * The points, for the code of the app that they are in. Whether a caller may do what is asked was decided by that code.
 *
 * Each call is one transaction of its own, safe to repeat with the same `idempotencyKey`: repeat it when nothing came back.
 * What is refused is thrown as a `Refusal` with a `code`, and has changed nothing.
 */
@Injectable()
export class Points {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly spending: SpendingService,
    private readonly holds: HoldService,
  ) {}

  /** Nothing, for an owner that nobody has heard of. */
  async balance(ownerId: string): Promise<PointBalance> {
    const account = await findAccount(this.dataSource.manager, ownerId);
    if (!account) return { point: 0, heldPoint: 0, availablePoint: 0 };
    const { point, heldPoint } = account;
    return { point, heldPoint, availablePoint: availablePoint(account) };
  }

  /** Spends points, all of them or none. @throws {Refusal} INSUFFICIENT_POINT, BAD_USER_INPUT, IDEMPOTENCY_KEY_REUSED. */
  async spend(request: PointRequest): Promise<PointTransaction> {
    return this.spending.spend(request);
  }

  /** Gives points of a spend back. @throws {Refusal} SPEND_NOT_FOUND, CANCEL_AMOUNT_EXCEEDED, IDEMPOTENCY_KEY_REUSED. */
  async cancelSpend(request: SpendCancelRequest): Promise<PointTransaction> {
    return this.spending.cancelSpend(request);
  }

  /** Gives points that cost nothing. @throws {Refusal} POINT_LIMIT_EXCEEDED, BAD_USER_INPUT, IDEMPOTENCY_KEY_REUSED. */
  async grant(request: PointRequest): Promise<PointTransaction> {
    return this.spending.grant(request);
  }

  /** Keeps points for a spend that may follow. @throws {Refusal} INSUFFICIENT_POINT, BAD_USER_INPUT, IDEMPOTENCY_KEY_REUSED. */
  async hold(request: HoldRequest): Promise<Hold> {
    return this.holds.hold(request);
  }

  /** Spends what is held, or a part of it. @throws {Refusal} HOLD_NOT_FOUND, HOLD_AMOUNT_EXCEEDED, HOLD_ENDED. */
  async confirmHold(holdId: string, amount?: number): Promise<PointTransaction> {
    return this.holds.confirm(holdId, amount);
  }

  /** Gives what is held free. @throws {Refusal} HOLD_NOT_FOUND, HOLD_ENDED. */
  async voidHold(holdId: string): Promise<Hold> {
    return this.holds.void(holdId);
  }
}
