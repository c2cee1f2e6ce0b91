import { Module } from '@nestjs/common';
import { CashReceiptResolver } from './cash-receipt.resolver.js';
import { CashReceiptService } from './cash-receipt.service.js';
import { CashReceiptWork } from './cash-receipt-work.js';

@Module({
  providers: [CashReceiptService, CashReceiptWork, CashReceiptResolver],
  exports: [CashReceiptWork],
})
export class CashReceiptModule {}
