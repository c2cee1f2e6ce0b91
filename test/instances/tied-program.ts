import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./lifeline.mjs', import.meta.url));
const READY_TIMEOUT_MS = 10_000;
const LOOK_EVERY_MS = 50;

/** A program that is not ours and ends with us, however we end. */
export interface TiedProgram {
  signal: (name: NodeJS.Signals) => void;
  /** SIGKILL, and waits for its end. */
  kill: () => Promise<void>;
  output: () => string;
}

/**
 * @param isReady whether it works, judged by what it has printed.
 * @throws when it ends or is not ready in time.
 */
export async function startTiedProgram(
  program: string,
  args: string[],
  {
    env = {},
    isReady,
  }: { env?: Record<string, string>; isReady: (output: string) => boolean | Promise<boolean> },
): Promise<TiedProgram> {
  // Detached: Ctrl-C in the terminal must reach only the test.
  const child = fork(PROGRAM, [program, ...args], {
    detached: true,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (child.exitCode === null && !(await isReady(printed))) {
    // Its end is what the loop sees next.
    if (Date.now() > deadline && child.connected) child.disconnect();
    await sleep(LOOK_EVERY_MS);
  }
  if (child.exitCode !== null) throw new Error(`${program} did not get ready:\n${printed}`);
  return {
    signal: (name) => child.send(name),
    kill: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.send('SIGKILL');
      await ended;
    },
    output: () => printed,
  };
}
