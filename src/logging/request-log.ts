import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';
import { ulid } from 'ulid';

const REQUEST_ID_HEADER = 'x-request-id';
const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** What the GraphQL room tells about a request, for its line in the log. */
export interface OperationLog {
  /** The root fields that were asked for, such as `createPointTransaction`. */
  fields: string[];
  /** Codes of the errors in the answer. */
  codes: string[];
}

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
      const id = typeof given === 'string' && REQUEST_ID.test(given) ? given : ulid();
      response.setHeader(REQUEST_ID_HEADER, id);
      return id;
    },
    autoLogging: { ignore: (request) => request.url.startsWith('/health/') },
    // The query of an address can hold an imp_uid and more, so only the path is kept.
    customSuccessObject: (request, response, { responseTime }: { responseTime: number }) => ({
      method: request.method,
      path: request.originalUrl.split('?', 1)[0],
      status: response.statusCode,
      durationMs: Math.round(responseTime),
      ...operations.get(request),
    }),
    customErrorObject: (request, response, error, { responseTime }: { responseTime: number }) => ({
      method: request.method,
      path: request.originalUrl.split('?', 1)[0],
      status: response.statusCode,
      durationMs: Math.round(responseTime),
      ...operations.get(request),
      err: error,
    }),
    customSuccessMessage: () => 'request',
    customErrorMessage: () => 'request',
  });
}
