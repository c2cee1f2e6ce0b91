import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/** Lets the framework speak into the same log. What it says at a start is detail. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  debug(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  verbose(message: unknown, context?: string): void {
    this.logger.trace({ context }, String(message));
  }

  warn(message: unknown, context?: string): void {
    this.logger.warn({ context }, String(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    // With a text of its own, or pino would take the error's, which nobody has looked through.
    if (message instanceof Error)
      this.logger.error({ err: message, context }, 'the framework reports an error');
    else this.logger.error({ context }, String(message));
  }

  fatal(message: unknown, context?: string): void {
    this.logger.fatal({ context }, String(message));
  }
}
