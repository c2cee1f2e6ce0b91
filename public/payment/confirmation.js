/**
 * Payments that the window has reported and the server has not decided yet: kept on this device over reloads and
 * lost connections, and asked about until there is an answer.
 */
import { ApiError } from './api.js';
import { Pause, WAITS_MS } from './pause.js';

const STORAGE_KEY = 'point-top-up.unconfirmed';
const KEPT_PAYMENTS_LIMIT = 5;
const KEPT_USERS_LIMIT = 10;
const DAY_MS = 24 * 60 * 60 * 1000;
const KEEP_MS = 7 * DAY_MS;
// Of an address that nobody may have paid for; recovery has credited a true one long before.
const KEEP_UNKNOWN_MS = DAY_MS;

// The window reported no failure and yet the gateway says unpaid: the gateway may be a moment late.
const NOT_PAID_ATTEMPT_LIMIT = 4;

/**
 * The unconfirmed payments of this device: `{ impUid, userId, failure, gatewayText, notOf, keptAt }`, oldest first. Read
 * anew each time, because other tabs keep theirs in the same place. `failure` is one of window-failure.js, or null when the
 * window reported none; `notOf` are the users who have asked in vain whether it is theirs.
 */
export class UnconfirmedPayments {
  #inMemory = [];

  /** Those of this user, and those that came back by a redirect and may be theirs (userId null). */
  of(userId) {
    return this.#all().filter((payment) =>
      payment.userId === null ? !(payment.notOf ?? []).includes(userId) : payment.userId === userId,
    );
  }

  get isEmpty() {
    return this.#all().length === 0;
  }

  /** @returns false when they are kept in memory only, because the browser blocks storage */
  keep(payment) {
    const others = this.#all().filter(({ impUid }) => impUid !== payment.impUid);
    return this.#store([...others, { notOf: [], ...payment, keptAt: Date.now() }]);
  }

  /** It came back by a redirect, and it is not this user's: whoever paid may log in next. */
  leaveToPayer(impUid, userId) {
    this.#store(
      this.#all().map((payment) =>
        payment.impUid === impUid
          ? { ...payment, notOf: [...(payment.notOf ?? []), userId].slice(-KEPT_USERS_LIMIT) }
          : payment,
      ),
    );
  }

  forget(impUid) {
    this.#store(this.#all().filter((payment) => payment.impUid !== impUid));
  }

  #all() {
    try {
      const stored = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '[]');
      return stored.filter(
        ({ keptAt, userId }) => Date.now() - keptAt < (userId === null ? KEEP_UNKNOWN_MS : KEEP_MS),
      );
    } catch {
      // Blocked or damaged storage: what this page itself has seen is still known.
      return this.#inMemory;
    }
  }

  #store(payments) {
    this.#inMemory = payments.slice(-KEPT_PAYMENTS_LIMIT);
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify(this.#inMemory));
      return true;
    } catch {
      return false;
    }
  }
}

const pause = new Pause();

/** Ends the present wait of {@link confirmPayment}, so that it asks at once: there is a connection again, or the reader wants it. */
export function askNow() {
  pause.end();
}

/**
 * Asks the server about one payment until it decides or the attempts are used up. Asking again is safe: the server
 * credits a payment once and gives the same row to every repetition.
 *
 * @param ask calls createPointTransaction and returns its row
 * @param onWait called with the error before each wait
 * @returns `{ outcome, transaction?, error?, isForAnother? }`, outcome being
 *   `credited`; `awaitingDeposit` (a virtual account was issued: the server knows it from here on); `notPaid` (the window reported a failure and the server agrees); `refused` (the server said no;
 *   `isForAnother`: it came back by a redirect and is not of whoever is logged in);
 *   `loginNeeded`; `undecided` (the attempts are used up; nothing is known)
 */
export async function confirmPayment({ failure = null, userId }, ask, onWait) {
  for (let attempt = 1; ; attempt += 1) {
    let error;
    try {
      return { outcome: 'credited', transaction: await ask() };
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught;
      error = caught;
    }
    if (error.code === 'UNAUTHENTICATED') return { outcome: 'loginNeeded' };
    if (error.code === 'PAYMENT_NOT_PAID') {
      if (error.details.deposit) return { outcome: 'awaitingDeposit', error };
      if (failure !== null) return { outcome: 'notPaid' };
      if (attempt >= NOT_PAID_ATTEMPT_LIMIT) return { outcome: 'refused', error };
    } else if (!isUndecided(error)) {
      const isForAnother = userId === null && error.code === 'PAYMENT_NOT_FOUND';
      return { outcome: 'refused', error, isForAnother };
    }
    if (attempt > WAITS_MS.length) return { outcome: 'undecided', error };
    onWait(error);
    await pause.wait(Math.max(WAITS_MS[attempt - 1], error.retryAfterSeconds * 1000));
  }
}

// A masked fault of the server says nothing about the payment either.
function isUndecided(error) {
  return error.retryable || error.code === 'INTERNAL_SERVER_ERROR';
}
