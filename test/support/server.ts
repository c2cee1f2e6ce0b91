import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { freePort } from './free-port.mjs';
import { keepServerOutput, rememberSecret, SHORTEST_SECRET_CHARS } from './server-logs.mjs';

const START_TIMEOUT_MS = 30_000;
// Longer than the server gives balancers and then the requests that have begun.
const STOP_TIMEOUT_MS = 70_000;
const LINE_TIMEOUT_MS = 5_000;
const LINE_POLL_INTERVAL_MS = 20;
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** A program of ours that runs as a real process of its own. */
export interface RunningProgram {
  /** For example `http://localhost:40123`, without a slash at the end. */
  url: string;
  pid: number;
  /** Everything it has printed so far, stdout and stderr in one. */
  output(): string;
  /** Ends it in order (SIGTERM). @throws when it does not end with exit code 0 in time. */
  stop(): Promise<void>;
  /** Ends it like a power cut (SIGKILL). */
  kill(): Promise<void>;
  /** Closes its channel to us, which is what it sees when the program that started it dies. */
  disconnect(): void;
  /** The first whole line that holds `text`, as soon as it is there. @throws when it does not come in time. */
  lineWith(text: string): Promise<string>;
  /** Its exit code, once it has ended; null after a signal. */
  ended(): Promise<number | null>;
}

/** How a program ended that was expected not to start. */
export interface EndedProgram {
  exitCode: number | null;
  output: string;
}

type Environment = Record<string, string | undefined>;

/** Those without a channel of their own use that of IAMPORT_CHANNEL_KEY. */
const SIMULATOR_METHODS = [
  'card',
  'kakaopay=channel-key-sim-kakaopay@kakaopay',
  'naverpay=channel-key-sim-naverpay@naverpay',
  'tosspay=channel-key-sim-tosspay_v2@tosspay_v2',
  'trans',
  'phone',
  'vbank',
].join(',');

/** What the simulator expects of a server, and what the server needs to use it. */
export function simulatorSettings(simulatorUrl: string): Record<string, string> {
  return {
    IAMPORT_API_KEY: 'simulator-key',
    IAMPORT_API_SECRET: 'simulator-secret',
    IAMPORT_BASE_URL: simulatorUrl,
    IAMPORT_SDK_URL: `${simulatorUrl}/v1/iamport.js`,
    IAMPORT_USER_CODE: 'imp00000000',
    IAMPORT_CHANNEL_KEY: 'channel-key-sim-html5_inicis',
    IAMPORT_TEST_MODE: 'true',
    PAYMENT_METHODS: SIMULATOR_METHODS,
  };
}

/**
 * Starts the built server (`dist/bundle/main.js`) on a free port.
 * Give it a database (`database.env`) or at least a DATA_DIR, and a gateway (`simulatorSettings(url)`).
 * @throws with the server's output when it ends instead of listening.
 */
export async function startServer({ env }: { env: Environment }): Promise<RunningProgram> {
  return start('server', 'dist/bundle/main.js', { PORT: await freePort(), ...env });
}

/**
 * The same server from its single files, with a line `statement: SELECT user` in its output for each statement that a
 * request sends to the database.
 */
export async function startServerThatShowsStatements({ env }: { env: Environment }): Promise<RunningProgram> {
  return startServerAfter('test/support/statement-lines.mjs', env);
}

/**
 * The same, with a line `handlers: […]` in its output that says of every resolver's and controller's method who may call it,
 * and with a root field `unmarkedField` and a route `/unmarked` where nobody wrote that.
 */
export async function startServerThatShowsHandlers({ env }: { env: Environment }): Promise<RunningProgram> {
  return startServerAfter('test/support/handler-lines.mjs', env);
}

async function startServerAfter(loadedFirst: string, env: Environment): Promise<RunningProgram> {
  const NODE_OPTIONS = `--import ${pathToFileURL(join(PROJECT, loadedFirst)).href}`;
  return start('server', 'dist/main.js', { PORT: await freePort(), NODE_OPTIONS, ...env });
}

/**
 * Starts the built simulator (`simulator/dist/main.js`) on a free port, by default with a file of its own that
 * goes when it stops; name IAMPORT_SIMULATOR_DATA to start it again on the same payments.
 */
export async function startSimulator({ env = {} }: { env?: Environment } = {}): Promise<RunningProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'point-top-up-simulator-'));
  const program = await start('simulator', 'simulator/dist/main.js', {
    IAMPORT_SIMULATOR_PORT: '0',
    IAMPORT_SIMULATOR_DATA: join(folder, 'simulator.db'),
    ...env,
  });
  const forget = () => rm(folder, { recursive: true, force: true });
  return {
    ...program,
    stop: async () => {
      await program.stop();
      await forget();
    },
    kill: async () => {
      await program.kill();
      await forget();
    },
  };
}

/**
 * Runs the server for a start that must fail, and returns how it ended.
 * @throws when it listens all the same; it is stopped then.
 */
export async function startServerInVain({ env }: { env: Environment }): Promise<EndedProgram> {
  const launched = launch('server', 'dist/bundle/main.js', { PORT: await freePort(), ...env });
  const outcome = await launched.outcome;
  if ('url' in outcome) {
    await end(launched.child, 'SIGKILL');
    throw new Error(`The server was expected to refuse to start, but it listens at ${outcome.url}`);
  }
  return { exitCode: outcome.exitCode, output: launched.output() };
}

/** Runs the program behind `npm run migrate` to its end. */
export async function migrate({ env }: { env: Environment }): Promise<EndedProgram> {
  const { output, outcome } = launch('migrate', 'dist/programs/migrate.js', env);
  const ended = await outcome;
  if ('url' in ended) throw new Error('a migration does not listen');
  return { exitCode: ended.exitCode, output: output() };
}

async function start(name: string, program: string, env: Environment): Promise<RunningProgram> {
  const { child, output, outcome } = launch(name, program, env);
  const started = await outcome;
  if (!('url' in started)) {
    throw new Error(`The ${name} ended with ${started.exitCode ?? 'a signal'} at its start:\n${output()}`);
  }
  return {
    url: started.url.replace(/\/$/, ''),
    pid: child.pid as number,
    output,
    stop: async () => {
      await end(child, 'SIGTERM');
      if (child.exitCode !== 0) {
        throw new Error(
          `The ${name} ended with ${child.signalCode ?? child.exitCode} instead of 0:\n${output()}`,
        );
      }
    },
    kill: () => end(child, 'SIGKILL'),
    disconnect: () => child.disconnect(),
    // `exit`, because no `close` follows once the channel was closed from this side.
    ended: () =>
      new Promise((resolve) => {
        child.once('exit', (exitCode) => resolve(exitCode));
      }),
    lineWith: async (text) => {
      const deadline = Date.now() + LINE_TIMEOUT_MS;
      for (;;) {
        const line = output()
          .split('\n')
          .slice(0, -1)
          .find((printed) => printed.includes(text));
        if (line !== undefined) return line;
        if (Date.now() > deadline) throw new Error(`The ${name} did not print "${text}":\n${output()}`);
        await sleep(LINE_POLL_INTERVAL_MS);
      }
    },
  };
}

/**
 * The program ends by itself when this process dies: its IPC channel closes then. Of the environment it gets
 * only what the operating system needs, and it does not run in the project's folder, where it would read `.env`: a
 * developer's own settings must not change a test, nor a test a developer's database.
 */
function launch(name: string, program: string, env: Environment) {
  const { PATH, HOME, TMPDIR, TZ } = process.env;
  rememberSettings(env);
  const child = spawn(process.execPath, ['--enable-source-maps', join(PROJECT, program)], {
    cwd: tmpdir(),
    env: { PATH, HOME, TMPDIR, TZ, NODE_ENV: 'development', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      keepServerOutput(`${name}-${child.pid}`, text);
    });
  }
  const output = () => printed;

  const outcome = new Promise<{ url: string } | { exitCode: number | null }>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`The ${name} was not ready within ${START_TIMEOUT_MS} ms:\n${printed}`));
    }, START_TIMEOUT_MS);
    child.on('error', reject);
    child.on('message', (message: { type?: string; url?: string }) => {
      if (message.type !== 'ready' || !message.url) return;
      clearTimeout(timer);
      resolve({ url: message.url });
    });
    // `close`, not `exit`: only then has everything it printed arrived.
    child.on('close', (exitCode) => {
      clearTimeout(timer);
      resolve({ exitCode });
    });
  });
  return { child, output, outcome };
}

/** What the settings keep secret must not stand in a log either. */
function rememberSettings({
  JWT_SECRET = '',
  IAMPORT_API_SECRET = '',
  DATABASE_URL = '',
  REDIS_URL = '',
}: Environment): void {
  const passwordOf = (url: string) => url.match(/:([^:@/]*)@/)?.[1] ?? '';
  for (const [meaning, value] of [
    ['JWT_SECRET', JWT_SECRET],
    ['IAMPORT_API_SECRET', IAMPORT_API_SECRET],
    ['the password of DATABASE_URL', passwordOf(DATABASE_URL)],
    ['the password of REDIS_URL', passwordOf(REDIS_URL)],
  ] as const) {
    if (value.length >= SHORTEST_SECRET_CHARS) rememberSecret(meaning, value);
  }
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  // When it hangs, SIGKILL ends it, and the caller sees a signal instead of exit code 0.
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  child.kill(signal);
  await closed;
  clearTimeout(timer);
}
