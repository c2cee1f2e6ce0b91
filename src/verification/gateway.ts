import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import type { IamportClient } from '../iamport/iamport-client.js';
import { pages, query, WrongRow } from './books.js';

const CONCURRENCY = 8;
/** A payment that is being cancelled while it is compared differs for a moment. */
const LOOKS = 3;
const PAUSE_BETWEEN_LOOKS_MS = 2000;

interface CreditRow {
  impUid: string;
  merchantUid: string;
  amount: number;
  orderAmount: number;
  /** A sum, which MariaDB sends as a text. */
  cancelled: number | string;
  openCancellations: number | string;
}

const CREDIT = `SELECT t."impUid", t."merchantUid", t."amount", o."amount" AS "orderAmount",
    (SELECT COALESCE(-SUM(c."amount"), 0) FROM "point_transaction" c WHERE c."impUid" = t."impUid" AND c."status" = 'CANCEL') AS "cancelled",
    (SELECT COUNT(*) FROM "cancellation" w WHERE w."openImpUid" = t."impUid") AS "openCancellations"
  FROM "point_transaction" t JOIN "payment_order" o ON o."merchantUid" = t."merchantUid"
  WHERE t."cancellationKey" = ''`;
const CREDITS_AFTER = `${CREDIT} AND t."impUid" > ? ORDER BY t."impUid" LIMIT 2000`;
const ONE_CREDIT = `${CREDIT} AND t."impUid" = ?`;

/**
 * Compares every credited payment with the gateway: paid for this order, and cancelled by as much as we booked. One
 * whose cancellation is open is left to recovery.
 *
 * @returns how many payments were compared.
 * @throws {WrongRow} at the first payment that differs, also after another look.
 * @throws {GatewayUnavailable} which proves nothing either way.
 */
export async function proveAgainstGateway(
  dataSource: DataSource,
  iamport: IamportClient,
  progress: (done: number) => void,
): Promise<number> {
  const { manager } = dataSource;
  let done = 0;
  const credits = pages<CreditRow>(manager, CREDITS_AFTER, (last) => [last?.impUid ?? '']);
  const workers = Array.from({ length: CONCURRENCY }, async () => {
    for await (const credit of credits) {
      await compare(credit, manager, iamport);
      progress(++done);
    }
  });
  await Promise.all(workers);
  return done;
}

async function compare(first: CreditRow, manager: EntityManager, iamport: IamportClient): Promise<void> {
  let credit = first;
  for (let look = 1; ; look++) {
    const difference = await differenceOf(credit, iamport);
    if (difference === undefined) return;
    if (look === LOOKS) throw difference;
    await sleep(PAUSE_BETWEEN_LOOKS_MS);
    const [again] = await query<CreditRow>(manager, ONE_CREDIT, [credit.impUid]);
    credit = again ?? credit;
  }
}

async function differenceOf(credit: CreditRow, iamport: IamportClient): Promise<WrongRow | undefined> {
  if (Number(credit.openCancellations) > 0) return undefined;
  const payment = await iamport.readPayment(credit.impUid);
  const row = { ...credit };
  if (!payment) return new WrongRow('points without money: the gateway does not know this payment', row);
  if (payment.merchantUid !== credit.merchantUid) {
    return new WrongRow('the gateway has this payment for another order', row);
  }
  if (payment.amount !== credit.orderAmount) {
    return new WrongRow('the gateway has another amount', { ...row, gatewayAmount: payment.amount });
  }
  const cancelledBeforeCredit = credit.orderAmount - credit.amount;
  if (payment.cancelAmount !== Number(credit.cancelled) + cancelledBeforeCredit) {
    const gatewayCancelAmount = payment.cancelAmount;
    return new WrongRow('the gateway cancelled another sum than is booked', { ...row, gatewayCancelAmount });
  }
  return undefined;
}
