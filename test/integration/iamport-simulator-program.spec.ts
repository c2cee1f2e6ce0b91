import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

/** The built program, as a user runs it. */
const PROGRAM = join(process.cwd(), 'simulator/dist/main.js');

let folder: string;
let dataFile: string;
let started: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iamport-simulator-'));
  dataFile = join(folder, 'simulator.db');
  started = [];
});

afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

function run(env: Record<string, string> = {}): ChildProcess {
  const { NODE_ENV: _jest, ...inherited } = process.env;
  const child = spawn(process.execPath, [PROGRAM], {
    env: { ...inherited, IAMPORT_SIMULATOR_PORT: '0', IAMPORT_SIMULATOR_DATA: dataFile, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  started.push(child);
  return child;
}

async function ready(child: ChildProcess): Promise<string> {
  const [message] = (await once(child, 'message')) as [{ type: string; url: string }];
  expect(message.type).toBe('ready');
  return message.url;
}

/** What a program that cannot start leaves behind. */
async function refusal(child: ChildProcess): Promise<{ code: number | null; lines: string[] }> {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, lines: text.trim().split('\n') };
}

async function post(url: string, body: unknown, token = ''): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: token },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, unknown>;
}

async function getToken(url: string): Promise<string> {
  const { response } = await post(`${url}/users/getToken`, {
    imp_key: 'simulator-key',
    imp_secret: 'simulator-secret',
  });
  return (response as { access_token: string }).access_token;
}

describe('the simulator program', () => {
  it('loses no acknowledged payment, cancel, prepared amount or token when it is killed', async () => {
    const first = run();
    const url = await ready(first);
    const token = await getToken(url);
    const payment = await post(`${url}/_simulator/payments`, { merchant_uid: 'kept', amount: 5000 });
    await post(`${url}/payments/cancel`, { imp_uid: payment.imp_uid, amount: 1000 }, token);
    await post(`${url}/payments/prepare`, { merchant_uid: 'kept-too', amount: 700 }, token);
    first.kill('SIGKILL');
    await once(first, 'close');

    const again = await ready(run());
    const read = async (path: string): Promise<unknown> => {
      const response = await fetch(`${again}${path}`, { headers: { authorization: token } });
      return ((await response.json()) as { response: unknown }).response;
    };
    expect(await read('/payments/find/kept')).toMatchObject({
      imp_uid: payment.imp_uid,
      cancel_amount: 1000,
    });
    expect(await read('/payments/prepare/kept-too')).toMatchObject({ amount: 700 });
    expect(await getToken(again)).toBe(token);
  });

  it('says in one line that another simulator uses the file', async () => {
    await ready(run());
    const { code, lines } = await refusal(run());
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/IAMPORT_SIMULATOR_DATA.*Another simulator is using/)]);
  });

  it('says in one line that the port is taken', async () => {
    const other = createServer();
    other.listen(0);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, lines } = await refusal(run({ IAMPORT_SIMULATOR_PORT: String(port) }));
    other.close();
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/IAMPORT_SIMULATOR_PORT.*is taken/)]);
  });

  it.each([
    ['in production', { NODE_ENV: 'production' }, /production/],
    ['on a port that is none', { IAMPORT_SIMULATOR_PORT: '70000' }, /IAMPORT_SIMULATOR_PORT/],
    [
      'on a data file that cannot be',
      { IAMPORT_SIMULATOR_DATA: join(process.execPath, 'simulator.db') },
      /IAMPORT_SIMULATOR_DATA/,
    ],
  ])('refuses to start %s, in one line', async (_where, env, line) => {
    const { code, lines } = await refusal(run(env));
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(line)]);
  });

  it.each([
    ['IAMPORT_SIMULATOR_SEED', '-1'],
    ['IAMPORT_SIMULATOR_FAULTS', 'POST /payments/cancel explode'],
    ['IAMPORT_SIMULATOR_FAULTS', '[{"kind":'],
    ['IAMPORT_SIMULATOR_WEBHOOKS', 'sometimes'],
    ['IAMPORT_SIMULATOR_WEBHOOK_URL', 'localhost'],
    ['IAMPORT_SIMULATOR_PARTIAL_STATUS', 'refunded'],
    ['IAMPORT_SIMULATOR_HOST', '192.0.2.1'],
  ])('refuses to start with %s=%s, in one line that names it', async (name, value) => {
    const { code, lines } = await refusal(run({ [name]: value }));
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringContaining(name)]);
  });

  it('misbehaves as the environment says, and prints its seed', async () => {
    const child = run({
      IAMPORT_SIMULATOR_SEED: '4711',
      IAMPORT_SIMULATOR_FAULTS:
        'POST /users/getToken error-before; GET /banks slow probability=0.5 delay_ms=1',
      IAMPORT_SIMULATOR_WEBHOOKS: 'late=200,twice',
      IAMPORT_SIMULATOR_WEBHOOK_URL: 'http://127.0.0.1:9/webhooks',
      IAMPORT_SIMULATOR_PARTIAL_STATUS: 'paid',
    });
    let printed = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
    const url = await ready(child);
    const read = async (path: string): Promise<unknown> => (await fetch(`${url}/_simulator${path}`)).json();
    expect(await read('/faults')).toMatchObject({
      seed: 4711,
      faults: [
        { call: 'POST /users/getToken', kind: 'error-before', times: 1 },
        { call: 'GET /banks', kind: 'slow', times: 'always', probability: 0.5 },
      ],
    });
    expect(await read('/webhooks')).toMatchObject({
      modes: 'late=200,twice',
      url: 'http://127.0.0.1:9/webhooks',
    });
    expect(await read('/habits')).toMatchObject({ partial_cancel_status: 'paid', unsettled_won: null });
    expect(printed).toMatch(/seed 4711\b/);
  });

  it('chooses a seed of its own and another one each time', async () => {
    const seedOf = async (): Promise<unknown> => {
      const child = run({ IAMPORT_SIMULATOR_DATA: join(folder, `seed-${started.length}.db`) });
      const answer = await fetch(`${await ready(child)}/_simulator/faults`);
      return ((await answer.json()) as { seed: number }).seed;
    };
    expect(await seedOf()).not.toBe(await seedOf());
  });

  it('listens on this machine alone unless it is told otherwise', async () => {
    const address = Object.values(networkInterfaces())
      .flat()
      .find((entry) => entry?.family === 'IPv4' && !entry.internal)?.address;
    // A machine without any network has no other address to listen on; 127.0.0.2 is one that only 0.0.0.0 hears.
    const elsewhere = address ?? '127.0.0.2';
    const answerAt = (url: string): Promise<number | string> =>
      fetch(`http://${elsewhere}:${new URL(url).port}/_simulator/requests`).then(
        ({ status }) => status,
        (error: Error) => error.message,
      );
    expect(await answerAt(await ready(run()))).toBe('fetch failed');
    const open = run({ IAMPORT_SIMULATOR_HOST: '0.0.0.0', IAMPORT_SIMULATOR_DATA: join(folder, 'open.db') });
    const url = await ready(open);
    expect(await answerAt(url)).toBe(200);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:/);
  });

  it('ends at once while calls are held, late or unanswered, and applies none of them', async () => {
    const child = run({
      IAMPORT_SIMULATOR_FAULTS: ['hold-before', 'late delay_ms=60000', 'silent-before']
        .map((kind) => `POST /payments/cancel ${kind}`)
        .join(';'),
    });
    const url = await ready(child);
    const token = await getToken(url);
    const payment = await post(`${url}/_simulator/payments`, { merchant_uid: 'kept', amount: 5000 });
    const cancels = [1, 2, 3].map((amount) =>
      post(`${url}/payments/cancel`, { imp_uid: payment.imp_uid, amount }, token).catch(String),
    );
    await fetch(`${url}/_simulator/holds?count=1&wait_ms=10000`);
    const begin = Date.now();
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(Date.now() - begin).toBeLessThan(1500);
    expect(await Promise.all(cancels)).toEqual(cancels.map(() => expect.stringContaining('fetch failed')));

    const again = await ready(run());
    const read = await fetch(`${again}/payments/find/kept`, {
      headers: { authorization: await getToken(again) },
    });
    expect(((await read.json()) as { response: unknown }).response).toMatchObject({ cancel_amount: 0 });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends in order on %s', async (signal) => {
    const child = run();
    await ready(child);
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([0, null]);
  });

  it('ends in order when the process that started it is gone', async () => {
    const child = run();
    await ready(child);
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
