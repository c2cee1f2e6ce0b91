/** After which pauses something is tried again. */
export interface Patience {
  firstPauseMs: number;
  lastPauseMs: number;
}

/**
 * Pauses double from the first to the last.
 *
 * @param attempts tries that came to nothing, less the last one.
 */
export function pauseMs(attempts: number, { firstPauseMs, lastPauseMs }: Patience): number {
  return Math.min(lastPauseMs, firstPauseMs * 2 ** attempts);
}
