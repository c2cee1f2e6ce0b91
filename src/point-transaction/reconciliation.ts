import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { newId } from '../database/new-id.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { IamportClient } from '../iamport/iamport-client.js';
import type { IamportPayment } from '../iamport/payment.js';
import { LOGGER } from '../logging/logger.js';
import { type PaymentOrder, StoredOrderState } from '../payment-order/payment-order.entity.js';
import { PaymentOrderService } from '../payment-order/payment-order.service.js';
import { Cancellation, CancellationKind, CancellationState } from './cancellation.entity.js';
import { Ledger } from './ledger.js';
import type { PointTransaction } from './point-transaction.entity.js';
import type { User } from '../user/user.entity.js';
import { type MismatchReason, PaymentMismatch, PaymentNotPaid } from './refusals.js';
import { cancellationsToBook, creditableAmount, giveBackAmount } from './rules.js';

/** A payment as the gateway has it, and our order that it pays. */
export interface Found {
  payment: IamportPayment;
  order: PaymentOrder;
}

/**
 * The payment's credit, or why it has none. With the user of this moment when the books were left as the credit itself
 * left them, which saves whoever asks for the new balance a query.
 */
export type Settled =
  { credit: PointTransaction; user?: User } | { refusal: PaymentMismatch | PaymentNotPaid };

const GIVE_BACK_REASONS: Partial<Record<MismatchReason, string>> = {
  AMOUNT: '결제 금액이 주문 금액과 달라 돌려드립니다. / The amount differs from the order.',
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
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly iamport: IamportClient,
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
    const payment = await this.iamport.readPayment(impUid);
    const order = payment && (await this.orders.find(payment.merchantUid));
    return order ? { payment, order } : undefined;
  }

  /** Reads and settles. @returns undefined as `find` does. @throws {GatewayUnavailable} */
  async reconcile(impUid: string): Promise<Settled | undefined> {
    const found = await this.find(impUid);
    return found && this.settle(found);
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
      await this.giveBack(found, settled.refusal, carriedOut);
      return settled;
    }
    if (found.payment.cancelAmount === 0) return settled;
    await this.bookCancellations(settled.credit, found, carriedOut);
    return { credit: settled.credit };
  }

  private async credit({ payment, order }: Found): Promise<Settled> {
    const { userId, merchantUid } = order;
    const { impUid } = payment;
    // Not asked while the order is READY, since there is hardly ever one: `Ledger.credit` finds it just as well.
    const credited = order.state === StoredOrderState.PAID && (await this.ledger.findCredit(impUid));
    if (credited) return { credit: credited };
    try {
      const amount = creditableAmount(payment, order.amount, this.settings.iamport.testMode);
      const { row, user } = await this.ledger.credit({ userId, merchantUid, impUid, amount });
      return { credit: row, user };
    } catch (refusal) {
      if (!(refusal instanceof PaymentMismatch || refusal instanceof PaymentNotPaid)) throw refusal;
      // It was credited since the order was read, and cancelled since then.
      const creditedMeanwhile = await this.ledger.findCredit(impUid);
      return creditedMeanwhile ? { credit: creditedMeanwhile } : { refusal };
    }
  }

  private async bookCancellations(
    credit: PointTransaction,
    { payment, order }: Found,
    carriedOut: Cancellation | undefined,
  ): Promise<void> {
    const wish = carriedOut ?? (await this.openCancellation(payment.impUid));
    await this.ledger.bookCancels(
      credit,
      (booked) => {
        const entries = cancellationsToBook(payment, booked, order.amount - credit.amount);
        if (entries.some(({ amount }) => !Number.isInteger(amount) || amount < 1)) {
          this.logger.error(
            { impUid: payment.impUid },
            'the gateway tells of a cancellation that cannot be: not booked',
          );
          return { entries: [], own: undefined };
        }
        return { entries, own: wish && entryOf(wish, entries, carriedOut !== undefined) };
      },
      wish,
    );
  }

  private async giveBack(
    { payment, order }: Found,
    refusal: PaymentMismatch | PaymentNotPaid,
    carriedOut: Cancellation | undefined,
  ): Promise<void> {
    const wish = carriedOut ?? (await this.openCancellation(payment.impUid));
    if (wish) {
      const entry = entryOf(wish, payment.cancelHistory, carriedOut !== undefined);
      if (entry || carriedOut)
        await this.ledger.completeGiveBack(wish, entry?.key ?? `total:${payment.cancelAmount}`);
      return;
    }
    const reason = refusal instanceof PaymentMismatch ? GIVE_BACK_REASONS[refusal.reason] : undefined;
    const amount = giveBackAmount(payment);
    if (reason === undefined || amount === 0) return;
    const now = new Date();
    const wanted: Cancellation = {
      id: newId(),
      kind: CancellationKind.GIVE_BACK,
      userId: order.userId,
      merchantUid: order.merchantUid,
      impUid: payment.impUid,
      openImpUid: payment.impUid,
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
    const opened = await this.ledger.reserve(wanted, async ({ open }) => open ?? wanted);
    this.logger.warn(
      { cancellationId: opened.id, impUid: payment.impUid, reason },
      'money that cannot be credited goes back',
    );
  }

  private async openCancellation(impUid: string): Promise<Cancellation | undefined> {
    return (await this.dataSource.manager.findOneBy(Cancellation, { openImpUid: impUid })) ?? undefined;
  }
}

/**
 * Which of the gateway's cancellations is the end of our wish: the gateway keeps the `reason` that we sent, and ours
 * begins with our id. Should a PG not keep it, an answer that says "carried out", or a part without a name, is told by
 * its amount.
 */
function entryOf<Entry extends { key: string; amount: number; reason: string }>(
  wish: Cancellation,
  entries: Entry[],
  isCertain: boolean,
): Entry | undefined {
  return (
    entries.find((entry) => entry.reason.startsWith(wish.id)) ??
    entries.findLast((entry) => entry.amount === wish.amount && (isCertain || entry.key.startsWith('total:')))
  );
}
