import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type DataSource, LessThan } from 'typeorm';
import { SETTINGS, type Settings } from '../config/settings.js';
import { IamportClient } from '../iamport/iamport-client.js';
import { isImpUid } from '../iamport/imp-uid.js';
import { PaymentOrderService } from '../payment-order/payment-order.service.js';
import { Ledger } from './ledger.js';
import { PointTransaction } from './point-transaction.entity.js';
import { NotAnImpUid, PaymentNotFound } from './refusals.js';
import { checkClaimedAmount, creditableAmount } from './rules.js';

@Injectable()
export class PointTransactionService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly iamport: IamportClient,
    private readonly orders: PaymentOrderService,
    private readonly ledger: Ledger,
  ) {}

  /**
   * Turns a payment into points, once. A repeated call gets the same row, whenever it comes and however many there are,
   * and costs no call of the gateway.
   *
   * @param claimedAmount what the caller believes to have paid; compared with the order and never used.
   * @throws {NotAnImpUid} before anything leaves the machine.
   * @throws {PaymentNotFound} {@link PaymentNotPaid} {@link PaymentMismatch} nothing was changed and nobody was refunded.
   * @throws {GatewayUnavailable} nothing was changed; a retry is safe.
   */
  async create(userId: string, impUid: string, claimedAmount?: number): Promise<PointTransaction> {
    if (!isImpUid(impUid)) throw new NotAnImpUid();
    const credited = await this.ledger.findCredit(impUid);
    if (credited) {
      if (credited.userId !== userId) throw new PaymentNotFound();
      const order = claimedAmount === undefined ? null : await this.orders.find(credited.merchantUid);
      if (order) checkClaimedAmount(claimedAmount, order.amount);
      return credited;
    }
    const payment = await this.iamport.readPayment(impUid);
    // The order of the gateway's answer: an order that the caller names would prove nothing.
    const order = payment && (await this.orders.find(payment.merchantUid));
    if (!order || order.userId !== userId) throw new PaymentNotFound();
    checkClaimedAmount(claimedAmount, order.amount);
    const amount = creditableAmount(payment, order.amount, this.settings.iamport.testMode);
    return this.ledger.credit({ userId, merchantUid: order.merchantUid, impUid, amount });
  }

  /**
   * A user's transactions, newest first.
   *
   * @param before only rows with a smaller sequence.
   */
  async page(userId: string, count: number, before: number | undefined): Promise<PointTransaction[]> {
    return this.dataSource.manager.find(PointTransaction, {
      where: { userId, ...(before === undefined ? {} : { sequence: LessThan(before) }) },
      order: { sequence: 'DESC' },
      take: count,
    });
  }
}
