import { setTimeout as delay } from 'node:timers/promises';

/** Waits; answers false when the signal ended the wait early. */
export async function pause(timeMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(timeMs, undefined, { signal });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
