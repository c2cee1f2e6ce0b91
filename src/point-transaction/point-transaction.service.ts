import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Between, type DataSource } from 'typeorm';
import { Gateways } from '../gateway/gateways.js';
import { PaymentOrderService } from '../payment-order/payment-order.service.js';
import { Ledger } from './ledger.js';
import { PointTransaction } from './point-transaction.entity.js';
import { Reconciliation, type Settled } from './reconciliation.js';
import { NotAnImpUid, PaymentNotFound } from './refusals.js';
import { checkClaimedAmount } from './rules.js';

/** The row that credited the payment; with the account when it is known as of this moment. */
export type Charged = Extract<Settled, { credit: PointTransaction }>;

@Injectable()
export class PointTransactionService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly gateways: Gateways,
    private readonly orders: PaymentOrderService,
    private readonly reconciliation: Reconciliation,
    private readonly ledger: Ledger,
  ) {}

  /**
   * Turns a payment into points, once. A repeated call gets the same row, whenever it comes and however many there are,
   * and costs no call of the gateway.
   *
   * @param claimedAmount what the caller believes to have paid; compared with the order and never used.
   * @throws {NotAnImpUid} before anything leaves the machine.
   * @throws {PaymentNotFound} {@link PaymentNotPaid} {@link PaymentMismatch} no points were changed. Money for an
   * order that can never be credited is on its way back then; a foreign or altered claim refunds nobody.
   * @throws {GatewayUnavailable} nothing was changed; a retry is safe.
   */
  async create(ownerId: string, impUid: string, claimedAmount?: number): Promise<Charged> {
    if (!this.gateways.ofPayment(impUid)) throw new NotAnImpUid();
    const credited = await this.ledger.findCredit(impUid);
    if (credited) {
      if (credited.ownerId !== ownerId) throw new PaymentNotFound();
      const order = claimedAmount === undefined ? null : await this.orders.find(credited.merchantUid);
      if (order) checkClaimedAmount(claimedAmount, order.amount);
      return { credit: credited };
    }
    const found = await this.reconciliation.find(impUid);
    if (!found || found.order.ownerId !== ownerId) throw new PaymentNotFound();
    checkClaimedAmount(claimedAmount, found.order.amount);
    const settled = await this.reconciliation.settle(found);
    if ('refusal' in settled) throw settled.refusal;
    return settled;
  }

  /**
   * An owner's transactions, newest first.
   *
   * @param before only rows with a smaller sequence. Sequences have no gaps, so the page's other end is known too: with
   * one end alone MariaDB may read a long history from its newest row down to the page.
   */
  async page(ownerId: string, count: number, before: number | undefined): Promise<PointTransaction[]> {
    return this.dataSource.manager.find(PointTransaction, {
      where: { ownerId, ...(before === undefined ? {} : { sequence: Between(before - count, before - 1) }) },
      order: { sequence: 'DESC' },
      take: count,
    });
  }
}
