import type { EntityManager } from 'typeorm';
import { newId } from '../database/new-id.js';
import { InsertOf, Statement } from '../database/statement.js';
import { storeEvent, storesEvents } from '../event/outbox.js';
import { availablePoint } from '../point-account/accounts.js';
import { PointAccount } from '../point-account/point-account.entity.js';
import { changeOfLots } from './lot-rules.js';
import type { Lot } from './lot.entity.js';
import {
  emptyExpiredLot,
  giveBackToLots,
  giveBackToOwnLots,
  lotsOf,
  type LotsOfPayment,
  noteNotExpired,
  openLot,
  takeFromLots,
  takeFromOwnLots,
} from './lots.js';
import { PointTransaction, PointTransactionStatus } from './point-transaction.entity.js';
import { postedEvent } from './posted-event.js';
import { expiryCancelReference, expiryReference } from './reference.js';

const insertTransaction = new InsertOf(PointTransaction);
/** Added in SQL, so that the balance is right even if it was not read under a lock. */
const addToBalance = new Statement(
  ({ table }) => `UPDATE ${table(PointAccount)}
  SET point = point + :amount, transactionCount = transactionCount + 1, heldPoint = heldPoint - :released
  WHERE ownerId = :ownerId`,
);
const addToHold = new Statement(
  ({ table }) => `UPDATE ${table(PointAccount)} SET heldPoint = heldPoint + :amount WHERE ownerId = :ownerId`,
);

/** What is to be posted: the ledger numbers it and knows the balance. */
export type Fact = Pick<PointTransaction, 'reference' | 'status' | 'amount'> &
  Partial<Pick<PointTransaction, 'id' | 'paymentId' | 'reason' | 'purpose' | 'actor'>>;

/** The lot that a row brings. */
export type NewLot = Pick<Lot, 'kind' | 'expiresAt'> & Partial<Pick<Lot, 'paymentId' | 'bonus'>>;

/** Too few points in lots that have not expired; whatever was written is to be rolled back. */
export class LotsMissing extends Error {
  override readonly name = 'LotsMissing';

  /** @param missing whole points. */
  constructor(readonly missing: number) {
    super(`${missing} points are in no lot that can be spent`);
  }
}

/*
 * The only writers of balances, of the transactions behind them, of holds, and of lots. Each is a part of its caller's
 * transaction, which has locked the account before and leaves `account` as it is afterwards.
 *
 * After each of them the lots of an owner have just what is available: `point` less `heldPoint`, and nothing below zero.
 */

/** Points that come anew, in a lot of their own. In debt a part of them fills it, and is not in the lot. */
export function bring(
  manager: EntityManager,
  account: PointAccount,
  fact: Fact,
  lot: NewLot,
): PointTransaction {
  const before = availablePoint(account);
  const row = post(manager, account, fact, 0);
  const { id, ownerId, amount: initial } = row;
  openLot(manager, { ...lot, id, ownerId, initial, remaining: changeOfLots(before, before + initial) });
  return row;
}

/** Points that are spent, out of lots in the order of spending. @throws {LotsMissing} */
export async function spend(
  manager: EntityManager,
  account: PointAccount,
  fact: Fact,
): Promise<PointTransaction> {
  const row = post(manager, account, fact, 0);
  await takeAll(manager, account, -row.amount, row.id);
  return row;
}

/** Points of a spend that come back into the lots that they came from. @param graceMs see openUntilOf. */
export async function giveBack(
  manager: EntityManager,
  account: PointAccount,
  fact: Fact,
  spendId: string,
  graceMs: number,
): Promise<PointTransaction> {
  const before = availablePoint(account);
  const row = post(manager, account, fact, 0);
  const toLots = changeOfLots(before, availablePoint(account));
  await giveBackToLots(manager, spendId, row.amount, toLots, graceMs);
  return row;
}

/** Takes points for a hold, so that they are not spent or held again. @throws {LotsMissing} */
export async function hold(
  manager: EntityManager,
  account: PointAccount,
  amount: number,
  holdId: string,
): Promise<void> {
  addHeld(manager, account, amount);
  await takeAll(manager, account, amount, holdId);
}

/** Gives what a hold has taken free. */
export async function release(
  manager: EntityManager,
  account: PointAccount,
  amount: number,
  holdId: string,
  graceMs: number,
): Promise<void> {
  const before = availablePoint(account);
  addHeld(manager, account, -amount);
  await giveBackToLots(manager, holdId, amount, changeOfLots(before, availablePoint(account)), graceMs);
}

/** Spends of what a hold has taken, and gives the rest free. @param fact its id is that of the hold. */
export async function spendHeld(
  manager: EntityManager,
  account: PointAccount,
  fact: Fact & { id: string },
  held: number,
  graceMs: number,
): Promise<PointTransaction> {
  const before = availablePoint(account);
  const row = post(manager, account, fact, held);
  const rest = held + row.amount;
  if (rest > 0) {
    const toLots = changeOfLots(before, availablePoint(account));
    await giveBackToLots(manager, fact.id, rest, toLots, graceMs);
  }
  return row;
}

/** What a cancellation holds of its payment's own lots. */
export interface HeldOfPayment {
  paymentId: string;
  /** All of it. */
  points: number;
  /** How many of them are for the payment's bonus, of which some may be taken from the paid points. */
  bonus: number;
  bonusFromPaid: number;
}

/**
 * Takes what a cancellation holds out of its payment's own lots. The caller has read them under the lock and seen that they
 * have it.
 */
export function holdOwn(
  manager: EntityManager,
  account: PointAccount,
  lots: LotsOfPayment,
  held: Omit<HeldOfPayment, 'paymentId'>,
): void {
  const fromBonus = held.bonus - held.bonusFromPaid;
  takeFromOwnLots(manager, lots, held.points - fromBonus, fromBonus);
  addHeld(manager, account, held.points);
}

/** Gives what a cancellation held free. */
export async function releasePaid(
  manager: EntityManager,
  account: PointAccount,
  { paymentId, points, bonus, bonusFromPaid }: HeldOfPayment,
  graceMs: number,
): Promise<void> {
  const before = availablePoint(account);
  addHeld(manager, account, -points);
  const toLots = changeOfLots(before, availablePoint(account));
  await giveBackToOwnLots(manager, paymentId, points - (bonus - bonusFromPaid), toLots, graceMs);
}

/**
 * Points of a paid lot that had expired come back, because their money goes back. They are held at once for the rows that take
 * them, in the same transaction: so nobody can spend them, and they fill no debt.
 *
 * @param cause the order of the payment, and who asked.
 */
export function bringExpiredBack(
  manager: EntityManager,
  account: PointAccount,
  lotId: string,
  amount: number,
  cause: Pick<Fact, 'purpose' | 'actor'>,
): void {
  const reference = expiryCancelReference(lotId, account.transactionCount + 1);
  post(
    manager,
    account,
    { reference, status: PointTransactionStatus.EXPIRE_CANCEL, amount, ...cause },
    -amount,
  );
  noteNotExpired(manager, lotId, amount);
}

/**
 * Points that go because money of a payment went back. What was held for it was taken out of the lots before; of anything
 * else, of a cancellation made elsewhere, the payment's own lots give first, then the others, and what they lack is a debt.
 *
 * @param fact its payment is that of the row, unless the row is of another status than CANCEL.
 * @param released whole points whose hold ends with this row.
 */
export async function takeBack(
  manager: EntityManager,
  account: PointAccount,
  fact: Fact & { paymentId: string },
  released: number,
  first: 'PAID' | 'BONUS' = 'PAID',
): Promise<PointTransaction> {
  const before = availablePoint(account);
  const { paymentId } = fact;
  const ofPayment = fact.status === PointTransactionStatus.CANCEL ? fact : { ...fact, paymentId: null };
  const row = post(manager, account, ofPayment, released);
  const change = changeOfLots(before, availablePoint(account));
  if (change < 0) {
    const { paid, bonus } = await lotsOf(manager, paymentId);
    const own = first === 'PAID' || !bonus ? [paid] : [bonus, paid];
    const missing = await takeFromLots(manager, account.ownerId, -change, row.id, own);
    if (missing > 0) throw new Error('the lots have less than is available');
  } else if (change > 0) {
    // Less went back than was held for it.
    await giveBackToOwnLots(manager, paymentId, change, change, 0);
  }
  return row;
}

/** Books what is left of a lot whose time is over as lost. @returns undefined when there is nothing to do any more. */
export async function expireLot(
  manager: EntityManager,
  account: PointAccount,
  lotId: string,
): Promise<PointTransaction | undefined> {
  const lot = await emptyExpiredLot(manager, lotId);
  if (!lot) return undefined;
  const reference = expiryReference(lotId, account.transactionCount + 1);
  const fact = { reference, status: PointTransactionStatus.EXPIRE, amount: -lot.remaining };
  return post(manager, account, fact, 0);
}

/** Appends a row to the ledger and adds its amount to the balance. Lots are its callers'. */
function post(manager: EntityManager, account: PointAccount, fact: Fact, released: number): PointTransaction {
  const { ownerId } = account;
  const { id = newId(), reference, status, amount } = fact;
  const { paymentId = null, reason = null, purpose = null, actor = null } = fact;
  const row: PointTransaction = {
    id,
    ownerId,
    reference,
    paymentId,
    status,
    amount,
    sequence: account.transactionCount + 1,
    balanceAfter: account.point + amount,
    reason,
    purpose,
    actor,
    createdAt: new Date(),
  };
  insertTransaction.runLater(manager, row);
  addToBalance.runLater(manager, { ownerId, amount: row.amount, released });
  if (storesEvents(manager)) storeEvent(manager, postedEvent(row));
  account.point = row.balanceAfter;
  account.transactionCount = row.sequence;
  account.heldPoint -= released;
  return row;
}

function addHeld(manager: EntityManager, account: PointAccount, amount: number): void {
  addToHold.runLater(manager, { ownerId: account.ownerId, amount });
  account.heldPoint += amount;
}

async function takeAll(
  manager: EntityManager,
  { ownerId }: PointAccount,
  amount: number,
  takenBy: string,
): Promise<void> {
  const missing = await takeFromLots(manager, ownerId, amount, takenBy);
  if (missing > 0) throw new LotsMissing(missing);
}
