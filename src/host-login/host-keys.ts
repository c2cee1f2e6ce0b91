import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import type { Logger } from 'pino';

export interface HostKeysPauses {
  /** Keys of this age are asked for again before they are used: so long a key that was taken back can still be used. */
  freshMs: number;
  /** Keys of this age are not used any more, although nobody can be asked. */
  keptMs: number;
  /** Between two questions because of a key that is not among ours: anybody can name one. */
  unknownKeyMs: number;
  /** After a question without an answer. */
  failedMs: number;
  answerTimeoutMs: number;
}

const PAUSES: HostKeysPauses = {
  freshMs: 10 * 60_000,
  keptMs: 24 * 60 * 60_000,
  unknownKeyMs: 10_000,
  failedMs: 5_000,
  answerTimeoutMs: 3_000,
};

/** The public keys could not be had: whether a token is good, nobody knows. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/**
 * The public keys by which the shop's own login signs, as its JWKS address gives them. They are kept for as long as the
 * address does not answer, up to a day, so that a short outage of the login ends nobody's session here.
 */
export class HostKeys {
  private readonly keys: ReturnType<typeof createRemoteJWKSet>;
  private readonly pauses: HostKeysPauses;
  private readAtMs = 0;
  private failedAtMs = -Infinity;

  constructor(
    jwksUrl: string,
    private readonly logger: Logger,
    pauses: Partial<HostKeysPauses> = {},
  ) {
    this.pauses = { ...PAUSES, ...pauses };
    this.keys = createRemoteJWKSet(new URL(jwksUrl), {
      timeoutDuration: this.pauses.answerTimeoutMs,
      cooldownDuration: this.pauses.unknownKeyMs,
      cacheMaxAge: this.pauses.keptMs,
      [customFetch]: async (url, options) => {
        if (Date.now() - this.failedAtMs < this.pauses.failedMs) throw new Error('it failed a moment ago');
        const response = await fetch(url, options);
        if (response.status === 200) this.readAtMs = Date.now();
        return response;
      },
    });
  }

  /** The key that a token names. @throws {KeysUnavailable} and what jose throws for a token that names none of ours. */
  readonly keyOf: JWTVerifyGetKey = async (header, token) => {
    await this.refresh();
    try {
      return await this.keys(header, token);
    } catch (error) {
      if (isFaultOfToken(error)) throw error;
      this.noteFailure(error);
      throw new KeysUnavailable('the keys of the login could not be read', { cause: error });
    }
  };

  private async refresh(): Promise<void> {
    if (!this.keys.jwks() || Date.now() - this.readAtMs < this.pauses.freshMs) return;
    try {
      await this.keys.reload();
    } catch (error) {
      this.noteFailure(error);
    }
  }

  private noteFailure(error: unknown): void {
    if (Date.now() - this.failedAtMs < this.pauses.failedMs) return;
    this.failedAtMs = Date.now();
    this.logger.warn({ err: error }, 'the keys of the shop’s login could not be read');
  }
}

function isFaultOfToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}
