import type { KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type DataSource, In, LessThan } from 'typeorm';
import { SETTINGS, type Settings } from '../config/settings.js';
import { InjectDataSource } from '../database/inject.js';
import { newId } from '../database/new-id.js';
import { inTransaction } from '../database/transaction.js';
import { firstSecret, hashOf, readRefreshToken, refreshTokenKey, secretAfter } from './refresh-token.js';
import { SessionEnded } from './refusals.js';
import { Session } from './session.entity.js';

export const SESSION_LIFETIME_MS = 30 * 24 * 60 * 60 * 1000;
/**
 * How long after a token was replaced it is answered with the newest one, which is not replaced meanwhile. Long enough
 * for answers that were lost and for several tabs or reloads at once; a stolen token that comes later ends the login.
 */
export const REPLACED_TOKEN_GRACE_MS = 10_000;
/** Devices on which one user can be logged in; the oldest login ends for a newer one. */
const SESSIONS_PER_USER_MAX = 20;

export interface RefreshToken {
  value: string;
  userId: string;
  expiresAt: Date;
}

/** Logins that outlive the access token. The refresh token is `<session id>.<secret>`; its use replaces the secret. */
@Injectable()
export class SessionService {
  private readonly key: KeyObject;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) settings: Pick<Settings, 'jwtSecret'>,
  ) {
    this.key = refreshTokenKey(settings.jwtSecret);
  }

  async start(userId: string): Promise<RefreshToken> {
    const now = new Date();
    const secret = firstSecret();
    const session: Session = {
      id: newId(),
      userId,
      tokenHash: hashOf(secret),
      replacedAt: null,
      createdAt: now,
      expiresAt: new Date(now.getTime() + SESSION_LIFETIME_MS),
    };
    await inTransaction(this.dataSource, 'READ COMMITTED', async (manager) => {
      await manager.delete(Session, { userId, expiresAt: LessThan(now) });
      const kept = await manager.find(Session, {
        where: { userId },
        order: { id: 'DESC' },
        select: { id: true },
      });
      for (const { id } of kept.slice(SESSIONS_PER_USER_MAX - 1)) await manager.delete(Session, { id });
      await manager.upsert(Session, session, ['id']);
    });
    return refreshToken(session, secret);
  }

  /**
   * Takes the newest refresh token of a session and gives the next one. For `REPLACED_TOKEN_GRACE_MS` after that the
   * newest token and the one before it get the newest one, and nothing is written: an answer may have been lost, and
   * tabs and reloads come at once and in any order. Any other token ends the session, because then two parties hold its
   * tokens and one of them should not.
   *
   * @throws {SessionEnded} not safe to retry with the same token.
   */
  async rotate(shownToken: string | undefined): Promise<RefreshToken> {
    const shown = readRefreshToken(shownToken);
    if (!shown) throw new SessionEnded();
    const { id, secret } = shown;
    const next = secretAfter(this.key, shown);
    let session = await this.current(id);
    if (session.tokenHash === hashOf(secret) && !wasJustReplaced(session)) {
      const { affected } = await this.dataSource.manager.update(
        Session,
        { id, tokenHash: session.tokenHash },
        { tokenHash: hashOf(next), replacedAt: new Date() },
      );
      if (affected === 1) return refreshToken(session, next);
      // Another call with the same token was first: this one gets the same answer.
      session = await this.current(id);
    }
    if (wasJustReplaced(session)) {
      if (session.tokenHash === hashOf(secret)) return refreshToken(session, secret);
      if (session.tokenHash === hashOf(next)) return refreshToken(session, next);
    }
    await this.dataSource.manager.delete(Session, { id });
    throw new SessionEnded();
  }

  /** Takes the newest token and the one before it, whose successor may never have arrived. Does nothing for any other. */
  async end(shownToken: string | undefined): Promise<void> {
    const shown = readRefreshToken(shownToken);
    if (!shown) return;
    const hashes = [shown.secret, secretAfter(this.key, shown)].map(hashOf);
    await this.dataSource.manager.delete(Session, { id: shown.id, tokenHash: In(hashes) });
  }

  /** All logins of a user, on every device. */
  async endAll(userId: string): Promise<void> {
    await this.dataSource.manager.delete(Session, { userId });
  }

  /** @throws {SessionEnded} */
  private async current(id: string): Promise<Session> {
    const session = await this.dataSource.manager.findOneBy(Session, { id });
    if (!session || session.expiresAt <= new Date()) throw new SessionEnded();
    return session;
  }
}

/** In both directions, because the clocks of two servers differ. */
function wasJustReplaced({ replacedAt }: Session): boolean {
  return replacedAt !== null && Math.abs(Date.now() - replacedAt.getTime()) < REPLACED_TOKEN_GRACE_MS;
}

function refreshToken({ id, userId, expiresAt }: Session, secret: string): RefreshToken {
  return { value: `${id}.${secret}`, userId, expiresAt };
}
