import { Inject } from '@nestjs/common';
import { Args, Context, Mutation, Resolver } from '@nestjs/graphql';
import { SETTINGS, type Settings } from '../config/settings.js';
import { callerToCount } from '../door/client-address.js';
import { BehindOurDoor } from '../door/door.guard.js';
import type { OwnGraphqlContext } from '../graphql/own-context.js';
import { Public } from '../door/access.decorator.js';
import { CurrentViewer, type Viewer } from '../door/viewer.decorator.js';
import { RateLimit } from '../door/rate-limit.decorator.js';
import { Unauthenticated } from '../refusal/unauthenticated.js';
import { UserModel } from '../user/user.model.js';
import { AuthService, type LoggedIn } from './auth.service.js';
import { Login } from './login.model.js';
import { clearRefreshCookie, readRefreshCookie, setRefreshCookie } from './refresh-cookie.js';

/** Schools and phone carriers share an address; each sign-up leaves a row. */
const SIGN_UPS_PER_ADDRESS = 100;

/** Each takes as long as a log-in. */
const PASSWORD_ACTS_PER_USER = 20;

@BehindOurDoor()
@Resolver()
export class AuthResolver {
  constructor(
    private readonly auth: AuthService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Public()
  @RateLimit({ perAddress: SIGN_UPS_PER_ADDRESS })
  @Mutation(() => UserModel, {
    description: 'Signs up. Log in afterwards. Refused with EMAIL_TAKEN or BAD_USER_INPUT.',
  })
  async createUser(
    @Args('email', { description: 'At most 254 characters; upper and lower case are the same.' })
    email: string,
    @Args('password', { description: '8 to 128 characters.' }) password: string,
    @Args('name', { description: '1 to 50 characters.' }) name: string,
    @Context() { req }: OwnGraphqlContext,
  ): Promise<UserModel> {
    return UserModel.of(await this.auth.createUser({ email, password, name }, callerToCount(req)));
  }

  @Public()
  @Mutation(() => Login, {
    description:
      'Gives an access token, and a refresh token in a cookie that scripts cannot read. Refused with UNAUTHENTICATED, the same ' +
      'for an unknown e-mail address and a wrong password; and after 10 wrong passwords for one e-mail address within 5 ' +
      'minutes, or 20 from one network address within a minute, with TOO_MANY_REQUESTS whatever the password is.',
  })
  async login(
    @Args('email', { description: 'Upper and lower case are the same.' }) email: string,
    @Args('password', { description: 'As it was given to createUser.' }) password: string,
    @Context() context: OwnGraphqlContext,
  ): Promise<Login> {
    return this.answer(await this.auth.login(email, password, callerToCount(context.req)), context);
  }

  @Public()
  @Mutation(() => Login, {
    description:
      'Gives a new access token for the refresh cookie and replaces the cookie. For ten seconds after that the old cookie gets ' +
      'the same new one, because an answer may be lost; an old cookie that is used later ends the whole login. Refused with ' +
      'UNAUTHENTICATED.',
  })
  async restoreAccessToken(@Context() context: OwnGraphqlContext): Promise<Login> {
    try {
      return this.answer(await this.auth.restore(readRefreshCookie(context.req)), context);
    } catch (error) {
      if (error instanceof Unauthenticated) clearRefreshCookie(context.res, this.settings);
      throw error;
    }
  }

  @Public()
  @Mutation(() => Boolean, {
    description: 'Ends this login and takes the refresh cookie away. True, also when nobody was logged in.',
  })
  async logout(@Context() context: OwnGraphqlContext): Promise<boolean> {
    await this.auth.logout(readRefreshCookie(context.req));
    clearRefreshCookie(context.res, this.settings);
    return true;
  }

  @RateLimit({ perUser: PASSWORD_ACTS_PER_USER })
  @Mutation(() => Login, {
    description:
      'Changes the password, ends every login on other devices, and gives this one a new token and cookie. An access token that ' +
      'another device has lives on for its 15 minutes at most. A wrong current password is BAD_USER_INPUT (field ' +
      '`currentPassword`) and counts like one in login: TOO_MANY_REQUESTS.',
  })
  async changePassword(
    @Args('currentPassword', { description: 'The one until now.' }) current: string,
    @Args('newPassword', { description: '8 to 128 characters.' }) next: string,
    @CurrentViewer() { ownerId }: Viewer,
    @Context() context: OwnGraphqlContext,
  ): Promise<Login> {
    const caller = callerToCount(context.req);
    return this.answer(await this.auth.changePassword(ownerId, { current, next }, caller), context);
  }

  @Mutation(() => Boolean, {
    description:
      'Ends every login of the caller, this one too, and takes the refresh cookie away. Access tokens live on for their 15 minutes at most.',
  })
  async logoutEverywhere(
    @CurrentViewer() { ownerId }: Viewer,
    @Context() context: OwnGraphqlContext,
  ): Promise<boolean> {
    await this.auth.logoutEverywhere(ownerId);
    clearRefreshCookie(context.res, this.settings);
    return true;
  }

  @RateLimit({ perUser: PASSWORD_ACTS_PER_USER })
  @Mutation(() => Boolean, {
    description:
      'The caller leaves: e-mail address, name, password and logins are deleted, the books stay under an id that names nobody, ' +
      'and the e-mail address may sign up again. Refused with LEAVE_NOT_POSSIBLE while points, a debt, an order that can be paid ' +
      'or a refund are open. A wrong password is BAD_USER_INPUT (field `currentPassword`) and counts like one in login.',
  })
  async deleteUser(
    @Args('currentPassword', { description: 'So that a stolen token is not enough.' }) password: string,
    @CurrentViewer() { ownerId }: Viewer,
    @Context() context: OwnGraphqlContext,
  ): Promise<boolean> {
    await this.auth.leave(ownerId, password, callerToCount(context.req));
    clearRefreshCookie(context.res, this.settings);
    return true;
  }

  private answer(loggedIn: LoggedIn, { res }: OwnGraphqlContext): Login {
    setRefreshCookie(res, this.settings, loggedIn.refreshToken);
    const { accessToken, expiresAt, user } = loggedIn;
    return { accessToken, expiresAt, user: UserModel.of(user) };
  }
}
