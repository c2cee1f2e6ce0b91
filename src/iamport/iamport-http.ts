import { type AgentOptions, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { BlockList, isIP } from 'node:net';
import axios, { Axios, type AxiosResponse } from 'axios';
import * as z from 'zod';
import type { IamportSettings } from '../config/settings.js';
import { type EndedGatewayCall, gatewayCallEnded } from '../gateway/announcements.js';
import { GatewayRefused, GatewayUnavailable } from '../gateway/errors.js';
import { IAMPORT, type IamportCall } from './calls.js';
import { directHttp } from './direct-http.js';

const ANSWER_MAX_BYTES = 2 * 1024 * 1024;
/** A page of 1,000 payments, the gateway's largest, has about 2 MB, and more with long texts of the shop in them. */
const LIST_MAX_BYTES = 16 * 1024 * 1024;
const SOCKETS_MAX = 64;
/** axios' own way sets the same one. With another of the agent's, each call would set both, by two calls of the system each. */
const PROBE_INTERVAL_MS = 60_000;
/** How often one call is sent when it meets a kept connection that the gateway has just closed. */
const ATTEMPTS_MAX = 2;
/** No server ends a connection so soon after an answer, unless it says so in the answer. */
const REST_MAX_MS = 500;

/**
 * A call that moves money must not meet a kept connection which the gateway has just closed: nobody would know whether it was
 * carried out. So it goes on with one that a moment ago brought the answer to such a call, or opens another one.
 */
const JUST_USED = agents({ keepAlive: true, timeout: REST_MAX_MS });
/** For the second try of the others: where one kept connection was closed, the others may be closed too. */
const NEW_CONNECTION = agents({});

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

export interface IamportRequest {
  /** Which call it is, for those who count and measure them. */
  call: IamportCall;
  method: 'GET' | 'POST' | 'DELETE';
  /** Each part is encoded, so that no value can become another path or a query. */
  path: string[];
  /** A list is repeated: `name[]=a&name[]=b`. */
  query?: Record<string, string | string[]>;
  body?: Record<string, string | number>;
  timeoutMs: number;
  /** A page of a long list is expected. */
  isList?: boolean;
  /** Sending it twice does no harm. Never for a call that moves money: it may have been carried out. */
  repeatable?: boolean;
  /** A PG's no comes as a 5xx in the gateway's envelope (documented for receipts). Whoever asks for it reads afterwards. */
  refusesBy5xx?: boolean;
}

export interface IamportAnswer {
  httpStatus: number;
  response: unknown;
}

const envelope = z.object({ code: z.number(), message: z.string().nullish(), response: z.unknown() });

/** One call over HTTP with the gateway's envelope taken off. Knows nothing of payments and keeps no token. */
export class IamportHttp {
  private readonly http: Axios;

  constructor({ baseUrl }: Pick<IamportSettings, 'baseUrl'>) {
    // Without axios' own defaults, which it looks through at each request (docs/adr/0025).
    this.http = new Axios({
      baseURL: baseUrl,
      ...agents({ keepAlive: true }),
      // A proxy that the shell names (HTTP_PROXY) cannot reach this machine, where the simulator is. Of any other address
      // axios' own way knows whether it goes through a proxy.
      adapter: isLoopback(baseUrl) || !isProxyNamed() ? directHttp : 'http',
      headers: {
        Accept: 'application/json',
        'User-Agent': `axios/${axios.VERSION}`,
        'Accept-Encoding': 'gzip',
      },
      maxContentLength: ANSWER_MAX_BYTES,
      maxRedirects: 0,
      validateStatus: () => true,
    });
  }

  /**
   * @returns the answer's `response` for `code` 0.
   * @throws {GatewayRefused} for a 401, and for a `code` other than 0 with any HTTP status below 500.
   * @throws {GatewayUnavailable} when there was no answer in time, a 5xx, a 429, or no envelope: what happened is unknown.
   */
  async call(request: IamportRequest, accessToken: string | undefined): Promise<IamportAnswer> {
    const startedAtMs = performance.now();
    let outcome: EndedGatewayCall['outcome'] = 'unavailable';
    try {
      const answer = await this.exchange(request, accessToken);
      outcome = 'ok';
      return answer;
    } catch (error) {
      if (error instanceof GatewayRefused) outcome = 'refused';
      throw error;
    } finally {
      gatewayCallEnded.announce({
        gateway: IAMPORT,
        call: request.call,
        outcome,
        durationMs: performance.now() - startedAtMs,
      });
    }
  }

  private async exchange(request: IamportRequest, accessToken: string | undefined): Promise<IamportAnswer> {
    const name = `${request.method} /${request.path[0]}`;
    const answer = await this.send(request, name, accessToken);
    const body = envelope.safeParse(jsonOf(answer.data));
    const isNo = request.refusesBy5xx === true && body.data?.code;
    if ((answer.status >= 500 && !isNo) || answer.status === 429) {
      throw new GatewayUnavailable(`${name}: HTTP ${answer.status}`);
    }
    // A 401 is about the token, whoever worded its body.
    if (answer.status === 401) throw new GatewayRefused(name, 401, -1, '');
    if (!body.success)
      throw new GatewayUnavailable(`${name}: HTTP ${answer.status} with another body than expected`);
    if (body.data.code !== 0) {
      throw new GatewayRefused(name, answer.status, body.data.code, body.data.message ?? '');
    }
    return { httpStatus: answer.status, response: body.data.response };
  }

  private async send(
    request: IamportRequest,
    name: string,
    accessToken: string | undefined,
  ): Promise<AxiosResponse<string>> {
    const body = request.body && JSON.stringify(request.body);
    // One limit for the whole call: its wait for a connection, its second attempt, its answer to the last byte.
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), request.timeoutMs);
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.http.request<string>({
            method: request.method,
            url: pathOf(request),
            data: body,
            headers: {
              ...(body !== undefined && { 'Content-Type': 'application/json' }),
              ...(accessToken !== undefined && { Authorization: `Bearer ${accessToken}` }),
            },
            signal: deadline.signal,
            ...(request.isList ? { maxContentLength: LIST_MAX_BYTES } : {}),
            ...(!request.repeatable ? JUST_USED : attempt > 1 ? NEW_CONNECTION : {}),
          });
        } catch (error) {
          if (request.repeatable && attempt < ATTEMPTS_MAX && metClosedConnection(error)) continue;
          // The error itself holds the request's headers and must not travel on.
          throw new GatewayUnavailable(
            `${name}: ${(error as { code?: string }).code ?? (error as Error).name}`,
          );
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

function agents(options: AgentOptions) {
  const all = { ...options, keepAliveMsecs: PROBE_INTERVAL_MS, maxSockets: SOCKETS_MAX };
  return { httpAgent: new HttpAgent(all), httpsAgent: new HttpsAgent(all) };
}

/** @returns undefined for what is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function pathOf({ path, query = {} }: IamportRequest): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (typeof value === 'string') search.append(name, value);
    else for (const one of value) search.append(`${name}[]`, one);
  }
  const place = path.map((part) => `/${encodeURIComponent(part)}`).join('');
  return search.size > 0 ? `${place}?${search.toString()}` : place;
}

/** A kept connection ended at the moment when it was used again, which says nothing about the gateway's health. */
function metClosedConnection(error: unknown): boolean {
  const { code, request } = error as { code?: string; request?: { reusedSocket?: boolean } };
  return (code === 'ECONNRESET' || code === 'EPIPE') && request?.reusedSocket === true;
}

/** True for an address of this machine alone, as `URL` writes it: 127.1 is 127.0.0.1 there. */
function isLoopback(address: string): boolean {
  const host = new URL(address).hostname.replace(/\.$/, '').replace(/^\[(.*)\]$/, '$1');
  if (/(^|\.)localhost$/.test(host)) return true;
  return isIP(host) !== 0 && LOOPBACK.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
}

/** True where the shell names a proxy, whether or not one for the gateway. */
function isProxyNamed(): boolean {
  return Object.keys(process.env).some((name) => /^(https?|all)_proxy$/i.test(name));
}
