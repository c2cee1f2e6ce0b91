import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Payment } from '../../src/payment/payment.entity.js';
import { faultsInBooks, readAccount } from '../support/books.js';
import {
  answerJson,
  type FaultyGateway,
  onPaymentRead,
  startFaultyGateway,
} from '../support/faulty-gateway.js';
import type { PaymentWish } from '../support/simulator-control.js';
import { gatewayView } from '../support/gateway-view.js';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';

const UNKNOWN_IMP_UID = 'imp_999999999999';

/** Texts that could become another address, another query or another payment if they reached the gateway. */
const PATH_TRICKS = [
  '',
  ' ',
  'imp_',
  'imp_123456789012 ',
  ' imp_123456789012',
  'imp_123456789012\n',
  'imp_123456789012\r\nX-Injected: 1',
  'imp_123456789012\u0000',
  'imp_123456789012?include_sandbox=true',
  'imp_123456789012&include_sandbox=true',
  'imp_123456789012%3Finclude_sandbox=true',
  'imp_123456789012#',
  'imp_123456789012/balance',
  'imp_123456789012%2Fbalance',
  'imp_123456789012\\balance',
  'imp_123456789012;status=paid',
  '../payments/imp_123456789012',
  '..%2fusers%2fgetToken',
  '%2e%2e/users/getToken',
  'imp_../../users/getToken',
  'status/paid',
  'find/pt01/paid',
  'prepare',
  'cancel',
  'http://localhost:1/imp_123456789012',
  '//evil.example/imp_123456789012',
  'imp_１２３４５６７８９０１２',
  'ｉｍｐ_123456789012',
  'imp_123456789012\u200b',
  'imp\u2024_123456789012',
  'IMP_123456789012',
  `imp_${'1'.repeat(29)}`,
  `imp_${'1'.repeat(5000)}`,
  "imp_1' OR '1'='1",
  'imp_1"}',
  '__proto__',
  'imp_*',
  'imp_12-34',
];

let service: TopUpService;

beforeAll(async () => {
  // Some of these tests count the calls that a caller causes.
  service = await startTopUpService({ simulatorEnv: { IAMPORT_SIMULATOR_WEBHOOKS: 'never' } });
});

afterAll(() => service.stop());

/** A new user who has an order that is paid as `wish` says, and the answer to their claim. */
async function claimAfter(
  wish: Partial<PaymentWish> & { orderAmount?: number } = {},
  claimedAmount?: number,
) {
  const { client, account } = await service.user();
  const payment = await orderAndPay(client, service.simulator, wish);
  const answer = await credit(client, payment.imp_uid, claimedAmount);
  return { client, account, payment, answer };
}

async function expectNothingBooked(ownerId: string) {
  const { balance, rows } = await readAccount(service.books, ownerId);
  expect({ point: balance.point, rows }).toEqual({ point: 0, rows: [] });
}

describe('a payment of the caller’s own order', () => {
  test('is credited with its whole amount: row, balance and order', async () => {
    const { client, account, payment, answer } = await claimAfter({ orderAmount: 30_000 }, 30_000);

    expect(answer.errors).toBeUndefined();
    expect(answer.data.createPointTransaction).toEqual({
      id: expect.any(String),
      impUid: payment.imp_uid,
      merchantUid: payment.merchant_uid,
      amount: 30_000,
      status: 'PAYMENT',
      balanceAfter: 30_000,
    });
    const { balance, rows } = await readAccount(service.books, account.id);
    expect(balance.point).toBe(30_000);
    expect(rows.map(({ amount, impUid }) => ({ amount, impUid }))).toEqual([
      { amount: 30_000, impUid: payment.imp_uid },
    ]);
    expect(await faultsInBooks(service.books, account.id)).toEqual([]);
    const { paymentOrder } = await client.succeed<{ paymentOrder: { state: string } }>(
      'query ($id: ID!) { paymentOrder(merchantUid: $id) { state pointTransaction { amount } } }',
      { id: payment.merchant_uid },
    );
    expect(paymentOrder).toEqual({ state: 'PAID', pointTransaction: { amount: 30_000 } });
  });

  test('tells how it was paid and where its receipt is, in the transaction, in the history and of its order', async () => {
    const { client, payment } = await claimAfter({ pay_method: 'trans', pg_provider: 'html5_inicis' });
    const shown = await client.succeed<Record<string, unknown>>(
      `query ($id: ID!) {
        pointTransactions(first: 1) { nodes { method receiptUrl } }
        paymentOrder(merchantUid: $id) { pointTransaction { method receiptUrl } }
      }`,
      { id: payment.merchant_uid },
    );

    const told = { method: 'trans', receiptUrl: payment.receipt_url };
    expect(told.receiptUrl).toMatch(/^http/);
    expect(shown).toEqual({ pointTransactions: { nodes: [told] }, paymentOrder: { pointTransaction: told } });
    expect(
      await service.books.manager.findOneBy(Payment, { gatewayPaymentId: payment.imp_uid }),
    ).toMatchObject({
      state: 'PAID',
      amount: 10_000,
      cancelledAmount: 0,
      isTest: true,
      pg: 'html5_inicis',
      ...told,
    });
  });

  test('is credited without a claimed amount, and with null as the claimed amount', async () => {
    const { answer } = await claimAfter();
    expect(answer.data.createPointTransaction.amount).toBe(10_000);

    const { client } = await service.user();
    const payment = await orderAndPay(client, service.simulator);
    const { createPointTransaction } = await client.succeed<{ createPointTransaction: { amount: number } }>(
      'mutation ($impUid: String!) { createPointTransaction(impUid: $impUid, amount: null) { amount } }',
      { impUid: payment.imp_uid },
    );
    expect(createPointTransaction.amount).toBe(10_000);
  });

  test('gives the same row when it is claimed again, without another call of the gateway', async () => {
    const { client, account, payment, answer } = await claimAfter();
    await service.simulator.forgetRequests();

    const again = await credit(client, payment.imp_uid);
    const onceMore = await credit(client, payment.imp_uid, 10_000);

    expect(again.data).toEqual(answer.data);
    expect(onceMore.data).toEqual(answer.data);
    expect((await service.simulator.requests()).total).toBe(0);
    expect((await readAccount(service.books, account.id)).rows).toHaveLength(1);
  });

  test('shows the balance that it left, also when one document credits several', async () => {
    const { client } = await service.user();
    const first = await orderAndPay(client, service.simulator);
    const second = await orderAndPay(client, service.simulator, { orderAmount: 5_000 });

    const answer = await client.call(
      `mutation ($first: String!, $second: String!) {
        first: createPointTransaction(impUid: $first) { ...Balance }
        firstAgain: createPointTransaction(impUid: $first) { ...Balance }
        second: createPointTransaction(impUid: $second) { ...Balance }
        firstAtLast: createPointTransaction(impUid: $first) { ...Balance }
      }
      fragment Balance on PointTransaction { user { point } }`,
      { first: first.imp_uid, second: second.imp_uid },
    );

    const { amount } = first;
    expect(answer.data).toEqual({
      first: { user: { point: amount } },
      firstAgain: { user: { point: amount } },
      second: { user: { point: amount + 5_000 } },
      firstAtLast: { user: { point: amount + 5_000 } },
    });
  });

  test('adds up with the payments before it', async () => {
    const { client, account } = await service.user();
    const balances: number[] = [];
    for (const orderAmount of [5_000, 10_000, 50_000]) {
      const payment = await orderAndPay(client, service.simulator, { orderAmount });
      balances.push((await credit(client, payment.imp_uid)).data.createPointTransaction.balanceAfter);
    }

    expect(balances).toEqual([5_000, 15_000, 65_000]);
    expect((await readAccount(service.books, account.id)).balance.point).toBe(65_000);
    expect(await faultsInBooks(service.books, account.id)).toEqual([]);
  });

  test('is credited with what is left when a part of it was given back before', async () => {
    for (const status of ['cancelled', 'paid'] as const) {
      const { account, answer } = await claimAfter({ cancel_amount: 4_000, status });

      expect(answer.data.createPointTransaction.amount).toBe(6_000);
      const { balance, rows } = await readAccount(service.books, account.id);
      expect(balance.point).toBe(6_000);
      expect(rows.map(({ amount }) => amount)).toEqual([6_000]);
    }
  });

  test('is credited when it comes after the order’s time', async () => {
    const { client, account } = await service.user();
    const payment = await orderAndPay(client, service.simulator);
    await service.books.query(
      `UPDATE point_payment_order SET expiresAt = '2020-01-01 00:00:00.000' WHERE merchantUid = ?`,
      [payment.merchant_uid],
    );

    const answer = await credit(client, payment.imp_uid);

    expect(answer.data.createPointTransaction.amount).toBe(10_000);
    expect((await readAccount(service.books, account.id)).balance.point).toBe(10_000);
  });
});

describe('a payment that is refused', () => {
  const MISMATCH = 'PAYMENT_MISMATCH';
  const NOT_PAID = 'PAYMENT_NOT_PAID';

  test.each<[string, Partial<PaymentWish>, { code: string; reason: string; retryable: boolean }]>([
    ['is not finished', { status: 'ready' }, { code: NOT_PAID, reason: 'READY', retryable: true }],
    [
      'waits for the deposit into a virtual account',
      { status: 'ready', pay_method: 'vbank', vbank_num: '110-1234-567890', vbank_issued_at: 1_700_000_000 },
      { code: NOT_PAID, reason: 'READY', retryable: true },
    ],
    ['failed', { status: 'failed' }, { code: NOT_PAID, reason: 'FAILED', retryable: false }],
    [
      'was given back in full',
      { status: 'cancelled', cancel_amount: 10_000 },
      { code: NOT_PAID, reason: 'CANCELLED', retryable: false },
    ],
    ['is one won short', { amount: 9_999 }, { code: MISMATCH, reason: 'AMOUNT', retryable: false }],
    ['is one won more', { amount: 10_001 }, { code: MISMATCH, reason: 'AMOUNT', retryable: false }],
    ['is of nothing', { amount: 0 }, { code: MISMATCH, reason: 'AMOUNT', retryable: false }],
    ['was paid in dollars', { currency: 'USD' }, { code: MISMATCH, reason: 'CURRENCY', retryable: false }],
    [
      'was paid for real on a test server',
      { sandbox: false },
      { code: MISMATCH, reason: 'CHANNEL', retryable: false },
    ],
  ])('is not credited when it %s', async (_title, wish, refusal) => {
    const { account, answer } = await claimAfter(wish);

    expect(answer.errors?.[0]?.extensions).toEqual(refusal);
    await expectNothingBooked(account.id);
  });

  test('is not credited when the caller claims another amount, and is when they claim none afterwards', async () => {
    for (const claimed of [9_999, 1, 0, -10_000, 2_147_483_647]) {
      const { client, account, payment, answer } = await claimAfter({}, claimed);

      expect(answer.errors?.[0]?.extensions).toEqual({
        code: MISMATCH,
        reason: 'CLAIMED_AMOUNT',
        retryable: false,
      });
      await expectNothingBooked(account.id);
      expect((await credit(client, payment.imp_uid)).data.createPointTransaction.amount).toBe(10_000);
    }
  });

  test('is refused for a wrong claimed amount also when it was credited before', async () => {
    const { client, payment } = await claimAfter();

    const answer = await credit(client, payment.imp_uid, 50_000);

    expect(answer.errors?.[0]?.extensions).toMatchObject({ code: MISMATCH, reason: 'CLAIMED_AMOUNT' });
  });

  test('is refused when the amount is no whole number of GraphQL', async () => {
    const { client, account } = await service.user();
    const payment = await orderAndPay(client, service.simulator);

    for (const amount of ['10000', 10_000.5, 2 ** 31, null, { amount: 1 }]) {
      const answer = await client.call(
        'mutation ($impUid: String!, $amount: Int!) { createPointTransaction(impUid: $impUid, amount: $amount) { id } }',
        { impUid: payment.imp_uid, amount },
      );
      expect(answer.errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', retryable: false });
    }
    await expectNothingBooked(account.id);
  });

  test('is unknown when the gateway does not know it', async () => {
    const { client, account } = await service.user();

    const answer = await credit(client, UNKNOWN_IMP_UID);

    expect(answer.errors?.[0]?.extensions).toEqual({ code: 'PAYMENT_NOT_FOUND', retryable: false });
    await expectNothingBooked(account.id);
  });

  test('is unknown when it is for no order of ours', async () => {
    const { client, account } = await service.user();
    const payment = await service.simulator.pay({ merchant_uid: 'order-of-another-shop', amount: 10_000 });

    const answer = await credit(client, payment.imp_uid, 10_000);

    expect(answer.errors?.[0]?.extensions).toEqual({ code: 'PAYMENT_NOT_FOUND', retryable: false });
    await expectNothingBooked(account.id);
  });

  test('is unknown to another user, whatever state it is in, and the owner is credited all the same', async () => {
    const owner = await service.user();
    const thief = await service.user();
    const paid = await orderAndPay(owner.client, service.simulator);
    const failed = await orderAndPay(owner.client, service.simulator, { status: 'failed' });
    const unknown = await credit(thief.client, UNKNOWN_IMP_UID);

    const answers = [
      await credit(thief.client, paid.imp_uid),
      await credit(thief.client, paid.imp_uid, 10_000),
      await credit(thief.client, paid.imp_uid, 1),
      await credit(thief.client, failed.imp_uid),
    ];
    const credited = await credit(owner.client, paid.imp_uid);
    answers.push(await credit(thief.client, paid.imp_uid), await credit(thief.client, paid.imp_uid, 1));

    // The whole answer is the one for an unknown payment, so that it tells nothing.
    for (const answer of answers) {
      expect({ status: answer.status, data: answer.data, errors: answer.errors }).toEqual({
        status: unknown.status,
        data: unknown.data,
        errors: unknown.errors,
      });
    }
    expect(credited.data.createPointTransaction.amount).toBe(10_000);
    expect((await readAccount(service.books, owner.account.id)).balance.point).toBe(10_000);
    await expectNothingBooked(thief.account.id);
    // Nobody was refunded for a claim of somebody else.
    expect(await gatewayView(service.simulatorUrl).read(paid.imp_uid)).toMatchObject({ cancel_amount: 0 });
  });

  test('is not credited when another payment of the same order was', async () => {
    const { client, account } = await service.user();
    const first = await orderAndPay(client, service.simulator);
    const second = await service.simulator.pay({ merchant_uid: first.merchant_uid, amount: 10_000 });
    const credited = await credit(client, first.imp_uid);

    const answer = await credit(client, second.imp_uid);

    expect(answer.errors?.[0]?.extensions).toEqual({
      code: MISMATCH,
      reason: 'ORDER_ALREADY_PAID',
      retryable: false,
    });
    const { balance, rows } = await readAccount(service.books, account.id);
    expect(balance.point).toBe(10_000);
    expect(rows.map(({ impUid }) => impUid)).toEqual([first.imp_uid]);
    expect((await credit(client, first.imp_uid)).data).toEqual(credited.data);
  });

  test('is credited on a later attempt when an earlier one of the same order failed', async () => {
    const { client, account } = await service.user();
    const failed = await orderAndPay(client, service.simulator, { status: 'failed' });
    expect((await credit(client, failed.imp_uid)).errors?.[0]?.extensions.code).toBe(NOT_PAID);
    const paid = await service.simulator.pay({ merchant_uid: failed.merchant_uid, amount: 10_000 });

    expect((await credit(client, paid.imp_uid)).data.createPointTransaction.amount).toBe(10_000);
    expect((await readAccount(service.books, account.id)).balance.point).toBe(10_000);
  });
});

describe('an id that is no imp_uid', () => {
  test('never reaches the gateway', async () => {
    const { client, account } = await service.user();
    await service.simulator.forgetRequests();

    for (const impUid of PATH_TRICKS) {
      const answer = await credit(client, impUid);
      expect({ impUid, extensions: answer.errors?.[0]?.extensions }).toEqual({
        impUid,
        extensions: { code: 'BAD_USER_INPUT', field: 'impUid', retryable: false },
      });
    }

    expect((await service.simulator.requests()).total).toBe(0);
    await expectNothingBooked(account.id);
  });

  test('is told from one of the right form, which does reach the gateway', async () => {
    const { client } = await service.user();
    await service.simulator.forgetRequests();

    await credit(client, UNKNOWN_IMP_UID);

    const { counts } = await service.simulator.requests();
    expect(counts['GET /payments/{imp_uid}']).toBe(1);
  });

  test('is refused by GraphQL when it is no text', async () => {
    const { client } = await service.user();
    await service.simulator.forgetRequests();

    for (const impUid of [123_456_789_012, ['imp_123456789012'], { $ne: null }, null, true]) {
      const answer = await client.call(
        'mutation ($impUid: String!) { createPointTransaction(impUid: $impUid) { id } }',
        { impUid },
      );
      expect(answer.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    }
    expect((await service.simulator.requests()).total).toBe(0);
  });
});

describe('on a live server', () => {
  let live: TopUpService;
  let gateway: FaultyGateway;

  beforeAll(async () => {
    live = await startTopUpService({
      gatewayUrl: async (simulatorUrl) => {
        gateway = await startFaultyGateway(simulatorUrl);
        return gateway.url;
      },
      env: { IAMPORT_CHANNEL_KEY: 'channel-key-sim-live', IAMPORT_TEST_MODE: 'false' },
    });
  });

  afterAll(async () => {
    await live.stop();
    await gateway.stop();
  });

  test('a live payment is credited', async () => {
    const { client, account } = await live.user();
    const payment = await orderAndPay(client, live.simulator, { sandbox: false });

    expect((await credit(client, payment.imp_uid)).data.createPointTransaction.amount).toBe(10_000);
    expect((await readAccount(live.books, account.id)).balance.point).toBe(10_000);
  });

  test('a test payment is unknown, because the gateway is not asked for test payments', async () => {
    const { client, account } = await live.user();
    const payment = await orderAndPay(client, live.simulator, { sandbox: true });

    expect((await credit(client, payment.imp_uid)).errors?.[0]?.extensions.code).toBe('PAYMENT_NOT_FOUND');
    expect((await readAccount(live.books, account.id)).balance.point).toBe(0);
  });

  test('a test payment is refused also when the gateway shows it unasked', async () => {
    const { client, account } = await live.user();
    const payment = await orderAndPay(client, live.simulator, { sandbox: true });
    gateway.addQuery({ include_sandbox: 'true' });

    const answer = await credit(client, payment.imp_uid);

    expect(answer.errors?.[0]?.extensions).toEqual({
      code: 'PAYMENT_MISMATCH',
      reason: 'CHANNEL',
      retryable: false,
    });
    expect((await readAccount(live.books, account.id)).balance.point).toBe(0);
  });

  test('a payment whose channel the gateway does not tell is refused', async () => {
    const { client } = await live.user();
    const payment = await orderAndPay(client, live.simulator, { sandbox: false });
    const silent = { ...payment, sandbox: undefined };
    gateway.misbehave(
      onPaymentRead((response) => answerJson(response, 200, { code: 0, message: null, response: silent })),
    );

    const answer = await credit(client, payment.imp_uid);
    gateway.behave();

    expect(answer.errors?.[0]?.extensions).toMatchObject({ code: 'PAYMENT_MISMATCH', reason: 'CHANNEL' });
  });
});
