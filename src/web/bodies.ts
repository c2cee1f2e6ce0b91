import { parse } from 'node:querystring';
import type { FastifyInstance } from 'fastify';

/**
 * Bodies that are no JSON, which Fastify reads itself. iamport sends webhooks as JSON or as a form. The GraphQL address
 * takes no forms: it is handed none and says so.
 */
export function takeBodies(fastify: FastifyInstance): void {
  fastify.removeContentTypeParser('text/plain');
  fastify.addContentTypeParser('*', { parseAs: 'string' }, ({ headers, url }, body, done) => {
    const isForm = FORM.test(headers['content-type'] ?? '') && url.startsWith('/webhooks/');
    done(null, isForm ? parse(String(body)) : undefined);
  });
}

const FORM = /^application\/x-www-form-urlencoded\b/i;
