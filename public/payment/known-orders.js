/**
 * Which orders this device has seen waiting for a deposit. People pay in the app of their bank and come back to a page that
 * was loaded anew: how such an order ended is told then too, until the reader has taken note of it.
 */

const STORAGE_KEY = 'point-top-up.deposits';
const KEPT_ORDERS_LIMIT = 20;
const DAY_MS = 24 * 60 * 60 * 1000;
// An account waits for 30 days at most; whoever comes much later looks at the history.
const KEEP_MS = 45 * DAY_MS;

/** Read anew each time, because other tabs keep theirs in the same place. */
export class KnownOrders {
  #inMemory = [];

  /** The merchantUids of this user's. */
  of(userId) {
    return this.#all()
      .filter((order) => order.userId === userId)
      .map(({ merchantUid }) => merchantUid);
  }

  keep(merchantUids, userId) {
    const known = this.#all();
    const unknown = merchantUids.filter((merchantUid) =>
      known.every((order) => order.merchantUid !== merchantUid),
    );
    if (unknown.length === 0) return;
    this.#store([...known, ...unknown.map((merchantUid) => ({ merchantUid, userId, keptAt: Date.now() }))]);
  }

  forget(merchantUid) {
    this.#store(this.#all().filter((order) => order.merchantUid !== merchantUid));
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

  #store(orders) {
    this.#inMemory = orders.slice(-KEPT_ORDERS_LIMIT);
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify(this.#inMemory));
    } catch {
      // The memory has them.
    }
  }
}
