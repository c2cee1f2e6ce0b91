import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { StaticFiles } from './static-files.js';

const publicFolder = fileURLToPath(new URL('../../public', import.meta.url));
const CHECKOUT_PAGE = '/payment.html';
/** What the page says of itself until it is served. */
const UNSERVED = ' data-test-mode="false"';
const OWN_SCRIPT = '<script type="module" src="/payment/main.js"></script>';

const YEAR_SECONDS = 365 * 24 * 60 * 60;

/** What the page knows before its first order. */
export interface CheckoutPage {
  /** Opens the payment window. */
  scriptUrl: string;
  /** Whether no real money moves. */
  testMode: boolean;
  /** Values of its CSS variables `--shop-…`; what is not there is the page's own. */
  colours: Readonly<Record<string, string>>;
  /** The script by which the page gets the tokens of the shop's own login; undefined where the login is ours. */
  hostLogin: { scriptUrl: string | undefined } | undefined;
}

/** The checkout page and what it loads. */
export function servePages(fastify: FastifyInstance, page: CheckoutPage): void {
  const files = new StaticFiles(publicFolder, { [CHECKOUT_PAGE]: (html) => served(html, page) });
  fastify.get('/', (_request, reply) => reply.redirect(CHECKOUT_PAGE));
  fastify.get('/*', (request, reply) => files.send(request, reply, pathOf(request.url)));
}

/** An image whose address changes with it, so that browsers need not ask again. */
export function serveImage(
  fastify: FastifyInstance,
  url: string,
  { type, bytes }: { type: string; bytes: Buffer },
): void {
  fastify.get(url, (_request, reply) =>
    reply
      .headers({
        'content-type': type,
        'cache-control': `public, max-age=${YEAR_SECONDS}, immutable`,
        // An SVG may bring styles of its own, and nothing else.
        'content-security-policy':
          "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
      })
      .send(bytes),
  );
}

function served(html: string, { scriptUrl, testMode, colours, hostLogin }: CheckoutPage): string {
  for (const place of [UNSERVED, OWN_SCRIPT]) {
    if (!html.includes(place)) throw new Error(`payment.html has no ${place}`);
  }
  const login = hostLogin ? ' data-login="host"' : '';
  const told = ` data-test-mode="${testMode}" data-sdk-url="${escapeAttribute(scriptUrl)}"${login}`;
  const style = Object.entries(colours)
    .map(([name, value]) => `--shop-${name}:${value}`)
    .join(';');
  const styled = style === '' ? told : `${told} style="${escapeAttribute(style)}"`;
  // Deferred scripts run in their order, so it has run before ours.
  const hostScript = hostLogin?.scriptUrl
    ? `<script defer src="${escapeAttribute(hostLogin.scriptUrl)}"></script>\n    `
    : '';
  return html.replace(UNSERVED, () => styled).replace(OWN_SCRIPT, () => `${hostScript}${OWN_SCRIPT}`);
}

function escapeAttribute(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

/** Still encoded: it is decoded where `..` in it is looked for. */
function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
