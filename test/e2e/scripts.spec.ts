import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readText } from '../documents/markdown.js';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const END_TIMEOUT_MS = 30_000;
const SCRIPTS = Object.entries(
  (JSON.parse(readText('package.json')) as { scripts: Record<string, string> }).scripts,
);

/** Runs node to its end; of the environment it gets what the operating system needs and `env`. */
async function run(args: string[], { cwd = PROJECT, env = {} }: { cwd?: string; env?: NodeJS.ProcessEnv }) {
  const { PATH, HOME, TMPDIR } = process.env;
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH, HOME, TMPDIR, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: END_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, output };
}

describe('--help', () => {
  test.each(SCRIPTS)('of %s says its use in both languages and does nothing', async (name, command) => {
    const [, ...args] = command.split(' ');

    const { exitCode, output } = await run([...args, '--help'], { env: { npm_lifecycle_event: name } });

    expect(exitCode).toBe(0);
    expect(output.split('\n')[0]).toContain(
      name === 'start' || name === 'test' ? `npm ${name}` : `npm run ${name}`,
    );
    expect(output).toMatch(/[가-힣]/);
    expect(output.split('\n').length).toBeLessThan(8);
  });
});

describe('a program on a production machine', () => {
  let folder: string;
  beforeEach(async () => {
    // Its sources differ from what was built, and its packages from the lockfile.
    folder = await mkdtemp(join(tmpdir(), 'point-top-up-scripts-'));
    await cp(join(PROJECT, 'scripts'), join(folder, 'scripts'), { recursive: true });
    await cp(join(PROJECT, 'package-lock.json'), join(folder, 'package-lock.json'));
    for (const made of ['src', 'node_modules', 'dist']) await mkdir(join(folder, made));
    await symlink(join(PROJECT, 'node_modules/dotenv'), join(folder, 'node_modules/dotenv'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test.each([
    ['the environment', { NODE_ENV: 'production' }, ''],
    ['.env', {}, 'NODE_ENV=production\n'],
  ])('as %s says runs what is there and installs and builds nothing', async (_, env, file) => {
    await writeFile(join(folder, '.env'), file);
    await writeFile(join(folder, 'dist/program.js'), 'console.log("it runs", process.argv[2])');

    const ended = await run(['scripts/program.mjs', 'dist/program.js', 'grant'], { cwd: folder, env });

    expect(ended).toEqual({ exitCode: 0, output: 'it runs grant\n' });
  });

  test('that was never built is told so in one line', async () => {
    const { exitCode, output } = await run(['scripts/program.mjs', 'dist/program.js'], {
      cwd: folder,
      env: { NODE_ENV: 'production' },
    });

    expect(exitCode).toBe(1);
    expect(output.trim().split('\n')).toEqual([expect.stringMatching(/npm ci, npm run build first$/)]);
  });
});

describe('npm start', () => {
  test('says where the first one runs', async () => {
    const first = createServer((_request, response) => {
      response.writeHead(200, { 'x-request-id': 'first-one' }).end('{"status":"ok"}');
    }).listen(0);
    await once(first, 'listening');
    const { port } = first.address() as AddressInfo;

    const { exitCode, output } = await run(['scripts/start.mjs'], { env: { PORT: String(port) } });

    first.close();
    first.closeAllConnections();
    expect(exitCode).toBe(1);
    expect(output).toContain(`A server is already running at http://localhost:${port}/payment.html`);
    expect(output).toContain(`서버가 이미 실행 중입니다: http://localhost:${port}/payment.html`);
  });

  test('refuses an option that it does not know', async () => {
    expect(await run(['scripts/start.mjs', '--wlan'], {})).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('--wlan'),
    });
  });
});

describe('--lan', () => {
  const lan = (env: NodeJS.ProcessEnv) =>
    run(
      [
        '--input-type=module',
        '-e',
        `import { lanSettings } from './scripts/lan.mjs';
         import { runScript } from './scripts/prepare.mjs';
         await runScript(async () => console.log(JSON.stringify(lanSettings(process.env))));`,
      ],
      { env },
    );
  const address = Object.values(networkInterfaces())
    .flat()
    .find((entry) => entry?.family === 'IPv4' && !entry.internal)?.address;

  test('gives the server and the simulator an address of this machine that a phone reaches, or says that there is none', async () => {
    const { exitCode, output } = await lan({ PORT: '4000', IAMPORT_SIMULATOR_PORT: '4001' });

    if (address === undefined) {
      expect([exitCode, output]).toEqual([1, expect.stringContaining('This machine is in no network')]);
      return;
    }
    expect(JSON.parse(output)).toMatchObject({
      settings: { PUBLIC_URL: `http://${address}:4000`, IAMPORT_SIMULATOR_HOST: '0.0.0.0' },
      simulatorUrl: `http://${address}:4001`,
    });
  });

  test('is refused in production', async () => {
    expect(await lan({ NODE_ENV: 'production' })).toEqual({
      exitCode: 1,
      output: expect.stringContaining('--lan is not for NODE_ENV=production'),
    });
  });
});

test('the simulator keeps the IAMPORT_SDK_URL of whoever set one, and follows an address of the network otherwise', async () => {
  const sdkUrl = async (env: NodeJS.ProcessEnv) => {
    const { output } = await run(
      [
        '--input-type=module',
        '-e',
        `import { simulatorSettings } from './scripts/simulator-settings.mjs';
         console.log(simulatorSettings('http://127.0.0.1:3001', 'http://192.0.2.7:3001').IAMPORT_SDK_URL);`,
      ],
      { env },
    );
    return output.trim();
  };

  expect(await sdkUrl({})).toBe('http://192.0.2.7:3001/v1/iamport.js');
  expect(await sdkUrl({ IAMPORT_SDK_URL: 'https://tunnel.example/v1/iamport.js' })).toBe(
    'https://tunnel.example/v1/iamport.js',
  );
});

describe('the log for people', () => {
  const show = async (lines: string[]): Promise<string> => {
    const source = `
      import { Readable } from 'node:stream';
      import { showReadably } from './scripts/readable-log.mjs';
      await showReadably(Readable.from(${JSON.stringify(lines.map((line) => `${line}\n`))}));
    `;
    return (await run(['--input-type=module', '--eval', source], {})).output;
  };

  test('has the time, the level and what happened on one line, with the rest behind it', async () => {
    const line = JSON.stringify({
      level: 30,
      time: '2026-11-22T00:00:00.123Z',
      path: '/graphql',
      msg: 'request',
    });

    expect(await show([line])).toMatch(/^\[\d\d:\d\d:\d\d\.123\] INFO: request \{"path":"\/graphql"\}\n$/);
  });

  test('leaves lines as they are that are no JSON', async () => {
    expect(await show(['Found 0 errors.'])).toBe('Found 0 errors.\n');
  });
});
