import type { DataSource } from 'typeorm';
import { query } from './books.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** A comparison's day is one of Korea. */
const KOREA = '+09:00';
/** As many as there can be of a few hundred days and gateways; more are none of ours. */
const COMPARISONS_MAX = 10_000;

/** What the comparisons with the gateways say of the books (see docs/comparison.md). */
export interface ComparedBooks {
  /** When one last ended whole; undefined when none ever did. */
  lastAt: Date | undefined;
  /** Transactions of payments, of the time that was compared whole. */
  transactions: number;
  /** Differences that wait for a person, but for payments that are nobody's here. */
  open: Record<string, unknown>[];
}

interface ComparisonRow {
  gateway: string;
  day: string;
  comparedAt: Date | string;
  comparedUntil: Date | string;
}

const COMPARED = `SELECT "gateway", "day", "comparedAt", "comparedUntil" FROM "point_comparison"
  WHERE "comparedAt" IS NOT NULL ORDER BY "gateway", "day" LIMIT ${COMPARISONS_MAX}`;
const TRANSACTIONS = `SELECT COUNT(*) AS "count" FROM "point_transaction" t JOIN "point_payment" p ON p."id" = t."paymentId"
  WHERE p."gateway" = ? AND t."createdAt" >= ? AND t."createdAt" < ?`;
const OPEN = `SELECT d."kind", c."gateway", c."day", d."gatewayPaymentId", d."merchantUid", d."paidThere", d."cancelledThere",
    d."creditedHere", d."cancelledHere"
  FROM "point_comparison_difference" d JOIN "point_comparison" c ON c."id" = d."comparisonId"
  WHERE d."state" = 'OPEN' AND d."kind" <> 'PG_ONLY_FOREIGN' ORDER BY d."id" LIMIT ?`;

/** @param openMax differences that are read at most. */
export async function readComparisons({ manager }: DataSource, openMax: number): Promise<ComparedBooks> {
  const rows = await query<ComparisonRow>(manager, COMPARED, []);
  let transactions = 0;
  let lastAtMs = Number.NEGATIVE_INFINITY;
  for (const { from, until, gateway } of spansOf(rows)) {
    const [row] = await query<{ count: number | string }>(manager, TRANSACTIONS, [
      gateway,
      text(from),
      text(until),
    ]);
    transactions += Number(row?.count ?? 0);
  }
  for (const { comparedAt } of rows) lastAtMs = Math.max(lastAtMs, toDate(comparedAt).getTime());
  return {
    lastAt: rows.length === 0 ? undefined : new Date(lastAtMs),
    transactions,
    open: await query(manager, OPEN, [openMax]),
  };
}

/** Days that follow each other become one span, so that few counts are asked for. */
function spansOf(rows: ComparisonRow[]): { gateway: string; from: number; until: number }[] {
  const spans: { gateway: string; from: number; until: number }[] = [];
  for (const { gateway, day, comparedUntil } of rows) {
    const from = Date.parse(`${day}T00:00:00${KOREA}`);
    const until = Math.min(toDate(comparedUntil).getTime(), from + DAY_MS);
    const last = spans.at(-1);
    if (last?.gateway === gateway && last.until === from) last.until = until;
    else spans.push({ gateway, from, until });
  }
  return spans;
}

/** MariaDB's driver makes dates; SQLite keeps texts in UTC. */
function toDate(value: Date | string): Date {
  return value instanceof Date ? value : new Date(`${value.replace(' ', 'T')}Z`);
}

/** A time as both databases compare it with theirs. */
function text(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('T', ' ').replace('Z', '');
}
