import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFleetPrograms } from '../support/requirements.mjs';
import { freePort } from '../support/free-port.mjs';
import { startTiedProgram, type TiedProgram } from './tied-program.js';

const PASSWORD = 'canary-redis-password';

export type PrivateRedis = Awaited<ReturnType<typeof startRedis>>;

/** A Redis of its own on a free port, with a password, and with nothing on the disk. */
export async function startRedis() {
  const folder = await mkdtemp(join(tmpdir(), 'point-top-up-redis-'));
  const port = await freePort();
  const launch = () =>
    startTiedProgram(
      findFleetPrograms()?.redis ?? '',
      ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--requirepass', PASSWORD],
      { isReady: (output) => output.includes('Ready to accept connections') },
    );
  let running: TiedProgram = await launch();
  return {
    url: `redis://:${PASSWORD}@127.0.0.1:${port}`,
    kill: () => running.kill(),
    /** It comes back at the same address, with nothing in it. */
    start: async () => {
      running = await launch();
    },
    /** It takes connections and answers nothing until it is resumed. */
    pause: () => running.signal('SIGSTOP'),
    resume: () => running.signal('SIGCONT'),
    stop: async () => {
      await running.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
