import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** documented for the first delivery. */
export const FIRST_TIMEOUTS = { connectMs: 10_000, readMs: 30_000 };
/** documented for a re-delivery: 15 s in total. */
export const REPEAT_TIMEOUTS = { connectMs: 15_000, readMs: 15_000 };

export interface WebhookPost {
  url: string;
  contentType: string;
  body: string;
  timeouts: { connectMs: number; readMs: number };
  signal: AbortSignal;
}

/**
 * Sends one webhook over a connection of its own. Redirects are not followed and the answer's body is not read (both assumed).
 * @returns the HTTP status that the shop answered.
 * @throws Error when there is no connection or no answer in time.
 */
export function postWebhook({ url, contentType, body, timeouts, signal }: WebhookPost): Promise<number> {
  return new Promise((resolve, reject) => {
    const isTls = url.startsWith('https:');
    const headers = { 'content-type': contentType, 'content-length': Buffer.byteLength(body) };
    const request = (isTls ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      agent: false,
      headers,
      signal,
    });
    const endAfter = (timeMs: number, what: string): NodeJS.Timeout =>
      setTimeout(() => request.destroy(new Error(`no ${what} within ${timeMs} ms`)), timeMs);
    let limit = endAfter(timeouts.connectMs, 'connection');
    request.once('socket', (socket) => {
      socket.once(isTls ? 'secureConnect' : 'connect', () => {
        clearTimeout(limit);
        limit = endAfter(timeouts.readMs, 'answer');
      });
    });
    request.once('response', (response) => {
      clearTimeout(limit);
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    request.once('error', (error) => {
      clearTimeout(limit);
      reject(error);
    });
    request.end(body);
  });
}
