import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GraphqlClient } from '../support/graphql-client.js';
import {
  credit,
  makeOrder,
  orderAndPay,
  startTopUpService,
  type TopUpService,
} from '../support/top-up-service.js';

let service: TopUpService;

beforeAll(async () => {
  service = await startTopUpService();
});

afterAll(() => service.stop());

async function read(client: GraphqlClient, merchantUid: string): Promise<unknown> {
  const { paymentOrder } = await client.succeed<{ paymentOrder: unknown }>(
    `query ($merchantUid: ID!) {
      paymentOrder(merchantUid: $merchantUid) {
        merchantUid amount state checkout { merchantUid amount } pointTransaction { impUid amount }
      }
    }`,
    { merchantUid },
  );
  return paymentOrder;
}

test('shows the owner an order that can be paid', async () => {
  const { client } = await service.user();
  const merchantUid = await makeOrder(client, 30_000);

  expect(await read(client, merchantUid)).toEqual({
    merchantUid,
    amount: 30_000,
    state: 'READY',
    checkout: { merchantUid, amount: 30_000 },
    pointTransaction: null,
  });
});

test('shows a paid order with the transaction that credited it', async () => {
  const { client } = await service.user();
  const payment = await orderAndPay(client, service.simulator);
  await credit(client, payment.imp_uid);

  expect(await read(client, payment.merchant_uid)).toMatchObject({
    state: 'PAID',
    pointTransaction: { impUid: payment.imp_uid, amount: 10_000 },
  });
});

test('shows an order as paid only when it was credited, not when it was paid at the gateway', async () => {
  const { client } = await service.user();
  const payment = await orderAndPay(client, service.simulator);

  expect(await read(client, payment.merchant_uid)).toMatchObject({ state: 'READY', pointTransaction: null });
});

test('shows an unpaid order as expired after its time, and a paid one as paid for ever', async () => {
  const { client } = await service.user();
  const payment = await orderAndPay(client, service.simulator);
  await credit(client, payment.imp_uid);
  const unpaid = await makeOrder(client);
  await service.books.query(`UPDATE point_payment_order SET expiresAt = '2020-01-01 00:00:00.000'`);

  expect(await read(client, unpaid)).toMatchObject({ state: 'EXPIRED' });
  expect(await read(client, payment.merchant_uid)).toMatchObject({ state: 'PAID' });
});

test('shows nothing for the order of somebody else and for an unknown one', async () => {
  const owner = await service.user();
  const stranger = await service.user();
  const merchantUid = await makeOrder(owner.client);

  expect(await read(stranger.client, merchantUid)).toBeNull();
  expect(await read(stranger.client, 'pt00000000000000000000000000')).toBeNull();
  expect(await read(stranger.client, `${merchantUid}' OR '1'='1`)).toBeNull();
  expect(await read(owner.client, merchantUid)).toMatchObject({ merchantUid });
});

test('tells orders apart that differ in upper and lower case only', async () => {
  const { client } = await service.user();
  const merchantUid = await makeOrder(client);

  expect(await read(client, merchantUid.toLowerCase())).toBeNull();
});
