import {
  type GatewayCancellation,
  type GatewayPayment,
  GatewayPaymentState,
} from '../gateway/gateway-payment.js';
import type { Cancellation } from '../payment/cancellation.entity.js';
import type { Payment } from '../payment/payment.entity.js';
import { PaymentMismatch, PaymentNotPaid } from './refusals.js';

/** Where a MariaDB INT and GraphQL's Int end. */
const BALANCE_MAX = 2 ** 31 - 1;

/** What a payment is worth, or why it is worth nothing. */
export type Worth = { points: number } | { refusal: PaymentMismatch | PaymentNotPaid };

/**
 * How many points a payment of an order is worth: what is still paid of it.
 *
 * Only what the gateway told counts. The order's owner was checked before, so that nobody learns anything about the
 * payment of somebody else.
 *
 * @param orderAmount whole won that the order asked for.
 * @param expectsTestPayments whether this installation takes payments of test channels, and only those.
 * @param balance whole points that the owner has.
 * @returns whole points, at least 1; PaymentNotPaid when there is no money in the payment, PaymentMismatch when there is,
 * but not the money that was asked for or not with room for it.
 */
export function worthOf(
  payment: Pick<Payment, 'state' | 'amount' | 'cancelledAmount' | 'currency' | 'isTest'>,
  orderAmount: number,
  expectsTestPayments: boolean,
  balance: number,
): Worth {
  if (payment.state === GatewayPaymentState.FAILED) return { refusal: new PaymentNotPaid('FAILED') };
  if (payment.state === GatewayPaymentState.READY) return { refusal: new PaymentNotPaid('READY') };
  if (payment.isTest !== expectsTestPayments) return { refusal: new PaymentMismatch('CHANNEL') };
  if (payment.currency !== 'KRW') return { refusal: new PaymentMismatch('CURRENCY') };
  if (payment.amount !== orderAmount) return { refusal: new PaymentMismatch('AMOUNT') };
  const points = payment.amount - payment.cancelledAmount;
  if (points === 0) return { refusal: new PaymentNotPaid('CANCELLED') };
  if (balance + points > BALANCE_MAX) return { refusal: new PaymentMismatch('BALANCE_FULL') };
  return { points };
}

/** A client's own figure is compared and never used. @returns why it is refused. */
export function claimMismatch(claimed: number | undefined, orderAmount: number): PaymentMismatch | undefined {
  return claimed === undefined || claimed === orderAmount ? undefined : new PaymentMismatch('CLAIMED_AMOUNT');
}

/** Begins the name of a part that the gateway counts in its sum and not in its history; the sum follows. */
const NAMELESS = 'total:';

/**
 * The cancellations of a credited payment that are not in the ledger yet, oldest first.
 *
 * What the gateway says to have cancelled in all (`cancelledAmount`) decides how much is posted; its history gives each
 * part its name. Never more is posted than that sum, and a part that the history lacks is posted under the sum's name,
 * so that the ledger agrees with the money even then.
 *
 * @param posted names and amounts (above 0) of those that are in the ledger.
 * @param beforeCredit whole won that had been cancelled before the credit. The credit was smaller by that much, so the
 * oldest entries up to this sum have no row of their own.
 */
export function cancellationsToPost(
  payment: Pick<GatewayPayment, 'cancelledAmount' | 'cancellations'>,
  posted: ReadonlyMap<string, number>,
  beforeCredit: number,
): { key: string; amount: number }[] {
  let toPost = payment.cancelledAmount - beforeCredit;
  for (const amount of posted.values()) toPost -= amount;
  let older = beforeCredit;
  const entries = [];
  for (const { key, amount } of payment.cancellations) {
    if (posted.has(key)) continue;
    if (amount <= older) {
      older -= amount;
    } else if (amount <= toPost) {
      entries.push({ key, amount });
      toPost -= amount;
    }
  }
  if (toPost > 0) entries.push({ key: namelessKey(payment), amount: toPost });
  return entries;
}

/** Names all that the gateway has cancelled by now. */
export function namelessKey({ cancelledAmount }: Pick<GatewayPayment, 'cancelledAmount'>): string {
  return `${NAMELESS}${cancelledAmount}`;
}

function isNameless({ key }: { key: string }): boolean {
  return key.startsWith(NAMELESS);
}

/** What is left of a payment's money, in its own currency; 0 where it has none, or none any more. */
export function moneyLeft(payment: Pick<Payment, 'state' | 'amount' | 'cancelledAmount'>): number {
  return payment.state === GatewayPaymentState.PAID ? leftOf(payment) : 0;
}

/** What is left of a payment, in its own currency, whose cents a sum of floats would lose. */
export function leftOf({ amount, cancelledAmount }: Pick<Payment, 'amount' | 'cancelledAmount'>): number {
  return (cents(amount) - cents(cancelledAmount)) / 100;
}

/** How far the clocks of two machines that ask for the time may be apart. */
const CLOCK_DIFFERENCE_MS = 2_000;

/** Begins the reason of each of our cancellations. */
const OUR_ID = /^[0-9A-HJKMNP-TV-Z]{26}\b/;

/**
 * Which of the gateway's cancellations is the end of our own.
 *
 * The gateway keeps the `reason` that was sent, and ours begins with our id. A PG may not keep it. Then the money tells:
 * ours is carried out only while exactly its `checksum` is left (documented), so a cancellation of the same amount that
 * found just that much left is ours, or stands for it: ours can no longer be carried out after it. One that was there
 * before ours was asked for is why the gateway says no, or will; while it has said nothing, the gateway's clock may be
 * behind ours by `CLOCK_DIFFERENCE_MS`.
 *
 * @param candidates those that are not in the ledger yet (see `cancellationsToPost`).
 * @param isAnswer the payment is the gateway's answer to this very cancellation, so one of them is its end.
 */
export function ownCancellation<Candidate extends Pick<GatewayCancellation, 'key' | 'amount'>>(
  own: Pick<Cancellation, 'id' | 'amount' | 'checksum' | 'refusal' | 'requestedAt'>,
  { amount, cancellations }: Pick<GatewayPayment, 'amount' | 'cancellations'>,
  candidates: readonly Candidate[],
  isAnswer: boolean,
): Candidate | undefined {
  const since = wholeSecond(own.requestedAt, own.refusal === null ? CLOCK_DIFFERENCE_MS : 0);
  let left = cents(amount);
  const named = cancellations.find(({ reason }) => reason.startsWith(own.id));
  const found =
    named ??
    cancellations.find((entry) => {
      const foundLeft = left;
      left -= cents(entry.amount);
      return (
        foundLeft === cents(own.checksum) &&
        cents(entry.amount) === cents(own.amount) &&
        !OUR_ID.test(entry.reason) &&
        entry.cancelledAt >= since
      );
    });
  if (found) return candidates.find(({ key }) => key === found.key);
  return candidates.findLast(
    (candidate) =>
      cents(candidate.amount) === cents(own.amount) &&
      (isAnswer || (own.refusal === null && isNameless(candidate))),
  );
}

function cents(amount: number): number {
  return Math.round(amount * 100);
}

/** The gateway's times are whole seconds. */
function wholeSecond(time: Date, earlierMs: number): Date {
  return new Date(Math.floor((time.getTime() - earlierMs) / 1000) * 1000);
}
