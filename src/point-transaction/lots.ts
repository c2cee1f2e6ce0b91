import { type EntityManager, In } from 'typeorm';
import { InsertOf, JoinOf, RowsOf, Statement } from '../database/statement.js';
import { openUntilOf, type OwnLots, type Share, shareOut } from './lot-rules.js';
import { Lot, LotKind, LotUse } from './lot.entity.js';
import { PointTransaction } from './point-transaction.entity.js';

/** Lots that are read at once; most spends need one. */
const LOTS_AT_ONCE = 50;

const insertLot = new InsertOf(Lot);
const insertUse = new InsertOf(LotUse);
/** In the order of spending. The database's own clock says which have expired (they may not be booked yet). */
const nextToSpend = new RowsOf(
  Lot,
  ({ now, forUpdate }) => `WHERE ownerId = :ownerId AND openUntil > ${now}
  ORDER BY openUntil, kind, id LIMIT ${LOTS_AT_ONCE} ${forUpdate}`,
);
/** The same with those whose time is over, for what has to go whatever is left. */
const nextToTake = new RowsOf(
  Lot,
  ({ forUpdate }) => `WHERE ownerId = :ownerId AND openUntil IS NOT NULL
  ORDER BY openUntil, kind, id LIMIT ${LOTS_AT_ONCE} ${forUpdate}`,
);
const lotsOfPayment = new RowsOf(Lot, ({ forUpdate }) => `WHERE paymentId = :paymentId ${forUpdate}`);
const lotAsItIs = new RowsOf(Lot, ({ forUpdate }) => `WHERE id = :id ${forUpdate}`);
const usesOf = new JoinOf<{ taken: LotUse; lot: Lot }>(
  { taken: LotUse, lot: Lot },
  ({ table, joinAfter, forUpdate }) => `FROM ${table(LotUse)} AS taken
  ${joinAfter} ${table(Lot)} AS lot ON lot.id = taken.lotId
  WHERE taken.takenBy = :takenBy
  ${forUpdate}`,
);
const takeFromLot = new Statement(
  ({ table }) => `UPDATE ${table(Lot)}
  SET openUntil = CASE WHEN remaining = :amount THEN NULL ELSE openUntil END,
    nextExpiryAt = CASE WHEN remaining = :amount THEN NULL ELSE nextExpiryAt END,
    remaining = remaining - :amount
  WHERE id = :id`,
);
const giveToLot = new Statement(
  ({ table }) => `UPDATE ${table(Lot)}
  SET noticedDays = CASE
      WHEN :openUntil > expiresAt AND (openUntil IS NULL OR openUntil < :openUntil) THEN NULL ELSE noticedDays END,
    remaining = remaining + :amount, openUntil = :openUntil, nextExpiryAt = :openUntil
  WHERE id = :id`,
);
/** Of several that tell an owner the same, one finds it untold. */
const noteNotice = new Statement(
  ({ table, now }) => `UPDATE ${table(Lot)} SET noticedDays = :days
  WHERE id = :id AND openUntil > ${now} AND (noticedDays IS NULL OR noticedDays > :days)`,
);
const countBonus = new Statement(
  ({ table }) => `UPDATE ${table(Lot)} SET bonusTaken = bonusTaken + :amount
  WHERE paymentId = :paymentId AND kind = '${LotKind.PAID}'`,
);
const returnUse = new Statement(
  ({ table }) => `UPDATE ${table(LotUse)} SET returned = returned + :amount
  WHERE takenBy = :takenBy AND lotId = :lotId`,
);
const closeExpired = new Statement(
  // MariaDB sets one after the other, so what is left is counted before it is 0.
  ({ table, now }) => `UPDATE ${table(Lot)}
  SET expired = expired + remaining, remaining = 0, openUntil = NULL, nextExpiryAt = NULL
  WHERE id = :id AND remaining = :remaining AND openUntil <= ${now}`,
);

const heldByHolds = new Statement(
  ({
    table,
  }) => `SELECT COALESCE(SUM(taken.amount - taken.returned), 0) AS held FROM ${table(LotUse)} AS taken
  LEFT JOIN ${table(PointTransaction)} AS entry ON entry.id = taken.takenBy
  WHERE taken.lotId = :lotId AND entry.id IS NULL`,
);
const uncountExpired = new Statement(
  ({ table }) => `UPDATE ${table(Lot)} SET expired = expired - :amount WHERE id = :id`,
);

/*
 * Lots as the ledger writes them, under the lock of their owner's account. All amounts are whole points, at least 1.
 */

export function openLot(
  manager: EntityManager,
  lot: Pick<Lot, 'id' | 'ownerId' | 'kind' | 'initial' | 'remaining' | 'expiresAt'> &
    Partial<Pick<Lot, 'paymentId' | 'bonus'>>,
): void {
  const openUntil = lot.remaining > 0 ? lot.expiresAt : null;
  const more = {
    paymentId: null,
    bonus: 0,
    bonusTaken: 0,
    expired: 0,
    openUntil,
    nextExpiryAt: openUntil,
    noticedDays: null,
  };
  insertLot.runLater(manager, { ...more, ...lot });
}

/**
 * Takes points out of an owner's lots in the order of spending: those that expire first, of these granted ones and bonus
 * before paid ones, and then the oldest. Each statement reads no more lots than it may need, however many there are.
 *
 * @param preferred lots that are taken from first. With them, also lots whose time is over are taken from: these points go
 * whatever is left.
 * @returns whole points for which there was no lot: the caller refuses them, and what was taken is rolled back.
 */
export async function takeFromLots(
  manager: EntityManager,
  ownerId: string,
  amount: number,
  takenBy: string,
  preferred?: readonly Lot[],
): Promise<number> {
  let { shares, missing } = shareOut(amount, preferred ?? [], roomOf);
  await take(manager, shares, takenBy);
  const next = preferred ? nextToTake : nextToSpend;
  // Ends because each round empties all lots that it read, or finds enough in them, or finds none.
  while (missing > 0) {
    const lots = await next.all(manager, { ownerId });
    ({ shares, missing } = shareOut(missing, lots, roomOf));
    await take(manager, shares, takenBy);
    if (lots.length < LOTS_AT_ONCE) break;
  }
  return missing;
}

async function take(manager: EntityManager, shares: Share<Lot>[], takenBy: string): Promise<void> {
  const emptied = shares.filter(({ of, amount }) => of.remaining === amount);
  const [first, second] = shares;
  if (!first) return;
  const uses = shares.map(({ of, amount }): LotUse => ({ takenBy, lotId: of.id, amount, returned: 0 }));
  if (second) {
    const ids = emptied.map(({ of }) => of.id);
    const closed = { remaining: 0, openUntil: null, nextExpiryAt: null };
    if (ids.length > 0) await manager.update(Lot, { id: In(ids) }, closed);
    for (const { of, amount } of shares) {
      if (of.remaining > amount) takeFromLot.runLater(manager, { id: of.id, amount });
    }
    await manager.insert(LotUse, uses);
    return;
  }
  takeFromLot.runLater(manager, { id: first.of.id, amount: first.amount });
  for (const use of uses) insertUse.runLater(manager, use);
}

/**
 * Gives points that were taken back into the lots that they came from, into those with the most time first.
 *
 * @param amount of the points that `takenBy` took.
 * @param toLots how many of them: the rest fills a debt.
 */
export async function giveBackToLots(
  manager: EntityManager,
  takenBy: string,
  amount: number,
  toLots: number,
  graceMs: number,
): Promise<void> {
  const uses = (await usesOf.all(manager, { takenBy })).toSorted(
    (one, other) =>
      other.lot.expiresAt.getTime() - one.lot.expiresAt.getTime() ||
      other.lot.kind.localeCompare(one.lot.kind) ||
      other.lot.id.localeCompare(one.lot.id),
  );
  const { shares, missing } = shareOut(amount, uses, ({ taken }) => taken.amount - taken.returned);
  if (missing > 0) throw new Error('more comes back than was taken');
  let rest = toLots;
  for (const { of, amount: share } of shares) {
    const { lotId } = of.taken;
    returnUse.runLater(manager, { takenBy, lotId, amount: share });
    const given = Math.min(rest, share);
    if (given > 0) give(manager, of.lot, given, graceMs);
    rest -= given;
  }
}

function give(manager: EntityManager, lot: Lot, amount: number, graceMs: number): void {
  giveToLot.runLater(manager, { id: lot.id, amount, openUntil: openUntilOf(lot, graceMs, new Date()) });
}

/** The lots of one payment: PAID, and BONUS where it had one. */
export interface LotsOfPayment {
  paid: Lot;
  bonus: Lot | undefined;
}

export async function lotsOf(manager: EntityManager, paymentId: string): Promise<LotsOfPayment> {
  const lots = await lotsOfPayment.all(manager, { paymentId });
  const paid = lots.find(({ kind }) => kind === LotKind.PAID);
  if (!paid) throw new Error('a credited payment has no lot');
  return { paid, bonus: lots.find(({ kind }) => kind === LotKind.BONUS) };
}

/** What the rules of a refund look at. */
export function ownLots({ paid, bonus }: LotsOfPayment): OwnLots {
  return { paid, bonusRemaining: bonus?.remaining ?? 0, bonusExpired: bonus?.expired ?? 0 };
}

/** Takes from the lots of a payment what a cancellation of it holds. */
export function takeFromOwnLots(
  manager: EntityManager,
  { paid, bonus }: LotsOfPayment,
  fromPaid: number,
  fromBonus: number,
): void {
  if (fromPaid > 0) takeFromLot.runLater(manager, { id: paid.id, amount: fromPaid });
  if (bonus && fromBonus > 0) takeFromLot.runLater(manager, { id: bonus.id, amount: fromBonus });
}

/** Gives them back, paid ones first. @param toLots as in {@link giveBackToLots}. */
export async function giveBackToOwnLots(
  manager: EntityManager,
  paymentId: string,
  fromPaid: number,
  toLots: number,
  graceMs: number,
): Promise<void> {
  const { paid, bonus } = await lotsOf(manager, paymentId);
  const toPaid = Math.min(fromPaid, toLots);
  if (toPaid > 0) give(manager, paid, toPaid, graceMs);
  if (bonus && toLots > toPaid) give(manager, bonus, toLots - toPaid, graceMs);
}

/** Notes how much of a payment's bonus went back. */
export function noteBonusTaken(manager: EntityManager, paymentId: string, amount: number): void {
  countBonus.runLater(manager, { paymentId, amount });
}

/** Points of a lot that had expired are lost no longer. */
export function noteNotExpired(manager: EntityManager, id: string, amount: number): void {
  uncountExpired.runLater(manager, { id, amount });
}

/**
 * Whole points of a lot that holds keep at this moment. What a spend took has the id of its row, and what a confirmed hold took
 * has it as well.
 */
export async function heldOf(manager: EntityManager, lotId: string): Promise<number> {
  const { records } = await heldByHolds.send(manager, { lotId });
  return Number((records as { held: number | string }[])[0]?.held ?? 0);
}

/** Empties a lot whose time is over. @returns it as it was; null when there is nothing to do any more, or not yet. */
export async function emptyExpiredLot(manager: EntityManager, id: string): Promise<Lot | null> {
  const lot = await lotAsItIs.first(manager, { id });
  if (!lot || lot.remaining === 0) return null;
  const { remaining } = lot;
  return (await closeExpired.run(manager, { id, remaining })) === 1 ? lot : null;
}

/** Notes that the owner of a lot is told of its end, so many days before it. @returns false when that was told before. */
export async function noticeLot(manager: EntityManager, id: string, days: number): Promise<boolean> {
  return (await noteNotice.run(manager, { id, days })) === 1;
}

function roomOf({ remaining }: Lot): number {
  return remaining;
}
