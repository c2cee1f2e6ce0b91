import express, {
  Router,
  type ErrorRequestHandler,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { subjectOf, type GatewayRequest } from './call-subject.js';
import { CallerConnection } from './caller-connection.js';
import {
  GatewayRefusal,
  badRequest,
  refusalReply,
  replyOf,
  sendEnvelope,
  unauthorized,
  type GatewayAnswer,
} from './envelope.js';
import type { FaultPlan } from '../faults/fault-plan.js';
import type { Misbehaviour } from '../faults/misbehaviour.js';
import type { PaymentStore } from '../payment/payment-store.js';
import type { RequestLog } from './request-log.js';
import type { TokenStore } from './token-store.js';

const BODY_LIMIT = '100kb';

export interface GatewayCall {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As the documentation writes it, `/payments/{imp_uid}`. */
  template: string;
  /** Everything but the token call itself. */
  needsToken: boolean;
  /** Does what the call asks, at once and in one go: the gateway's state has changed when it returns, or not at all. */
  answer: (request: GatewayRequest) => GatewayAnswer;
}

export interface PipelineParts {
  requests: RequestLog;
  tokens: TokenStore;
  payments: PaymentStore;
  faults: FaultPlan;
  misbehaviour: Misbehaviour;
  log: (line: string) => void;
}

/** How a call is called in the request log and in faults: `POST /payments/cancel`. */
export function callName({ method, template }: Pick<GatewayCall, 'method' | 'template'>): string {
  return `${method} ${template}`;
}

/**
 * The one way that every gateway call takes: noted, let in by its token, its body read, then carried out and answered in an envelope
 * unless a fault on demand strikes it.
 */
export class GatewayPipeline {
  private readonly parseBody: RequestHandler[] = [
    express.json({ limit: BODY_LIMIT }),
    express.urlencoded({ extended: false, limit: BODY_LIMIT }),
  ];

  constructor(private readonly parts: PipelineParts) {}

  router(calls: readonly GatewayCall[]): Router {
    const router = Router();
    for (const call of calls) this.route(router, call);
    router.use(this.unknownPath());
    router.use(this.refuse());
    return router;
  }

  private route(router: Router, call: GatewayCall): void {
    const steps: RequestHandler[] = [this.note(call.template)];
    if (call.needsToken) steps.push(this.authenticate());
    steps.push(...this.parseBody, (req, res) => this.carryOut(call, req, res));
    const path = call.template.replaceAll(/\{(\w+)\}/g, ':$1');
    if (call.method === 'GET') router.get(path, ...steps);
    else if (call.method === 'POST') router.post(path, ...steps);
    else if (call.method === 'PUT') router.put(path, ...steps);
    else router.delete(path, ...steps);
  }

  private async carryOut(call: GatewayCall, req: Request, res: Response): Promise<void> {
    const { faults, misbehaviour, payments } = this.parts;
    const request: GatewayRequest = {
      path: req.params as Record<string, string>,
      query: queryOf(req),
      body: bodyOf(req),
    };
    const name = callName(call);
    const caller = new CallerConnection(req, res);
    const apply = () => replyOf(() => call.answer(request));
    const fault = faults.strike(name, () => subjectOf(request, payments));
    if (fault === undefined) {
      caller.answer(apply());
      return;
    }
    const subject = subjectOf(request, payments);
    const { needsToken } = call;
    await misbehaviour.play(fault, { name, needsToken, body: request.body, subject, apply, caller });
  }

  private note(template: string): RequestHandler {
    return (req, res, next) => {
      const noted = this.parts.requests.note(req.method, template, req.originalUrl);
      res.once('finish', () => {
        noted.status = res.statusCode;
      });
      next();
    };
  }

  /** The raw token and `Bearer` both work (documented). */
  private authenticate(): RequestHandler {
    return (req, _res, next) => {
      const token = (req.get('authorization') ?? '').replace(/^Bearer\s+/i, '');
      next(this.parts.tokens.isValid(token) ? undefined : unauthorized());
    };
  }

  /** The simulator's own answer: the real gateway has calls that are not rebuilt here. */
  private unknownPath(): RequestHandler {
    return (req, _res, next) => {
      this.parts.requests.note(req.method, '(unknown)', req.originalUrl).status = 404;
      next(new GatewayRefusal(404, -1, `시뮬레이터가 지원하지 않는 경로입니다. (${req.method} ${req.path})`));
    };
  }

  private refuse(): ErrorRequestHandler {
    return (error: unknown, _req: Request, res: Response, next: NextFunction) => {
      if (res.headersSent) {
        next(error);
        return;
      }
      const refusal = error instanceof GatewayRefusal ? error : refusalOfParser(error);
      if (refusal === undefined)
        this.parts.log(`gateway call failed: ${error instanceof Error ? error.stack : String(error)}`);
      sendEnvelope(res, refusalReply(refusal ?? new GatewayRefusal(500, -1, 'Internal Server Error')));
    };
  }
}

/** Express marks what is the caller's fault with a status below 500: broken JSON, a body too large, a bad % in the path. */
function refusalOfParser(error: unknown): GatewayRefusal | undefined {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  return status < 500 ? badRequest('요청을 해석할 수 없습니다.') : undefined;
}

function queryOf(req: Request): URLSearchParams {
  return new URL(req.originalUrl, 'http://simulator').searchParams;
}

function bodyOf(req: Request): Record<string, unknown> {
  const body: unknown = req.body;
  return body !== null && typeof body === 'object' && !Array.isArray(body)
    ? (body as Record<string, unknown>)
    : {};
}
