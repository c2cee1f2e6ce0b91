import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { LOGGER } from '../logging/logger.js';
import { granted, spendCancelled, spent } from './announcements.js';

/** Writes one line for each spend, each one given back and each grant: by them support finds what became of points. */
@Injectable()
export class SpendingLines {
  constructor(@Inject(LOGGER) logger: Logger) {
    spent.listen((moved) => logger.info(moved, 'spent'));
    spendCancelled.listen((moved) => logger.info(moved, 'spend given back'));
    granted.listen((moved) => logger.info(moved, 'granted'));
  }
}
