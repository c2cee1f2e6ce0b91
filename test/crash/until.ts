import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;

/** Waits for something that may never come, at most so long. */
export async function until(isThere: () => boolean, atMostMs: number): Promise<void> {
  const deadline = Date.now() + atMostMs;
  while (!isThere() && Date.now() < deadline) await sleep(LOOK_EVERY_MS);
}
