import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { type FaultyGateway, startFaultyGateway } from '../support/faulty-gateway.js';
import type { GraphqlClient } from '../support/graphql-client.js';
import { simulatorSettings } from '../support/server.js';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';

const ORDER_LIFETIME_MS = 60 * 60 * 1000;
const CREATE = `mutation ($amount: Int!) {
  createPaymentOrder(amount: $amount) {
    merchantUid amount name state createdAt expiresAt pointTransaction { id }
    checkout {
      sdkUrl userCode channelKey testMode merchantUid name amount currency buyerName buyerEmail mRedirectUrl
    }
  }
}`;

interface Created {
  createPaymentOrder: {
    merchantUid: string;
    amount: number;
    createdAt: string;
    expiresAt: string;
    [field: string]: unknown;
  };
}

let service: TopUpService;
let gateway: FaultyGateway;

beforeAll(async () => {
  service = await startTopUpService({
    gatewayUrl: async (simulatorUrl) => {
      gateway = await startFaultyGateway(simulatorUrl);
      return gateway.url;
    },
    env: { POINT_MAX_BALANCE: '100000' },
  });
});

afterEach(() => gateway.behave());

afterAll(async () => {
  await service.stop();
  await gateway.stop();
});

function create(client: GraphqlClient, amount: unknown) {
  return client.call<Created>(CREATE, { amount });
}

test('gives everything that the payment window needs', async () => {
  const { client, account } = await service.user();
  const before = Date.now();

  const { createPaymentOrder: order } = await client.succeed<Created>(CREATE, { amount: 30_000 });

  const { merchantUid } = order;
  expect(order).toEqual({
    merchantUid: expect.stringMatching(/^[A-Za-z0-9_-]{20,40}$/),
    amount: 30_000,
    name: '포인트 30000P',
    state: 'READY',
    createdAt: expect.any(String),
    expiresAt: expect.any(String),
    pointTransaction: null,
    checkout: {
      sdkUrl: `${gateway.url}/v1/iamport.js`,
      userCode: 'imp00000000',
      channelKey: 'channel-key-sim-html5_inicis',
      testMode: true,
      merchantUid,
      name: '포인트 30000P',
      amount: 30_000,
      currency: 'KRW',
      buyerName: account.name,
      buyerEmail: account.email,
      mRedirectUrl: `${service.url}/payment.html`,
    },
  });
  const createdAt = Date.parse(order.createdAt);
  expect(createdAt).toBeGreaterThanOrEqual(before);
  expect(createdAt).toBeLessThanOrEqual(Date.now());
  expect(Date.parse(order.expiresAt) - createdAt).toBe(ORDER_LIFETIME_MS);
});

test('registers the amount at the gateway, so that its window refuses another one', async () => {
  const { client } = await service.user();
  const { createPaymentOrder } = await client.succeed<Created>(CREATE, { amount: 5_000 });

  const prepared = await readPrepared(createPaymentOrder.merchantUid);

  expect(prepared).toMatchObject({ code: 0, response: { amount: 5_000 } });
});

test('gives every order an id of its own', async () => {
  const users = await Promise.all(Array.from({ length: 4 }, () => service.user()));
  const wishes = users.flatMap(({ client }) => [5_000, 10_000, 30_000].map((amount) => ({ client, amount })));

  const answers = await Promise.all(wishes.map(({ client, amount }) => create(client, amount)));

  const ids = answers.map(({ data }) => data.createPaymentOrder.merchantUid);
  expect(new Set(ids).size).toBe(12);
});

test('offers each amount of pointPackages', async () => {
  const { client } = await service.user();
  const { pointPackages } = await client.succeed<{ pointPackages: number[] }>('{ pointPackages }');
  expect(pointPackages).toEqual([5_000, 10_000, 30_000, 50_000, 100_000]);

  for (const amount of pointPackages) {
    const { client: buyer } = await service.user();
    expect((await create(buyer, amount)).data.createPaymentOrder.amount).toBe(amount);
  }
});

describe('an amount that is no package', () => {
  test('is refused, and the gateway is not called', async () => {
    const { client, account } = await service.user();
    await service.simulator.forgetRequests();

    for (const amount of [0, 1, -5_000, 4_999, 5_001, 10_001, 2_147_483_647, -2_147_483_648]) {
      const answer = await create(client, amount);
      expect(answer.errors?.[0]?.extensions).toEqual({
        code: 'BAD_USER_INPUT',
        field: 'amount',
        retryable: false,
      });
    }

    expect((await service.simulator.requests()).total).toBe(0);
    expect(await ordersOf(account.id)).toBe(0);
  });

  test('is refused by GraphQL when it is no whole number', async () => {
    const { client, account } = await service.user();

    for (const amount of ['5000', 5_000.5, 5e12, null, [5_000, 10_000], { valueOf: 5_000 }, true]) {
      expect((await create(client, amount)).errors?.[0]?.extensions).toEqual({
        code: 'BAD_USER_INPUT',
        retryable: false,
      });
    }
    expect(await ordersOf(account.id)).toBe(0);
  });
});

describe('the greatest balance', () => {
  test('can be reached and not exceeded', async () => {
    const { client, account } = await service.user();
    const half = await orderAndPay(client, service.simulator, { orderAmount: 50_000 });
    await credit(client, half.imp_uid);
    await service.simulator.forgetRequests();

    const refused = await create(client, 100_000);

    expect(refused.errors?.[0]?.extensions).toEqual({
      code: 'POINT_LIMIT_EXCEEDED',
      point: 50_000,
      openOrders: 0,
      maxBalance: 100_000,
      retryable: false,
    });
    expect((await service.simulator.requests()).total).toBe(0);
    expect(await ordersOf(account.id)).toBe(1);
    expect((await create(client, 50_000)).errors).toBeUndefined();
  });

  test('does not stop money that was already paid from being credited', async () => {
    const { client } = await service.user();
    const first = await orderAndPay(client, service.simulator, { orderAmount: 100_000 });
    // Paid after its time: nobody counts on it any more.
    const { merchant_uid: merchantUid } = first;
    await service.books.manager.update(PaymentOrder, { merchantUid }, { expiresAt: new Date(0) });
    const second = await orderAndPay(client, service.simulator, { orderAmount: 100_000 });
    await credit(client, first.imp_uid);

    const answer = await credit(client, second.imp_uid);

    expect(answer.data.createPointTransaction.balanceAfter).toBe(200_000);
  });
});

test.each([
  ['cuts the connection', 'cut'],
  ['answers 500', 500],
  ['refuses with HTTP 200 and a code', 200],
] as const)('stores no order while the gateway %s', async (_title, kind) => {
  const { client, account } = await service.user();
  gateway.misbehave((request, response) => {
    if (!request.url?.startsWith('/payments/prepare')) return false;
    if (kind === 'cut') response.destroy();
    else response.writeHead(kind).end('{"code":1,"message":"등록할 수 없습니다.","response":null}');
    return true;
  });

  const answer = await create(client, 5_000);

  expect(answer.errors?.[0]?.extensions).toEqual({ code: 'GATEWAY_UNAVAILABLE', retryable: true });
  expect(await ordersOf(account.id)).toBe(0);
});

function ordersOf(ownerId: string): Promise<number> {
  return service.books.manager.countBy(PaymentOrder, { ownerId });
}

async function readPrepared(merchantUid: string): Promise<unknown> {
  const { IAMPORT_API_KEY, IAMPORT_API_SECRET } = simulatorSettings(service.simulatorUrl);
  const tokenAnswer = await fetch(`${service.simulatorUrl}/users/getToken`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ imp_key: IAMPORT_API_KEY, imp_secret: IAMPORT_API_SECRET }),
  });
  const { response } = (await tokenAnswer.json()) as { response: { access_token: string } };
  const prepared = await fetch(`${service.simulatorUrl}/payments/prepare/${merchantUid}`, {
    headers: { authorization: response.access_token },
  });
  return prepared.json();
}
