import { type EntityManager, LessThan } from 'typeorm';
import { InsertOf, JoinOf, RowsOf, Statement } from '../database/statement.js';
import { PointAccount } from '../point-account/point-account.entity.js';
import { Hold, HoldState } from './hold.entity.js';

/** An owner's account and one of their holds, both under the lock of the account. */
export interface LockedHold {
  account: PointAccount;
  hold: Hold;
}

/** The same, where there may be none yet. */
export interface LockedWithFirstHold {
  account: PointAccount;
  first: Hold | null;
}

export const holdById = new RowsOf(Hold, () => 'WHERE id = :id');
/** Sorts after each id. */
const AFTER_ALL = '~';
export const insertHold = new InsertOf(Hold);
/** The account stands first, so that no database reads the hold before it has the account's lock. */
export const accountAndHold = new JoinOf<LockedHold>(
  { account: PointAccount, hold: Hold },
  ({ table, joinAfter, forUpdate }) => `FROM ${table(PointAccount)} AS account
  ${joinAfter} ${table(Hold)} AS hold ON hold.id = :id AND hold.ownerId = account.ownerId
  WHERE account.ownerId = :ownerId
  ${forUpdate}`,
);
export const accountAndFirstHold = new JoinOf<LockedWithFirstHold>(
  { account: PointAccount, first: Hold },
  ({ table, forUpdate }) => `FROM ${table(PointAccount)} AS account
  LEFT JOIN ${table(Hold)} AS first
    ON first.ownerId = account.ownerId AND first.idempotencyKey = :idempotencyKey
  WHERE account.ownerId = :ownerId
  ${forUpdate}`,
);

/** What is held of an owner, newest first. @param before only holds with a smaller id. */
export async function findOpenHolds(
  manager: EntityManager,
  ownerId: string,
  count: number,
  before: string = AFTER_ALL,
): Promise<Hold[]> {
  return manager.find(Hold, {
    where: { ownerId, state: HoldState.HELD, id: LessThan(before) },
    order: { id: 'DESC' },
    take: count,
  });
}

const endingWhile = (condition: (now: string) => string) =>
  new Statement(
    ({ table, now }) => `UPDATE ${table(Hold)}
  SET state = :state, confirmedAmount = :confirmedAmount, endedAt = ${now}, nextReleaseAt = NULL
  WHERE id = :id AND state = '${HoldState.HELD}'${condition(now)}`,
  );
const confirmInTime = endingWhile((now) => ` AND expiresAt > ${now}`);
const releaseOverdue = endingWhile((now) => ` AND expiresAt <= ${now}`);
const voidHeld = endingWhile(() => '');

/*
 * The three ends of a hold, under the lock of its owner's account. Which of them comes first is the database's to say, by its
 * own clock: the clocks of servers differ. Each returns whether it was the one.
 */

export async function confirm(
  manager: EntityManager,
  { id }: Hold,
  confirmedAmount: number,
): Promise<boolean> {
  return (await confirmInTime.run(manager, { id, state: HoldState.CONFIRMED, confirmedAmount })) === 1;
}

export async function voidIt(manager: EntityManager, { id }: Hold): Promise<boolean> {
  return (await voidHeld.run(manager, { id, state: HoldState.VOIDED, confirmedAmount: null })) === 1;
}

export async function expire(manager: EntityManager, { id }: Hold): Promise<boolean> {
  return (await releaseOverdue.run(manager, { id, state: HoldState.EXPIRED, confirmedAmount: null })) === 1;
}
