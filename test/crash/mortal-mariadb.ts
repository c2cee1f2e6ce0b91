import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../support/private-mariadb.mjs', import.meta.url));
const ANSWER_TIMEOUT_MS = 90_000;

interface Answer {
  type: 'ready' | 'killed' | 'failed';
  url?: string;
  message?: string;
}

/** A MariaDB with data of its own that can lose its power. */
export interface MortalMariadb {
  /** `mariadb://user:password@host:port`, without a database; the same after a restart. */
  url: string;
  /** SIGKILL: what was not flushed is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port. */
  start(): Promise<void>;
  /** Ends it and throws its data away. It also ends with this process, however that ends. */
  stop(): Promise<void>;
}

/** @throws when MariaDB is not installed or does not start. */
export async function startMortalMariadb(): Promise<MortalMariadb> {
  // Detached: Ctrl-C in the terminal must reach only the test, or the database would vanish under its last look.
  const child = fork(PROGRAM, { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });

  async function answer(request?: 'kill' | 'start'): Promise<Answer> {
    if (request) child.send({ type: request });
    const [message] = (await once(child, 'message', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })) as [
      Answer,
    ];
    if (message.type === 'failed') throw new Error(`MariaDB failed: ${message.message}`);
    return message;
  }

  const { url } = await answer();
  if (!url) throw new Error('MariaDB did not tell its address');
  return {
    url,
    kill: async () => {
      await answer('kill');
    },
    start: async () => {
      await answer('start');
    },
    stop: async () => {
      if (!child.connected) return;
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
