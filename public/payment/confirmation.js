/**
 * Payments that the window has reported and the server has not decided yet: kept on this device over reloads and
 * lost connections, and asked about until there is an answer.
 */
import { ApiError } from './api.js';
import { Pause, WAITS_MS } from './pause.js';

const STORAGE_KEY = 'point-top-up.unconfirmed';
const KEPT_PAYMENTS_LIMIT = 5;
const KEEP_MS = 7 * 24 * 60 * 60 * 1000;

// The window reported no failure and yet the gateway says unpaid: the gateway may be a moment late.
const NOT_PAID_ATTEMPT_LIMIT = 4;

/**
 * The unconfirmed payments of this device: `{ impUid, userId, gatewayText, keptAt }`, oldest first. Read anew each
 * time, because other tabs keep theirs in the same place.
 */
export class UnconfirmedPayments {
  #inMemory = [];

  /** Those of this user, and those that came back by a redirect when nobody was logged in (userId null). */
  of(userId) {
    return this.#all().filter((payment) => payment.userId === null || payment.userId === userId);
  }

  get isEmpty() {
    return this.#all().length === 0;
  }

  /** @returns false when they are kept in memory only, because the browser blocks storage */
  keep({ impUid, userId, gatewayText }) {
    const others = this.#all().filter((payment) => payment.impUid !== impUid);
    return this.#store([...others, { impUid, userId, gatewayText, keptAt: Date.now() }]);
  }

  forget(impUid) {
    this.#store(this.#all().filter((payment) => payment.impUid !== impUid));
  }

  #all() {
    try {
      const stored = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '[]');
      return stored.filter(({ keptAt }) => Date.now() - keptAt < KEEP_MS);
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
 * @returns `{ outcome, transaction?, error? }`, outcome being
 *   `credited`; `notPaid` (the window reported a failure and the server agrees); `refused` (the server said no);
 *   `loginNeeded`; `undecided` (the attempts are used up; nothing is known)
 */
export async function confirmPayment({ gatewayText }, ask, onWait) {
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
      if (gatewayText !== null) return { outcome: 'notPaid' };
      if (attempt >= NOT_PAID_ATTEMPT_LIMIT) return { outcome: 'refused', error };
    } else if (!isUndecided(error)) {
      return { outcome: 'refused', error };
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
