import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { fastifyRequestContext as requestContext } from '@fastify/request-context';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

const REQUEST_ID_HEADER = 'x-request-id';
const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** What the GraphQL room tells about a request, for its line in the log. */
export interface OperationLog {
  /** The root fields that were asked for, such as `createPointTransaction`. */
  fields: string[];
  /** Codes of the errors in the answer. */
  codes: string[];
  /** What the caller was told of faults of ours, where there are any. */
  errorIds?: string[];
  /** Of a caller with a valid access token. */
  ownerId?: string | undefined;
  serviceKeyId?: string | undefined;
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
  'webhooks',
]);

/** Where a request keeps it: a WeakMap would hold all that the request touched until a full collection. */
const OPERATION = Symbol('operation');
interface LoggedRequest {
  [OPERATION]?: OperationLog;
}

export function logOperation(request: object, operation: OperationLog): void {
  (request as LoggedRequest)[OPERATION] = operation;
}

/** The id that the caller gave (`X-Request-Id`), or a new one. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers[REQUEST_ID_HEADER];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** Lets every line that a request causes have its id, however many awaits later. */
export async function rememberRequestIds(fastify: FastifyInstance): Promise<void> {
  await fastify.register(requestContext, { defaultStoreValues: ({ id: reqId }) => ({ reqId }) });
}

/** One line per request with its id, which the caller always gets back. It is written when the answer is sent or lost. */
export function requestLog(
  logger: Logger,
): (request: FastifyRequest & LoggedRequest, reply: FastifyReply) => void {
  return (request, reply) => {
    reply.header(REQUEST_ID_HEADER, request.id);
    if (request.url.startsWith('/health/')) return;
    reply.raw.once('close', () => {
      logger.info(
        {
          reqId: request.id,
          method: request.method,
          path: pathOf(request.url),
          status: reply.raw.statusCode,
          durationMs: Math.round(reply.elapsedTime),
          // The caller went away before it had the answer.
          ...(reply.raw.writableFinished ? {} : { aborted: true }),
          ...request[OPERATION],
        },
        'request',
      );
    });
  };
}

function pathOf(url: string): string {
  const [, first = ''] = url.split(/[/?]/, 2);
  return OUR_ADDRESSES.has(first) ? `/${first}` : '(other)';
}
