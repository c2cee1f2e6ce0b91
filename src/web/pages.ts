import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { sendFile } from './send-file.js';

const publicFolder = fileURLToPath(new URL('../../public', import.meta.url));

/** The checkout page and what it loads. */
export function servePages(fastify: FastifyInstance): void {
  fastify.get('/', (_request, reply) => reply.redirect('/payment.html'));
  fastify.get('/*', (request, reply) => sendFile(request, reply, publicFolder, pathOf(request.url)));
}

/** Still encoded: it is decoded where `..` in it is looked for. */
function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
