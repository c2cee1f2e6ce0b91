import { Module } from '@nestjs/common';
import { CancellationModule } from '../cancellation/cancellation.module.js';
import { CashReceiptModule } from '../cash-receipt/cash-receipt.module.js';
import { ComparisonModule } from '../comparison/comparison.module.js';
import { EventSendingModule } from '../event-sending/event-sending.module.js';
import { PointTransactionModule } from '../point-transaction/point-transaction.module.js';
import { SpendingModule } from '../spending/spending.module.js';
import { WebhookModule } from '../webhook/webhook.module.js';
import { RecoveryService } from './recovery.service.js';

@Module({
  imports: [
    CancellationModule,
    CashReceiptModule,
    ComparisonModule,
    EventSendingModule,
    PointTransactionModule,
    SpendingModule,
    WebhookModule,
  ],
  providers: [RecoveryService],
})
export class RecoveryModule {}
