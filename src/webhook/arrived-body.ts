import type { IncomingHttpHeaders } from 'node:http';

/** A request whose body the server has read: as its text, or as what it understood of it. */
export interface ArrivedRequest {
  headers: IncomingHttpHeaders;
  body?: unknown;
  /** As it came; an app of a host has it with Nest's option `rawBody`. */
  rawBody?: Buffer;
}

/**
 * A notice as it came. Where a host's server has taken it apart and kept no text, it is written anew as JSON: what is signed
 * could not be checked then, but notices of iamport are not.
 */
export function arrivedBody({ headers, body, rawBody }: ArrivedRequest): {
  headers: IncomingHttpHeaders;
  rawBody: string;
} {
  if (rawBody) return { headers, rawBody: rawBody.toString('utf8') };
  if (typeof body === 'string') return { headers, rawBody: body };
  if (body === undefined || body === null) return { headers, rawBody: '' };
  return { headers: { ...headers, 'content-type': 'application/json' }, rawBody: JSON.stringify(body) };
}
