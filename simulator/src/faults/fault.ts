import { numberOf, textOf } from '../parameters.js';

/**
 * What can go wrong with a gateway call, and whether it is carried out all the same. "Applied" = the money moved (or the
 * read was done). None of this is documented in detail: time-outs, 5xx and refusals happen in the field, how often is up to the
 * one who asks for them here.
 */
export const FAULT_KINDS = {
  slow: 'waits delay_ms, then applies and answers; a caller who has left by then has changed nothing',
  'slow-answer': 'applies at once, answers after delay_ms',
  late: 'waits delay_ms, then applies even if the caller has left',
  'error-before': 'not applied, answers http_status (500 to 599)',
  'error-after': 'applied, answers http_status (500 to 599)',
  'cut-before': 'not applied, the connection is cut',
  'cut-after': 'applied, the connection is cut',
  'silent-before': 'not applied, never answers',
  'silent-after': 'applied, never answers',
  refuse: 'not applied, HTTP 200 with a code other than 0, as when the PG refuses',
  failed: 'not applied, HTTP 200 with code 0 and a payment whose status is failed',
  'wrong-body': 'applied, HTTP 200 with something that is no envelope',
  unauthorized: 'not applied, HTTP 401 although the token is good',
  'token-lost':
    'all tokens end before their time, so this call and the next ones get HTTP 401 until a new token is asked for',
  'hold-before': 'not applied until it is released at /_simulator/holds',
  'hold-after': 'applied, not answered until it is released at /_simulator/holds',
} as const;

export type FaultKind = keyof typeof FAULT_KINDS;

/** Stands for every gateway call. */
export const ANY_CALL = '*';

/** A delay that is longer helps nobody: clients give up after a minute. */
const DELAY_MAX_MS = 10 * 60_000;
const TIMES_MAX = 1_000_000;

const DEFAULTS = {
  delayMs: 3000,
  httpStatus: 503,
  code: -1,
  message: '결제취소에 실패하였습니다.(시뮬레이터가 거절했습니다)',
  body: '<html><body>502 Bad Gateway</body></html>',
} as const;

/** When and how one kind of gateway call misbehaves. */
export interface Fault {
  kind: FaultKind;
  /** As `POST /payments/cancel`, or {@link ANY_CALL}. */
  call: string;
  /** Only calls about this payment or order; null = any. */
  impUid: string | null;
  merchantUid: string | null;
  /** So many matching calls go well first. */
  skip: number;
  /** How often it happens; null = without end. */
  times: number | null;
  /** Of each matching call, from 0 to 1. */
  probability: number;
  delayMs: number;
  httpStatus: number;
  /** Of the envelope, for `refuse`. */
  code: number;
  message: string;
  /** The whole answer, for `wrong-body`. */
  body: string;
}

/** The fault cannot be; the text says why. */
export class FaultMistake extends Error {}

const FIELDS = new Set([
  'kind',
  'call',
  'imp_uid',
  'merchant_uid',
  'skip',
  'times',
  'probability',
  'delay_ms',
  'http_status',
  'code',
  'message',
  'body',
]);

/**
 * Reads a fault as the control API and the environment name it; only `kind` is needed. Without `call` it is about every
 * call. It happens once, or without end when it has a probability; `times: "always"` says so outright.
 * @throws FaultMistake
 */
export function faultOf(wish: Record<string, unknown>, knownCalls: readonly string[]): Fault {
  for (const field of Object.keys(wish)) {
    if (!FIELDS.has(field)) throw new FaultMistake(`unknown field of a fault: ${field}`);
  }
  const kind = textOf(wish.kind);
  if (kind === undefined || !isFaultKind(kind)) {
    throw new FaultMistake(`kind must be one of ${Object.keys(FAULT_KINDS).join(', ')}`);
  }
  const call = textOf(wish.call) ?? ANY_CALL;
  if (call !== ANY_CALL && !knownCalls.includes(call)) {
    throw new FaultMistake(`call must be ${ANY_CALL} or one of ${knownCalls.join(', ')}`);
  }
  const probability = numberOf(wish.probability);
  if (probability !== undefined && !(probability >= 0 && probability <= 1)) {
    throw new FaultMistake('probability must be from 0 to 1');
  }
  return {
    kind,
    call,
    impUid: textOf(wish.imp_uid) ?? null,
    merchantUid: textOf(wish.merchant_uid) ?? null,
    skip: whole(wish, 'skip', 0, TIMES_MAX) ?? 0,
    times:
      wish.times === 'always'
        ? null
        : (whole(wish, 'times', 1, TIMES_MAX) ?? (probability === undefined ? 1 : null)),
    probability: probability ?? 1,
    delayMs: whole(wish, 'delay_ms', 0, DELAY_MAX_MS) ?? DEFAULTS.delayMs,
    httpStatus: whole(wish, 'http_status', 500, 599) ?? DEFAULTS.httpStatus,
    code: envelopeCode(wish),
    message: textOf(wish.message) ?? DEFAULTS.message,
    body: textOf(wish.body) ?? DEFAULTS.body,
  };
}

function isFaultKind(kind: string): kind is FaultKind {
  return Object.hasOwn(FAULT_KINDS, kind);
}

function whole(wish: Record<string, unknown>, field: string, min: number, max: number): number | undefined {
  const value = numberOf(wish[field]);
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= min && value <= max)) {
    throw new FaultMistake(`${field} must be a whole number from ${min} to ${max}`);
  }
  return value;
}

function envelopeCode(wish: Record<string, unknown>): number {
  const code = numberOf(wish.code) ?? DEFAULTS.code;
  if (!Number.isSafeInteger(code) || code === 0)
    throw new FaultMistake('code must be a whole number other than 0');
  return code;
}

/** Faults as the environment gives them: a JSON list, or the short form of {@link shortFaultWishes}. @throws FaultMistake */
export function faultWishes(text: string): Record<string, unknown>[] {
  if (!/^\s*[[{]/.test(text)) return shortFaultWishes(text);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new FaultMistake(`the faults are no JSON: ${String(error)}`);
  }
  const list: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  return list.map((wish) => {
    if (wish === null || typeof wish !== 'object' || Array.isArray(wish)) {
      throw new FaultMistake('each fault must be a JSON object');
    }
    return wish as Record<string, unknown>;
  });
}

/**
 * `POST /payments/cancel cut-after times=2; slow probability=0.1 delay_ms=800`: faults between semicolons, each with an
 * optional call, its kind, and fields with `=`. A text with spaces needs JSON.
 * @throws FaultMistake
 */
function shortFaultWishes(text: string): Record<string, unknown>[] {
  return text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^(?:(\*|(?:GET|POST|PUT) \S+)\s+)?([\w-]+)((?:\s+\w+=\S+)*)$/.exec(part);
      if (match === null) throw new FaultMistake(`cannot read the fault "${part}"`);
      const [, call, kind, fields = ''] = match;
      const pairs = fields
        .trim()
        .split(/\s+/)
        .filter((pair) => pair !== '')
        .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);
      return { ...(call === undefined ? {} : { call }), kind, ...Object.fromEntries(pairs) };
    });
}
