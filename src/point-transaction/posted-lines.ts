import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { LOGGER } from '../logging/logger.js';
import { cancelPosted, credited } from './announcements.js';

/** Writes one line for each credit and each cancel, whoever asked for it: by them support finds what became of a payment. */
@Injectable()
export class PostedLines {
  constructor(@Inject(LOGGER) logger: Logger) {
    credited.listen((posted) => logger.info(posted, 'credited'));
    cancelPosted.listen((posted) => logger.info(posted, 'cancelled'));
  }
}
