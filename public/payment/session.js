/**
 * Who is logged in. The access token lives in memory only; the HttpOnly refresh cookie brings it back.
 */
import { ApiError, callApi } from './api.js';
import { Tabs } from './tabs.js';

export const BALANCE_FIELDS = 'id point heldPoint availablePoint expiringPoints { day point }';
export const USER_FIELDS = `${BALANCE_FIELDS} email name`;
const LOGIN_FIELDS = `accessToken user { ${USER_FIELDS} }`;

const CREATE_USER = `mutation ($email: String!, $password: String!, $name: String!) {
  createUser(email: $email, password: $password, name: $name) { id }
}`;
const LOG_IN = `mutation ($email: String!, $password: String!) {
  login(email: $email, password: $password) { ${LOGIN_FIELDS} }
}`;
const RESTORE = `mutation { restoreAccessToken { ${LOGIN_FIELDS} } }`;
const LOG_OUT = 'mutation { logout }';
const LOG_OUT_EVERYWHERE = 'mutation { logoutEverywhere }';
const CHANGE_PASSWORD = `mutation ($current: String!, $next: String!) {
  changePassword(currentPassword: $current, newPassword: $next) { ${LOGIN_FIELDS} }
}`;
const LEAVE = 'mutation ($password: String!) { deleteUser(currentPassword: $password) }';

// One name for all tabs of this site: they share the cookie.
const COOKIE_LOCK = 'point-top-up.refresh-cookie';

export class Session {
  #accessToken = null;
  #otherTabs = new Tabs((news) => this.#takeNews(news));
  #onExpired;
  #onChangedElsewhere;
  #onPointsChangedElsewhere;

  /** The logged-in user as last told by the server, or null. */
  user = null;

  /**
   * @param onExpired called when a call finds that the session is over
   * @param onChangedElsewhere called when another tab has logged in or out: this one must restore again
   * @param onPointsChangedElsewhere called when another tab has changed what this user has
   */
  constructor({ onExpired, onChangedElsewhere, onPointsChangedElsewhere }) {
    this.#onExpired = onExpired;
    this.#onChangedElsewhere = onChangedElsewhere;
    this.#onPointsChangedElsewhere = onPointsChangedElsewhere;
  }

  /**
   * Restores the session from the refresh cookie.
   *
   * @returns the user, or null when there is no session
   * @throws {ApiError} when the server could not decide
   */
  async restore() {
    try {
      await this.#renew(null);
    } catch (error) {
      if (!isUnauthenticated(error)) throw error;
    }
    return this.user;
  }

  /** @throws {ApiError} EMAIL_TAKEN, BAD_USER_INPUT and the like */
  async signUp(email, password, name) {
    await callApi(CREATE_USER, { email, password, name });
  }

  /** @throws {ApiError} UNAUTHENTICATED for a wrong e-mail or password */
  async logIn(email, password) {
    await withRefreshCookie(async () => {
      const { login } = await callApi(LOG_IN, { email, password });
      this.#begin(login);
    });
    this.#tellOtherTabs();
  }

  /** Ends the session on the server too. @throws {ApiError} when the server was not reached: still logged in */
  async logOut() {
    await withRefreshCookie(() => callApi(LOG_OUT, {}, this.#accessToken));
    this.#end();
    this.#tellOtherTabs();
  }

  /** Also ends the log-ins on other devices. @throws {ApiError} BAD_USER_INPUT for a password that is not right */
  async changePassword(current, next) {
    await this.#withFreshToken(async (accessToken) => {
      const { changePassword } = await callApi(CHANGE_PASSWORD, { current, next }, accessToken);
      this.#begin(changePassword);
    });
  }

  /** Ends the log-ins on all devices. */
  async logOutEverywhere() {
    await this.#withFreshToken((accessToken) => callApi(LOG_OUT_EVERYWHERE, {}, accessToken));
    this.#end();
    this.#tellOtherTabs();
  }

  /** The user is erased. @throws {ApiError} LEAVE_NOT_POSSIBLE, or BAD_USER_INPUT for a wrong password */
  async leave(password) {
    await this.#withFreshToken((accessToken) => callApi(LEAVE, { password }, accessToken));
    this.#end();
    this.#tellOtherTabs();
  }

  /** For what replaces the cookie and therefore cannot be called again after a renewal. */
  async #withFreshToken(act) {
    await this.call('{ me { id } }');
    await withRefreshCookie(() => act(this.#accessToken));
  }

  /**
   * A call as the logged-in user. An access token that has run out is renewed once and the call repeated once
   * (the server refuses such a call before it does anything, so this never does a thing twice).
   *
   * @throws {ApiError} UNAUTHENTICATED when the session is over or belongs to another user by now
   */
  async call(operation, variables = {}) {
    const accessToken = this.#accessToken;
    if (accessToken !== null) {
      try {
        return await callApi(operation, variables, accessToken);
      } catch (error) {
        if (!isUnauthenticated(error)) throw error;
      }
    }
    const userId = this.user?.id ?? null;
    try {
      await this.#renew(accessToken);
    } catch (error) {
      if (isUnauthenticated(error) && userId !== null) this.#onExpired();
      throw error;
    }
    if (this.user === null || this.user.id !== userId) {
      this.#leaveToOtherUser();
      throw new ApiError('UNAUTHENTICATED', 'the user has changed meanwhile');
    }
    return callApi(operation, variables, this.#accessToken);
  }

  async #renew(refusedToken) {
    await withRefreshCookie(async () => {
      // Another call of this page may have renewed it while this one waited for its turn.
      if (this.#accessToken !== refusedToken) return;
      try {
        const { restoreAccessToken } = await callApi(RESTORE);
        this.#begin(restoreAccessToken);
      } catch (error) {
        if (isUnauthenticated(error)) this.#end();
        throw error;
      }
    });
  }

  #leaveToOtherUser() {
    this.#end();
    this.#onChangedElsewhere();
  }

  /** Lets other tabs ask again what this user has. */
  tellPointsChanged() {
    this.#otherTabs.tell({ userId: this.user?.id ?? null, pointsChanged: true });
  }

  #tellOtherTabs() {
    this.#otherTabs.tell({ userId: this.user?.id ?? null });
  }

  #takeNews({ userId, pointsChanged = false }) {
    const isOurUser = userId === (this.user?.id ?? null);
    if (pointsChanged && isOurUser) this.#onPointsChangedElsewhere();
    else if (!pointsChanged && !isOurUser) this.#leaveToOtherUser();
  }

  #begin({ accessToken, user }) {
    this.#accessToken = accessToken;
    this.user = user;
  }

  #end() {
    this.#accessToken = null;
    this.user = null;
  }
}

function isUnauthenticated(error) {
  return error instanceof ApiError && error.code === 'UNAUTHENTICATED';
}

/** The last use of the refresh cookie by this tab; it never fails. */
let lastTurn = Promise.resolve();

/**
 * Whoever logs in or out and whoever renews the refresh token replace one cookie: neither two calls of this tab nor two tabs
 * may do it at the same time, or the cookie of a login that is over could be the one that stays.
 */
function withRefreshCookie(task) {
  const turn = lastTurn.then(() => withLock(task));
  // Whoever asked for it is told of its failure; the next one just follows it.
  lastTurn = turn.catch(() => null);
  return turn;
}

/** Browsers offer locks on https and localhost only, and refuse them where cookies are blocked: then tabs can collide, which renewals bear. */
async function withLock(task) {
  if (!navigator.locks) return task();
  let hasBegun = false;
  try {
    return await navigator.locks.request(COOKIE_LOCK, () => {
      hasBegun = true;
      return task();
    });
  } catch (error) {
    if (hasBegun) throw error;
    return task();
  }
}
