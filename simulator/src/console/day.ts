import { ControlFault } from './control-payment.js';
import { channelForSandbox } from '../gateway/merchant.js';
import { cancel, type Payment, startPayment } from '../payment/payment.js';
import { type Random, seededRandom, SEED_MAX } from '../random.js';
import { approvedPayment } from '../window/attempt.js';

/**
 * How the shop's books can differ from what is made here. What a PG pays out is not among them: V1 tells nothing of it.
 */
export const PLANTED_KINDS = [
  'PG_ONLY_OURS',
  'PG_ONLY_FOREIGN',
  'LOCAL_ONLY',
  'AMOUNT_DIFF',
  'CANCEL_PG_ONLY',
  'CANCEL_LOCAL_ONLY',
  'STATUS_LAG',
  'DATE_SHIFT',
  'TEST_IN_LIVE',
  'DUPLICATE_ORDER',
] as const;
export type PlantedKind = (typeof PLANTED_KINDS)[number];

/** What the shop's books have to hold of a payment so that just the wished difference is there; UNIX seconds, whole won. */
export interface BooksOfPayment {
  /** What the order asked for; null = the shop knows no such order. */
  ordered: number | null;
  /** 0 = not credited. */
  credited: number;
  credited_at: number;
  cancelled: number;
  cancelled_at: number;
  /** The gateway's name for that cancellation; null when it knows none. */
  cancellation_id: string | null;
}

export interface PaymentOfDay {
  kind: 'MATCHED' | PlantedKind;
  imp_uid: string;
  merchant_uid: string;
  books: BooksOfPayment;
  /** As the gateway has it; null = it knows nothing of it. */
  payment: Payment | null;
}

export interface DayWish {
  /** In Korea, such as 2026-11-25. */
  day: string;
  payments: number;
  seed: number;
  differences: Partial<Record<PlantedKind, number>>;
  /** Whether the payments are of a test channel; those of TEST_IN_LIVE are of the other kind. */
  sandbox: boolean;
}

export const DAY_PAYMENTS_MAX = 100_000;
const STREAM = 77;
const DAY_SECONDS = 24 * 60 * 60;
const MINUTE_SECONDS = 60;
/** Nothing of the others happens so near to a midnight that it would be of another day in the books. */
const QUIET_SECONDS = 10 * MINUTE_SECONDS;
const ACCOUNT_OPEN_SECONDS = 7 * DAY_SECONDS;
const AMOUNTS = [5_000, 10_000, 30_000, 50_000, 100_000];
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** Of the matching ones; a third of these in part. */
const CANCELLED_SHARE = 0.06;

/** @throws ControlFault for a wish that cannot be. */
export function dayWishOf(body: Record<string, unknown>): DayWish {
  const { day, payments, seed = 1, differences = {}, sandbox = true } = body;
  if (typeof day !== 'string' || Number.isNaN(Date.parse(`${day}T00:00:00+09:00`))) {
    throw new ControlFault(400, 'day must look like 2026-11-25');
  }
  const isCount = (count: unknown, max: number) =>
    typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 && count <= max;
  if (!isCount(payments, DAY_PAYMENTS_MAX)) {
    throw new ControlFault(400, `payments must be a whole number up to ${DAY_PAYMENTS_MAX}`);
  }
  if (!isCount(seed, SEED_MAX)) throw new ControlFault(400, `seed must be a whole number up to ${SEED_MAX}`);
  const planted = Object.entries(differences as Record<string, unknown>);
  const isKnown = ([kind, count]: [string, unknown]) =>
    PLANTED_KINDS.some((known) => known === kind) && isCount(count, DAY_PAYMENTS_MAX);
  if (!planted.every(isKnown)) {
    throw new ControlFault(400, `differences are counts by kind: ${PLANTED_KINDS.join(', ')}`);
  }
  const sum = planted.reduce((total, [, count]) => total + Number(count), 0);
  if (sum > Number(payments)) throw new ControlFault(400, 'there are more differences than payments');
  if (
    Number(differences && (differences as DayWish['differences']).DUPLICATE_ORDER) >
    Number(payments) - sum
  ) {
    throw new ControlFault(400, 'each DUPLICATE_ORDER needs another payment that matches');
  }
  return { day, payments, seed, differences, sandbox: sandbox !== false } as DayWish;
}

/**
 * A day of payments as the gateway knows them at its end, and what the shop's books would say. The same wish makes the same
 * payments, times and sums every time.
 */
export function dayOf(wish: DayWish, consoleUrl: string): PaymentOfDay[] {
  const random = seededRandom(wish.seed, STREAM);
  const midnight = Date.parse(`${wish.day}T00:00:00+09:00`) / 1000;
  const kinds: PaymentOfDay['kind'][] = [];
  for (const kind of PLANTED_KINDS) {
    for (let count = wish.differences[kind] ?? 0; count > 0; count--) kinds.push(kind);
  }
  const matching = wish.payments - kinds.length;
  const made: PaymentOfDay[] = [];
  const make = (kind: PaymentOfDay['kind']) =>
    made.push(paymentOfDay(kind, wish, midnight, random, consoleUrl, made));
  // First, since a second payment of an order needs the first one.
  for (let count = 0; count < matching; count++) make('MATCHED');
  for (const kind of kinds) make(kind);
  return made;
}

function paymentOfDay(
  kind: PaymentOfDay['kind'],
  { sandbox }: DayWish,
  midnight: number,
  random: Random,
  consoleUrl: string,
  before: PaymentOfDay[],
): PaymentOfDay {
  const below = (end: number) => Math.floor(random() * end);
  const text = (length: number, characters: string) =>
    Array.from({ length }, () => characters[below(characters.length)]).join('');
  const nothing: BooksOfPayment = {
    ordered: null,
    credited: 0,
    credited_at: 0,
    cancelled: 0,
    cancelled_at: 0,
    cancellation_id: null,
  };

  const impUid = `imp_${text(12, '0123456789')}`;
  let merchantUid = `pt${text(26, CROCKFORD)}`;
  let amount = AMOUNTS[below(AMOUNTS.length)] as number;
  // Later cancellations still have an hour of the day.
  const paidAt =
    kind === 'DATE_SHIFT'
      ? midnight + DAY_SECONDS - 5 * MINUTE_SECONDS + below(4 * MINUTE_SECONDS)
      : midnight + QUIET_SECONDS + below(DAY_SECONDS - 2 * QUIET_SECONDS - 60 * MINUTE_SECONDS);
  const cancelledAt = paidAt + MINUTE_SECONDS + below(50 * MINUTE_SECONDS);

  if (kind === 'DUPLICATE_ORDER') {
    const firsts = before.filter((one) => one.kind === 'MATCHED');
    const taken = before.filter((one) => one.kind === 'DUPLICATE_ORDER').length;
    const first = firsts[taken] as PaymentOfDay;
    merchantUid = first.merchant_uid;
    amount = first.books.ordered ?? amount;
  }
  const ordered = kind === 'AMOUNT_DIFF' ? amount + 1_000 : amount;
  const isTest = kind === 'TEST_IN_LIVE' ? !sandbox : sandbox;
  const started: Payment = {
    ...startPayment({
      merchantUid,
      amount,
      channel: channelForSandbox(isTest),
      startedAt: paidAt - MINUTE_SECONDS,
    }),
    imp_uid: impUid,
  };
  const tell = (payment: Payment | null, books: Partial<BooksOfPayment>): PaymentOfDay => ({
    kind,
    imp_uid: impUid,
    merchant_uid: merchantUid,
    books: { ...nothing, ordered, ...books },
    payment,
  });

  if (kind === 'STATUS_LAG') {
    const account = {
      pay_method: 'vbank',
      vbank_issued_at: paidAt,
      vbank_date: paidAt + ACCOUNT_OPEN_SECONDS,
    };
    return tell({ ...started, ...account }, {});
  }
  const payment = approvedPayment(started, { payMethod: 'card' }, `${consoleUrl}?payment=${impUid}`, paidAt);
  const credit = { credited: ordered, credited_at: paidAt + 2 + below(20) };
  const givenBack = () => {
    const part = random() < 1 / 3 ? amount / 5 : amount;
    const reason = '시뮬레이터에서 취소';
    const after = cancel(payment, part, { reason, cancelledAt, partialStatus: 'cancelled' });
    const cancellationId = text(20, '0123456789abcdef');
    after.cancel_history = after.cancel_history.map((step) => ({ ...step, cancellation_id: cancellationId }));
    return {
      after,
      booked: { cancelled: part, cancelled_at: cancelledAt + 3, cancellation_id: cancellationId },
    };
  };
  switch (kind) {
    case 'MATCHED': {
      if (random() >= CANCELLED_SHARE) return tell(payment, credit);
      const { after, booked } = givenBack();
      return tell(after, { ...credit, ...booked });
    }
    case 'PG_ONLY_OURS':
    case 'DUPLICATE_ORDER':
      return tell(payment, {});
    case 'PG_ONLY_FOREIGN':
      return tell(payment, { ordered: null });
    case 'LOCAL_ONLY':
      return tell(null, credit);
    case 'AMOUNT_DIFF':
    case 'TEST_IN_LIVE':
      return tell(payment, credit);
    case 'CANCEL_PG_ONLY':
      return tell(givenBack().after, credit);
    case 'CANCEL_LOCAL_ONLY':
      return tell(payment, { ...credit, cancelled: amount / 5, cancelled_at: cancelledAt });
    case 'DATE_SHIFT':
    default:
      return tell(payment, { ...credit, credited_at: midnight + DAY_SECONDS + MINUTE_SECONDS });
  }
}
