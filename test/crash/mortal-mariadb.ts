import { startMortalProgram } from '../support/mortal-program.js';

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
  const { ready, tell, stop } = await startMortalProgram<{ url: string }>('./private-mariadb.mjs');
  return {
    url: ready.url,
    kill: () => tell({ type: 'kill' }),
    start: () => tell({ type: 'start' }),
    stop,
  };
}
