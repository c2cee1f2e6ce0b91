import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import type { DataSource, EntityManager } from 'typeorm';
import { newId } from '../database/new-id.js';
import { type GatewayPayment, holdsMoney } from '../gateway/gateway-payment.js';
import { Gateways } from '../gateway/gateways.js';
import { LOGGER } from '../logging/logger.js';
import { type PaymentOrder, StoredOrderState } from '../payment-order/payment-order.entity.js';
import { PaymentOrderService } from '../payment-order/payment-order.service.js';
import { Cancellation, CancellationKind, CancellationState } from './cancellation.entity.js';
import { Ledger } from './ledger.js';
import type { PointTransaction } from './point-transaction.entity.js';
import type { PointAccount } from '../point-account/point-account.entity.js';
import { type MismatchReason, PaymentMismatch, PaymentNotPaid } from './refusals.js';
import { cancellationsToBook, creditableAmount, giveBackAmount, ownCancellation } from './rules.js';

/** A payment as the gateway has it, and our order that it pays. */
export interface Found {
  payment: GatewayPayment;
  order: PaymentOrder;
}

/**
 * The payment's credit, or why it has none. With the account of this moment when the books were left as the credit itself
 * left them, which saves whoever asks for the new balance a query.
 */
export type Settled =
  { credit: PointTransaction; account?: PointAccount } | { refusal: PaymentMismatch | PaymentNotPaid };

const GIVE_BACK_REASONS: Partial<Record<MismatchReason, string>> = {
  AMOUNT: '결제 금액이 주문 금액과 달라 돌려드립니다. / The amount differs from the order.',
  BALANCE_FULL:
    '가질 수 있는 포인트를 넘어 돌려드립니다. / The points would exceed what an account can hold.',
  CURRENCY: '원화 결제가 아니어서 돌려드립니다. / The payment was not in won.',
  ORDER_ALREADY_PAID: '같은 주문이 두 번 결제되어 돌려드립니다. / The order was paid twice.',
};

/**
 * Makes our rows agree with the gateway for one payment. The mutation, webhooks, recovery and cancellations all come
 * here; order and repetition do not matter, and whoever comes second finds the first one's rows.
 */
@Injectable()
export class Reconciliation {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly gateways: Gateways,
    private readonly orders: PaymentOrderService,
    private readonly ledger: Ledger,
  ) {}

  /**
   * Reads the payment, and the order that the gateway's answer names: an order that a caller names would prove nothing.
   *
   * @returns undefined for a payment that the gateway does not know or that is not for one of our orders; such a one is
   * never touched.
   * @throws {GatewayUnavailable}
   */
  async find(impUid: string): Promise<Found | undefined> {
    const payment = await this.gateways.ofPayment(impUid)?.readPayment(impUid);
    const order = payment && (await this.orders.find(payment.merchantUid));
    return order ? { payment, order } : undefined;
  }

  /**
   * Reads and settles one payment.
   *
   * @returns what was read; undefined as `find` does.
   * @throws {GatewayUnavailable}
   */
  async reconcile(impUid: string): Promise<GatewayPayment | undefined> {
    const found = await this.find(impUid);
    if (found) await this.settle(found);
    return found?.payment;
  }

  /**
   * Reads and settles all attempts to pay an order of ours.
   *
   * @returns all of them, also those without money.
   * @throws {GatewayUnavailable}
   */
  async reconcileOrder(order: PaymentOrder): Promise<GatewayPayment[]> {
    const payments = await this.gateways.forNewOrders.findPaymentsOfOrder(order.merchantUid);
    await this.settleAll(order, payments);
    return payments;
  }

  /**
   * Settles the attempts to pay an order that hold or held money. Of several that were paid the first one is credited.
   *
   * @throws the first fault, after the others were settled all the same.
   */
  async settleAll(order: PaymentOrder, payments: GatewayPayment[]): Promise<void> {
    const paid = payments
      .filter((payment) => holdsMoney(payment))
      .toSorted((first, second) => Number(first.paidAt) - Number(second.paidAt));
    const faults: unknown[] = [];
    for (const payment of paid) {
      try {
        await this.settle({ payment, order });
      } catch (fault) {
        faults.push(fault);
      }
    }
    if (faults.length > 0) throw faults[0];
  }

  /**
   * Credits the payment if that was not done, books its cancellations that are not in the books, and opens the way back
   * for money that can never be credited.
   *
   * @param carriedOut our own cancellation that this very answer of the gateway says to have been carried out.
   */
  async settle(found: Found, carriedOut?: Cancellation): Promise<Settled> {
    const settled = await this.credit(found);
    if ('refusal' in settled) {
      this.reportOtherChannel(found, settled.refusal);
      await this.giveBack(found, settled.refusal, carriedOut);
      return settled;
    }
    if (found.payment.cancelledAmount === 0) return settled;
    await this.bookCancellations(settled.credit, found, carriedOut);
    return { credit: settled.credit };
  }

  private async credit({ payment, order }: Found): Promise<Settled> {
    const { ownerId, merchantUid } = order;
    const { paymentId: impUid } = payment;
    // Not asked while the order is READY, since there is hardly ever one: `Ledger.credit` finds it just as well.
    const credited = order.state === StoredOrderState.PAID && (await this.ledger.findCredit(impUid));
    if (credited) return { credit: credited };
    try {
      const { expectsTestPayments } = this.gateways.named(payment.gateway);
      const amount = creditableAmount(payment, order.amount, expectsTestPayments);
      const { row, account } = await this.ledger.credit({ ownerId, merchantUid, impUid, amount });
      return { credit: row, account };
    } catch (refusal) {
      if (!(refusal instanceof PaymentMismatch || refusal instanceof PaymentNotPaid)) throw refusal;
      // It was credited since the order was read, and cancelled since then.
      const isGone = refusal instanceof PaymentNotPaid && refusal.reason === 'CANCELLED';
      const creditedMeanwhile = isGone
        ? await this.ledger.refuseLateCredit({ ownerId, merchantUid, impUid })
        : await this.ledger.findCredit(impUid);
      return creditedMeanwhile ? { credit: creditedMeanwhile } : { refusal };
    }
  }

  /** Somebody may have paid for nothing, or is trying to have points for test money: a person must look. */
  private reportOtherChannel({ payment, order }: Found, refusal: PaymentMismatch | PaymentNotPaid): void {
    if (!(refusal instanceof PaymentMismatch && refusal.reason === 'CHANNEL')) return;
    const { gateway, paymentId: impUid, isTest, amount } = payment;
    this.logger.error(
      { gateway, impUid, merchantUid: order.merchantUid, amount, isTest },
      'a payment of another channel (test or live) than this server takes: not credited and not given back',
    );
  }

  private async bookCancellations(
    credit: PointTransaction,
    { payment, order }: Found,
    carriedOut: Cancellation | undefined,
  ): Promise<void> {
    const wish = carriedOut ?? (await this.openCancellation(payment.paymentId));
    await this.ledger.bookCancels(
      credit,
      (booked) => {
        const entries = cancellationsToBook(payment, booked, order.amount - credit.amount);
        if (entries.some(({ amount }) => !Number.isInteger(amount) || amount < 1)) {
          this.logger.error(
            { impUid: payment.paymentId },
            'the gateway tells of a cancellation that cannot be: not booked',
          );
          return { entries: [], own: undefined };
        }
        return { entries, own: wish && ownCancellation(wish, payment, entries, carriedOut !== undefined) };
      },
      wish,
    );
  }

  private async giveBack(
    { payment, order }: Found,
    refusal: PaymentMismatch | PaymentNotPaid,
    carriedOut: Cancellation | undefined,
  ): Promise<void> {
    const wish = carriedOut ?? (await this.openCancellation(payment.paymentId));
    if (wish) {
      const entries = cancellationsToBook(payment, new Map(), 0);
      const entry = ownCancellation(wish, payment, entries, carriedOut !== undefined);
      if (entry || carriedOut)
        await this.ledger.completeGiveBack(wish, entry?.key ?? `total:${payment.cancelledAmount}`);
      return;
    }
    const reason = refusal instanceof PaymentMismatch ? GIVE_BACK_REASONS[refusal.reason] : undefined;
    const amount = giveBackAmount(payment);
    if (reason === undefined || amount === 0) return;
    const now = new Date();
    const wanted: Cancellation = {
      id: newId(),
      kind: CancellationKind.GIVE_BACK,
      ownerId: order.ownerId,
      merchantUid: order.merchantUid,
      impUid: payment.paymentId,
      openImpUid: payment.paymentId,
      state: CancellationState.PENDING,
      amount,
      checksum: amount,
      currency: payment.currency,
      reason,
      requestedAmount: null,
      idempotencyKey: null,
      cancellationKey: null,
      refusal: null,
      requestedAt: now,
      // It was not sent yet, so recovery may send it at once.
      sentAt: new Date(0),
      completedAt: null,
      nextAttemptAt: now,
      attempts: 0,
    };
    const opened = await this.ledger.reserve(
      wanted,
      async ({ open }, manager) => open ?? (await refusedBefore(manager, wanted)) ?? wanted,
    );
    if (opened.id !== wanted.id) return;
    this.logger.warn(
      { cancellationId: opened.id, impUid: payment.paymentId, reason },
      'money that cannot be credited goes back',
    );
  }

  private async openCancellation(impUid: string): Promise<Cancellation | undefined> {
    return (await this.dataSource.manager.findOneBy(Cancellation, { openImpUid: impUid })) ?? undefined;
  }
}

/**
 * The payment company has refused to give this very sum back: asking it again at each news would get the same answer. A
 * person must do it; should less be left afterwards, the rest is asked for anew.
 */
async function refusedBefore(manager: EntityManager, wanted: Cancellation): Promise<Cancellation | null> {
  const { ownerId, impUid, kind, amount } = wanted;
  const state = CancellationState.REFUSED;
  return manager.findOneBy(Cancellation, { ownerId, impUid, kind, amount, state });
}
