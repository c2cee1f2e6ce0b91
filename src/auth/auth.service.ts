import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { newId } from '../database/new-id.js';
import { violatesUniqueKey } from '../database/unique-key.js';
import { User, USER_EMAIL_UNIQUE, UserRole } from '../user/user.entity.js';
import { type SignedUp, UserService } from '../user/user.service.js';
import { ACCESS_TOKEN } from './access-token.js';
import { checkSignUp, normalizedEmail } from './credentials.js';
import { Guesses } from './guesses.js';
import { hashPassword, withPasswordSlot, passwordFits } from './password.js';
import { EmailTaken, SessionEnded, WrongCredentials } from './refusals.js';
import { type RefreshToken, SessionService } from './session.service.js';

export interface LoggedIn {
  user: SignedUp;
  accessToken: string;
  /** When the access token ends. */
  expiresAt: Date;
  refreshToken: RefreshToken;
}

@Injectable()
export class AuthService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly users: UserService,
    private readonly sessions: SessionService,
    private readonly jwt: JwtService,
    private readonly guesses: Guesses,
  ) {}

  /**
   * @param caller who is counted as one caller.
   * @throws {BadUserInput} naming the field that does not fit.
   * @throws {EmailTaken} decided by the unique key, so of two sign-ups at once one wins.
   * @throws {TooManyRequests} for a caller who was told so too often, or when too many passwords are being hashed.
   */
  async createUser(
    input: { email: string; password: string; name: string },
    caller: string,
  ): Promise<SignedUp> {
    const email = normalizedEmail(input.email);
    const name = input.name.trim();
    checkSignUp({ email, password: input.password, name });
    const { attempt, passwordHash } = await withPasswordSlot(async () => ({
      attempt: await this.guesses.signUp(caller),
      passwordHash: await hashPassword(input.password),
    }));
    const user: SignedUp = {
      id: newId(),
      email,
      passwordHash,
      name,
      role: UserRole.USER,
      createdAt: new Date(),
      point: 0,
      heldPoint: 0,
    };
    try {
      await this.dataSource.manager.insert(User, user);
    } catch (error) {
      if (violatesUniqueKey(this.dataSource, error, USER_EMAIL_UNIQUE)) throw new EmailTaken();
      await attempt.succeeded();
      throw error;
    }
    await attempt.succeeded();
    return user;
  }

  /**
   * @param caller who is counted as one caller.
   * @throws {WrongCredentials} after the same time for an unknown e-mail address and for a wrong password.
   * @throws {TooManyRequests} after too many of these, whatever the password is; or when too many are being looked at.
   */
  async login(emailAsWritten: string, password: string, caller: string): Promise<LoggedIn> {
    const email = normalizedEmail(emailAsWritten);
    const user = await this.users.findByEmail(email);
    // Counted inside the turn, so that few at a time are counted without being judged.
    const fits = await withPasswordSlot(async () => {
      const attempt = await this.guesses.logIn(email, caller);
      const isRight = await passwordFits(user?.passwordHash, password);
      if (isRight) await attempt.succeeded();
      return isRight;
    });
    if (!fits || !user) throw new WrongCredentials();
    return this.loggedIn(user, await this.sessions.start(user.id));
  }

  /** @throws {SessionEnded} */
  async restore(refreshToken: string | undefined): Promise<LoggedIn> {
    const next = await this.sessions.rotate(refreshToken);
    const user = await this.users.find(next.userId);
    if (!user) throw new SessionEnded();
    return this.loggedIn(user, next);
  }

  /** An access token that was already given lives on for its few minutes. */
  async logout(refreshToken: string | undefined): Promise<void> {
    await this.sessions.end(refreshToken);
  }

  private async loggedIn(user: SignedUp, refreshToken: RefreshToken): Promise<LoggedIn> {
    const expiresAt = new Date(Date.now() + ACCESS_TOKEN.lifetimeSeconds * 1000);
    const accessToken = await this.jwt.signAsync({ sub: user.id, type: ACCESS_TOKEN.type });
    return { user, accessToken, expiresAt, refreshToken };
  }
}
