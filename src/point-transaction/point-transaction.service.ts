import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Gateways } from '../gateway/gateways.js';
import type { Payment } from '../payment/payment.entity.js';
import type { PointAccount } from '../point-account/point-account.entity.js';
import type { PointTransaction } from './point-transaction.entity.js';
import { Reconciliation } from './reconciliation.js';
import { NotAnImpUid, PaymentNotFound } from './refusals.js';
import { checkClaimedAmount } from './rules.js';
import { findCredit, findPage, type OfPayment } from './transactions.js';

/** The row that credited the payment; with its owner's account when that is known as of this moment. */
export interface Charged {
  credit: PointTransaction;
  payment: Payment;
  account?: PointAccount;
}

@Injectable()
export class PointTransactionService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly gateways: Gateways,
    private readonly reconciliation: Reconciliation,
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
    const gateway = this.gateways.ofPayment(impUid);
    if (!gateway) throw new NotAnImpUid();
    const { manager } = this.dataSource;
    const name = { gateway: gateway.name, paymentId: impUid };
    const credited = await findCredit(manager, name);
    if (credited) {
      const [credit, payment] = credited;
      if (credit.ownerId !== ownerId) throw new PaymentNotFound();
      checkClaimedAmount(claimedAmount, payment.amount);
      return { credit, payment };
    }
    const found = await this.reconciliation.find(gateway, impUid);
    if (!found || found.order.ownerId !== ownerId) throw new PaymentNotFound();
    checkClaimedAmount(claimedAmount, found.order.amount);
    const settled = await this.reconciliation.settle(found);
    if ('refusal' in settled) throw settled.refusal;
    const { credit, payment, account } = settled;
    if (credit) return { credit, payment, account };
    // Somebody else credited it since the first look.
    const [row] = (await findCredit(manager, name)) ?? [];
    if (!row) throw new Error('a payment is called credited and has no credit');
    return { credit: row, payment };
  }

  /** An owner's transactions, newest first. @param before only rows with a smaller sequence. */
  async page(ownerId: string, count: number, before: number | undefined): Promise<OfPayment[]> {
    return findPage(this.dataSource.manager, ownerId, count, before);
  }
}
