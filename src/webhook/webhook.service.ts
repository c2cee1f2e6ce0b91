import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { newId } from '../database/new-id.js';
import { findPayment } from '../payment/payments.js';
import { PaymentOrderService } from '../payment/payment-order.service.js';
import { webhookForeign, webhookReceived } from './announcements.js';
import { WebhookDelivery } from './webhook-delivery.entity.js';

/** What the gateway said in a notice; null where it said nothing that can be. */
export type Notice = Pick<WebhookDelivery, 'gatewayPaymentId' | 'status' | 'cancellationId'> & {
  gateway: string;
  merchantUid: string | null;
};

/** Takes notices. What they tell of is looked at afterwards (see webhook-work.ts). */
@Injectable()
export class WebhookService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly orders: PaymentOrderService,
  ) {}

  /**
   * Stores a notice about an order of ours, which is all that the gateway waits for. One about no
   * order of ours costs this look-up and nothing else, however many of them somebody invents: an order is stored before
   * anybody can pay it, so there is nothing to wait for.
   */
  async receive({ gateway, gatewayPaymentId, merchantUid, status, cancellationId }: Notice): Promise<void> {
    const order =
      merchantUid === null
        ? await findPayment(this.dataSource.manager, { gateway, paymentId: gatewayPaymentId })
        : await this.orders.find(merchantUid);
    if (!order) {
      webhookForeign.announce({});
      return;
    }
    const now = new Date();
    await this.dataSource.manager.insert(WebhookDelivery, {
      id: newId(),
      gatewayPaymentId,
      merchantUid: order.merchantUid,
      status,
      cancellationId,
      receivedAt: now,
      nextAttemptAt: now,
      attempts: 0,
    });
    webhookReceived.announce({});
  }
}
