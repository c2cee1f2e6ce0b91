import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { GatewayUnavailable } from '../gateway/errors.js';
import { type GatewayPayment, GatewayPaymentState, holdsMoney } from '../gateway/gateway-payment.js';
import type { Gateways } from '../gateway/gateways.js';
import { pages, query, WrongRow } from './books.js';

const CONCURRENCY = 8;
/** The sums of a payment that is being cancelled while it is compared differ for a moment; nothing else does. */
const LOOKS = 3;
const PAUSE_BETWEEN_LOOKS_MS = 2000;
/** A gateway that is away is not asked for every payment of the books. */
const UNREAD_IN_A_ROW_MAX = 20;

/** Told while it goes on, so that memory does not grow with the faults. */
export interface Findings {
  /** One payment can differ in more than one way. */
  onDifference: (difference: WrongRow) => void;
  /** Nothing was proved about this payment, neither way. */
  onUnread: (impUid: string, fault: string) => void;
  /** @param done payments that were compared. */
  onProgress: (done: number) => void;
}

export interface Comparison {
  /** Payments, with and without a difference. */
  compared: number;
  /** The gateway was away, so the payments after these were not asked for. */
  isGivenUp: boolean;
}

const ANOTHER_SUM_CANCELLED = 'the gateway cancelled another sum than is posted';

interface CreditRow {
  paymentId: string;
  gateway: string;
  gatewayPaymentId: string;
  merchantUid: string;
  amount: number;
  orderAmount: number;
  /** A sum, which MariaDB sends as a text. */
  cancelled: number | string;
  openCancellations: number | string;
  paymentState: string;
}

const CREDIT = `SELECT p."id" AS "paymentId", p."gateway", p."gatewayPaymentId", p."merchantUid", t."amount",
    o."amount" AS "orderAmount", p."state" AS "paymentState",
    (SELECT COALESCE(-SUM(c."amount"), 0) FROM "point_transaction" c WHERE c."paymentId" = p."id" AND c."status" = 'CANCEL') AS "cancelled",
    (SELECT COUNT(*) FROM "point_cancellation" w WHERE w."openPaymentId" = p."id") AS "openCancellations"
  FROM "point_payment" p
  JOIN "point_transaction" t ON t."paymentId" = p."id" AND t."status" = 'PAYMENT'
  JOIN "point_payment_order" o ON o."merchantUid" = p."merchantUid"`;
const CREDITS_AFTER = `${CREDIT} WHERE p."id" > ? ORDER BY p."id" LIMIT 2000`;
const ONE_CREDIT = `${CREDIT} WHERE p."id" = ?`;

/**
 * Compares every credited payment with the gateway: paid for this order, in won and through the channels that this
 * installation takes, and cancelled by as much as we posted. One whose cancellation is open is left to recovery. A
 * payment that differs or that cannot be read does not end it.
 */
export async function compareWithGateway(
  dataSource: DataSource,
  gateways: Gateways,
  { onDifference, onUnread, onProgress }: Findings,
): Promise<Comparison> {
  const { manager } = dataSource;
  let compared = 0;
  let unreadInARow = 0;
  const credits = pages<CreditRow>(manager, CREDITS_AFTER, (last) => [last?.paymentId ?? '']);

  const compare = async (first: CreditRow) => {
    let credit = first;
    for (let look = 1; ; look++) {
      const differences = await differencesOf(credit, gateways);
      if (look === LOOKS || !differences.some(({ rule }) => rule === ANOTHER_SUM_CANCELLED)) {
        for (const difference of differences) onDifference(difference);
        return;
      }
      await sleep(PAUSE_BETWEEN_LOOKS_MS);
      const [again] = await query<CreditRow>(manager, ONE_CREDIT, [credit.paymentId]);
      credit = again ?? credit;
    }
  };

  const workers = Array.from({ length: CONCURRENCY }, async () => {
    for await (const credit of credits) {
      try {
        await compare(credit);
        unreadInARow = 0;
        onProgress(++compared);
      } catch (error) {
        if (!(error instanceof GatewayUnavailable)) throw error;
        onUnread(credit.gatewayPaymentId, error.fault);
        unreadInARow++;
      }
      // Leaving the loop ends the shared list, and with it the other workers.
      if (unreadInARow >= UNREAD_IN_A_ROW_MAX) break;
    }
  });
  await Promise.all(workers);
  return { compared, isGivenUp: unreadInARow >= UNREAD_IN_A_ROW_MAX };
}

async function differencesOf(credit: CreditRow, gateways: Gateways): Promise<WrongRow[]> {
  if (Number(credit.openCancellations) > 0) return [];
  const gateway = gateways.named(credit.gateway);
  const { gatewayPaymentId } = credit;
  // A text of another form is not sent: it could ask the gateway for something else.
  const payment = gateway.isPaymentId(gatewayPaymentId) && (await gateway.readPayment(gatewayPaymentId));
  if (!payment) {
    return [new WrongRow('points without money: the gateway does not know this payment', { ...credit })];
  }
  return rulesBrokenBy(payment, credit, gateway.expectsTestPayments).map(
    ([rule, seen]) => new WrongRow(rule, { ...credit, ...seen }),
  );
}

/** Each with what the gateway says instead. */
function rulesBrokenBy(
  payment: GatewayPayment,
  credit: CreditRow,
  expectsTestPayments: boolean,
): [rule: string, seen: Record<string, unknown>][] {
  const broken: [string, Record<string, unknown>][] = [];
  const isTakenBack = credit.paymentState === 'READY';
  if (isTakenBack && payment.state === GatewayPaymentState.PAID) {
    broken.push([
      'its deposit was taken back in the books, and the gateway has the money',
      { gatewayState: payment.state },
    ]);
  }
  if (!holdsMoney(payment) && !isTakenBack) {
    broken.push([
      'points without money: the gateway has no money for this payment',
      { gatewayState: payment.state },
    ]);
  }
  if (payment.merchantUid !== credit.merchantUid) {
    broken.push([
      'the gateway has this payment for another order',
      { gatewayMerchantUid: payment.merchantUid },
    ]);
  }
  if (payment.isTest !== expectsTestPayments) {
    const rule = expectsTestPayments
      ? 'the gateway does not call this a test payment, and IAMPORT_TEST_MODE takes only those'
      : 'the gateway calls this a test payment, or does not tell';
    broken.push([rule, { gatewayIsTest: payment.isTest }]);
  }
  if (payment.currency !== 'KRW') {
    broken.push(['the gateway has another currency than KRW', { gatewayCurrency: payment.currency }]);
  }
  if (payment.amount !== credit.orderAmount) {
    broken.push(['the gateway has another amount', { gatewayAmount: payment.amount }]);
  }
  const cancelledBeforeCredit = credit.orderAmount - credit.amount;
  if (!isTakenBack && payment.cancelledAmount !== Number(credit.cancelled) + cancelledBeforeCredit) {
    broken.push([ANOTHER_SUM_CANCELLED, { gatewayCancelledAmount: payment.cancelledAmount }]);
  }
  return broken;
}
