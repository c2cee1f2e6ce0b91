import express, { Router, type ErrorRequestHandler, type Request } from 'express';
import {
  approveAttempt,
  AttemptConflict,
  closeAttempt,
  declineAttempt,
  type AttemptOutcome,
} from './attempt.js';
import { unixSeconds, type Clock } from './clock.js';
import { openCheckout } from './checkout.js';
import { BANKS, CARDS } from './codes.js';
import { controlledPayment, ControlFault } from './control-payment.js';
import { MERCHANT } from './merchant.js';
import { numberOf, textOf } from './parameters.js';
import type { Payment } from './payment.js';
import { PAGE_LIMIT, type PaymentStore } from './payment-store.js';
import type { PrepareStore } from './prepare-store.js';
import type { RequestLog } from './request-log.js';
import type { TokenStore } from './token-store.js';

const BULK_LIMIT = 1000;
const PAGE_DEFAULT = 20;
const BODY_LIMIT = '5mb';

export interface ControlParts {
  payments: PaymentStore;
  prepares: PrepareStore;
  tokens: TokenStore;
  requests: RequestLog;
  clock: Clock;
  log: (line: string) => void;
}

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
  gatewayStateRoutes(router, parts);
  router.use((req) => {
    throw new ControlFault(404, `no such control call: ${req.method} ${req.originalUrl}`);
  });
  router.use(answerFault(parts.log));
  return router;
}

function paymentRoutes(router: Router, { payments, clock }: ControlParts): void {
  const create = (req: Request, wishes: unknown[]): Payment[] => {
    const consoleUrl = `${originOf(req)}/console`;
    const created = wishes.map((wish) => controlledPayment(recordOf(wish), unixSeconds(clock), consoleUrl));
    const existing = payments.add(created.map((payment) => ({ payment, checkout: null })));
    if (existing !== undefined) throw new ControlFault(409, `imp_uid exists already: ${existing}`);
    return created;
  };

  router.post('/payments', (req, res) => {
    const [payment] = create(req, [req.body]);
    res.status(201).json(payment);
  });

  router.post('/payments/bulk', (req, res) => {
    const { payments: wishes } = recordOf(req.body);
    if (!Array.isArray(wishes) || wishes.length > BULK_LIMIT) {
      throw new ControlFault(400, `payments must be a list of at most ${BULK_LIMIT}`);
    }
    res.status(201).json({ payments: create(req, wishes) });
  });

  router.get('/payments', (req, res) => {
    const page = pageNumber(req.query.page, 1, Number.MAX_SAFE_INTEGER);
    const limit = pageNumber(req.query.limit, PAGE_DEFAULT, PAGE_LIMIT);
    const merchantUid = textOf(req.query.merchant_uid);
    const filter = merchantUid === undefined ? {} : { merchantUid };
    res.json({
      total: payments.count(filter),
      page,
      limit,
      shop_url: payments.findLastCheckout()?.shopUrl ?? null,
      list: payments.list(filter, { page, limit, sorting: '-started' }),
    });
  });

  router.post('/payments/:imp_uid/approve', (req, res) => {
    const impUid = req.params.imp_uid;
    const choice = recordOf(req.body);
    const payMethod = textOf(choice.pay_method);
    const receiptUrl = `${originOf(req)}/console?payment=${encodeURIComponent(impUid)}`;
    const outcome = approveAttempt(
      { payments, clock },
      impUid,
      {
        ...(payMethod === undefined ? {} : { payMethod }),
        cardCode: textOf(choice.card_code),
        cardQuota: numberOf(choice.card_quota),
        bankCode: textOf(choice.bank_code),
        kakaopayBy: choice.kakaopay_by === 'money' ? 'money' : 'card',
      },
      receiptUrl,
    );
    res.json(existing(outcome, impUid));
  });

  router.post('/payments/:imp_uid/decline', (req, res) => {
    res.json(existing(declineAttempt({ payments, clock }, req.params.imp_uid), req.params.imp_uid));
  });

  router.post('/payments/:imp_uid/close', (req, res) => {
    res.json(existing(closeAttempt({ payments, clock }, req.params.imp_uid), req.params.imp_uid));
  });
}

function existing(outcome: AttemptOutcome | undefined, impUid: string): AttemptOutcome {
  if (outcome === undefined) throw new ControlFault(404, `no such payment: ${impUid}`);
  return outcome;
}

/** What the payment window asks when it opens. */
function checkoutRoutes(router: Router, { payments, prepares, clock }: ControlParts): void {
  router.post('/checkouts', (req, res) => {
    const body = recordOf(req.body);
    const outcome = openCheckout(
      { payments, prepares, clock },
      {
        userCode: textOf(body.user_code),
        isMobile: body.is_mobile === true,
        shopUrl: textOf(body.shop_url),
        userAgent: req.get('user-agent'),
        params: recordOf(body.params),
      },
    );
    if (outcome.opened) res.status(201).json({ opened: true, imp_uid: outcome.payment.imp_uid });
    else res.json({ opened: false, result: outcome.result, redirect_url: outcome.redirectUrl });
  });

  router.get('/checkouts/:imp_uid', (req, res) => {
    const stored = payments.find(req.params.imp_uid);
    if (stored === undefined || stored.checkout === null) {
      throw new ControlFault(404, `no window was opened for ${req.params.imp_uid}`);
    }
    const { payment, checkout } = stored;
    res.json({
      user_code: MERCHANT.userCode,
      shop_url: checkout.shopUrl,
      language: checkout.language,
      returns: checkout.returns,
      requested_method: checkout.requestedMethod,
      cards: CARDS,
      banks: BANKS,
      payment,
    });
  });
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
  if (error instanceof AttemptConflict) return 409;
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  return status < 500 ? status : 500;
}

function pageNumber(value: unknown, fallback: number, max: number): number {
  const number = numberOf(value) ?? fallback;
  if (!Number.isSafeInteger(number) || number < 1 || number > max) {
    throw new ControlFault(400, `page and limit are whole numbers from 1; limit at most ${PAGE_LIMIT}`);
  }
  return number;
}

function recordOf(value: unknown): Record<string, unknown> {
  if (value === undefined) return {};
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new ControlFault(400, 'a JSON object is needed');
  }
  return value as Record<string, unknown>;
}

/** As the caller reached us, so that links work from a phone as well. */
function originOf(req: Request): string {
  return `${req.protocol}://${req.get('host') ?? 'localhost'}`;
}
