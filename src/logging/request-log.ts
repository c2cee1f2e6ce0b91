import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';

const REQUEST_ID_HEADER = 'x-request-id';
const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** What the GraphQL room tells about a request, for its line in the log. */
export interface OperationLog {
  /** The root fields that were asked for, such as `createPointTransaction`. */
  fields: string[];
  /** Codes of the errors in the answer. */
  codes: string[];
}

/**
 * The addresses that we have, by their first part. Whatever else a caller writes into an address is theirs and may hold
 * anything, so it is not kept.
 */
const OUR_ADDRESSES = new Set([
  '',
  'graphiql',
  'graphql',
  'health',
  'payment',
  'payment.css',
  'payment.html',
]);

const operations = new WeakMap<object, OperationLog>();

export function logOperation(request: object, operation: OperationLog): void {
  operations.set(request, operation);
}

/** One line per request with its id, which the caller may give (`X-Request-Id`) and always gets back. */
export function requestLog(logger: Logger) {
  return pinoHttp<Request, Response>({
    logger,
    quietReqLogger: true,
    // The library would write all headers.
    serializers: { req: () => undefined, res: () => undefined },
    genReqId: (request, response) => {
      const given = request.headers[REQUEST_ID_HEADER];
      const id = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
      response.setHeader(REQUEST_ID_HEADER, id);
      return id;
    },
    autoLogging: { ignore: (request) => request.url.startsWith('/health/') },
    customSuccessObject: (request, response, { responseTime }: { responseTime: number }) => ({
      method: request.method,
      path: pathOf(request),
      status: response.statusCode,
      durationMs: Math.round(responseTime),
      ...operations.get(request),
    }),
    customErrorObject: (request, response, error, { responseTime }: { responseTime: number }) => ({
      method: request.method,
      path: pathOf(request),
      status: response.statusCode,
      durationMs: Math.round(responseTime),
      ...operations.get(request),
      err: error,
    }),
    customSuccessMessage: () => 'request',
    customErrorMessage: () => 'request',
  });
}

function pathOf(request: Request): string {
  const [, first = ''] = request.originalUrl.split(/[/?]/, 2);
  return OUR_ADDRESSES.has(first) ? `/${first}` : '(other)';
}
