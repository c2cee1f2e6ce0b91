import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Like, Not, IsNull } from 'typeorm';
import { WebhookDelivery } from '../../src/webhook/webhook-delivery.entity.js';
import { addOrders, addUser, faultsInBooks, readAccount } from '../support/books.js';
import { QUICK_RECOVERY } from '../support/cancel-operations.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { type FaultyGateway, onOrderRead, startFaultyGateway } from '../support/faulty-gateway.js';
import { gatewayView } from '../support/gateway-view.js';
import { inAnyOrder, randomFrom } from '../support/random.js';
import { eventually } from '../support/rooms.js';
import { orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';

const DELIVERIES = 10_000;
/** Few payments: each is told of more than a hundred times. */
const USERS = 5;
const ORDERS_OF_USER = 10;
const FORGED = 20;
const SENT_AT_ONCE = 50;
const WORK_MAX_MS = 110_000;

const send = (url: string, body: string, headers: Record<string, string> = {}, method = 'POST') =>
  fetch(`${url}/webhooks/iamport`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(method === 'GET' ? {} : { body }),
  });

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

describe('POST /webhooks/iamport', () => {
  let service: TopUpService;
  let gateway: FaultyGateway;

  beforeAll(async () => {
    service = await startTopUpService({
      gatewayUrl: async (simulatorUrl) => {
        gateway = await startFaultyGateway(simulatorUrl);
        return gateway.url;
      },
      env: QUICK_RECOVERY,
    });
  });

  afterAll(async () => {
    await service.stop();
    await gateway.stop();
  });

  async function paidByAbsentUser() {
    const { client, account } = await service.user();
    const { imp_uid: impUid, merchant_uid: merchantUid } = await orderAndPay(client, service.simulator);
    return { impUid, merchantUid, ownerId: account.id };
  }

  const expectCredited = (ownerId: string) =>
    eventually(async () => {
      const { balance, rows } = await readAccount(service.books, ownerId);
      expect({ point: balance.point, rows: rows.length }).toEqual({ point: 10_000, rows: 1 });
    });

  const stored = () => service.books.manager.count(WebhookDelivery);

  test('credits a payment whose browser never came back, told as JSON with fields nobody knows', async () => {
    const { impUid, merchantUid, ownerId } = await paidByAbsentUser();

    const response = await send(
      service.url,
      JSON.stringify({ imp_uid: impUid, merchant_uid: merchantUid, status: 'paid', new_field: { a: [1] } }),
    );

    expect(response.status).toBe(200);
    await expectCredited(ownerId);
  });

  test.each([
    ['a form', '/webhooks/iamport', 'application/x-www-form-urlencoded; charset=UTF-8'],
    ['one whose type has capitals', '/webhooks/iamport', 'Application/X-WWW-Form-Urlencoded'],
    ['one to an address with a slash at its end', '/webhooks/iamport/', 'application/x-www-form-urlencoded'],
  ])('credits it told as %s', async (_title, path, contentType) => {
    const { impUid, merchantUid, ownerId } = await paidByAbsentUser();
    const body = new URLSearchParams({ imp_uid: impUid, merchant_uid: merchantUid, status: 'paid' });

    const response = await fetch(`${service.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: body.toString(),
    });

    expect(response.status).toBe(200);
    await expectCredited(ownerId);
  });

  test('believes nothing of what it is told but which payment to look at', async () => {
    const { client, account } = await service.user();
    const { imp_uid: impUid, merchant_uid: merchantUid } = await orderAndPay(client, service.simulator, {
      status: 'ready',
    });
    const lie = { imp_uid: impUid, merchant_uid: merchantUid, status: 'paid', amount: 1_000_000 };

    await send(service.url, JSON.stringify({ ...lie, user_id: account.id }));

    await eventually(async () => {
      const [delivery] = await service.books.manager.findBy(WebhookDelivery, { gatewayPaymentId: impUid });
      // It waits for what it was told of, and books nothing.
      expect(delivery).toMatchObject({ attempts: 1 });
    });
    expect((await readAccount(service.books, account.id)).rows).toEqual([]);
  });

  test('takes the points of a payment that was cancelled in the console', async () => {
    const { impUid, merchantUid, ownerId } = await paidByAbsentUser();
    const tell = (status: string) =>
      send(service.url, JSON.stringify({ imp_uid: impUid, merchant_uid: merchantUid, status }));
    await tell('paid');
    await expectCredited(ownerId);
    await gatewayView(service.simulatorUrl).cancelOutside(impUid, 4_000);

    await tell('cancelled');
    await tell('cancelled');

    await eventually(async () => {
      expect((await readAccount(service.books, ownerId)).balance.point).toBe(6_000);
    });
    expect(await faultsInBooks(service.books, ownerId)).toEqual([]);
  });

  test('is answered at once while the gateway is slow, and worked on afterwards', async () => {
    const { impUid, merchantUid, ownerId } = await paidByAbsentUser();
    let asked = false;
    let answer: () => void = () => undefined;
    const told = new Promise<void>((resolve) => {
      answer = resolve;
    });
    gateway.misbehave(
      onOrderRead((response) => {
        asked = true;
        void told.then(() => response.destroy());
      }),
    );
    const body = JSON.stringify({ imp_uid: impUid, merchant_uid: merchantUid });

    expect((await send(service.url, body)).status).toBe(200);
    await eventually(async () => expect(asked).toBe(true));
    // The gateway has still not answered, and the next notice is taken all the same.
    expect((await send(service.url, body)).status).toBe(200);
    expect((await readAccount(service.books, ownerId)).rows).toEqual([]);

    gateway.behave();
    answer();
    await service.books.manager.update(
      WebhookDelivery,
      { gatewayPaymentId: impUid },
      { nextAttemptAt: new Date() },
    );
    await expectCredited(ownerId);
  });

  test.each<[string, string, Record<string, string>]>([
    ['nothing', '', {}],
    ['broken JSON', '{"imp_uid":', {}],
    ['no imp_uid', '{"merchant_uid":"pt1"}', {}],
    ['an imp_uid that is no text', '{"imp_uid":123456789012}', {}],
    ['several imp_uids', '{"imp_uid":["imp_123456789012","imp_123456789013"]}', {}],
    ['several imp_uids in a form', 'imp_uid=imp_123456789012&imp_uid=imp_123456789013', FORM],
    ['a path', '{"imp_uid":"imp_1/../../users/getToken"}', {}],
    ['a list', '["imp_uid"]', {}],
    ['null', 'null', {}],
    ['plain text', 'imp_uid=imp_123456789012', { 'content-type': 'text/plain' }],
    ['XML', '<imp_uid>imp_123456789012</imp_uid>', { 'content-type': 'application/xml' }],
  ])('is refused for %s: 400, nothing stored, no stack', async (_title, body, headers) => {
    const before = await stored();

    const response = await send(service.url, body, headers);

    expect(response.status).toBe(400);
    expect(await response.text()).not.toMatch(/node_modules|at \w+ \(|\.ts:/);
    expect(await stored()).toBe(before);
  });

  test('is refused for a body that is too large: 413, nothing stored', async () => {
    const before = await stored();
    const filler = 'x'.repeat(40_000);

    expect((await send(service.url, JSON.stringify({ imp_uid: 'imp_123456789012', filler }))).status).toBe(
      413,
    );
    const form = new URLSearchParams({ imp_uid: 'imp_123456789012', filler }).toString();
    expect((await send(service.url, form, FORM)).status).toBe(413);
    expect(await stored()).toBe(before);
  });

  test('of a gateway that we do not have is answered as any address of nobody', async () => {
    for (const name of ['nowhere', 'IAMPORT', '__proto__', 'toString', 'iamport%20']) {
      const answers = await Promise.all(
        [`/webhooks/${name}`, `/nobody/${name}`].map(async (path) => {
          const body = '{"imp_uid":"imp_123456789012"}';
          const headers = { 'content-type': 'application/json' };
          const response = await fetch(`${service.url}${path}`, { method: 'POST', headers, body });
          return [response.status, (await response.text()).replace(path, '')];
        }),
      );
      expect(answers[0]).toEqual(answers[1]);
      expect(answers[0]?.[0]).toBe(404);
    }
  });

  test('does not exist for GET and PUT', async () => {
    expect((await send(service.url, '', {}, 'GET')).status).toBe(404);
    expect((await send(service.url, '{"imp_uid":"imp_123456789012"}', {}, 'PUT')).status).toBe(404);
  });
});

describe('POST /webhooks/iamport with a list of addresses', () => {
  const BODY = '{"imp_uid":"imp_123456789012"}';
  const servers: { stop: () => Promise<void> }[] = [];

  afterAll(async () => {
    for (const server of servers) await server.stop();
  });

  /** What a caller from 127.0.0.1 is answered, with each of the X-Forwarded-For headers. */
  async function statuses(env: Record<string, string>, forwarded: string[]): Promise<number[]> {
    const service = await startTopUpService({ env: { ...QUICK_RECOVERY, ...env } });
    servers.push(service);
    const answers: number[] = [];
    for (const header of forwarded) {
      answers.push(await postFromLoopback(service.url, BODY, header ? { 'x-forwarded-for': header } : {}));
    }
    return answers;
  }

  test('takes it from the listed addresses, whatever a caller writes into X-Forwarded-For', async () => {
    expect(await statuses({ WEBHOOK_ADDRESSES: '127.0.0.1' }, ['', '203.0.113.9'])).toEqual([200, 200]);
    expect(
      await statuses({ WEBHOOK_ADDRESSES: '52.78.100.19,52.78.48.223' }, ['', '52.78.100.19', '127.0.0.1']),
    ).toEqual([403, 403, 403]);
  });

  test('behind one proxy believes that proxy’s word alone, which is the last one', async () => {
    expect(
      await statuses({ WEBHOOK_ADDRESSES: '52.78.100.19', TRUSTED_PROXIES: '1' }, [
        '52.78.100.19',
        '203.0.113.9, 52.78.100.19',
        '52.78.100.19, 203.0.113.9',
        '',
      ]),
    ).toEqual([200, 200, 403, 403]);
  });

  test('compares addresses by value: ports, brackets and spellings do not matter, and what is no address is refused', async () => {
    expect(
      await statuses({ WEBHOOK_ADDRESSES: '52.78.100.19,2001:DB8:0::8', TRUSTED_PROXIES: '1' }, [
        '52.78.100.19:41234',
        '::ffff:52.78.100.19',
        '[2001:db8::8]:41234',
        '2001:db8::8',
        '52.78.48.223:41234',
        '52.78.100.19:41234, 52.78.48.223:41234',
        'unknown',
        '52.78.100.19x',
      ]),
    ).toEqual([200, 200, 200, 200, 403, 403, 403, 403]);
  });
});

test('too many notices of one address are answered 503, after which the gateway sends again, and never 429', async () => {
  const limited = await startTopUpService({
    env: { ...QUICK_RECOVERY, RATE_LIMIT: 'on', TRUSTED_PROXIES: '1' },
  });
  try {
    const counts: Record<number, number> = {};
    for (let sent = 0; sent < 6010; sent++) {
      // What has no imp_uid is counted as well and costs least.
      const status = await postFromLoopback(limited.url, '{}', {
        'x-forwarded-for': `203.0.113.9:${sent + 1}`,
      });
      counts[status] = (counts[status] ?? 0) + 1;
    }
    expect(counts).toEqual({ 400: 6000, 503: 10 });
    expect(await postFromLoopback(limited.url, '{}', { 'x-forwarded-for': '203.0.113.10:1' })).toBe(400);
  } finally {
    await limited.stop();
  }
}, 60_000);

/** `fetch` may reach localhost by IPv6, and sends no X-Forwarded-For of one's own choice in all versions. */
function postFromLoopback(
  url: string,
  body: string,
  headers: Record<string, string>,
  agent?: Agent,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port: new URL(url).port,
        method: 'POST',
        path: '/webhooks/iamport',
        headers: { 'content-type': 'application/json', ...headers },
        ...(agent && { agent }),
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

describeOnEachDatabase(`${DELIVERIES} shuffled, repeated and forged webhooks`, (database) => {
  let service: TopUpService;

  beforeAll(async () => {
    service = await startTopUpService({ database: database.env, env: QUICK_RECOVERY });
  });

  afterAll(() => service.stop());

  test('lead to the balances that the gateway’s own payments add up to', async () => {
    const random = randomFrom();
    const users = await Promise.all(Array.from({ length: USERS }, () => addUser(service.books)));
    const model = new Map(users.map(({ id }) => [id, 0]));
    const orderOf = new Map<string, string>();
    for (const user of users) {
      const orders = await addOrders(
        service.books,
        user.id,
        Array.from({ length: ORDERS_OF_USER }, (_, index) => 1_000 * (index + 1)),
      );
      const payments = await service.simulator.payAll(
        orders.map(({ merchantUid, amount }, index) => ({
          merchant_uid: merchantUid,
          amount: index % 10 === 3 ? amount + 1 : amount,
          ...(index % 10 === 4 && { status: 'failed' as const }),
          ...(index % 10 === 5 && { status: 'ready' as const }),
          ...(index % 10 === 6 && { cancel_amount: 400 }),
          ...(index % 10 === 7 && { currency: 'USD' }),
          ...(index % 10 === 8 && { sandbox: false }),
        })),
      );
      for (const { imp_uid, merchant_uid } of payments) orderOf.set(imp_uid, merchant_uid);
      orders.forEach(({ amount }, index) => {
        const worth = [3, 4, 5, 7, 8].includes(index % 10) ? 0 : amount - (index % 10 === 6 ? 400 : 0);
        model.set(user.id, (model.get(user.id) ?? 0) + worth);
      });
    }
    const foreign = await service.simulator.payAll(
      Array.from({ length: 10 }, (_, index) => ({ merchant_uid: `another-shop-${index}`, amount: 5_000 })),
    );
    const ours = [...orderOf.values()];
    for (const { imp_uid, merchant_uid } of foreign) orderOf.set(imp_uid, merchant_uid);
    const impUids = [...orderOf.keys()];

    // Half of them name orders of ours, which only a thief can know.
    const forged = Array.from({ length: FORGED }, (_, index) => `imp_forged${index}`);
    forged.forEach((impUid, index) => orderOf.set(impUid, index % 2 ? 'pt0' : (ours[index] as string)));
    const everyPaymentAtLeastOnce = [...impUids, ...forged];
    const deliveries = inAnyOrder(random, [
      ...everyPaymentAtLeastOnce,
      ...Array.from({ length: DELIVERIES - everyPaymentAtLeastOnce.length }, () => {
        const pool = random() < 0.9 ? impUids : forged;
        return pool[Math.floor(random() * pool.length)] as string;
      }),
    ]);
    const queue = deliveries.values();
    const answers = new Map<number, number>();
    const agent = new Agent({ keepAlive: true, maxSockets: SENT_AT_ONCE });
    await Promise.all(
      Array.from({ length: SENT_AT_ONCE }, async () => {
        for (const impUid of queue) {
          const merchantUid = orderOf.get(impUid) ?? '';
          const lie = { imp_uid: impUid, merchant_uid: merchantUid, amount: 9_999_999 };
          const asForm = random() < 0.3;
          const status = await postFromLoopback(
            service.url,
            asForm ? new URLSearchParams({ ...lie, amount: '9999999' }).toString() : JSON.stringify(lie),
            asForm ? FORM : {},
            agent,
          );
          answers.set(status, (answers.get(status) ?? 0) + 1);
        }
      }),
    );
    agent.destroy();
    expect(Object.fromEntries(answers)).toEqual({ 200: DELIVERIES });

    const deadline = Date.now() + WORK_MAX_MS;
    const openOfOurs = () =>
      service.books.manager.countBy(WebhookDelivery, {
        gatewayPaymentId: Not(Like('imp_forged%')),
        attempts: 0,
        nextAttemptAt: Not(IsNull()),
      });
    while ((await openOfOurs()) > 0 && Date.now() < deadline) await sleep(200);

    const balances = new Map<string, number>();
    for (const { id } of users) {
      const { balance, rows } = await readAccount(service.books, id);
      balances.set(id, balance.point);
      // Of each ten orders five are credited, one of them in part.
      expect(rows).toHaveLength(ORDERS_OF_USER / 2);
      expect(await faultsInBooks(service.books, id)).toEqual([]);
    }
    expect(Object.fromEntries(balances)).toEqual(Object.fromEntries(model));
    // What is about nobody's order is not kept.
    const kept = await service.books.manager.find(WebhookDelivery, { select: { merchantUid: true } });
    expect(kept.filter(({ merchantUid }) => !ours.includes(merchantUid))).toEqual([]);
  }, 180_000);
});
