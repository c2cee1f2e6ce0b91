import * as z from 'zod';
import type { IamportSettings } from '../config/settings.js';
import { GatewayRefused, GatewayUnavailable } from '../gateway/errors.js';
import type { KeysState } from '../gateway/gateway.js';
import type { IamportHttp } from './iamport-http.js';

/**
 * Asked for again this long before it ends. The gateway answers with the same token and, in its last minute, five more
 * minutes for it (documented).
 */
const RENEW_BEFORE_END_MS = 30_000;

const tokenAnswer = z.object({ access_token: z.string().min(1), now: z.number(), expired_at: z.number() });

/** The token of one answer of the gateway. Two answers may hold the same text, so tokens are compared as objects. */
export interface GivenToken {
  readonly value: string;
}

/**
 * The REST token that all callers share. Whoever needs one while it is being fetched waits for the same fetch, so
 * that a thousand callers cause one request.
 */
export class AccessToken {
  /** As of the newest answer; a gateway that is away leaves it as it was. */
  keys: KeysState = 'unknown';
  private current: (GivenToken & { renewAtMs: number }) | undefined;
  private fetching: Promise<GivenToken> | undefined;

  constructor(
    private readonly http: IamportHttp,
    private readonly settings: Pick<IamportSettings, 'apiKey' | 'apiSecret' | 'readTimeoutMs'>,
    /** A clock that no time correction sets back. */
    private readonly clockMs: () => number = () => performance.now(),
  ) {}

  /** @throws {GatewayUnavailable} when the gateway does not answer or does not take our key. */
  async get(): Promise<GivenToken> {
    if (this.current && this.clockMs() < this.current.renewAtMs) return this.current;
    this.fetching ??= this.fetch().finally(() => {
      this.fetching = undefined;
    });
    return this.fetching;
  }

  /**
   * Forgets a token that the gateway answered with 401, unless it was asked for again since. A gateway that gives the
   * same refused text once more is then asked twice in all, and not once by each of a thousand callers.
   */
  forget(refused: GivenToken): void {
    if (this.current === refused) this.current = undefined;
  }

  private async fetch(): Promise<GivenToken> {
    const askedAtMs = this.clockMs();
    let answer;
    try {
      answer = await this.http.call(
        {
          call: 'POST /users/getToken',
          method: 'POST',
          path: ['users', 'getToken'],
          body: { imp_key: this.settings.apiKey, imp_secret: this.settings.apiSecret },
          timeoutMs: this.settings.readTimeoutMs,
          repeatable: true,
        },
        undefined,
      );
    } catch (error) {
      if (!(error instanceof GatewayRefused)) throw error;
      this.keys = 'refused';
      throw new GatewayUnavailable(
        `POST /users/getToken: HTTP ${error.httpStatus}; check IAMPORT_API_KEY and IAMPORT_API_SECRET`,
      );
    }
    const token = tokenAnswer.safeParse(answer.response);
    if (!token.success) throw new GatewayUnavailable('POST /users/getToken: another body than expected');
    this.keys = 'accepted';
    // Both times are the gateway's, so its clock may differ from ours.
    const lifetimeMs = (token.data.expired_at - token.data.now) * 1000;
    this.current = {
      value: token.data.access_token,
      renewAtMs: askedAtMs + lifetimeMs - RENEW_BEFORE_END_MS,
    };
    return this.current;
  }
}
