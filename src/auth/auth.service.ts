import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { type DataSource, In } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { inTransaction } from '../database/transaction.js';
import { newId } from '../database/new-id.js';
import { violatesUniqueKey } from '../database/unique-key.js';
import { Unauthenticated } from '../refusal/unauthenticated.js';
import { erasePerson, whatKeeps } from '../user/leaving.js';
import { User, USER_EMAIL_UNIQUE, UserRole } from '../user/user.entity.js';
import { type SignedUp, UserService } from '../user/user.service.js';
import { ACCESS_TOKEN } from './access-token.js';
import { checkPassword, checkSignUp, normalizedEmail } from './credentials.js';
import { Guesses } from './guesses.js';
import { hashPassword, withPasswordSlot, passwordFits } from './password.js';
import { EmailTaken, LeaveNotPossible, SessionEnded, WrongCredentials, WrongPassword } from './refusals.js';
import { Session } from './session.entity.js';
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
    const fits = await this.isPasswordOf(user, email, password, caller);
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

  /**
   * Ends every login of the user and begins a new one for the caller.
   *
   * @param caller who is counted as one caller.
   * @throws {BadUserInput} for a new password that does not fit.
   * @throws {WrongPassword} {@link TooManyRequests} as at a log-in: they count together.
   */
  async changePassword(
    userId: string,
    { current, next }: { current: string; next: string },
    caller: string,
  ): Promise<LoggedIn> {
    checkPassword('newPassword', next);
    const user = await this.requirePassword(userId, current, caller);
    const passwordHash = await withPasswordSlot(() => hashPassword(next));
    const isChanged = await inTransaction(this.dataSource, 'READ COMMITTED', async (manager) => {
      const { affected } = await manager.update(
        User,
        // A second time, after an answer that was lost, it is the new one already.
        { id: userId, passwordHash: In([user.passwordHash, passwordHash]) },
        { passwordHash },
      );
      if (affected === 1) await manager.delete(Session, { userId });
      return affected === 1;
    });
    // Somebody else changed it a moment ago.
    if (!isChanged) throw new WrongPassword();
    return this.loggedIn(user, await this.sessions.start(userId));
  }

  async logoutEverywhere(userId: string): Promise<void> {
    await this.sessions.endAll(userId);
  }

  /**
   * Erases a person and keeps the books, in one transaction, under the lock of their account.
   *
   * @param caller who is counted as one caller.
   * @throws {LeaveNotPossible} saying what is left.
   * @throws {WrongPassword} {@link TooManyRequests} as at a log-in: they count together.
   */
  async leave(userId: string, password: string, caller: string): Promise<void> {
    await this.requirePassword(userId, password, caller);
    const obstacle = await inTransaction(this.dataSource, 'READ COMMITTED', async (manager) => {
      const found = await whatKeeps(manager, userId);
      if (found) return found;
      await manager.delete(Session, { userId });
      await erasePerson(manager, userId);
      return undefined;
    });
    if (obstacle) throw new LeaveNotPossible(obstacle);
  }

  /** A stolen access token is not enough for what cannot be undone, and guesses count like those of a log-in. */
  private async requirePassword(userId: string, password: string, caller: string): Promise<SignedUp> {
    const user = await this.users.find(userId);
    if (!user) throw new Unauthenticated();
    if (!(await this.isPasswordOf(user, user.email, password, caller))) throw new WrongPassword();
    return user;
  }

  /** Counted inside the turn, so that few at a time are counted without being judged. */
  private async isPasswordOf(
    user: SignedUp | null,
    email: string,
    password: string,
    caller: string,
  ): Promise<boolean> {
    return withPasswordSlot(async () => {
      const attempt = await this.guesses.logIn(email, caller);
      const isRight = await passwordFits(user?.passwordHash, password);
      if (isRight) await attempt.succeeded();
      return isRight;
    });
  }

  private async loggedIn(user: SignedUp, refreshToken: RefreshToken): Promise<LoggedIn> {
    const expiresAt = new Date(Date.now() + ACCESS_TOKEN.lifetimeSeconds * 1000);
    const accessToken = await this.jwt.signAsync({ sub: user.id, type: ACCESS_TOKEN.type });
    return { user, accessToken, expiresAt, refreshToken };
  }
}
