import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import Libsql from 'libsql';
import { startIamportSimulator, type RunningSimulator } from '../../simulator/src/simulator.js';

type Fields = Record<string, unknown>;

interface Arrival {
  path: string;
  contentType: string;
  text: string;
  at: number;
}

interface Delivery {
  url: string;
  notice: Fields;
  state: string;
  attempts: number;
  http_status: number | null;
  error: string | null;
}

const WAIT_LIMIT_MS = 10_000;
const LATE_MS = 300;

let folder: string;
let simulator: RunningSimulator;
let shop: Server;
let shopUrl: string;
let token: string;
let arrivals: Arrival[];
/** What the shop answers next; 200 when the list is empty. */
let statuses: number[];
let orders = 0;

beforeAll(async () => {
  shop = createServer((req, res) => {
    let text = '';
    req.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    req.on('end', () => {
      arrivals.push({
        path: req.url ?? '',
        contentType: req.headers['content-type'] ?? '',
        text,
        at: Date.now(),
      });
      res.writeHead(statuses.shift() ?? 200).end('ok');
    });
  });
  shop.listen(0, '127.0.0.1');
  await once(shop, 'listening');
  shopUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
  folder = mkdtempSync(join(tmpdir(), 'iamport-simulator-'));
  simulator = await startIamportSimulator({ port: 0, dataFile: join(folder, 'simulator.db'), seed: 5 });
  const { response } = await send('POST', '/users/getToken', {
    imp_key: 'simulator-key',
    imp_secret: 'simulator-secret',
  });
  token = (response as { access_token: string }).access_token;
});

afterAll(async () => {
  await simulator.close();
  shop.close();
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  await settled();
  await setWebhooks('on', `${shopUrl}/console-address`);
  arrivals = [];
  statuses = [];
});

async function send(method: string, path: string, body?: unknown): Promise<Fields> {
  const response = await fetch(`${simulator.url}${path}`, {
    method,
    headers: { authorization: token ?? '', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Fields;
}

const control = (method: string, path: string, body?: unknown): Promise<Fields> =>
  send(method, `/_simulator${path}`, body);
const setWebhooks = (modes: string, url?: string | null): Promise<Fields> =>
  control('PUT', '/webhooks', { modes, ...(url === undefined ? {} : { url }) });

/** Until no webhook is on its way any more. */
async function settled(): Promise<Delivery[]> {
  const until = Date.now() + WAIT_LIMIT_MS;
  for (;;) {
    const { open, recent } = (await control('GET', '/webhooks')) as { open: number; recent: Delivery[] };
    if (open === 0) return recent;
    if (Date.now() > until) throw new Error(`${open} webhooks are still on their way`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function pay(fields: Fields = {}): Promise<string> {
  orders += 1;
  const payment = await control('POST', '/payments', {
    merchant_uid: `order-${orders}`,
    amount: 10_000,
    ...fields,
  });
  expect(payment).toMatchObject({ imp_uid: expect.any(String) });
  return payment.imp_uid as string;
}

async function openWindow(params: Fields = {}): Promise<string> {
  orders += 1;
  const opened = await control('POST', '/checkouts', {
    user_code: 'imp00000000',
    params: {
      channelKey: 'channel-key-sim-html5_inicis',
      pay_method: 'card',
      merchant_uid: `order-${orders}`,
      name: '포인트 10,000P',
      amount: 10_000,
      ...params,
    },
  });
  return opened.imp_uid as string;
}

const notices = (): Fields[] => arrivals.map(({ text }) => JSON.parse(text) as Fields);
const order = (): string => `order-${orders}`;

describe('a webhook', () => {
  it('tells of an approval in the window, once, as JSON, to the notice_url of request_pay', async () => {
    const impUid = await openWindow({ notice_url: `${shopUrl}/own` });
    await control('POST', `/payments/${impUid}/approve`);
    await control('POST', `/payments/${impUid}/approve`);
    await settled();
    expect(arrivals).toMatchObject([{ path: '/own', contentType: 'application/json' }]);
    expect(notices()).toEqual([{ imp_uid: impUid, merchant_uid: order(), status: 'paid' }]);
  });

  it('goes to every address of a list, and to the console’s address when there is none', async () => {
    await pay({ notice_url: [`${shopUrl}/one`, `${shopUrl}/two`] });
    await pay();
    await settled();
    expect(arrivals.map(({ path }) => path).toSorted()).toEqual(['/console-address', '/one', '/two']);
  });

  it('is not sent where there is no address at all', async () => {
    await setWebhooks('on', null);
    const impUid = await pay();
    await settled();
    expect(arrivals).toEqual([]);
    expect(await control('POST', `/payments/${impUid}/webhook`)).toMatchObject({
      error: expect.stringContaining('IAMPORT_SIMULATOR_WEBHOOK_URL'),
    });
  });

  it('tells of a virtual account and of its deposit', async () => {
    const impUid = await pay({ status: 'ready', pay_method: 'vbank', vbank_num: '56211900000000' });
    await settled();
    await control('POST', `/payments/${impUid}/approve`);
    await settled();
    expect(notices().map(({ status }) => status)).toEqual(['ready', 'paid']);
  });

  it('tells of a late approval after a failure', async () => {
    const impUid = await openWindow();
    await control('POST', `/payments/${impUid}/decline`);
    const { payment } = await control('POST', `/payments/${impUid}/approve`);
    await settled();
    expect(payment).toMatchObject({ status: 'paid', failed_at: 0 });
    expect(notices()).toEqual([{ imp_uid: impUid, merchant_uid: order(), status: 'paid' }]);
  });

  it('is not sent for an opened window, a failure or a closed window', async () => {
    await control('POST', `/payments/${await openWindow()}/decline`);
    await control('POST', `/payments/${await openWindow()}/close`);
    await pay({ status: 'failed' });
    await settled();
    expect(arrivals).toEqual([]);
  });

  it('tells of a cancel by API only when that is asked for', async () => {
    const impUid = await pay({ notice_url: `${shopUrl}/own` });
    await settled();
    arrivals = [];
    await send('POST', '/payments/cancel', { imp_uid: impUid, amount: 1000 });
    await settled();
    expect(arrivals).toEqual([]);
    const { response } = await send('POST', '/payments/cancel', {
      imp_uid: impUid,
      amount: 2000,
      enable_webhook: true,
    });
    await settled();
    const { cancel_history: steps } = response as { cancel_history: { cancellation_id: string }[] };
    expect(notices()).toEqual([
      {
        imp_uid: impUid,
        merchant_uid: order(),
        status: 'cancelled',
        cancellation_id: steps[1]?.cancellation_id,
      },
    ]);
  });

  it('is sent twice, or not at all, as it is told', async () => {
    await setWebhooks('twice');
    await pay();
    await settled();
    expect(notices()).toHaveLength(2);
    await setWebhooks('never');
    await pay();
    const [last] = await settled();
    expect(notices()).toHaveLength(2);
    expect(last).toMatchObject({ state: 'not sent', notice: { merchant_uid: order() } });
  });

  it('comes late', async () => {
    await setWebhooks(`late=${LATE_MS}`);
    const begin = Date.now();
    await pay();
    await settled();
    expect(arrivals[0]!.at - begin).toBeGreaterThanOrEqual(LATE_MS - 2);
  });

  it('comes form-encoded', async () => {
    await setWebhooks('form');
    const impUid = await pay();
    await settled();
    expect(arrivals).toMatchObject([
      {
        contentType: 'application/x-www-form-urlencoded',
        text: `imp_uid=${impUid}&merchant_uid=${order()}&status=paid`,
      },
    ]);
  });

  it('is sent once only, even when the shop fails', async () => {
    statuses = [500];
    await pay();
    const [last] = await settled();
    expect(arrivals).toHaveLength(1);
    expect(last).toMatchObject({ state: 'failed', http_status: 500, attempts: 1 });
  });

  it('is tried again after a 5xx until it is accepted, when that was agreed', async () => {
    await setWebhooks('attempts=5,retry=10');
    statuses = [500, 503];
    await pay();
    const [last] = await settled();
    expect(arrivals).toHaveLength(3);
    expect(last).toMatchObject({ state: 'delivered', http_status: 200, attempts: 3 });
    statuses = [404];
    await pay();
    expect((await settled())[0]).toMatchObject({ state: 'failed', http_status: 404, attempts: 1 });
  });

  it('that nobody takes is told as failed', async () => {
    await pay({ notice_url: 'http://127.0.0.1:9/nobody' });
    expect((await settled())[0]).toMatchObject({
      state: 'failed',
      http_status: null,
      error: expect.any(String),
    });
  });

  it('is sent again by hand, whatever the modes are', async () => {
    const impUid = await pay();
    await settled();
    await setWebhooks('never');
    const { deliveries } = await control('POST', `/payments/${impUid}/webhook`);
    expect(deliveries).toMatchObject([{ state: 'delivered', http_status: 200 }]);
    expect(notices()).toEqual([1, 2].map(() => ({ imp_uid: impUid, merchant_uid: order(), status: 'paid' })));
  });
});

describe('shuffled webhooks', () => {
  /** In which order ten payments are told of. */
  async function orderOfArrival(seed: number): Promise<string[]> {
    const other = await startIamportSimulator({
      port: 0,
      dataFile: join(folder, `${orders}-${seed}.db`),
      seed,
    });
    const home = simulator;
    simulator = other;
    await setWebhooks('shuffled=5', shopUrl);
    arrivals = [];
    const payments = Array.from({ length: 10 }, (_, index) => ({ merchant_uid: `${index}`, amount: 1000 }));
    await control('POST', '/payments/bulk', { payments });
    await settled();
    simulator = home;
    await other.close();
    return notices().map(({ merchant_uid }) => merchant_uid as string);
  }

  it('all arrive, within their window, in another order that the seed decides', async () => {
    const inOrder = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
    const first = await orderOfArrival(21);
    expect(first).not.toEqual(inOrder);
    expect(first.slice(0, 5).toSorted()).toEqual(inOrder.slice(0, 5));
    expect(first.slice(5).toSorted()).toEqual(inOrder.slice(5));
    orders += 1;
    expect(await orderOfArrival(21)).toEqual(first);
    expect(await orderOfArrival(22)).not.toEqual(first);
  });

  it('do not wait for ever for their window to fill', async () => {
    await setWebhooks('shuffled=100');
    await pay();
    await pay();
    await settled();
    expect(arrivals).toHaveLength(2);
  });
});

describe('a data file from before there were webhooks', () => {
  it('is opened, and its payments have no address of their own', async () => {
    const dataFile = join(folder, 'old.db');
    const old = new Libsql(dataFile);
    old.exec(`CREATE TABLE payment (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, imp_uid TEXT NOT NULL UNIQUE, merchant_uid TEXT NOT NULL,
      status TEXT NOT NULL, started_at INTEGER NOT NULL, paid_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
      status_at INTEGER NOT NULL, body TEXT NOT NULL, checkout TEXT)`);
    old.exec(`INSERT INTO payment VALUES (1, 'imp_1', 'old-order', 'paid', 1, 1, 1, 1,
      '{"imp_uid":"imp_1","merchant_uid":"old-order","amount":1000,"cancel_amount":0,"status":"paid","cancel_history":[],"cancel_receipt_urls":[]}', NULL)`);
    old.close();
    const other = await startIamportSimulator({
      port: 0,
      dataFile,
      webhookUrl: `${shopUrl}/console-address`,
    });
    const response = await fetch(`${other.url}/_simulator/payments/imp_1/webhook`, { method: 'POST' });
    await other.close();
    expect(await response.json()).toMatchObject({ deliveries: [{ state: 'delivered' }] });
    expect(arrivals).toMatchObject([{ path: '/console-address' }]);
  });
});

describe('the modes of webhooks', () => {
  it('can be put together and are read back', async () => {
    expect(await setWebhooks('shuffled=20, twice,form,late=40,attempts=3,retry=10')).toMatchObject({
      modes: 'late=40,twice,shuffled=20,form,attempts=3,retry=10',
    });
    expect(await setWebhooks('on')).toMatchObject({ modes: 'on' });
  });

  it.each(['sometimes', 'late=soon', 'late=0', 'attempts=6', 'shuffled=-1'])(
    'that cannot be are refused and change nothing: %s',
    async (modes) => {
      expect(await setWebhooks(modes, null)).toMatchObject({ error: expect.stringContaining('webhooks: ') });
      expect(await control('GET', '/webhooks')).toMatchObject({
        modes: 'on',
        url: `${shopUrl}/console-address`,
      });
    },
  );
});

describe('a cancel in the console', () => {
  const cancelInConsole = (impUid: string, body: Fields = {}): Promise<Fields> =>
    control('POST', `/payments/${impUid}/cancel`, body);

  it('gives back a part, then the rest, and a webhook names each step', async () => {
    const impUid = await pay();
    await settled();
    arrivals = [];
    await cancelInConsole(impUid, { amount: 3000, reason: '고객 요청' });
    await settled();
    const payment = await cancelInConsole(impUid);
    await settled();
    expect(payment).toMatchObject({
      status: 'cancelled',
      amount: 10_000,
      cancel_amount: 10_000,
      cancel_history: [
        { amount: 3000, reason: '고객 요청' },
        { amount: 7000, reason: '콘솔에서 취소' },
      ],
    });
    const steps = payment.cancel_history as { cancellation_id: string }[];
    expect(notices()).toEqual(
      steps.map(({ cancellation_id }) => ({
        imp_uid: impUid,
        merchant_uid: order(),
        status: 'cancelled',
        cancellation_id,
      })),
    );
  });

  it('is refused when it is too much or nothing is left, and sends nothing', async () => {
    const impUid = await pay();
    await settled();
    arrivals = [];
    expect(await cancelInConsole(impUid, { amount: 10_001 })).toMatchObject({ error: expect.any(String) });
    expect(await cancelInConsole(impUid, { amount: -1 })).toMatchObject({ error: expect.any(String) });
    await cancelInConsole(impUid);
    expect(await cancelInConsole(impUid)).toMatchObject({ error: '이미 전액취소된 주문입니다.' });
    expect(await cancelInConsole('imp_unknown')).toMatchObject({
      error: expect.stringContaining('imp_unknown'),
    });
    await settled();
    expect(arrivals).toHaveLength(1);
  });

  it('against a cancel by API with the checksum of before lets only one through', async () => {
    const impUid = await pay();
    const [byConsole, byApi] = await Promise.all([
      cancelInConsole(impUid, { amount: 3000 }),
      send('POST', '/payments/cancel', { imp_uid: impUid, amount: 3000, checksum: 10_000 }),
    ]);
    expect(byConsole).toMatchObject({ imp_uid: impUid });
    const read = await send('GET', `/payments/${impUid}?include_sandbox=true`);
    const expected = byApi.code === 0 ? 6000 : 3000;
    expect(read.response).toMatchObject({ cancel_amount: expected });
  });
});

describe('a partial cancel', () => {
  it('reads cancelled, or paid where the gateway has that habit; a whole one reads cancelled', async () => {
    const impUid = await pay();
    const statusAfter = async (amount: number): Promise<unknown> => {
      const { response } = await send('POST', '/payments/cancel', { imp_uid: impUid, amount });
      return (response as Fields).status;
    };
    expect(await statusAfter(1000)).toBe('cancelled');
    await control('PUT', '/habits', { partial_cancel_status: 'paid' });
    expect(await statusAfter(1000)).toBe('paid');
    expect(await statusAfter(8000)).toBe('cancelled');
    expect(await control('PUT', '/habits', { partial_cancel_status: 'failed' })).toMatchObject({
      error: expect.stringContaining('partial_cancel_status'),
    });
    expect(await control('PUT', '/habits', { partial_cancel_status: 'cancelled' })).toMatchObject({
      partial_cancel_status: 'cancelled',
      unsettled_won: null,
    });
  });
});
