import { randomBytes } from 'node:crypto';
import { type Clock, unixSeconds } from '../clock.js';
import type { Database } from '../database.js';

const LIFETIME_SECONDS = 30 * 60;
const EXTEND_BELOW_SECONDS = 60;
const EXTENSION_SECONDS = 5 * 60;

/** As POST /users/getToken answers it; times in UNIX seconds of the gateway's clock. */
export interface AccessToken {
  access_token: string;
  now: number;
  expired_at: number;
}

interface TokenRow {
  token: string;
  expired_at: number;
}

/** One access token per REST key, shared by everybody who asks with that key (documented in the schema). */
export class TokenStore {
  private readonly byKey;
  private readonly byToken;
  private readonly save;
  private readonly removeAll;

  constructor(
    database: Database,
    private readonly clock: Clock,
  ) {
    this.byKey = database.prepare('SELECT token, expired_at FROM access_token WHERE rest_key = ?');
    this.byToken = database.prepare('SELECT token, expired_at FROM access_token WHERE token = ?');
    this.save = database.prepare(
      `INSERT INTO access_token (rest_key, token, expired_at) VALUES (?, ?, ?)
       ON CONFLICT (rest_key) DO UPDATE SET token = excluded.token, expired_at = excluded.expired_at`,
    );
    this.removeAll = database.prepare('DELETE FROM access_token');
  }

  /**
   * Documented in the schema: a fresh token lives 30 minutes; while it is valid the same one is answered; with less than a
   * minute left the same one is answered and lives 5 minutes longer; afterwards there is a new one.
   * 40 hexadecimal characters: observed.
   */
  issue(restKey: string): AccessToken {
    const now = unixSeconds(this.clock);
    const current = this.byKey.get(restKey) as TokenRow | undefined;
    if (current !== undefined && current.expired_at > now) {
      const isEnding = current.expired_at - now < EXTEND_BELOW_SECONDS;
      const expiredAt = isEnding ? current.expired_at + EXTENSION_SECONDS : current.expired_at;
      if (isEnding) this.save.run(restKey, current.token, expiredAt);
      return { access_token: current.token, now, expired_at: expiredAt };
    }
    const fresh = { access_token: randomBytes(20).toString('hex'), now, expired_at: now + LIFETIME_SECONDS };
    this.save.run(restKey, fresh.access_token, fresh.expired_at);
    return fresh;
  }

  isValid(token: string): boolean {
    const row = this.byToken.get(token) as TokenRow | undefined;
    return row !== undefined && row.expired_at > unixSeconds(this.clock);
  }

  /** All tokens are lost before their time, as after a change of the secret. Answers how many there were. */
  loseAll(): number {
    return this.removeAll.run().changes;
  }
}
