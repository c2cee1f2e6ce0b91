import { requestContext } from '@fastify/request-context';
import { type DestinationStream, type Logger, pino } from 'pino';

/** Token under which the log is injected. */
export const LOGGER = Symbol('LOGGER');

const EMAIL = /[^\s'"<>(),:/@]+@[^\s'"<>(),:/@]+\.[a-z]+/gi;
const QUOTED = /'[^']*'/g;

/** Structured lines, on standard output unless told otherwise. They hold no password, token, card, e-mail or phone. */
export function createLogger(level: string, destination: DestinationStream = pino.destination(1)): Logger {
  const options = {
    level,
    serializers: { err: serializeError },
    // A new one each time: pino writes the line's own fields into it.
    mixin: () => ({ ...requestContext.getStore() }),
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return pino(options, destination);
}

/**
 * What of an error may be logged: its kind, code, text and stack. Its other properties are left out, because those of
 * database and HTTP errors hold the statement's values and the request's headers; and in texts that a database made
 * the quoted values are blanked.
 */
function serializeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code } = error as { code?: unknown };
  return {
    // TypeORM's errors are named after their class, and the bundle may have another name for that.
    type: 'driverError' in error ? 'QueryFailedError' : error.name,
    code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
    message: withoutValues(error.message, error),
    stack: error.stack && withoutValues(error.stack, error),
    cause: error.cause === undefined ? undefined : serializeError(error.cause),
  };
}

function withoutValues(text: string, error: Error): string {
  const masked = text.replace(EMAIL, '[e-mail]');
  return 'driverError' in error ? masked.replace(QUOTED, "'…'") : masked;
}
