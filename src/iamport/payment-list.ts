import { GatewayUnavailable } from '../gateway/errors.js';
import type { GatewayPayment } from '../gateway/gateway-payment.js';
import type { Period } from '../gateway/gateway.js';

/** Both documented. */
export const LIST_PERIOD_MAX_MS = 90 * 24 * 60 * 60 * 1000;
const PAGE_SIZE = 1000;

/** A stretch of time is cut so that its parts have about this many payments, if they are spread evenly. */
const AIMED_AT = 700;
const PARTS_MAX = 100;
/** Payments of one second. */
const PAGES_OF_SECOND_MAX = 50;
const PASSES_MAX = 5;

/**
 * The lists in which money is. A payment stands in one of them, the one of its present state, at the time of that state
 * (documented): a cancelled one is not in the list of the day on which it was paid. The sorting keeps its place while
 * pages are read.
 */
const LISTS = [
  { status: 'paid', sorting: 'paid' },
  { status: 'cancelled', sorting: 'updated' },
] as const;

/** Both ends are in the list; UNIX seconds. */
interface Span {
  from: number;
  to: number;
}

export interface PageRequest extends Span {
  status: 'paid' | 'cancelled' | 'all';
  sorting: 'paid' | 'updated' | 'started';
  page: number;
  limit: number;
}

export interface Page {
  payments: GatewayPayment[];
  /** Of all pages. */
  total: number;
  isLast: boolean;
}

/** @returns undefined for a page beyond the last one. */
type Ask = (request: PageRequest) => Promise<Page | undefined>;

/**
 * All that was paid or cancelled in a period.
 *
 * Pages are counted from the list's beginning at the moment of each call, so a payment that leaves the list or comes into
 * it between two calls shifts all later ones: one would be lost, or told twice. Therefore it goes by time and not by page:
 * a stretch whose payments do not fit on one page is cut into shorter ones, down to a second. Whatever fits on one page was
 * read in one moment. The pages of a single second are read until two passes agree.
 */
export async function* listChanges({ from, until }: Period, ask: Ask): AsyncGenerator<GatewayPayment[]> {
  const span = { from: Math.ceil(from.getTime() / 1000), to: Math.ceil(until.getTime() / 1000) - 1 };
  if (span.from > span.to) return;
  for (const list of LISTS)
    yield* within(span, (page, part) => ask({ ...list, ...part, page, limit: PAGE_SIZE }), ask);
}

type AskList = (page: number, span: Span) => Promise<Page | undefined>;

async function* within(span: Span, askList: AskList, ask: Ask): AsyncGenerator<GatewayPayment[]> {
  const page = await askList(1, span);
  if (!page) {
    await requireEmpty(span, ask);
    return;
  }
  if (page.isLast && page.payments.length >= page.total) {
    if (page.payments.length > 0) yield page.payments;
    return;
  }
  if (span.from === span.to) {
    yield* await wholeSecond(span, askList);
    return;
  }
  for (const part of partsOf(span, page.total)) yield* within(part, askList, ask);
}

/**
 * Whether the first page of an empty list is "beyond the last one" is not documented, and a call that the gateway does not
 * take is answered in the same way. One that must have an answer, if anything was ever paid here, tells the two apart.
 *
 * @throws {GatewayUnavailable} it may be that nothing at all is told.
 */
async function requireEmpty({ to }: Span, ask: Ask): Promise<void> {
  const from = Math.max(0, to - LIST_PERIOD_MAX_MS / 1000);
  const anything = await ask({ status: 'all', sorting: 'started', from, to, page: 1, limit: 1 });
  if (!anything) throw new GatewayUnavailable('GET /payments/status: HTTP 400 for a first page');
}

function partsOf({ from, to }: Span, total: number): Span[] {
  const seconds = to - from + 1;
  const parts = Math.min(seconds, PARTS_MAX, Math.max(2, Math.ceil(total / AIMED_AT)));
  const startOf = (part: number) => from + Math.floor((seconds * part) / parts);
  return Array.from({ length: parts }, (_, part) => ({ from: startOf(part), to: startOf(part + 1) - 1 }));
}

/** @throws {GatewayUnavailable} when no two passes agree, or there are too many. */
async function wholeSecond(second: Span, askList: AskList): Promise<GatewayPayment[][]> {
  let before: string | undefined;
  for (let pass = 1; pass <= PASSES_MAX; pass++) {
    const found = new Map<string, GatewayPayment>();
    for (let number = 1; ; number++) {
      if (number > PAGES_OF_SECOND_MAX)
        throw new GatewayUnavailable('GET /payments/status: too many in one second');
      const page = await askList(number, second);
      for (const payment of page?.payments ?? []) found.set(payment.paymentId, payment);
      if (!page || page.isLast) break;
    }
    const payments = [...found.values()];
    const seen = payments
      .map(({ paymentId, cancelledAmount }) => `${paymentId}:${cancelledAmount}`)
      .toSorted((first, second) => (first < second ? -1 : 1))
      .join();
    if (seen === before) {
      return Array.from({ length: Math.ceil(payments.length / PAGE_SIZE) }, (_, batch) =>
        payments.slice(batch * PAGE_SIZE, (batch + 1) * PAGE_SIZE),
      );
    }
    before = seen;
  }
  throw new GatewayUnavailable('GET /payments/status: the list does not come to rest');
}
