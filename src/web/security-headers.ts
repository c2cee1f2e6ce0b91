import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import helmet, { type HelmetOptions } from 'helmet';

/**
 * Pages get the policy that they need; everything else may load nothing.
 *
 * @param gatewayScriptUrl what opens the payment window.
 * @param hostScriptUrl what gives the checkout page the tokens of the shop's own login.
 */
export function securityHeaders(
  gatewayScriptUrl: string,
  hostScriptUrl: string | undefined,
): (request: FastifyRequest, reply: FastifyReply) => void {
  const checkoutPage = headersOf(checkoutPagePolicy(gatewayScriptUrl, hostScriptUrl));
  const graphiqlPage = headersOf(GRAPHIQL_PAGE_POLICY);
  const others = headersOf({ contentSecurityPolicy: { useDefaults: false, directives: NOTHING } });
  return ({ method, url }, reply) => {
    const path = url.split('?', 1)[0];
    if (path === '/payment.html') reply.headers(checkoutPage);
    else if (path === '/graphql' && method === 'GET') reply.headers(graphiqlPage);
    else reply.headers(others);
  };
}

/** What helmet says by these options. It never depends on the request, so it is asked once. */
function headersOf(options: HelmetOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => {
      headers[name] = value;
    },
    removeHeader: () => undefined,
  };
  helmet(options)({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error) throw error;
  });
  return headers;
}

const NOTHING = { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] };

/**
 * The payment window of a PG is a frame, a pop-up or a form that posts to the PG, depending on the PG, so frames,
 * connections and forms may go to any https address; scripts come from us and from the gateway alone. The opener policy
 * must let pop-ups speak back.
 */
function checkoutPagePolicy(gatewayScriptUrl: string, hostScriptUrl: string | undefined): HelmetOptions {
  const gateway = new URL(gatewayScriptUrl).origin;
  const host = hostScriptUrl === undefined ? undefined : new URL(hostScriptUrl);
  // Of the shop that one script; it may ask its own server.
  const hostScript = host ? [`${host.origin}${host.pathname}`] : [];
  const hostServer = host ? [host.origin] : [];
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'self'"],
        'script-src': ["'self'", gateway, ...hostScript],
        // iamport's script writes style attributes.
        'style-src': ["'self'", "'unsafe-inline'"],
        'img-src': ["'self'", 'data:', 'https:', gateway],
        'connect-src': ["'self'", 'https:', gateway, ...hostServer],
        'frame-src': ["'self'", 'https:', gateway],
        'form-action': ["'self'", 'https:', gateway],
        'object-src': ["'none'"],
        'base-uri': ["'none'"],
        'frame-ancestors': ["'none'"],
      },
    },
    crossOriginOpenerPolicy: { policy: 'same-origin-allow-popups' },
    crossOriginEmbedderPolicy: false,
    // The PG may ask which shop sent the payer.
    referrerPolicy: { policy: 'strict-origin-when-cross-origin' },
  };
}

const GRAPHIQL_PAGE_POLICY: HelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'self'"],
      // GraphiQL's editor writes style elements and embeds its font and icons.
      'style-src': ["'self'", "'unsafe-inline'"],
      'img-src': ["'self'", 'data:'],
      'font-src': ["'self'", 'data:'],
      'object-src': ["'none'"],
      'base-uri': ["'none'"],
      'frame-ancestors': ["'none'"],
    },
  },
};
