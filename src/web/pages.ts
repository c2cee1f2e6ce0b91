import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { Settings } from '../config/settings.js';
import { StaticFiles } from './static-files.js';

const publicFolder = fileURLToPath(new URL('../../public', import.meta.url));
const CHECKOUT_PAGE = '/payment.html';
/** What the page says of itself until it is served. */
const UNSERVED = ' data-test-mode="false"';

/** The checkout page and what it loads. */
export function servePages(fastify: FastifyInstance, settings: Settings): void {
  const files = new StaticFiles(publicFolder, { [CHECKOUT_PAGE]: (html) => served(html, settings) });
  fastify.get('/', (_request, reply) => reply.redirect(CHECKOUT_PAGE));
  fastify.get('/*', (request, reply) => files.send(request, reply, pathOf(request.url)));
}

/** The page knows before its first order whether money is real, and which script opens the payment window. */
function served(html: string, { iamport }: Settings): string {
  if (!html.includes(UNSERVED)) throw new Error(`payment.html has no${UNSERVED}`);
  const told = ` data-test-mode="${iamport.testMode}" data-sdk-url="${escapeAttribute(iamport.sdkUrl)}"`;
  return html.replace(UNSERVED, () => told);
}

function escapeAttribute(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

/** Still encoded: it is decoded where `..` in it is looked for. */
function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
