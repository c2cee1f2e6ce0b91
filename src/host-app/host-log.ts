import { Logger as NestLogger, type LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';
import { createLogger } from '../logging/logger.js';

const CONTEXT = 'Points';
/** Of pino. */
const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 };

interface Line {
  level: number;
  msg?: string;
  time?: string;
}

/** A log whose lines go to the app's own: the same lines as the standalone server's, with the same things left out. */
export function logOfHost(given: LoggerService | undefined): Logger {
  const log = given ?? new NestLogger();
  return createLogger('debug', {
    write: (text) => {
      const { level, msg = '', time: _time, ...about } = JSON.parse(text) as Line;
      const line = Object.keys(about).length > 0 ? `${msg} ${JSON.stringify(about)}` : msg;
      if (level >= LEVELS.error) log.error(line, undefined, CONTEXT);
      else if (level >= LEVELS.warn) log.warn(line, CONTEXT);
      else if (level >= LEVELS.info) log.log(line, CONTEXT);
      else log.debug?.(line, CONTEXT);
    },
  });
}
