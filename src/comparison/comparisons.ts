import { type DataSource, In, IsNull, LessThan, MoreThanOrEqual, Not } from 'typeorm';
import type { AttentionKind } from '../attention/attention.entity.js';
import { withdraw } from '../attention/raise.js';
import { newId, timeOfId } from '../database/new-id.js';
import { Statement } from '../database/statement.js';
import type { Judged } from './compare.js';
import { DifferenceKind } from './compare.js';
import { Comparison, ComparisonState, FAULT_MAX_LENGTH } from './comparison.entity.js';
import { firstDay } from './schedule.js';
import { Difference, DifferenceState } from './difference.entity.js';
import { AttentionOf } from './attention-of.js';

/** Rows that are looked at and changed at once. */
const PAGE = 500;
const GONE = '그 뒤의 대사에서는 차이가 없었습니다. / A later comparison did not find it any more.';

const insertComparison = new Statement(
  ({ table, orKeepTheFirst }) => `INSERT INTO ${table(Comparison)} (id, gateway, day, state, nextRunAt)
  VALUES (:id, :gateway, :day, '${ComparisonState.NOT_COMPARED}', :nextRunAt) ${orKeepTheFirst('gateway', 'day')}`,
);
const insertDifference = new Statement(
  ({
    table,
    orKeepTheFirst,
  }) => `INSERT INTO ${table(Difference)} (id, comparisonId, kind, state, gatewayPaymentId,
    merchantUid, ownerId, paidThere, cancelledThere, creditedHere, cancelledHere, foundAt, seenAt, endedAt)
  VALUES (:id, :comparisonId, :kind, :state, :gatewayPaymentId, :merchantUid, :ownerId, :paidThere, :cancelledThere,
    :creditedHere, :cancelledHere, :now, :now, :endedAt) ${orKeepTheFirst('comparisonId', 'kind', 'gatewayPaymentId')}`,
);

/** The row of a day, which is made if there is none. @param nextRunAt when a new one is due. */
export async function comparisonOf(
  { manager }: DataSource,
  gateway: string,
  day: string,
  nextRunAt: Date | null,
): Promise<Comparison> {
  const existing = await manager.findOneBy(Comparison, { gateway, day });
  if (existing) return existing;
  await insertComparison.run(manager, { id: newId(), gateway, day, nextRunAt });
  return manager.findOneByOrFail(Comparison, { gateway, day });
}

/** Stores what was found of a payment, or that it was found again. @returns false when it stood there already. */
export async function storeDifference(
  { manager }: DataSource,
  { id: comparisonId }: Comparison,
  kind: DifferenceKind,
  state: DifferenceState,
  { paymentId, merchantUid, answer, payment, order, credited, cancelled }: Judged,
): Promise<boolean> {
  const now = new Date();
  const name = { comparisonId, kind, gatewayPaymentId: paymentId };
  const existing = await manager.findOneBy(Difference, name);
  const isOver = state === DifferenceState.HEALED;
  if (existing) {
    const endedAt = isOver ? (existing.endedAt ?? now) : null;
    await manager.update(Difference, { id: existing.id }, { state, seenAt: now, endedAt });
    return false;
  }
  await insertDifference.run(manager, {
    ...name,
    id: newId(),
    state,
    merchantUid: merchantUid.slice(0, 40),
    ownerId: payment?.ownerId ?? order?.ownerId ?? null,
    paidThere: answer?.amount ?? null,
    cancelledThere: answer?.cancelledAmount ?? null,
    creditedHere: credited,
    cancelledHere: cancelled,
    now,
    endedAt: isOver ? now : null,
  });
  return true;
}

/** Payments that are moving prove nothing: what was found of them before is neither found again nor gone. */
export async function keepDifferencesOf(
  { manager }: DataSource,
  { id: comparisonId }: Comparison,
  paymentIds: string[],
): Promise<void> {
  if (paymentIds.length === 0) return;
  const those = { comparisonId, gatewayPaymentId: In(paymentIds), state: DifferenceState.OPEN };
  await manager.update(Difference, those, { seenAt: new Date() });
}

/** Also by one that died before it could say so. @param kinds those that are healed. */
export async function wasHealed(
  { manager }: DataSource,
  { id: comparisonId }: Comparison,
  gatewayPaymentId: string,
  kinds: DifferenceKind[],
): Promise<boolean> {
  return manager.existsBy(Difference, { comparisonId, gatewayPaymentId, kind: In(kinds) });
}

/** What a whole comparison, which began at `startedAt`, did not find any more. */
export async function endUnseenDifferences(
  { manager }: DataSource,
  { id: comparisonId }: Comparison,
  startedAt: Date,
): Promise<void> {
  const unseen = { comparisonId, seenAt: LessThan(startedAt) };
  for (const state of [DifferenceState.OPEN, DifferenceState.NOTED]) {
    for (;;) {
      const those = await manager.find(Difference, { where: { ...unseen, state }, take: PAGE });
      if (those.length === 0) break;
      for (const { kind, gatewayPaymentId: subject } of those) {
        // First, so that no death in between leaves the attention.
        for (const attention of attentionsOf(kind))
          await withdraw(manager, { kind: attention, subject }, GONE);
      }
      const gone = { state: DifferenceState.GONE, endedAt: new Date() };
      await manager.update(Difference, { id: In(those.map(({ id }) => id)), state }, gone);
    }
  }
}

function attentionsOf(kind: DifferenceKind): AttentionKind[] {
  return [...new Set([AttentionOf[kind], AttentionOf.NOT_HEALED])].filter((one) => one !== undefined);
}

/** A try that was not whole. */
export async function noteFault({ manager }: DataSource, { id }: Comparison, fault: string): Promise<void> {
  await manager.update(
    Comparison,
    { id },
    {
      state: ComparisonState.NOT_COMPARED,
      fault: fault.slice(0, FAULT_MAX_LENGTH),
      attempts: () => 'attempts + 1',
    },
  );
}

export async function countOpen({ manager }: DataSource, { id: comparisonId }: Comparison): Promise<number> {
  return manager.countBy(Difference, { comparisonId, state: DifferenceState.OPEN });
}

/** Newest day first. @param before only those that come after this day and gateway in the list. */
export async function pageOfComparisons(
  { manager }: DataSource,
  count: number,
  before: string | undefined,
): Promise<Comparison[]> {
  const [day = '', gateway = ''] = before?.split(' ') ?? [];
  return manager.find(Comparison, {
    where: before === undefined ? {} : [{ day: LessThan(day) }, { day, gateway: LessThan(gateway) }],
    order: { day: 'DESC', gateway: 'DESC' },
    take: count,
  });
}

/** Newest first. @param before only those with a smaller id. */
export async function pageOfDifferences(
  { manager }: DataSource,
  which: Partial<Pick<Difference, 'comparisonId' | 'state'>>,
  count: number,
  before: string | undefined,
): Promise<Difference[]> {
  return manager.find(Difference, {
    where: { ...which, ...(before === undefined ? {} : { id: LessThan(before) }) },
    order: { id: 'DESC' },
    take: count,
  });
}

/** In seconds, by gateway. */
export async function ageOfComparisons({ manager }: DataSource): Promise<Record<string, number>> {
  const rows: { gateway: string; first: string }[] = await manager
    .createQueryBuilder(Comparison, 'comparison')
    .select('comparison.gateway', 'gateway')
    .addSelect('MIN(comparison.id)', 'first')
    .where({ day: MoreThanOrEqual(firstDay(new Date())) })
    .groupBy('comparison.gateway')
    .getRawMany();
  const ages: [string, number][] = [];
  for (const { gateway, first } of rows) {
    const where = { gateway, comparedAt: Not(IsNull()) };
    const last = await manager.findOne(Comparison, { where, order: { comparedAt: 'DESC' } });
    const since = last?.comparedAt?.getTime() ?? timeOfId(first).getTime();
    ages.push([gateway, Math.max(0, Date.now() - since) / 1000]);
  }
  return Object.fromEntries(ages);
}

/** By kind, of all days. */
export async function openDifferences({ manager }: DataSource): Promise<Record<DifferenceKind, number>> {
  const counted: { kind: DifferenceKind; count: number | string }[] = await manager
    .createQueryBuilder(Difference, 'difference')
    .select('difference.kind', 'kind')
    .addSelect('COUNT(*)', 'count')
    .where({ state: DifferenceState.OPEN })
    .groupBy('difference.kind')
    .getRawMany();
  const counts = new Map(counted.map(({ kind, count }) => [kind, Number(count)]));
  const kinds = Object.values(DifferenceKind).map((kind) => [kind, counts.get(kind) ?? 0]);
  return Object.fromEntries(kinds) as Record<DifferenceKind, number>;
}
