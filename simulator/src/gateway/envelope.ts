import type { Response } from 'express';

/** What a gateway call answers when it goes well; 207 = some of the asked payments are missing (documented). */
export interface GatewayAnswer {
  httpStatus: 200 | 207;
  response: unknown;
}

export function ok(response: unknown): GatewayAnswer {
  return { httpStatus: 200, response };
}

/**
 * The gateway says no. `code` 1 and -1 also come with HTTP 200: cancel and prepare refuse that way (observed).
 * Texts are for people: a client must not branch on them.
 */
export class GatewayRefusal extends Error {
  constructor(
    readonly httpStatus: number,
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** HTTP 401 body (observed). */
export function unauthorized(): GatewayRefusal {
  return new GatewayRefusal(401, -1, 'Unauthorized');
}

/** A parameter that the gateway cannot read: HTTP 400 (documented), code -1 (assumed). */
export function badRequest(text: string): GatewayRefusal {
  return new GatewayRefusal(400, -1, text);
}

/** Text and code observed. */
export function paymentNotFound(): GatewayRefusal {
  return new GatewayRefusal(404, -1, '존재하지 않는 결제정보입니다.');
}

/** A whole answer of the gateway, good or bad. */
export interface GatewayReply {
  httpStatus: number;
  code: number;
  message: string | null;
  response: unknown;
}

/** Carries a call out; a refusal is an answer like any other. */
export function replyOf(answer: () => GatewayAnswer): GatewayReply {
  try {
    return { code: 0, message: null, ...answer() };
  } catch (error) {
    if (error instanceof GatewayRefusal) return refusalReply(error);
    throw error;
  }
}

export function refusalReply({ httpStatus, code, message }: GatewayRefusal): GatewayReply {
  return { httpStatus, code, message, response: null };
}

export function sendEnvelope(res: Response, { httpStatus, code, message, response }: GatewayReply): void {
  res
    .status(httpStatus)
    .type('application/json')
    .send(JSON.stringify(sortKeys({ code, message, response })));
}

/** Keys come in alphabetical order on the wire (observed). */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}
