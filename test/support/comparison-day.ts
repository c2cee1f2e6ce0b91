import type { DataSource } from 'typeorm';
import { ulid } from 'ulid';
import { DifferenceKind } from '../../src/comparison/compare.js';
import { GatewayPaymentState } from '../../src/gateway/gateway-payment.js';
import { PaymentOrder, StoredOrderState } from '../../src/payment/payment-order.entity.js';
import { Payment } from '../../src/payment/payment.entity.js';
import { Lot, LotKind } from '../../src/point-transaction/lot.entity.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import {
  PointTransaction,
  PointTransactionStatus,
} from '../../src/point-transaction/point-transaction.entity.js';
import type { SimulatorControl } from './simulator-control.js';

/** A payment of a simulated day, and what the books have to hold of it (see day.ts of the simulator). */
export interface PaymentOfDay {
  kind: 'MATCHED' | DifferenceKind;
  imp_uid: string;
  merchant_uid: string;
  /** Null where the gateway knows nothing of it. */
  amount: number | null;
  paid_at: number;
  books: {
    ordered: number | null;
    credited: number;
    credited_at: number;
    cancelled: number;
    cancelled_at: number;
    cancellation_id: string | null;
  };
}

const ROWS_AT_ONCE = 500;
const VALID_MS = 1827 * 24 * 60 * 60_000;
const HOUR_MS = 60 * 60 * 1000;

/** Makes a day at the simulated gateway and writes our books of it, so that they differ as it was wished for. */
export async function openDay(
  dataSource: DataSource,
  simulator: SimulatorControl,
  wish: {
    day: string;
    payments: number;
    seed?: number;
    differences?: Partial<Record<DifferenceKind, number>>;
    sandbox?: boolean;
  },
): Promise<PaymentOfDay[]> {
  const made = await simulator.makeDay(wish);
  await writeBooks(dataSource, made, Date.parse(`${wish.day}T12:00:00+09:00`), wish.sandbox ?? true);
  return made;
}

async function writeBooks(
  { manager }: DataSource,
  made: PaymentOfDay[],
  noonMs: number,
  sandbox: boolean,
): Promise<void> {
  const accounts: PointAccount[] = [];
  const orders: PaymentOrder[] = [];
  const payments: Payment[] = [];
  const rows: PointTransaction[] = [];
  const lots: Lot[] = [];
  for (const { kind, imp_uid, merchant_uid: merchantUid, amount, paid_at, books } of made) {
    const { ordered, credited, cancelled } = books;
    // The second payment of an order is about the order of the first one.
    if (ordered === null || kind === DifferenceKind.DUPLICATE_ORDER) continue;
    const at = new Date(
      paid_at > 0 ? paid_at * 1000 : books.credited_at > 0 ? books.credited_at * 1000 : noonMs,
    );
    const ownerId = ulid(at.getTime());
    const point = credited - cancelled;
    const transactionCount = Number(credited > 0) + Number(cancelled > 0);
    accounts.push({ ownerId, point, heldPoint: 0, transactionCount, closedAt: null, createdAt: at });
    const isWaiting = kind === DifferenceKind.STATUS_LAG;
    orders.push({
      merchantUid,
      ownerId,
      gateway: 'iamport',
      amount: ordered,
      bonus: 0,
      state: credited > 0 ? StoredOrderState.PAID : StoredOrderState.READY,
      createdAt: new Date(at.getTime() - 60_000),
      expiresAt: new Date(at.getTime() + HOUR_MS),
      nextCheckAt: null,
      depositReportedAt: null,
      taxFree: null,
      vat: null,
      method: null,
      termsVersion: null,
      paidAt: credited > 0 ? new Date(books.credited_at * 1000) : null,
    });
    if (credited === 0 && !isWaiting) continue;
    const paymentId = ulid(at.getTime());
    const isTest = kind === DifferenceKind.TEST_IN_LIVE ? !sandbox : sandbox;
    payments.push({
      id: paymentId,
      gateway: 'iamport',
      gatewayPaymentId: imp_uid,
      merchantUid,
      ownerId,
      creditedOrder: credited > 0 ? merchantUid : null,
      state: isWaiting
        ? GatewayPaymentState.READY
        : cancelled < ordered
          ? GatewayPaymentState.PAID
          : GatewayPaymentState.CANCELLED,
      amount: ordered,
      cancelledAmount: cancelled,
      currency: 'KRW',
      isTest,
      method: isWaiting ? 'vbank' : 'card',
      pg: 'html5_inicis',
      receiptUrl: null,
      cancelReceipts: null,
      cardName: null,
      cardNumber: null,
      paidAt: amount === null || isWaiting ? null : at,
      failedAt: null,
      failReason: null,
      bankCode: null,
      bankName: null,
      accountNumber: null,
      accountHolder: null,
      accountIssuedAt: null,
      takenBackSeenAt: null,
      taxFree: null,
      vat: null,
      dueAt: null,
      readAt: at,
    });
    const row = (seconds: number, sequence: number, change: number, key: string) => ({
      id: ulid(seconds * 1000),
      ownerId,
      reference: `iamport:${imp_uid}${key}`,
      paymentId,
      status: change > 0 ? PointTransactionStatus.PAYMENT : PointTransactionStatus.CANCEL,
      amount: change,
      sequence,
      balanceAfter: sequence === 1 ? change : credited + change,
      reason: null,
      purpose: null,
      actor: null,
      createdAt: new Date(seconds * 1000),
    });
    if (credited > 0) {
      const credit = row(books.credited_at, 1, credited, '');
      const expiresAt = new Date(Date.now() + VALID_MS);
      const openUntil = point > 0 ? expiresAt : null;
      rows.push(credit);
      lots.push({
        id: credit.id,
        ownerId,
        kind: LotKind.PAID,
        paymentId,
        initial: credited,
        remaining: point,
        bonus: 0,
        bonusTaken: 0,
        expired: 0,
        expiresAt,
        openUntil,
        nextExpiryAt: openUntil,
        noticedDays: null,
      });
    }
    if (cancelled > 0)
      rows.push(row(books.cancelled_at, 2, -cancelled, `:${books.cancellation_id ?? 'unknown'}`));
  }
  for (const [entity, all] of [
    [PointAccount, accounts],
    [PaymentOrder, orders],
    [Payment, payments],
    [PointTransaction, rows],
    [Lot, lots],
  ] as const) {
    for (let start = 0; start < all.length; start += ROWS_AT_ONCE) {
      await manager
        .createQueryBuilder()
        .insert()
        .into(entity)
        .values(all.slice(start, start + ROWS_AT_ONCE))
        .updateEntity(false)
        .execute();
    }
  }
}
