import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GraphqlClient } from '../support/graphql-client.js';
import { makeOrder, startTopUpService, type TopUpService } from '../support/top-up-service.js';

const NUMBER = '56211912345678';
const DAY_SECONDS = 24 * 60 * 60;

let service: TopUpService;

beforeAll(async () => {
  service = await startTopUpService();
});

afterAll(() => service.stop());

const ORDER = `merchantUid state expiresAt
  deposits { impUid bank bankCode number holder amount dueAt } pointTransaction { amount }`;
const charge = (client: GraphqlClient, impUid: string) =>
  client.call('mutation ($impUid: String!) { createPointTransaction(impUid: $impUid) { amount } }', {
    impUid,
  });
const change = (client: GraphqlClient, mutation: string, merchantUid: string) =>
  client.call<Record<string, unknown>>(
    `mutation ($merchantUid: ID!) { ${mutation}(merchantUid: $merchantUid) { ${ORDER} } }`,
    { merchantUid },
  );
const awaited = async (client: GraphqlClient) =>
  (await client.succeed<{ awaitingDeposits: object[] }>(`{ awaitingDeposits { ${ORDER} } }`))
    .awaitingDeposits;

/** An order of a new user with an account that nobody has told the server of. */
async function issue(pgProvider = 'tosspayments') {
  const { client } = await service.user();
  const merchantUid = await makeOrder(client, 10_000);
  const dueSeconds = Math.floor(Date.now() / 1000) + 3 * DAY_SECONDS;
  const { imp_uid: impUid } = await service.simulator.pay({
    merchant_uid: merchantUid,
    amount: 10_000,
    status: 'ready',
    pay_method: 'vbank',
    pg_provider: pgProvider,
    vbank_num: NUMBER,
    vbank_code: '004',
    vbank_name: 'KB국민은행',
    vbank_date: dueSeconds,
  });
  const deposit = {
    impUid,
    bank: 'KB국민은행',
    bankCode: '004',
    number: NUMBER,
    holder: null,
    amount: 10_000,
    dueAt: new Date(dueSeconds * 1000).toISOString(),
  };
  return { client, merchantUid, impUid, deposit };
}

test('are offered with the days that one waits, and the window gets its due day in Korea', async () => {
  const { paymentMethods } = await service
    .client()
    .succeed<{ paymentMethods: object[] }>('{ paymentMethods { method dueDays } }');
  expect(paymentMethods).toContainEqual({ method: 'VIRTUAL_ACCOUNT', dueDays: 3 });

  const { client } = await service.user();
  const { createPaymentOrder } = await client.succeed<{ createPaymentOrder: { checkout: object } }>(
    'mutation { createPaymentOrder(amount: 10000, method: VIRTUAL_ACCOUNT) { checkout { payMethod vbankDue } } }',
  );
  const inThreeDays = new Date(Date.now() + 3 * DAY_SECONDS * 1000);
  expect(createPaymentOrder.checkout).toEqual({
    payMethod: 'vbank',
    vbankDue: inThreeDays.toLocaleDateString('sv', { timeZone: 'Asia/Seoul' }).replaceAll('-', ''),
  });
});

test('an account is shown until its deposit, which is credited', async () => {
  const { client, merchantUid, impUid, deposit } = await issue();

  const refused = await charge(client, impUid);

  expect(refused.errors?.[0]?.extensions).toMatchObject({
    code: 'PAYMENT_NOT_PAID',
    reason: 'READY',
    retryable: true,
    deposit,
  });
  const order = { merchantUid, state: 'AWAITING_DEPOSIT', expiresAt: deposit.dueAt, deposits: [deposit] };
  expect(await awaited(client)).toEqual([{ ...order, pointTransaction: null }]);
  expect((await change(client, 'reportDeposit', merchantUid)).data).toMatchObject({ reportDeposit: order });

  await service.simulator.act(impUid, 'deposit');
  expect((await change(client, 'reportDeposit', merchantUid)).data).toMatchObject({
    reportDeposit: { state: 'PAID', pointTransaction: { amount: 10_000 } },
  });
  expect(await awaited(client)).toEqual([]);
  const stranger = (await service.user()).client;
  for (const mutation of ['reportDeposit', 'cancelPaymentOrder']) {
    expect((await change(stranger, mutation, merchantUid)).errors?.[0]?.extensions.code).toBe(
      'ORDER_NOT_FOUND',
    );
  }
});

test('an account is given up, or its order is refused with the reason', async () => {
  const given = await issue();
  await charge(given.client, given.impUid);
  const stays = await issue('daou');
  await charge(stays.client, stays.impUid);
  const card = await makeOrder(stays.client, 5_000);

  expect((await change(given.client, 'cancelPaymentOrder', given.merchantUid)).data).toMatchObject({
    cancelPaymentOrder: { state: 'CANCELLED' },
  });
  const refusal = await change(stays.client, 'cancelPaymentOrder', stays.merchantUid);
  expect(refusal.errors?.[0]?.extensions).toMatchObject({
    code: 'ACCOUNT_NOT_CLOSED',
    until: stays.deposit.dueAt,
  });
  expect((await change(stays.client, 'cancelPaymentOrder', card)).errors?.[0]?.extensions).toMatchObject({
    code: 'NO_DEPOSIT_AWAITED',
    state: 'READY',
  });
});

test('a refund goes to an account that its owner names, and that only operators read', async () => {
  const { client, impUid } = await issue();
  await service.simulator.act(impUid, 'deposit');
  await charge(client, impUid);
  const cancel = (refundAccount?: object) =>
    client.call<{ cancelPointTransaction: { id: string } }>(
      `mutation ($impUid: String!, $refundAccount: PointRefundAccountInput) {
        cancelPointTransaction(impUid: $impUid, refundAccount: $refundAccount) { id state refundAccount expectedAt }
      }`,
      { impUid, refundAccount },
    );
  const { refundBanks } = await client.succeed<{ refundBanks: { code: string; name: string }[] }>(
    'query ($impUid: String!) { refundBanks(impUid: $impUid) { code name } }',
    { impUid },
  );
  expect(refundBanks).toContainEqual({ code: '004', name: 'KB국민은행' });
  expect((await cancel()).errors?.[0]?.extensions).toMatchObject({
    code: 'CANCEL_NOT_POSSIBLE',
    reason: 'REFUND_ACCOUNT_NEEDED',
  });
  expect((await cancel({ holder: '김', bank: '004', number: 'x' })).errors?.[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    field: 'refundAccount.number',
  });

  const done = await cancel({ holder: '김포인트', bank: '004', number: '301-9876-5432-11' });

  expect(done.data.cancelPointTransaction).toMatchObject({
    state: 'DONE',
    refundAccount: 'KB국민은행 ***211',
    expectedAt: null,
  });
  const read = await client.call('query ($id: ID!) { refundAccount(cancellationId: $id) { number } }', {
    id: done.data.cancelPointTransaction.id,
  });
  expect(read.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
});
