import express, { Router, type ErrorRequestHandler } from 'express';
import { AttemptConflict } from '../window/attempt.js';
import { checkoutRoutes } from '../window/checkout-routes.js';
import type { CheckoutParts } from '../window/checkout.js';
import { ControlFault } from './control-payment.js';
import { GatewayRefusal } from '../gateway/envelope.js';
import { FaultMistake } from '../faults/fault.js';
import { faultRoutes, type FaultControlParts } from '../faults/fault-routes.js';
import { holdRoutes } from '../faults/hold-routes.js';
import type { Holds } from '../faults/holds.js';
import { paymentRoutes, type PaymentControlParts } from './payment-control-routes.js';
import type { RequestLog } from '../gateway/request-log.js';
import type { TokenStore } from '../gateway/token-store.js';
import { WebhookModesMistake } from '../webhooks/webhook-modes.js';
import { webhookRoutes } from '../webhooks/webhook-routes.js';

const BODY_LIMIT = '5mb';

export type ControlParts = PaymentControlParts &
  CheckoutParts &
  FaultControlParts & {
    holds: Holds;
    tokens: TokenStore;
    requests: RequestLog;
    log: (line: string) => void;
  };

/**
 * `/_simulator/…`: what the payment window, the console, tests and tools use. None of it exists at PortOne, and none of it is
 * counted as a gateway call. Answers are plain JSON; a fault is `{ error }` with HTTP 4xx.
 */
export function controlRoutes(parts: ControlParts): Router {
  const router = Router();
  router.use(express.json({ limit: BODY_LIMIT }));
  router.use((_req, res, next) => {
    res.set('cache-control', 'no-store');
    next();
  });
  paymentRoutes(router, parts);
  checkoutRoutes(router, parts);
  faultRoutes(router, parts);
  holdRoutes(router, parts.holds);
  webhookRoutes(router, parts);
  gatewayStateRoutes(router, parts);
  router.use((req) => {
    throw new ControlFault(404, `no such control call: ${req.method} ${req.originalUrl}`);
  });
  router.use(answerFault(parts.log));
  return router;
}

function gatewayStateRoutes(router: Router, { requests, tokens }: ControlParts): void {
  router.get('/requests', (_req, res) => {
    res.json(requests.summary());
  });
  router.delete('/requests', (_req, res) => {
    requests.reset();
    res.json(requests.summary());
  });
  router.post('/tokens/expire', (_req, res) => {
    res.json({ expired: tokens.loseAll() });
  });
}

function answerFault(log: (line: string) => void): ErrorRequestHandler {
  return (error: unknown, _req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    const status = faultStatus(error);
    if (status === 500) log(`control call failed: ${error instanceof Error ? error.stack : String(error)}`);
    res.status(status).json({ error: error instanceof Error ? error.message : String(error) });
  };
}

function faultStatus(error: unknown): number {
  if (error instanceof ControlFault) return error.httpStatus;
  if (error instanceof FaultMistake || error instanceof WebhookModesMistake) return 400;
  if (error instanceof AttemptConflict || error instanceof GatewayRefusal) return 409;
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  return status < 500 ? status : 500;
}
