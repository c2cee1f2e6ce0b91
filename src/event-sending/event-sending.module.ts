import { Module } from '@nestjs/common';
import { EventWork } from './event-work.js';

@Module({
  providers: [EventWork],
  exports: [EventWork],
})
export class EventSendingModule {}
