/**
 * The orders of the logged-in user that wait for a deposit into a virtual account, and how they are followed to their end.
 */
import { ApiError } from './api.js';
import { KnownOrders } from './known-orders.js';
import { Pause } from './pause.js';
import { BALANCE_FIELDS, USER_FIELDS } from './session.js';

const ORDER_FIELDS = `merchantUid amount state createdAt expiresAt
deposits { impUid bank number holder amount dueAt }`;
const AWAITING_DEPOSITS = `{ me { ${USER_FIELDS} } awaitingDeposits { ${ORDER_FIELDS} } }`;
const PAYMENT_ORDER = `query ($merchantUid: ID!) {
  paymentOrder(merchantUid: $merchantUid) {
    ${ORDER_FIELDS}
    pointTransaction { impUid amount createdAt balanceAfter }
  }
}`;
const REPORT_DEPOSIT = `mutation ($merchantUid: ID!) { reportDeposit(merchantUid: $merchantUid) { merchantUid } }`;
const LOOK_AT_GATEWAY = `mutation ($impUid: String!) {
  createPointTransaction(impUid: $impUid) { id user { ${BALANCE_FIELDS} } }
}`;

// A deposit comes within minutes of the account or days later. The server is told of it and looks by itself too, so the page
// asks ever more seldom, and after about two hours only when somebody comes back to it.
const WAITS_S = [3, 5, 5, 10, 10, 15, 20, 30, 45];
const LONG_WAIT_S = 60;
const ASKS_MAX = 120;
/** Every so many questions the gateway itself is asked: its notice may be lost. */
const LOOK_EVERY = 5;
/** Of one order; nearly all have one account. */
const ACCOUNTS_LOOKED_AT_MAX = 3;

export class Deposits {
  /**
   * Newest first: `{ order, end, isReporting, isReported, copied, error }`. `end` is null while the order waits, else how it
   * ended: a PaymentOrderState. `copied`: whether the number could be copied, or null. `error`: why the last report failed.
   */
  cards = [];
  /** Why they could not be asked about the last time, or null. */
  error = null;
  /** They were asked about as often as that is done without being told to. */
  hasGivenUp = false;

  #call;
  #onUser;
  #onChange;
  #onEnded;
  #known = new KnownOrders();
  #askNumber = 0;
  /** Of the question whose answer is shown; those of earlier ones know less. */
  #takenNumber = 0;
  #asked = 0;
  #isFollowing = false;
  #pause = new Pause();

  /**
   * @param call a call as the logged-in user
   * @param onUser called with the user as the server tells of them together with the orders
   * @param onChange called when there is something new to show
   * @param onEnded called with the card of an order that does not wait any more
   */
  constructor({ call, onUser, onChange, onEnded }) {
    this.#call = call;
    this.#onUser = onUser;
    this.#onChange = onChange;
    this.#onEnded = onEnded;
  }

  /** Forgets everything: another user may come. */
  reset() {
    this.#takenNumber = this.#askNumber;
    this.cards = [];
    this.error = null;
    this.hasGivenUp = false;
    this.#pause.end();
  }

  get waiting() {
    return this.cards.filter(({ end }) => end === null);
  }

  /** Asks now, and follows those that wait. */
  async load() {
    await this.#ask();
    void this.follow();
  }

  /** Asks until none waits any more or nobody looks at the page; whoever calls again makes the pauses short again. */
  async follow() {
    this.#asked = 0;
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    if (this.hasGivenUp) {
      this.hasGivenUp = false;
      this.#onChange();
    }
    while (this.#goesOn()) {
      const waitS = WAITS_S[this.#asked] ?? LONG_WAIT_S;
      this.#asked += 1;
      await this.#pause.wait(waitS * 1000);
      if (this.#goesOn()) await this.#ask({ looks: this.#asked % LOOK_EVERY === 0 });
    }
    this.#isFollowing = false;
    this.hasGivenUp = this.waiting.length > 0 && this.#asked >= ASKS_MAX;
    this.#onChange();
  }

  /** The buyer says to have paid: the server notes it, and the gateway is asked at once. */
  async report(merchantUid) {
    const card = this.#waitingCard(merchantUid);
    if (card === undefined || card.isReporting) return;
    this.#change(merchantUid, { isReporting: true, isReported: false, copied: null, error: null });
    const error = await this.#report(card.order);
    await this.#ask();
    // A number that was copied before is no news any more, also when the browser says so only now.
    this.#change(merchantUid, { isReporting: false, isReported: error === null, copied: null, error });
    void this.follow();
  }

  /** @param copied whether the account's number could be copied */
  noteCopied(merchantUid, copied) {
    this.#change(merchantUid, { copied });
  }

  /** The reader has taken note of how it ended. */
  close(merchantUid) {
    this.#known.forget(merchantUid);
    this.cards = this.cards.filter(({ order }) => order.merchantUid !== merchantUid);
    this.#onChange();
  }

  #goesOn() {
    return this.waiting.length > 0 && this.#asked < ASKS_MAX && !document.hidden;
  }

  async #report(order) {
    try {
      await this.#call(REPORT_DEPOSIT, { merchantUid: order.merchantUid });
      return await this.#look(order);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return error;
    }
  }

  /** Has the server ask the gateway. @returns why that told nothing, or null */
  async #look({ deposits }) {
    let problem = null;
    for (const { impUid } of deposits.slice(0, ACCOUNTS_LOOKED_AT_MAX)) {
      try {
        await this.#call(LOOK_AT_GATEWAY, { impUid });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.code !== 'PAYMENT_NOT_PAID') problem = error;
      }
    }
    return problem;
  }

  async #ask({ looks = false } = {}) {
    const askNumber = (this.#askNumber += 1);
    try {
      if (looks) for (const { order } of this.waiting) await this.#look(order);
      const { me, awaitingDeposits } = await this.#call(AWAITING_DEPOSITS);
      const ended = await this.#ordersNotAmong(awaitingDeposits, me.id);
      if (askNumber <= this.#takenNumber) return;
      this.#takenNumber = askNumber;
      this.error = null;
      this.#onUser(me);
      this.#take(awaitingDeposits, ended, me.id);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (askNumber > this.#takenNumber) this.error = error;
    }
    this.#onChange();
  }

  /** Orders that were seen waiting and are not told of as such any more. */
  async #ordersNotAmong(awaited, userId) {
    const told = new Set([...awaited, ...this.#ended().map(({ order }) => order)].map(uidOf));
    const missing = new Set([...this.#known.of(userId), ...this.waiting.map(({ order }) => uidOf(order))]);
    const orders = [];
    for (const merchantUid of missing) {
      if (told.has(merchantUid)) continue;
      const { paymentOrder } = await this.#call(PAYMENT_ORDER, { merchantUid });
      if (paymentOrder === null) this.#known.forget(merchantUid);
      // Only the newest that wait are listed.
      else if (paymentOrder.state !== 'AWAITING_DEPOSIT') orders.push(paymentOrder);
    }
    return orders;
  }

  #take(awaited, ended, userId) {
    const before = new Map(this.cards.map((card) => [uidOf(card.order), card]));
    const cardOf = (order, end) => ({ ...NEW_CARD, ...before.get(uidOf(order)), order, end });
    // Two questions may have met the same end, and the reader may have taken note of it between them.
    const followed = new Set([...this.#known.of(userId), ...this.waiting.map(({ order }) => uidOf(order))]);
    const toldBefore = new Set(this.#ended().map(({ order }) => uidOf(order)));
    const newlyEnded = ended
      .filter((order) => followed.has(uidOf(order)) && !toldBefore.has(uidOf(order)))
      .map((order) => cardOf(order, order.state));
    const stillEnded = this.#ended().filter(({ order }) =>
      awaited.every((one) => uidOf(one) !== uidOf(order)),
    );
    // oxlint-disable-next-line unicorn/no-array-sort -- Safari has toSorted since 16
    this.cards = [...awaited.map((order) => cardOf(order, null)), ...newlyEnded, ...stillEnded].sort(
      (one, other) => Date.parse(other.order.createdAt) - Date.parse(one.order.createdAt),
    );
    this.#known.keep(awaited.map(uidOf), userId);
    for (const card of newlyEnded) this.#onEnded(card);
  }

  #ended() {
    return this.cards.filter(({ end }) => end !== null);
  }

  #waitingCard(merchantUid) {
    return this.waiting.find(({ order }) => uidOf(order) === merchantUid);
  }

  #change(merchantUid, change) {
    this.cards = this.cards.map((card) =>
      uidOf(card.order) === merchantUid ? { ...card, ...change } : card,
    );
    this.#onChange();
  }
}

const NEW_CARD = { isReporting: false, isReported: false, copied: null, error: null };

function uidOf({ merchantUid }) {
  return merchantUid;
}
