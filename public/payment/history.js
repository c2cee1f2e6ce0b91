/**
 * The transactions, open holds and cancellations of the logged-in user, and how open cancellations are followed to their end.
 */
import { ApiError } from './api.js';
import { CANCELLATION_FIELDS, isOpen } from './cancellation.js';
import { Pause } from './pause.js';
import { USER_FIELDS } from './session.js';

const PAGE_SIZE = 10;
// The most that the server gives at once.
const PAGE_SIZE_MAX = 100;
const CANCELLATIONS_SHOWN = 50;
const HOLDS_SHOWN = 50;

// The server looks for the gateway's answer about a minute later, and then again and again with growing pauses. These
// add up to about ten minutes; after that the reader decides when to ask.
const FOLLOW_WAITS_S = [2, 3, 5, 5, 10, 10, 15, 15, 20, 20, 30, 30, 45, 45, 60, 60, 60, 60, 60, 60];

const TRANSACTIONS = `pointTransactions(first: $first, after: $after) {
  nodes { id impUid amount status balanceAfter createdAt reason reference method receiptUrl cardName cardNumber }
  pageInfo { hasNextPage endCursor }
}`;
const CANCELLATIONS = `me { ${USER_FIELDS} }
cancellations(first: ${CANCELLATIONS_SHOWN}) { nodes { ${CANCELLATION_FIELDS} } }`;

const HOLDS = `pointHolds(first: ${HOLDS_SHOWN}) {
  nodes { id amount reason reference until }
  pageInfo { hasNextPage }
}`;

const FIRST_PAGE = `query ($first: Int!, $after: String) { ${TRANSACTIONS} ${HOLDS} ${CANCELLATIONS} }`;
const NEXT_PAGE = `query ($first: Int!, $after: String) { ${TRANSACTIONS} }`;
const OPEN_CANCELLATIONS = `{ ${CANCELLATIONS} }`;

export class History {
  /** Newest first; null before the first ones have come. */
  transactions = null;
  /** Newest first. */
  cancellations = [];
  /** What the shop holds for a use that may follow, newest first. */
  holds = [];
  /** There are more of them than are shown. */
  hasMoreHolds = false;
  hasMore = false;
  loading = false;
  /** Why the last load failed, or null. */
  error = null;
  /** Why open cancellations could not be asked about the last time, or null. */
  followError = null;
  /** Open cancellations were asked about as often as that is done without being told to. */
  hasGivenUp = false;

  #call;
  #onUser;
  #onChange;
  #onEnded;
  #endCursor = null;
  #loadNumber = 0;
  #isFollowing = false;
  #followAttempt = 0;
  #pause = new Pause();

  /**
   * @param call a call as the logged-in user
   * @param onUser called with the user as the server tells of them together with the history
   * @param onChange called when there is something new to show
   * @param onEnded called with a cancellation that was open before and is not any more
   */
  constructor({ call, onUser, onChange, onEnded }) {
    this.#call = call;
    this.#onUser = onUser;
    this.#onChange = onChange;
    this.#onEnded = onEnded;
  }

  /** Forgets everything: another user may come. */
  reset() {
    this.#loadNumber += 1;
    this.transactions = null;
    this.cancellations = [];
    this.holds = [];
    this.hasMoreHolds = false;
    this.hasMore = false;
    this.loading = false;
    this.error = null;
    this.followError = null;
    this.hasGivenUp = false;
    this.#pause.end();
  }

  get openCancellations() {
    return this.cancellations.filter(isOpen);
  }

  /** Loads the newest anew, as many as are shown. */
  async load() {
    const first = Math.min(Math.max(PAGE_SIZE, this.transactions?.length ?? 0), PAGE_SIZE_MAX);
    await this.#load(
      FIRST_PAGE,
      { first, after: null },
      ({ me, pointTransactions, pointHolds, cancellations }) => {
        this.holds = pointHolds.nodes;
        this.hasMoreHolds = pointHolds.pageInfo.hasNextPage;
        this.transactions = pointTransactions.nodes;
        this.#onUser(me);
        this.#take(cancellations.nodes);
      },
    );
    if (this.openCancellations.length > 0) void this.follow();
  }

  /** Loads the next older ones, or the first ones when those did not come. */
  async loadMore() {
    if (this.transactions === null) {
      await this.load();
      return;
    }
    await this.#load(NEXT_PAGE, { first: PAGE_SIZE, after: this.#endCursor }, ({ pointTransactions }) => {
      this.transactions = [...this.transactions, ...pointTransactions.nodes];
    });
  }

  /** Notes a cancellation that this page has just asked for, and shows what it changed. */
  async add(cancellation) {
    this.cancellations = [cancellation, ...this.cancellations.filter(({ id }) => id !== cancellation.id)];
    await this.load();
  }

  /** Asks about open cancellations until there are none; whoever calls again makes it ask at once. */
  async follow({ atOnce = false } = {}) {
    this.#followAttempt = 0;
    if (this.#isFollowing) {
      if (atOnce) this.#pause.end();
      return;
    }
    this.#isFollowing = true;
    this.hasGivenUp = false;
    this.#onChange();
    if (atOnce) await this.#askForCancellations();
    while (this.openCancellations.length > 0 && this.#followAttempt < FOLLOW_WAITS_S.length) {
      const waitMs = FOLLOW_WAITS_S[this.#followAttempt] * 1000;
      this.#followAttempt += 1;
      await this.#pause.wait(waitMs);
      if (this.openCancellations.length > 0) await this.#askForCancellations();
    }
    this.#isFollowing = false;
    this.hasGivenUp = this.openCancellations.length > 0;
    this.#onChange();
  }

  async #load(operation, variables, take) {
    const loadNumber = (this.#loadNumber += 1);
    this.loading = true;
    this.error = null;
    this.#onChange();
    try {
      const data = await this.#call(operation, variables);
      // A later load has begun meanwhile (a payment was credited): it knows more.
      if (loadNumber !== this.#loadNumber) return;
      take(data);
      this.hasMore = data.pointTransactions.pageInfo.hasNextPage;
      this.#endCursor = data.pointTransactions.pageInfo.endCursor;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (loadNumber === this.#loadNumber) this.error = error;
    } finally {
      if (loadNumber === this.#loadNumber) {
        this.loading = false;
        this.#onChange();
      }
    }
  }

  async #askForCancellations() {
    const loadNumber = this.#loadNumber;
    try {
      const { me, cancellations } = await this.#call(OPEN_CANCELLATIONS);
      if (loadNumber !== this.#loadNumber) return;
      this.followError = null;
      this.#onUser(me);
      const ended = this.#take(cancellations.nodes);
      if (ended.length > 0) void this.load();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (loadNumber === this.#loadNumber) this.followError = error;
    }
    this.#onChange();
  }

  #take(cancellations) {
    const openBefore = new Set(this.openCancellations.map(({ id }) => id));
    this.cancellations = cancellations;
    const ended = cancellations.filter(
      (cancellation) => openBefore.has(cancellation.id) && !isOpen(cancellation),
    );
    for (const cancellation of ended) this.#onEnded(cancellation);
    return ended;
  }
}
