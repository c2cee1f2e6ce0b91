import { Module } from '@nestjs/common';
import { PointTransactionModule } from '../point-transaction/point-transaction.module.js';
import { ExpiryNotices } from './expiry-notices.js';
import { ExpiryWork } from './expiry-work.js';
import { HoldService } from './hold.service.js';
import { HoldWork } from './hold-work.js';
import { SpendingLines } from './spending-lines.js';
import { SpendingResolver } from './spending.resolver.js';
import { SpendingService } from './spending.service.js';

@Module({
  imports: [PointTransactionModule],
  providers: [
    SpendingService,
    HoldService,
    HoldWork,
    ExpiryWork,
    ExpiryNotices,
    SpendingResolver,
    SpendingLines,
  ],
  exports: [SpendingService, HoldService, HoldWork, ExpiryWork, ExpiryNotices],
})
export class SpendingModule {}
