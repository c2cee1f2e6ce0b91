import type { NextFunction, Request, RequestHandler, Response } from 'express';
import helmet, { type HelmetOptions } from 'helmet';
import type { Settings } from '../config/settings.js';

/** Pages get the policy that they need; everything else may load nothing. */
export function securityHeaders(settings: Settings): RequestHandler {
  const checkoutPage = helmet(checkoutPagePolicy(settings));
  const graphiqlPage = helmet(GRAPHIQL_PAGE_POLICY);
  const others = helmet({ contentSecurityPolicy: { useDefaults: false, directives: NOTHING } });
  return (request: Request, response: Response, next: NextFunction) => {
    if (request.path === '/payment.html') checkoutPage(request, response, next);
    else if (request.path === '/graphql' && request.method === 'GET') graphiqlPage(request, response, next);
    else others(request, response, next);
  };
}

const NOTHING = { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] };

/**
 * The payment window of a PG is a frame, a pop-up or a form that posts to the PG, depending on the PG, so frames,
 * connections and forms may go to any https address; scripts come from us and from iamport alone. The opener policy
 * must let pop-ups speak back.
 */
function checkoutPagePolicy(settings: Settings): HelmetOptions {
  const gateway = new URL(settings.iamport.sdkUrl).origin;
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'self'"],
        'script-src': ["'self'", gateway],
        // iamport's script writes style attributes.
        'style-src': ["'self'", "'unsafe-inline'"],
        'img-src': ["'self'", 'data:', 'https:', gateway],
        'connect-src': ["'self'", 'https:', gateway],
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
