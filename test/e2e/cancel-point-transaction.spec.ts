import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { faultsInBooks, readAccount } from '../support/books.js';
import {
  cancellationsOf,
  cancelPayment,
  type RefundService,
  startRefundService,
  topUp,
} from '../support/cancel-operations.js';
import { cutBefore, loseAnswer, onCancel, refuse } from '../support/faulty-gateway.js';
import type { GraphqlClient } from '../support/graphql-client.js';
import { eventually } from '../support/rooms.js';
import { runProgram } from '../support/programs.js';
import { credit, RECOVERY_ASLEEP } from '../support/top-up-service.js';

let service: RefundService;

beforeAll(async () => {
  service = await startRefundService();
});

beforeEach(() => service.gateway.behave());

afterAll(() => service.stop());

async function meOf(client: GraphqlClient) {
  const { me } = await client.succeed<{ me: object }>('{ me { point heldPoint availablePoint } }');
  return me;
}

test('cancels a part and then the rest, and says what became of the points', async () => {
  const { client, account } = await service.user();
  const impUid = await topUp(client, service.simulator);

  const part = await cancelPayment(client, { impUid, amount: 2_500, reason: '  조금만  ' });
  const rest = await cancelPayment(client, { impUid });

  expect(part.errors).toBeUndefined();
  expect(part.data.cancelPointTransaction).toEqual({
    id: expect.any(String),
    impUid,
    amount: 2_500,
    state: 'DONE',
    reason: '조금만',
    refusal: null,
    requestedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    completedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    pointTransaction: { amount: -2_500, status: 'CANCEL', balanceAfter: 7_500 },
  });
  expect(rest.data.cancelPointTransaction).toMatchObject({
    amount: 7_500,
    state: 'DONE',
    reason: '고객 요청 / customer request',
    pointTransaction: { amount: -7_500, balanceAfter: 0 },
  });
  expect(await meOf(client)).toEqual({ point: 0, heldPoint: 0, availablePoint: 0 });
  expect((await service.view.read(impUid)).cancel_amount).toBe(10_000);
  expect(await faultsInBooks(service.books, account.id)).toEqual([]);

  const again = await credit(client, impUid);
  expect(again.data.createPointTransaction).toMatchObject({ status: 'PAYMENT', amount: 10_000 });
});

test('takes null for everything that may be left out', async () => {
  const { client } = await service.user();
  const impUid = await topUp(client, service.simulator);

  const { data } = await cancelPayment(client, { impUid, amount: null, reason: null, idempotencyKey: null });

  expect(data.cancelPointTransaction).toMatchObject({ amount: 10_000, state: 'DONE' });
});

test('is PENDING and no error while the answer is missing, and ends by itself', async () => {
  const { client, account } = await service.user();
  const impUid = await topUp(client, service.simulator);
  service.gateway.misbehave(onCancel(loseAnswer, 1));

  const { data, errors } = await cancelPayment(client, { impUid, amount: 4_000 });

  expect(errors).toBeUndefined();
  expect(data.cancelPointTransaction).toMatchObject({
    state: 'PENDING',
    completedAt: null,
    pointTransaction: null,
  });
  expect(await meOf(client)).toEqual({ point: 10_000, heldPoint: 4_000, availablePoint: 6_000 });
  await eventually(async () => {
    expect((await cancellationsOf(client)).nodes).toEqual([
      expect.objectContaining({
        id: data.cancelPointTransaction.id,
        state: 'DONE',
        pointTransaction: expect.objectContaining({ amount: -4_000 }),
      }),
    ]);
  });
  expect(await meOf(client)).toEqual({ point: 6_000, heldPoint: 0, availablePoint: 6_000 });
  expect((await service.view.read(impUid)).cancel_amount).toBe(4_000);
  expect(await faultsInBooks(service.books, account.id)).toEqual([]);
});

test('is the same cancellation under the same key while it is PENDING, and is carried out once', async () => {
  const { client } = await service.user();
  const impUid = await topUp(client, service.simulator);
  service.gateway.misbehave(onCancel(cutBefore, 1));
  const first = await cancelPayment(client, { impUid, idempotencyKey: 'after-the-cut' });

  const again = await cancelPayment(client, { impUid, idempotencyKey: 'after-the-cut' });

  expect(again.data.cancelPointTransaction.id).toBe(first.data.cancelPointTransaction.id);
  await eventually(async () => {
    expect((await cancellationsOf(client)).nodes[0]?.state).toBe('DONE');
  });
  expect((await service.view.read(impUid)).cancel_history).toHaveLength(1);
});

test('says no in the caller’s language, with what to do, when the payment company does', async () => {
  const { client, account } = await service.user();
  const impUid = await topUp(client, service.simulator);
  const other = await topUp(client, service.simulator);
  service.gateway.misbehave(onCancel(refuse));

  const korean = await cancelPayment(client, { impUid });
  const english = await cancelPayment(client, { impUid: other }, { 'accept-language': 'en' });

  expect(korean.errors?.[0]).toMatchObject({
    message: expect.stringContaining('마감된 거래입니다'),
    extensions: {
      code: 'CANCEL_REFUSED',
      retryable: false,
      cancellationId: expect.any(String),
      reason: 'OTHER',
    },
  });
  expect(english.errors?.[0]?.message).toContain('bank transfer');
  await eventually(async () => {
    const { nodes } = await cancellationsOf(client);
    expect(nodes.map(({ state }) => state)).toEqual(['REFUSED', 'REFUSED']);
  });
  const { balance } = await readAccount(service.books, account.id);
  expect(balance).toMatchObject({ point: 20_000, heldPoint: 0 });
});

describe('a call that is refused', () => {
  let counted: RefundService;

  beforeAll(async () => {
    counted = await startRefundService({ env: RECOVERY_ASLEEP });
  });

  afterAll(() => counted.stop());

  test.each<[string, Record<string, unknown>, object]>([
    ['zero', { amount: 0 }, { code: 'BAD_USER_INPUT', field: 'amount' }],
    ['less than nothing', { amount: -1 }, { code: 'BAD_USER_INPUT', field: 'amount' }],
    ['a fraction', { amount: 0.5 }, { code: 'BAD_USER_INPUT' }],
    ['more than GraphQL counts', { amount: 2 ** 31 }, { code: 'BAD_USER_INPUT' }],
    ['a text', { amount: '1000' }, { code: 'BAD_USER_INPUT' }],
    ['more than is left', { amount: 10_001 }, { code: 'CANCEL_AMOUNT_EXCEEDED', left: 10_000 }],
    ['an unknown payment', { impUid: 'imp_999999999999' }, { code: 'PAYMENT_NOT_FOUND' }],
    ['no payment', { impUid: '../payments' }, { code: 'BAD_USER_INPUT' }],
  ])('refuses %s without a call of the gateway', async (_title, changed, extensions) => {
    const { client, account } = await counted.user();
    const impUid = await topUp(client, counted.simulator);
    await counted.simulator.forgetRequests();

    const { errors } = await cancelPayment(client, { impUid, ...changed });

    expect(errors?.[0]?.extensions).toMatchObject({ ...extensions, retryable: false });
    expect((await counted.simulator.requests()).total).toBe(0);
    expect((await cancellationsOf(client)).nodes).toEqual([]);
    const { balance } = await readAccount(counted.books, account.id);
    expect(balance).toMatchObject({ point: 10_000, heldPoint: 0 });
  });

  test('is nobody’s but the payer’s', async () => {
    const [owner, stranger] = [await counted.user(), await counted.user()];
    const impUid = await topUp(owner.client, counted.simulator);
    await counted.simulator.forgetRequests();

    const foreign = await cancelPayment(stranger.client, { impUid });
    const unknown = await cancelPayment(stranger.client, { impUid: 'imp_999999999999' });
    const nobody = await cancelPayment(counted.client(), { impUid });

    expect(foreign.errors?.[0]?.extensions.code).toBe('PAYMENT_NOT_FOUND');
    expect(foreign.errors).toEqual(unknown.errors);
    expect(nobody.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect((await counted.simulator.requests()).total).toBe(0);
    expect((await readAccount(counted.books, owner.account.id)).balance.point).toBe(10_000);
  });
});

test('refuses a used key for another wish', async () => {
  const { client } = await service.user();
  const impUid = await topUp(client, service.simulator);
  await cancelPayment(client, { impUid, amount: 1_000, idempotencyKey: 'key' });

  const { errors } = await cancelPayment(client, { impUid, amount: 2_000, idempotencyKey: 'key' });

  expect(errors?.[0]?.extensions).toEqual({ code: 'IDEMPOTENCY_KEY_REUSED', retryable: false });
});

describe('for somebody else', () => {
  /** Each of them says whose payment is meant. */
  const DOCUMENTS = [
    'mutation ($impUid: String!, $ownerId: ID) { cancelPointTransaction(impUid: $impUid, ownerId: $ownerId, reason: "고객센터 요청") { id } }',
    'query ($impUid: String!, $ownerId: ID) { refundQuote(impUid: $impUid, ownerId: $ownerId) { left } }',
    'query ($impUid: String!, $ownerId: ID) { refundBanks(impUid: $impUid, ownerId: $ownerId) { code } }',
    'query ($ownerId: ID) { cancellations(ownerId: $ownerId) { nodes { id } } }',
  ];

  test('an operator gives money back with a reason, and customer and operator see who it was', async () => {
    const [customer, operator] = [await service.user(), await service.user()];
    await runProgram('programs/operator.js', {
      args: ['grant', operator.account.email],
      env: { DATA_DIR: service.folder },
    });
    const impUid = await topUp(customer.client, service.simulator);
    const ownerId = customer.account.id;

    const { refundQuote } = await operator.client.succeed<{ refundQuote: { plan: object } }>(
      'query ($impUid: String!, $ownerId: ID) { refundQuote(impUid: $impUid, amount: 3000, ownerId: $ownerId) { plan { amount points bonus fee } } }',
      { impUid, ownerId },
    );
    const cancel = (reason: string | null) =>
      operator.client.call<{ cancelPointTransaction: object }>(
        `mutation ($impUid: String!, $ownerId: ID, $reason: String, $quoted: PointQuotedRefund) {
          cancelPointTransaction(impUid: $impUid, amount: 3000, ownerId: $ownerId, reason: $reason, quoted: $quoted) {
            state reason actor pointTransaction { amount actor balanceAfter }
          }
        }`,
        { impUid, ownerId, reason, quoted: refundQuote.plan },
      );
    expect((await cancel(' ')).errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'reason',
    });

    const done = {
      state: 'DONE',
      reason: '고객센터 요청',
      actor: operator.account.id,
      pointTransaction: { amount: -3_000, actor: operator.account.id, balanceAfter: 7_000 },
    };
    expect((await cancel('고객센터 요청')).data.cancelPointTransaction).toEqual(done);
    const shown = { nodes: [{ state: 'DONE', actor: operator.account.id }] };
    expect(await customer.client.succeed('{ cancellations { nodes { state actor } } }')).toEqual({
      cancellations: shown,
    });
    expect(
      await operator.client.succeed(
        'query ($ownerId: ID) { cancellations(ownerId: $ownerId) { nodes { state actor } } }',
        { ownerId },
      ),
    ).toEqual({ cancellations: shown });
    expect((await service.view.read(impUid)).cancel_amount).toBe(3_000);
    expect(await faultsInBooks(service.books, ownerId)).toEqual([]);
  });

  test.each(DOCUMENTS)('is refused to users: %s', async (document) => {
    const [customer, stranger] = [await service.user(), await service.user()];
    const impUid = await topUp(customer.client, service.simulator);
    await service.simulator.forgetRequests();

    const { errors } = await stranger.client.call(document, { impUid, ownerId: customer.account.id });

    expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await service.simulator.requests()).total).toBe(0);
    expect((await readAccount(service.books, customer.account.id)).balance.point).toBe(10_000);
  });

  test.each(DOCUMENTS)('is open to who names themselves: %s', async (document) => {
    const { client, account } = await service.user();
    const impUid = await topUp(client, service.simulator);

    await client.succeed(document, { impUid, ownerId: account.id });
  });
});
