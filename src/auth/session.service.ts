import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type DataSource, LessThan, MoreThan } from 'typeorm';
import { newId } from '../database/new-id.js';
import { inTransaction } from '../database/transaction.js';
import { SessionEnded } from './refusals.js';
import { Session } from './session.entity.js';

export const SESSION_LIFETIME_MS = 30 * 24 * 60 * 60 * 1000;
/** Devices on which one user can be logged in; the oldest login ends for a newer one. */
const SESSIONS_PER_USER_MAX = 20;
const SECRET_BYTES = 32;
const REFRESH_TOKEN = /^([0-9A-Z]{26})\.([A-Za-z0-9_-]{43})$/;

export interface RefreshToken {
  value: string;
  userId: string;
  expiresAt: Date;
}

/** Logins that outlive the access token. The refresh token is `<session id>.<secret>`; each use replaces the secret. */
@Injectable()
export class SessionService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async start(userId: string): Promise<RefreshToken> {
    const now = new Date();
    const secret = newSecret();
    const session: Session = {
      id: newId(),
      userId,
      tokenHash: hashOf(secret),
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
    return { value: `${session.id}.${secret}`, userId, expiresAt: session.expiresAt };
  }

  /**
   * Takes the newest refresh token of a session and gives the next one. Of two calls with the same token one wins. Any
   * older token of the session ends it, because then two parties hold its tokens and one of them should not.
   *
   * @throws {SessionEnded} not safe to retry with the same token.
   */
  async rotate(refreshToken: string | undefined): Promise<RefreshToken> {
    const [, id, secret] = REFRESH_TOKEN.exec(refreshToken ?? '') ?? [];
    if (!id || !secret) throw new SessionEnded();
    const nextSecret = newSecret();
    const { affected } = await this.dataSource.manager.update(
      Session,
      { id, tokenHash: hashOf(secret), expiresAt: MoreThan(new Date()) },
      { tokenHash: hashOf(nextSecret) },
    );
    if (affected !== 1) {
      await this.dataSource.manager.delete(Session, { id });
      throw new SessionEnded();
    }
    const session = await this.dataSource.manager.findOneBy(Session, { id });
    if (!session) throw new SessionEnded();
    return { value: `${id}.${nextSecret}`, userId: session.userId, expiresAt: session.expiresAt };
  }

  /** Does nothing for a token that is not the newest of its session. */
  async end(refreshToken: string | undefined): Promise<void> {
    const [, id, secret] = REFRESH_TOKEN.exec(refreshToken ?? '') ?? [];
    if (id && secret) await this.dataSource.manager.delete(Session, { id, tokenHash: hashOf(secret) });
  }
}

function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
