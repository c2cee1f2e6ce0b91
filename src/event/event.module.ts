import { Inject, Injectable, Module } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { SETTINGS, type Settings } from '../config/settings.js';
import { InjectDataSource } from '../database/inject.js';
import { storeEvents } from './outbox.js';

/** Has events stored where the settings name somebody who takes them. */
@Injectable()
export class Outbox {
  constructor(
    @InjectDataSource() dataSource: DataSource,
    @Inject(SETTINGS) { events }: Pick<Settings, 'events'>,
  ) {
    if (events) storeEvents(dataSource);
  }
}

@Module({
  providers: [Outbox],
})
export class EventModule {}
