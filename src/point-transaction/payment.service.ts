import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { Gateways } from '../gateway/gateways.js';
import { Cancellation } from '../payment/cancellation.entity.js';
import { PaymentOrder } from '../payment/payment-order.entity.js';
import { findPayment } from '../payment/payments.js';
import { PointTransaction } from './point-transaction.entity.js';
import type { History } from './timeline.js';

/** Of each kind of row; more than a payment has. */
const ROWS_MAX = 100;

@Injectable()
export class PaymentService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly gateways: Gateways,
  ) {}

  /** What is known of an owner's payment; undefined for anybody else's and for none. Asks no gateway. */
  async history(ownerId: string, impUid: string): Promise<History | undefined> {
    const gateway = this.gateways.ofPayment(impUid);
    if (!gateway) return undefined;
    const { manager } = this.dataSource;
    const payment = await findPayment(manager, { gateway: gateway.name, paymentId: impUid });
    if (payment?.ownerId !== ownerId) return undefined;
    const { id: paymentId, merchantUid } = payment;
    const order = await manager.findOneByOrFail(PaymentOrder, { merchantUid });
    const rows = await manager.find(PointTransaction, {
      where: { paymentId },
      order: { sequence: 'ASC' },
      take: ROWS_MAX,
    });
    const cancellations = await manager.find(Cancellation, {
      where: { paymentId },
      order: { id: 'ASC' },
      take: ROWS_MAX,
    });
    return { order, payment, rows, cancellations };
  }
}
