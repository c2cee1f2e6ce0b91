import { Module } from '@nestjs/common';
import { PaymentModule } from '../payment/payment.module.js';
import { PointTransactionModule } from '../point-transaction/point-transaction.module.js';
import { WebhookWork } from './webhook-work.js';
import { WebhookController } from './webhook.controller.js';
import { WebhookService } from './webhook.service.js';

@Module({
  imports: [PaymentModule, PointTransactionModule],
  controllers: [WebhookController],
  providers: [WebhookService, WebhookWork],
  exports: [WebhookWork],
})
export class WebhookModule {}
