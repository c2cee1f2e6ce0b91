import { Injectable } from '@nestjs/common';
import { type DataSource, IsNull } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { GatewayRefused, GatewayUnavailable } from '../gateway/errors.js';
import { type Gateway, rulesOf } from '../gateway/gateway.js';
import { Gateways } from '../gateway/gateways.js';
import { Certainty } from '../gateway/pg-rules.js';
import { handlesAccounts } from '../gateway/virtual-accounts.js';
import { awaitsDeposit } from '../payment/deposits.js';
import type { Payment } from '../payment/payment.entity.js';
import { PaymentOrder, StoredOrderState } from '../payment/payment-order.entity.js';
import { PaymentOrderModel } from '../payment/payment-order.model.js';
import { PaymentOrderService } from '../payment/payment-order.service.js';
import { Reconciliation } from './reconciliation.js';
import { AccountNotClosed, NoDepositAwaited, OrderNotFound } from './refusals.js';

/** With a second on top, so that the check does not come a moment too early. */
const REPORTED_CHECK_AFTER_MS = 30 * 60_000 + 1000;

/** What the buyer does about a virtual account: gives it up, or says to have paid in. */
@Injectable()
export class DepositService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly gateways: Gateways,
    private readonly orders: PaymentOrderService,
    private readonly reconciliation: Reconciliation,
  ) {}

  /**
   * Closes the accounts that wait for an order. Each is read afterwards, and what is read decides: a deposit that was quicker
   * is credited. Safe to repeat.
   *
   * @returns the order as it is then: CANCELLED, or PAID by the deposit; still waiting where the gateway does not show the
   * closing yet, which a later look finds.
   * @throws {OrderNotFound} {@link NoDepositAwaited} nobody was asked. Also for an unpaid order without an account: a window
   * may be open for it, and it ends by itself.
   * @throws {AccountNotClosed} it waits until its time.
   * @throws {GatewayUnavailable} some may be closed; a retry is safe.
   */
  async cancelOrder(ownerId: string, merchantUid: string): Promise<PaymentOrder> {
    const order = await this.ownOrder(ownerId, merchantUid);
    if (order.state === StoredOrderState.CANCELLED) return order;
    const waiting = await this.waitingAccountsOf(order);
    if (waiting.length === 0 || order.state === StoredOrderState.PAID) {
      throw new NoDepositAwaited(PaymentOrderModel.of(order).state);
    }
    const gateway = this.gateways.named(order.gateway);
    const open = waiting.filter((payment) => !mayClose(gateway, payment));
    for (const payment of open.length === 0 ? waiting : []) {
      if (!(await this.close(gateway, payment))) open.push(payment);
    }
    const now = await this.ownOrder(ownerId, merchantUid);
    if (open.length > 0 && now.state === StoredOrderState.AWAITING_DEPOSIT)
      throw new AccountNotClosed(now.expiresAt);
    return now;
  }

  /**
   * The buyer says to have paid in. It is looked at once; should the gateway still know of no deposit half an hour later, a
   * person looks (see order-checks.ts). Safe to repeat: the first time counts.
   *
   * @throws {OrderNotFound} {@link NoDepositAwaited} nothing was noted.
   */
  async report(ownerId: string, merchantUid: string): Promise<PaymentOrder> {
    const order = await this.ownOrder(ownerId, merchantUid);
    if (order.state === StoredOrderState.PAID) return order;
    if ((await this.orders.accountsOf([merchantUid])).length === 0) {
      throw new NoDepositAwaited(PaymentOrderModel.of(order).state);
    }
    const now = new Date();
    const first = { merchantUid, depositReportedAt: IsNull() };
    const nextCheckAt = new Date(now.getTime() + REPORTED_CHECK_AFTER_MS);
    await this.dataSource.manager.update(PaymentOrder, first, { depositReportedAt: now, nextCheckAt });
    try {
      await this.reconciliation.reconcileOrder(order);
    } catch (error) {
      // The report is stored, and recovery asks again.
      if (!(error instanceof GatewayUnavailable)) throw error;
    }
    return this.ownOrder(ownerId, merchantUid);
  }

  /** @returns whether it is closed or paid, by what is read afterwards. */
  private async close(gateway: Gateway, payment: Payment): Promise<boolean> {
    let isRefused = false;
    try {
      if (handlesAccounts(gateway)) await gateway.closeAccount(payment.gatewayPaymentId);
    } catch (error) {
      if (!(error instanceof GatewayRefused)) throw error;
      isRefused = true;
    }
    await this.reconciliation.reconcile(payment);
    return !isRefused;
  }

  private async waitingAccountsOf({ merchantUid }: PaymentOrder): Promise<Payment[]> {
    const accounts = await this.orders.accountsOf([merchantUid]);
    return accounts.filter((payment) => awaitsDeposit(payment) && Number(payment.dueAt) > Date.now());
  }

  /** @throws {OrderNotFound} */
  private async ownOrder(ownerId: string, merchantUid: string): Promise<PaymentOrder> {
    const order = await this.orders.find(merchantUid);
    if (order?.ownerId !== ownerId) throw new OrderNotFound();
    return order;
  }
}

/** Unless it is known that the payment company does not close accounts, it is asked. */
function mayClose(gateway: Gateway, payment: Payment): boolean {
  const { value, certainty } = rulesOf(gateway, payment).accountRevoke;
  return handlesAccounts(gateway) && (value !== false || certainty === Certainty.ASSUMED);
}
