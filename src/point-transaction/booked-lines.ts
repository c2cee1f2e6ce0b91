import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { LOGGER } from '../logging/logger.js';
import { cancelBooked, credited } from './announcements.js';

/** Writes one line for each credit and each cancel, whoever asked for it: by them support finds what became of a payment. */
@Injectable()
export class BookedLines {
  constructor(@Inject(LOGGER) logger: Logger) {
    credited.listen((booked) => logger.info(booked, 'credited'));
    cancelBooked.listen((booked) => logger.info(booked, 'cancelled'));
  }
}
