import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startIamportSimulator, type RunningSimulator } from '../../simulator/src/simulator.js';

type Fields = Record<string, unknown>;

interface Answer {
  status: number;
  text: string;
  body: Fields;
}

interface Held {
  id: string;
  stage: string;
  caller_gone: boolean;
  [field: string]: unknown;
}

const CANCEL = 'POST /payments/cancel';
const READ = 'GET /payments/{imp_uid}';
const SEED = 20_261_122;
/** Long enough to see that nothing comes, short enough to wait for. */
const QUIET_MS = 150;

let folder: string;
let simulator: RunningSimulator;
let token: string;
let orders = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'iamport-simulator-'));
  simulator = await startIamportSimulator({ port: 0, dataFile: join(folder, 'simulator.db'), seed: SEED });
});

afterAll(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  await control('DELETE', '/faults');
  token = await getToken();
});

async function send(
  method: string,
  path: string,
  body?: unknown,
  signal: AbortSignal | null = null,
): Promise<Answer> {
  const response = await fetch(`${simulator.url}${path}`, {
    method,
    signal,
    headers: { authorization: token ?? '', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    text,
    body: text.startsWith('{') ? (JSON.parse(text) as Fields) : {},
  };
}

const control = (method: string, path: string, body?: unknown): Promise<Answer> =>
  send(method, `/_simulator${path}`, body);
const cancel = (impUid: string, fields: Fields = {}, signal: AbortSignal | null = null): Promise<Answer> =>
  send('POST', '/payments/cancel', { imp_uid: impUid, amount: 3000, ...fields }, signal);

async function getToken(): Promise<string> {
  const { body } = await send('POST', '/users/getToken', {
    imp_key: 'simulator-key',
    imp_secret: 'simulator-secret',
  });
  return (body.response as { access_token: string }).access_token;
}

async function pay(fields: Fields = {}): Promise<string> {
  orders += 1;
  const { body } = await control('POST', '/payments', {
    merchant_uid: `order-${orders}`,
    amount: 10_000,
    ...fields,
  });
  return body.imp_uid as string;
}

async function plan(...faults: Fields[]): Promise<void> {
  const { status, text } = await control('POST', '/faults', { faults });
  expect({ status, text }).toMatchObject({ status: 201 });
}

/** As the gateway's books say; faults of the reads do not touch it. */
async function cancelledOf(impUid: string): Promise<number> {
  const { body } = await control('GET', `/payments?limit=1000`);
  const payment = (body.list as Fields[]).find((entry) => entry.imp_uid === impUid);
  return payment?.cancel_amount as number;
}

async function held(count = 1): Promise<Held[]> {
  const { body } = await control('GET', `/holds?count=${count}&wait_ms=5000`);
  return body.holds as Held[];
}

const release = (id: string, how: Fields = {}): Promise<Answer> =>
  control('POST', `/holds/${id}/release`, how);
const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, QUIET_MS));

/** What a caller that gives up after a moment sees. */
async function impatient(impUid: string): Promise<unknown> {
  return cancel(impUid, {}, AbortSignal.timeout(QUIET_MS)).catch((error: Error) => error.name);
}

describe('a fault of a cancel', () => {
  it.each([
    ['error-before', 0],
    ['error-after', 3000],
  ])('%s answers a server error and has given back %i', async (kind, givenBack) => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind, http_status: 502 });
    expect(await cancel(impUid)).toMatchObject({ status: 502, body: { code: -1, response: null } });
    expect(await cancelledOf(impUid)).toBe(givenBack);
  });

  it.each([
    ['cut-before', 0],
    ['cut-after', 3000],
  ])('%s breaks the connection and has given back %i', async (kind, givenBack) => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind });
    await expect(cancel(impUid)).rejects.toThrow('fetch failed');
    expect(await cancelledOf(impUid)).toBe(givenBack);
  });

  it.each([
    ['silent-before', 0],
    ['silent-after', 3000],
  ])('%s never answers and has given back %i', async (kind, givenBack) => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind });
    expect(await impatient(impUid)).toBe('TimeoutError');
    expect(await cancelledOf(impUid)).toBe(givenBack);
  });

  it('slow answers after the delay', async () => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'slow', delay_ms: 2 * QUIET_MS });
    const begin = Date.now();
    const answer = cancel(impUid);
    await quiet();
    expect(await cancelledOf(impUid)).toBe(0);
    expect(await answer).toMatchObject({ status: 200, body: { code: 0 } });
    expect(Date.now() - begin).toBeGreaterThanOrEqual(2 * QUIET_MS - 2);
  });

  it('slow gives nothing back when its caller has left', async () => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'slow', delay_ms: 2 * QUIET_MS });
    expect(await impatient(impUid)).toBe('TimeoutError');
    await quiet();
    await quiet();
    expect(await cancelledOf(impUid)).toBe(0);
  });

  it('slow-answer has given back long before it answers', async () => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'slow-answer', delay_ms: 2 * QUIET_MS });
    const answer = cancel(impUid);
    await quiet();
    expect(await cancelledOf(impUid)).toBe(3000);
    expect(await answer).toMatchObject({ body: { code: 0, response: { cancel_amount: 3000 } } });
  });

  it('late gives back although its caller has left', async () => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'late', delay_ms: 2 * QUIET_MS });
    expect(await impatient(impUid)).toBe('TimeoutError');
    expect(await cancelledOf(impUid)).toBe(0);
    await quiet();
    await quiet();
    expect(await cancelledOf(impUid)).toBe(3000);
  });

  it('late is refused by its checksum when another cancel came first', async () => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'late', delay_ms: 2 * QUIET_MS });
    const late = cancel(impUid, { checksum: 10_000 });
    await quiet();
    expect(await cancel(impUid, { checksum: 10_000 })).toMatchObject({ body: { code: 0 } });
    expect(await late).toMatchObject({ status: 200, body: { code: 1, response: null } });
    expect(await cancelledOf(impUid)).toBe(3000);
  });

  it('refuse answers HTTP 200 with a code and a text and gives nothing back', async () => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'refuse', code: 7, message: '기간 초과' });
    expect(await cancel(impUid)).toMatchObject({
      status: 200,
      body: { code: 7, message: '기간 초과', response: null },
    });
    expect(await cancelledOf(impUid)).toBe(0);
  });

  it('failed answers code 0 with a payment that failed and gives nothing back', async () => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'failed' });
    expect(await cancel(impUid)).toMatchObject({
      status: 200,
      body: { code: 0, response: { imp_uid: impUid, amount: 10_000, status: 'failed' } },
    });
    expect(await cancelledOf(impUid)).toBe(0);
  });

  it('wrong-body answers HTTP 200 with a text of one’s own and has given back', async () => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'wrong-body', body: '{"code":0,"resp' });
    expect(await send('POST', '/payments/cancel', { imp_uid: impUid, amount: 3000 }).catch(String)).toContain(
      'SyntaxError',
    );
    expect(await cancelledOf(impUid)).toBe(3000);
  });

  it('unauthorized answers 401 once and leaves the token good', async () => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'unauthorized' });
    expect(await cancel(impUid)).toMatchObject({ status: 401, body: { message: 'Unauthorized' } });
    expect(await cancelledOf(impUid)).toBe(0);
    expect(await cancel(impUid)).toMatchObject({ status: 200, body: { code: 0 } });
    expect(await getToken()).toBe(token);
  });

  it('token-lost answers 401 to every call until a new token is asked for', async () => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'token-lost' });
    expect((await cancel(impUid)).status).toBe(401);
    expect((await cancel(impUid)).status).toBe(401);
    const lost = token;
    token = await getToken();
    expect(token).not.toBe(lost);
    expect(await cancel(impUid)).toMatchObject({ status: 200, body: { code: 0 } });
  });
});

describe('a fault', () => {
  it('happens once unless it is told how often', async () => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'error-before' });
    expect((await cancel(impUid)).status).toBe(503);
    expect((await cancel(impUid)).status).toBe(200);
    await plan({ call: CANCEL, kind: 'error-before', skip: 1, times: 2 });
    const statuses: number[] = [];
    for (let call = 0; call < 4; call += 1) statuses.push((await cancel(impUid, { amount: 1 })).status);
    expect(statuses).toEqual([200, 503, 503, 200]);
  });

  it('strikes only the payment and the order that it names', async () => {
    const first = await pay({ merchant_uid: 'struck' });
    const second = await pay();
    await plan({ call: READ, kind: 'error-before', times: 'always', merchant_uid: 'struck' });
    await plan({ kind: 'refuse', times: 'always', imp_uid: second });
    const read = (impUid: string): Promise<Answer> => send('GET', `/payments/${impUid}?include_sandbox=true`);
    expect((await read(first)).status).toBe(503);
    expect((await cancel(first)).body.code).toBe(0);
    expect((await read(second)).body.code).toBe(-1);
    expect((await cancel(second)).body.code).toBe(-1);
    expect((await send('GET', '/banks')).status).toBe(200);
  });

  it('does not count calls without a good token', async () => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'error-before' });
    const good = token;
    token = 'wrong';
    expect((await cancel(impUid)).status).toBe(401);
    token = good;
    expect((await cancel(impUid)).status).toBe(503);
  });

  it('is listed with how often it happened, can be taken away, and all can be cleared', async () => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'error-before', times: 5 }, { call: READ, kind: 'slow' });
    await cancel(impUid);
    const { body } = await control('GET', '/faults');
    expect(body).toMatchObject({
      seed: SEED,
      happened: 1,
      faults: [
        { id: 'fault-1', kind: 'error-before', call: CANCEL, times: 5, matched: 1, happened: 1 },
        { id: 'fault-2', kind: 'slow', delay_ms: 3000, matched: 0, happened: 0 },
      ],
      recent: [{ fault: 'fault-1', call: CANCEL, imp_uid: impUid, merchant_uid: `order-${orders}` }],
    });
    await control('DELETE', '/faults/fault-1');
    expect((await cancel(impUid)).status).toBe(200);
    expect((await control('DELETE', '/faults')).body.faults).toEqual([]);
  });

  it.each([
    [{ kind: 'explode' }, 'kind'],
    [{ kind: 'slow', call: 'GET /nowhere' }, 'call'],
    [{ kind: 'slow', delay: 5 }, 'delay'],
    [{ kind: 'slow', delay_ms: -1 }, 'delay_ms'],
    [{ kind: 'slow', probability: 2 }, 'probability'],
    [{ kind: 'slow', times: 0 }, 'times'],
    [{ kind: 'error-before', http_status: 200 }, 'http_status'],
    [{ kind: 'refuse', code: 0 }, 'code'],
  ])('that cannot be is refused with its reason: %j', async (fault, reason) => {
    const { status, body } = await control('POST', '/faults', { faults: [{ kind: 'slow' }, fault] });
    expect({ status, error: body.error }).toEqual({ status: 400, error: expect.stringContaining(reason) });
    expect((await control('GET', '/faults')).body.faults).toEqual([]);
  });

  it('is read in the short form too', async () => {
    await control('POST', '/faults', {
      text: `${CANCEL} cut-after times=2; slow probability=0.25 delay_ms=40;`,
    });
    expect((await control('GET', '/faults')).body.faults).toMatchObject([
      { call: CANCEL, kind: 'cut-after', times: 2, probability: 1 },
      { call: '*', kind: 'slow', times: 'always', probability: 0.25, delay_ms: 40 },
    ]);
    expect((await control('POST', '/faults', { text: 'slow delay_ms' })).status).toBe(400);
  });
});

describe('random faults', () => {
  /** Which of 60 calls go wrong, and how. */
  async function run(seed: number, faults: Fields[]): Promise<number[]> {
    await control('PUT', '/faults', { seed, faults });
    const statuses: number[] = [];
    for (let call = 0; call < 60; call += 1) statuses.push((await send('GET', '/banks')).status);
    return statuses;
  }

  const faults = [
    { kind: 'error-before', probability: 0.3 },
    { kind: 'unauthorized', probability: 0.3 },
  ];

  it('are the same for the same seed, plan and calls, and others for another seed', async () => {
    const first = await run(7, faults);
    expect(new Set(first)).toEqual(new Set([200, 401, 503]));
    expect(await run(7, faults)).toEqual(first);
    expect(await run(8, faults)).not.toEqual(first);
  });

  it('stay where they are when another fault is added behind them', async () => {
    const errors = (statuses: number[]): number[] =>
      statuses.flatMap((status, call) => (status === 503 ? [call] : []));
    expect(errors(await run(7, faults))).toEqual(errors(await run(7, faults.slice(0, 1))));
  });

  it('happen about as often as they are told to', async () => {
    const struck = (await run(11, [{ kind: 'error-before', probability: 0.5 }])).filter(
      (status) => status === 503,
    );
    expect(struck.length).toBeGreaterThan(15);
    expect(struck.length).toBeLessThan(45);
  });
});

describe('a held call', () => {
  it('is not applied until it is released, and then answers', async () => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'hold-before' });
    const answer = cancel(impUid, { reason: 'A1' });
    const [hold] = await held();
    expect(hold).toMatchObject({
      call: CANCEL,
      stage: 'before',
      imp_uid: impUid,
      merchant_uid: `order-${orders}`,
      body: { amount: 3000, reason: 'A1' },
      caller_gone: false,
    });
    expect(await cancelledOf(impUid)).toBe(0);
    expect(await release(hold!.id)).toMatchObject({
      status: 200,
      body: { applied: true, answered: true, code: 0 },
    });
    expect(await cancelledOf(impUid)).toBe(3000);
    expect(await answer).toMatchObject({ status: 200, body: { code: 0 } });
    expect((await control('GET', '/holds')).body.holds).toEqual([]);
  });

  it('is applied before it is released when it is held after that', async () => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'hold-after' });
    const answer = cancel(impUid);
    const [hold] = await held();
    expect(await cancelledOf(impUid)).toBe(3000);
    expect((await release(hold!.id, { apply: false })).status).toBe(409);
    await release(hold!.id);
    expect(await answer).toMatchObject({ body: { code: 0, response: { cancel_amount: 3000 } } });
  });

  it.each([
    [{ apply: true }, 3000],
    [{ apply: false }, 0],
  ])('whose caller has died ends as it is told: %j', async (how, givenBack) => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'hold-before' });
    expect(await impatient(impUid)).toBe('TimeoutError');
    // The news of a caller's end has to travel.
    await quiet();
    const [hold] = await held();
    expect(hold).toMatchObject({ caller_gone: true });
    expect((await release(hold!.id, how)).body).toMatchObject({ applied: how.apply, answered: false });
    expect(await cancelledOf(impUid)).toBe(givenBack);
  });

  it('that is not applied answers 503, and without an answer is cut', async () => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'hold-before', times: 2 });
    const first = cancel(impUid);
    await release((await held())[0]!.id, { apply: false });
    expect((await first).status).toBe(503);
    const second = cancel(impUid).catch(String);
    await release((await held())[0]!.id, { apply: true, answer: false });
    expect(await second).toContain('fetch failed');
    expect(await cancelledOf(impUid)).toBe(3000);
  });

  it('that the gateway refuses when it is released is told as not applied', async () => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'hold-before' });
    const answer = cancel(impUid, { checksum: 10_000 });
    const [hold] = await held();
    await control('POST', `/payments/${impUid}/cancel`, { amount: 1 });
    expect((await release(hold!.id)).body).toMatchObject({ applied: false, answered: true, code: 1 });
    expect(await answer).toMatchObject({ status: 200, body: { code: 1 } });
    expect(await cancelledOf(impUid)).toBe(1);
  });

  it('can be released with all others, once', async () => {
    const impUid = await pay();
    await plan({ call: CANCEL, kind: 'hold-before', times: 3 });
    const answers = Promise.all([1, 2, 3].map(() => cancel(impUid, { checksum: 10_000 })));
    const holds = await held(3);
    expect((await control('POST', '/holds/release')).body.released).toHaveLength(3);
    expect((await release(holds[0]!.id)).status).toBe(404);
    // Of three cancels with one checksum one goes through.
    const codes = (await answers).map(({ body }) => body.code);
    expect(codes.toSorted((a, b) => Number(a) - Number(b))).toEqual([0, 1, 1]);
    expect(await cancelledOf(impUid)).toBe(3000);
  });

  it('is not waited for longer than asked', async () => {
    const begin = Date.now();
    expect((await control('GET', `/holds?count=1&wait_ms=${QUIET_MS}`)).body.holds).toEqual([]);
    expect(Date.now() - begin).toBeLessThan(5000);
  });
});

describe('faults from the start on', () => {
  it('strike without anybody asking', async () => {
    const other = await startIamportSimulator({
      port: 0,
      dataFile: join(folder, 'from-start.db'),
      faults: [{ call: 'POST /users/getToken', kind: 'error-before' }],
    });
    const answer = await fetch(`${other.url}/users/getToken`, { method: 'POST' });
    await other.close();
    expect(answer.status).toBe(503);
  });

  it('that cannot be are told in one line that names the setting', async () => {
    const start = startIamportSimulator({
      port: 0,
      dataFile: join(folder, 'bad.db'),
      faults: [{ kind: 'no' }],
    });
    await expect(start).rejects.toThrow(/^IAMPORT_SIMULATOR_FAULTS: .*kind/);
  });
});
