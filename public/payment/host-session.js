/**
 * Who is logged in where the login is the shop's own. Its script, which was loaded before this page's, gives the tokens:
 *
 *     globalThis.pointPage = {
 *       accessToken: async () => '…', // one that is good now, or null when nobody is logged in
 *       logIn: () => location.assign('…'), // may be missing
 *     };
 */
import { ApiError, callApi } from './api.js';
import { USER_FIELDS } from './session.js';
import { Tabs } from './tabs.js';

const ME = `{ me { ${USER_FIELDS} } }`;
const HOST_TIMEOUT_MS = 10_000;

/** The shop's script did not come, threw or did not answer: whether somebody is logged in is unknown. */
export const HOST_UNAVAILABLE = 'HOST_UNAVAILABLE';

/** Has what Session has, but for sign-up, log-in and log-out. */
export class HostSession {
  #accessToken = null;
  #renewal = null;
  #otherTabs = new Tabs((news) => this.#takeNews(news));
  #onExpired;
  #onChangedElsewhere;
  #onPointsChangedElsewhere;

  /** The logged-in user as last told by the server, or null. */
  user = null;

  /** As in Session. */
  constructor({ onExpired, onChangedElsewhere, onPointsChangedElsewhere }) {
    this.#onExpired = onExpired;
    this.#onChangedElsewhere = onChangedElsewhere;
    this.#onPointsChangedElsewhere = onPointsChangedElsewhere;
  }

  /** Whether the shop's script knows where to log in. */
  get canLogIn() {
    return typeof globalThis.pointPage?.logIn === 'function';
  }

  logIn() {
    globalThis.pointPage.logIn();
  }

  /**
   * @returns the user, or null when nobody is logged in at the shop
   * @throws {ApiError} when that could not be found out
   */
  async restore() {
    try {
      await this.#renew();
    } catch (error) {
      if (!isUnauthenticated(error)) throw error;
    }
    return this.user;
  }

  /**
   * A call as the logged-in user. A token that is refused is asked for anew once and the call repeated once (the server
   * refuses such a call before it does anything, so this never does a thing twice).
   *
   * @throws {ApiError} UNAUTHENTICATED when nobody is logged in any more, or somebody else
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
      if (this.#accessToken === accessToken) await this.#renew();
    } catch (error) {
      if (isUnauthenticated(error) && userId !== null) this.#onExpired();
      throw error;
    }
    if (this.user === null || this.user.id !== userId) {
      this.#end();
      this.#onChangedElsewhere();
      throw new ApiError('UNAUTHENTICATED', 'the user has changed meanwhile');
    }
    return callApi(operation, variables, this.#accessToken);
  }

  /** Lets other tabs ask again what this user has. */
  tellPointsChanged() {
    this.#otherTabs.tell({ userId: this.user?.id ?? null, pointsChanged: true });
  }

  #takeNews({ userId, pointsChanged = false }) {
    if (pointsChanged && userId === (this.user?.id ?? null)) this.#onPointsChangedElsewhere();
  }

  /** Calls at once are answered together. */
  async #renew() {
    const renewal = this.#renewal ?? this.#askHost();
    this.#renewal = renewal;
    try {
      await renewal;
    } finally {
      if (this.#renewal === renewal) this.#renewal = null;
    }
  }

  async #askHost() {
    try {
      const accessToken = await tokenOfHost();
      const { me } = await callApi(ME, {}, accessToken);
      this.#accessToken = accessToken;
      this.user = me;
    } catch (error) {
      if (isUnauthenticated(error)) this.#end();
      throw error;
    }
  }

  #end() {
    this.#accessToken = null;
    this.user = null;
  }
}

async function tokenOfHost() {
  let timer;
  const tooLate = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the script of the shop did not answer')), HOST_TIMEOUT_MS);
  });
  let token;
  try {
    token = await Promise.race([globalThis.pointPage.accessToken(), tooLate]);
  } catch (cause) {
    throw new ApiError(HOST_UNAVAILABLE, 'no token from the script of the shop', { retryable: true, cause });
  } finally {
    clearTimeout(timer);
  }
  if (typeof token !== 'string' || token === '') throw new ApiError('UNAUTHENTICATED', 'nobody is logged in');
  return token;
}

function isUnauthenticated(error) {
  return error instanceof ApiError && error.code === 'UNAUTHENTICATED';
}
