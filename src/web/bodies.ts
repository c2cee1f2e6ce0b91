import type { FastifyInstance, FastifyRequest } from 'fastify';

/**
 * A notice of a gateway is handed on as it came, of whatever type: the gateway's room reads it. Everything else is JSON; the
 * GraphQL address is handed nothing of another type and says so.
 */
export function takeBodies(fastify: FastifyInstance): void {
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    if (isNotice(request)) done(null, body);
    else void parseJson(request, body, done);
  });
  fastify.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    done(null, isNotice(request) ? body : undefined);
  });
}

function isNotice({ url }: FastifyRequest): boolean {
  return url.startsWith('/webhooks/');
}
