import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ANSWER_TIMEOUT_MS = 90_000;

/** A program beside this file that runs others, whose power it cuts when it is told to. */
export interface MortalProgram<Ready> {
  /** What it said when it was ready. */
  ready: Ready;
  /** Tells it to do something and waits until that is done. One at a time. */
  tell: (message: { type: string; node?: number }) => Promise<void>;
  /** Ends it and throws its data away. It also ends with this process, however that ends. */
  stop: () => Promise<void>;
}

/** @throws when it does not start. */
export async function startMortalProgram<Ready extends object>(
  file: string,
  args: string[] = [],
): Promise<MortalProgram<Ready>> {
  const program = fileURLToPath(new URL(file, import.meta.url));
  // Detached: Ctrl-C in the terminal must reach only the test, or the database would vanish under its last look.
  const child = fork(program, args, { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });

  async function answer(): Promise<Ready> {
    const [message] = (await once(child, 'message', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })) as [
      Ready & { type: string; message?: string },
    ];
    if (message.type === 'failed') throw new Error(`${file} failed: ${message.message}`);
    return message;
  }

  return {
    ready: await answer(),
    tell: async (message) => {
      child.send(message);
      await answer();
    },
    stop: async () => {
      if (!child.connected) return;
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
