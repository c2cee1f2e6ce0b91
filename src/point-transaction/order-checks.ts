import { Injectable } from '@nestjs/common';
import { type DataSource, type FindOptionsWhere, In, IsNull, Not } from 'typeorm';
import { AttentionKind } from '../attention/attention.entity.js';
import { raise } from '../attention/raise.js';
import { InjectDataSource } from '../database/inject.js';
import { GatewayUnavailable } from '../gateway/errors.js';
import { type GatewayPayment, holdsMoney } from '../gateway/gateway-payment.js';
import type { Gateway } from '../gateway/gateway.js';
import { handlesAccounts } from '../gateway/virtual-accounts.js';
import { Gateways } from '../gateway/gateways.js';
import { endAwaiting } from '../payment/awaited-orders.js';
import { hadAccount, lastCheckOf, nextCheckOf } from '../payment/check-schedule.js';
import { Payment } from '../payment/payment.entity.js';
import { PaymentOrder, StoredOrderState, UNPAID_STATES } from '../payment/payment-order.entity.js';
import { claimDueAtOnce } from '../work/claim.js';
import type { Batch, Work } from '../work/work.js';
import { Reconciliation } from './reconciliation.js';

/** Most of them have nothing to ask the gateway. */
const PAID_BATCH = 100;
/** An order whose check died with its instance is checked again after this. */
const LEASE_MS = 2 * 60_000;
const GIVEN_UP =
  '주문의 결제 확인이 거듭 실패했습니다. 로그를 확인하세요. / Asking for payments of the order failed until the last time; see the log.';

const DEPOSIT_NOT_SEEN =
  '입금했다고 알렸으나 30분이 지나도 입금이 보이지 않습니다. 결제사에 등록할 입금통보 URL / Said to be paid in and not seen; the address that the PG must know: ';
/** After its buyer has said so. */
const DEPOSIT_SEEN_WITHIN_MS = 30 * 60_000;

/** An order, and until when its check has it. */
interface Claimed {
  order: PaymentOrder;
  leaseUntil: Date;
}

/** An unpaid order, and what a look at many orders showed of its payments. */
interface Looked extends Claimed {
  payments: GatewayPayment[];
  askedAt: Date;
}

/** Asks the gateway for payments that nobody told us of, at the times of the schedule (see check-schedule.ts). */
@Injectable()
export class OrderChecks {
  /** One for each gateway, so that one that does not answer keeps nobody waiting for another. */
  readonly unpaid: Work<Looked>[] = this.gateways.all.map((gateway) => ({
    take: () => this.takeUnpaid(gateway),
    nameOf: ({ order: { merchantUid } }) => ({ merchantUid }),
    do: (looked) => this.checkUnpaid(looked),
  }));
  readonly paid: Work<Claimed> = {
    take: () => this.claim({ state: StoredOrderState.PAID }, PAID_BATCH),
    nameOf: ({ order: { merchantUid } }) => ({ merchantUid }),
    do: (claimed) => this.checkPaid(claimed),
  };

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly gateways: Gateways,
    private readonly reconciliation: Reconciliation,
  ) {}

  /** One call of the gateway for all of them. @throws {GatewayUnavailable} */
  private async takeUnpaid(gateway: Gateway): Promise<Batch<Looked>> {
    const which = { state: In(UNPAID_STATES), gateway: gateway.name };
    const { pieces, isFull } = await this.claim(which, gateway.ordersAtOnceMax);
    if (pieces.length === 0) return { pieces: [], isFull };
    const askedAt = new Date();
    const payments = await gateway.findPaymentsOfOrders(pieces.map(({ order }) => order.merchantUid));
    const paymentsOf = (order: PaymentOrder) =>
      payments.filter(({ merchantUid }) => merchantUid === order.merchantUid);
    return { pieces: pieces.map((one) => ({ ...one, askedAt, payments: paymentsOf(one.order) })), isFull };
  }

  private async claim(where: FindOptionsWhere<PaymentOrder>, limit: number): Promise<Batch<Claimed>> {
    const leaseUntil = new Date(Date.now() + LEASE_MS);
    const due = 'nextCheckAt';
    const orders = await claimDueAtOnce(this.dataSource, PaymentOrder, { due, where, leaseUntil, limit });
    return { pieces: orders.map((order) => ({ order, leaseUntil })), isFull: orders.length === limit };
  }

  private async checkUnpaid(looked: Looked): Promise<void> {
    const { order, payments, askedAt } = looked;
    const next = nextCheckOf(order, new Date());
    await this.thenCheckAt(next, looked, async () => {
      const isOver = hadAccount(order) && order.expiresAt < askedAt;
      const isWorthAnother =
        (next === null || isOver) && payments.length > 0 && !payments.some((one) => holdsMoney(one));
      if (isWorthAnother) await this.reconciliation.reconcileOrder(order);
      else await this.reconciliation.applyAll(order, payments);
      if (isOver) await endAwaiting(this.dataSource.manager, order, askedAt);
      await this.missDeposit(order);
    });
  }

  /**
   * A paid order is asked about once more at the end of its time, for a second payment of it. One that was paid into an account
   * is asked about at each look: the bank can take a deposit back.
   */
  private async checkPaid(claimed: Claimed): Promise<void> {
    const { order } = claimed;
    const next = lastCheckOf(order, new Date());
    await this.thenCheckAt(next, claimed, async () => {
      if (next === null || hadAccount(order)) await this.reconciliation.reconcileOrder(order);
    });
  }

  /** No event comes at all where the payment company was never told where to send it: its buyer's word is the only one. */
  private async missDeposit({
    merchantUid,
    ownerId,
    gateway,
    depositReportedAt,
  }: PaymentOrder): Promise<void> {
    if (depositReportedAt === null || Date.now() - depositReportedAt.getTime() < DEPOSIT_SEEN_WITHIN_MS)
      return;
    const { manager } = this.dataSource;
    if (!(await manager.existsBy(PaymentOrder, { merchantUid, state: Not(StoredOrderState.PAID) }))) return;
    const [account] = await manager.find(Payment, {
      where: { merchantUid, accountNumber: Not(IsNull()) },
      order: { id: 'DESC' },
      take: 1,
    });
    const pg = account?.pg ?? null;
    const named = this.gateways.named(gateway);
    const address = handlesAccounts(named) ? named.depositNoticeAddressOf(pg) : undefined;
    const note = `${DEPOSIT_NOT_SEEN}${pg ?? '?'} ${address ?? ''}`;
    await raise(manager, {
      kind: AttentionKind.DEPOSIT_NOT_SEEN,
      subject: merchantUid,
      note,
      merchantUid,
      ownerId,
    });
  }

  /** Also after a fault of ours, which the schedule bounds; a gateway that does not answer is asked again after the lease. */
  private async thenCheckAt(
    nextCheckAt: Date | null,
    { order: { merchantUid, ownerId }, leaseUntil }: Claimed,
    check: () => Promise<unknown>,
  ): Promise<void> {
    const { manager } = this.dataSource;
    // Only what the claim has left: news of the order can have its own next look.
    const schedule = () =>
      manager.update(PaymentOrder, { merchantUid, nextCheckAt: leaseUntil }, { nextCheckAt });
    try {
      await check();
    } catch (error) {
      if (error instanceof GatewayUnavailable) throw error;
      // First, so that no death in between ends it without anybody's knowing.
      if (nextCheckAt === null) {
        const matter = { kind: AttentionKind.WORK_GIVEN_UP, subject: merchantUid, note: GIVEN_UP };
        await raise(manager, { ...matter, merchantUid, ownerId });
      }
      await schedule();
      throw error;
    }
    await schedule();
  }
}
