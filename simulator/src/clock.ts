/** Milliseconds since 1970, like Date.now; tests hand in their own. */
export type Clock = () => number;

/** The gateway's times are UNIX seconds (documented). */
export function unixSeconds(clock: Clock): number {
  return Math.floor(clock() / 1000);
}
