import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AttentionKind } from '../attention/attention.entity.js';
import { raise } from '../attention/raise.js';
import { GatewayUnavailable } from '../gateway/errors.js';
import { type GatewayPayment, holdsMoney } from '../gateway/gateway-payment.js';
import type { Gateway } from '../gateway/gateway.js';
import { Gateways } from '../gateway/gateways.js';
import { lastCheckAfter, nextCheckAfter } from '../payment/check-schedule.js';
import { PaymentOrder, StoredOrderState } from '../payment/payment-order.entity.js';
import { claimDueAtOnce } from '../work/claim.js';
import type { Batch, Work } from '../work/work.js';
import { Reconciliation } from './reconciliation.js';

/** Most of them have nothing to ask the gateway. */
const PAID_BATCH = 100;
/** An order whose check died with its instance is checked again after this. */
const LEASE_MS = 2 * 60_000;
const GIVEN_UP =
  '주문의 결제 확인이 거듭 실패했습니다. 로그를 확인하세요. / Asking for payments of the order failed until the last time; see the log.';

/** An unpaid order, and what a look at many orders showed of its payments. */
interface Looked {
  order: PaymentOrder;
  payments: GatewayPayment[];
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
  readonly paid: Work<PaymentOrder> = {
    take: () => this.claim({ state: StoredOrderState.PAID }, PAID_BATCH),
    nameOf: ({ merchantUid }) => ({ merchantUid }),
    do: (order) => this.checkPaid(order),
  };

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly gateways: Gateways,
    private readonly reconciliation: Reconciliation,
  ) {}

  /** One call of the gateway for all of them. @throws {GatewayUnavailable} */
  private async takeUnpaid(gateway: Gateway): Promise<Batch<Looked>> {
    const which = { state: StoredOrderState.READY, gateway: gateway.name };
    const { pieces: orders, isFull } = await this.claim(which, gateway.ordersAtOnceMax);
    if (orders.length === 0) return { pieces: [], isFull };
    const payments = await gateway.findPaymentsOfOrders(orders.map(({ merchantUid }) => merchantUid));
    const paymentsOf = (order: PaymentOrder) =>
      payments.filter(({ merchantUid }) => merchantUid === order.merchantUid);
    return { pieces: orders.map((order) => ({ order, payments: paymentsOf(order) })), isFull };
  }

  private async claim(
    which: Partial<Pick<PaymentOrder, 'state' | 'gateway'>>,
    limit: number,
  ): Promise<Batch<PaymentOrder>> {
    const pieces = await claimDueAtOnce(this.dataSource, PaymentOrder, {
      due: 'nextCheckAt',
      where: which,
      leaseUntil: new Date(Date.now() + LEASE_MS),
      limit,
    });
    return { pieces, isFull: pieces.length === limit };
  }

  private async checkUnpaid({ order, payments }: Looked): Promise<void> {
    const next = nextCheckAfter(order.createdAt, new Date());
    await this.thenCheckAt(next, order, async () => {
      const isWorthAnother = next === null && payments.length > 0 && !payments.some((one) => holdsMoney(one));
      if (isWorthAnother) await this.reconciliation.reconcileOrder(order);
      else await this.reconciliation.applyAll(order, payments);
    });
  }

  /** A paid order is asked about once more at the end of its time, for a second payment of it. */
  private async checkPaid(order: PaymentOrder): Promise<void> {
    const next = lastCheckAfter(order.createdAt, new Date());
    await this.thenCheckAt(next, order, async () => {
      if (next === null) await this.reconciliation.reconcileOrder(order);
    });
  }

  /** Also after a fault of ours, which the schedule bounds; a gateway that does not answer is asked again after the lease. */
  private async thenCheckAt(
    nextCheckAt: Date | null,
    { merchantUid, ownerId }: PaymentOrder,
    check: () => Promise<unknown>,
  ): Promise<void> {
    const { manager } = this.dataSource;
    const schedule = () => manager.update(PaymentOrder, { merchantUid }, { nextCheckAt });
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
