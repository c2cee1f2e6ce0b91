import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { Gateways } from '../gateway/gateways.js';
import type { Payment } from '../payment/payment.entity.js';
import type { PointAccount } from '../point-account/point-account.entity.js';
import type { PointTransaction } from './point-transaction.entity.js';
import { Reconciliation } from './reconciliation.js';
import { NotAnImpUid, PaymentNotFound } from './refusals.js';
import { claimMismatch } from './rules.js';
import { findCredit, findPage, type Entry } from './transactions.js';

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
      const { entry: credit, payment } = credited;
      if (credit.ownerId !== ownerId) throw new PaymentNotFound();
      const mismatch = claimMismatch(claimedAmount, payment.amount);
      if (mismatch) throw mismatch;
      return { credit, payment };
    }
    const answer = await gateway.readPayment(impUid);
    const applied = answer && (await this.reconciliation.apply(answer, { ownerId, claimedAmount }));
    if (!applied) throw new PaymentNotFound();
    if ('refusal' in applied) throw applied.refusal;
    const { credit, payment, account } = applied;
    if (!credit) throw new Error('a payment is called credited and has no credit');
    return { credit, payment, account };
  }

  /** An owner's transactions, newest first. @param before only rows with a smaller sequence. */
  async page(ownerId: string, count: number, before: number | undefined): Promise<Entry[]> {
    return findPage(this.dataSource.manager, ownerId, count, before);
  }
}
