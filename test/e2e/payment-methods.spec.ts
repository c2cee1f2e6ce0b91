import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GraphqlClient } from '../support/graphql-client.js';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';

const METHODS = '{ paymentMethods { method pgName minAmount maxAmount needs dueDays } }';
const CREATE = `mutation ($amount: Int!, $method: PointPaymentMethod) {
  createPaymentOrder(amount: $amount, method: $method) {
    merchantUid method checkout { payMethod pg channelKey vbankDue amount }
  }
}`;
const ORDER =
  'query ($merchantUid: ID!) { paymentOrder(merchantUid: $merchantUid) { method checkout { payMethod } } }';

interface Created {
  createPaymentOrder: { merchantUid: string; method: string; checkout: object };
}

let service: TopUpService;

beforeAll(async () => {
  service = await startTopUpService({
    env: {
      IAMPORT_CHANNEL_KEY: 'channel-key-sim-nice_v2',
      PAYMENT_METHODS:
        'kakaopay=channel-key-sim-kakaopay@kakaopay,card=channel-key-sim-html5_inicis@html5_inicis,trans=@kcp,phone,vbank',
      PAYMENT_LIMITS: 'card:max=30000;day=30000,kakaopay:month=50000',
      VBANK_DUE_DAYS: '5',
    },
  });
});
afterAll(() => service.stop());

const create = (client: GraphqlClient, amount: number, method?: string) =>
  client.call<Created>(CREATE, { amount, method });

test('are told to everybody in the order of the setting, in the caller’s language', async () => {
  const { paymentMethods } = await service.client().succeed<{ paymentMethods: object[] }>(METHODS);

  expect(paymentMethods).toEqual([
    { method: 'KAKAOPAY', pgName: '카카오페이', minAmount: 100, maxAmount: 50_000, needs: [], dueDays: null },
    {
      method: 'CARD',
      pgName: 'KG이니시스',
      minAmount: 100,
      maxAmount: 30_000,
      needs: ['TEL'],
      dueDays: null,
    },
    {
      method: 'TRANSFER',
      pgName: 'NHN 케이씨피(KCP)',
      minAmount: 400,
      maxAmount: null,
      needs: [],
      dueDays: null,
    },
    { method: 'PHONE', pgName: null, minAmount: null, maxAmount: null, needs: [], dueDays: null },
    { method: 'VIRTUAL_ACCOUNT', pgName: null, minAmount: null, maxAmount: null, needs: [], dueDays: 5 },
  ]);

  const english = await service
    .client()
    .call<{ paymentMethods: { pgName: string | null }[] }>(
      METHODS,
      {},
      { headers: { 'accept-language': 'en' } },
    );
  expect(english.data.paymentMethods.map(({ pgName }) => pgName)).toEqual([
    'KakaoPay',
    'KG Inicis',
    'NHN KCP',
    null,
    null,
  ]);
});

test('open the window each by its own contract, and only a virtual account has a due day', async () => {
  const { client } = await service.user();
  const answers = [];
  for (const method of ['KAKAOPAY', 'CARD', 'TRANSFER', 'PHONE', 'VIRTUAL_ACCOUNT']) {
    answers.push((await create(client, 10_000, method)).data.createPaymentOrder);
  }

  const key = (pg: string) => ({ channelKey: `channel-key-sim-${pg}`, pg: null });
  expect(answers.map(({ checkout }) => checkout)).toEqual([
    { payMethod: 'kakaopay', ...key('kakaopay'), vbankDue: null, amount: 10_000 },
    { payMethod: 'card', ...key('html5_inicis'), vbankDue: null, amount: 10_000 },
    { payMethod: 'trans', channelKey: null, pg: 'kcp', vbankDue: null, amount: 10_000 },
    { payMethod: 'phone', ...key('nice_v2'), vbankDue: null, amount: 10_000 },
    {
      payMethod: 'vbank',
      ...key('nice_v2'),
      vbankDue: expect.stringMatching(/^20\d{6}$/),
      amount: 10_000,
    },
  ]);
  // All of them are one order, and it remembers the last wish.
  const [merchantUid, ...others] = new Set(answers.map((one) => one.merchantUid));
  expect(others).toEqual([]);
  expect(await client.succeed(ORDER, { merchantUid })).toEqual({
    paymentOrder: { method: 'VIRTUAL_ACCOUNT', checkout: { payMethod: 'vbank' } },
  });
});

test('are the first one where the caller names none', async () => {
  const { client } = await service.user();

  for (const variables of [{ amount: 5_000 }, { amount: 10_000, method: null }]) {
    const { createPaymentOrder } = await client.succeed<Created>(CREATE, variables);
    expect(createPaymentOrder).toMatchObject({ method: 'KAKAOPAY', checkout: { payMethod: 'kakaopay' } });
  }
});

test('are no others: one that is not offered is refused with those that are', async () => {
  const { client } = await service.user();

  const answer = await create(client, 10_000, 'NAVERPAY');

  expect(answer.errors?.[0]?.extensions).toEqual({
    code: 'METHOD_NOT_OFFERED',
    offered: ['KAKAOPAY', 'CARD', 'TRANSFER', 'PHONE', 'VIRTUAL_ACCOUNT'],
    retryable: false,
  });
});

test('have limits: an amount beyond one is refused, nobody is called, and another way is open', async () => {
  const { client } = await service.user();
  await service.simulator.forgetRequests();

  const answer = await create(client, 50_000, 'CARD');

  expect(answer.errors?.[0]?.extensions).toEqual({
    code: 'METHOD_LIMIT_EXCEEDED',
    method: 'CARD',
    limit: 'AMOUNT_MAX',
    max: 30_000,
    left: 30_000,
    retryable: false,
  });
  expect((await service.simulator.requests()).total).toBe(0);
  expect((await create(client, 50_000, 'TRANSFER')).errors).toBeUndefined();
});

test('count against a limit what the gateway says was paid that way', async () => {
  const { client } = await service.user();
  const { createPaymentOrder: order } = (await create(client, 30_000, 'CARD')).data;
  const payment = await service.simulator.pay({ merchant_uid: order.merchantUid, amount: 30_000 });
  await client.succeed('mutation ($impUid: String!) { createPointTransaction(impUid: $impUid) { id } }', {
    impUid: payment.imp_uid,
  });

  const [korean, english] = await Promise.all(
    ['ko', 'en'].map((language) =>
      client.call(CREATE, { amount: 5_000, method: 'CARD' }, { headers: { 'accept-language': language } }),
    ),
  );

  expect(korean?.errors?.[0]?.extensions).toMatchObject({ limit: 'DAY', max: 30_000, left: 0 });
  expect(korean?.errors?.[0]?.message).toMatch(/하루에 30,000원까지.*0원 남았습니다\.$/);
  expect(english?.errors?.[0]?.message).toMatch(/30,000 won .* in one day\. 0 won are left today\.$/);
});

test('are in the log at the start, with the contract of each', () => {
  expect(service.server.output()).toContain('KAKAOPAY by channel-key-sim-kakaopay (KakaoPay)');
  expect(service.server.output()).toContain('TRANSFER by kcp (NHN KCP)');
  expect(service.server.output()).toContain('PHONE by channel-key-sim-nice_v2');
});
