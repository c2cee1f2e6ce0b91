/**
 * The wait between two tries.
 */

/** The waits add up to about 80 seconds; after that the reader decides when to ask again. */
export const WAITS_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 20_000, 30_000];

const WAIT_LIMIT_MS = 60_000;

/** A wait that ends early when there is a reason: a connection again, or a reader who wants it. */
export class Pause {
  #endWait = () => {};

  /** Ends the present wait at once; does nothing when there is none. */
  end() {
    this.#endWait();
  }

  wait(durationMs) {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#endWait = () => {};
        resolve();
      };
      const timer = setTimeout(end, Math.min(durationMs, WAIT_LIMIT_MS));
      this.#endWait = end;
    });
  }
}
