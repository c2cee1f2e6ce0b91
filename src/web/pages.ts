import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { StaticFiles } from './static-files.js';

const publicFolder = fileURLToPath(new URL('../../public', import.meta.url));
const CHECKOUT_PAGE = '/payment.html';
/** What the page says of itself until it is served. */
const UNSERVED = ' data-test-mode="false"';

/** What the page knows before its first order. */
export interface CheckoutPage {
  /** Opens the payment window. */
  scriptUrl: string;
  /** Whether no real money moves. */
  testMode: boolean;
}

/** The checkout page and what it loads. */
export function servePages(fastify: FastifyInstance, page: CheckoutPage): void {
  const files = new StaticFiles(publicFolder, { [CHECKOUT_PAGE]: (html) => served(html, page) });
  fastify.get('/', (_request, reply) => reply.redirect(CHECKOUT_PAGE));
  fastify.get('/*', (request, reply) => files.send(request, reply, pathOf(request.url)));
}

function served(html: string, { scriptUrl, testMode }: CheckoutPage): string {
  if (!html.includes(UNSERVED)) throw new Error(`payment.html has no${UNSERVED}`);
  const told = ` data-test-mode="${testMode}" data-sdk-url="${escapeAttribute(scriptUrl)}"`;
  return html.replace(UNSERVED, () => told);
}

function escapeAttribute(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

/** Still encoded: it is decoded where `..` in it is looked for. */
function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
