import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  cancellationsOf,
  cancelPayment,
  type RefundService,
  startRefundService,
  topUp,
} from '../support/cancel-operations.js';
import { cutBefore, onCancel } from '../support/faulty-gateway.js';
import type { GraphqlClient } from '../support/graphql-client.js';
import { eventually } from '../support/rooms.js';

let service: RefundService;

beforeAll(async () => {
  service = await startRefundService();
});

beforeEach(() => service.gateway.behave());

afterAll(() => service.stop());

const quoteOf = (client: GraphqlClient, impUid: string) =>
  client.call<{ refundQuote: object }>(
    'query ($impUid: String!) { refundQuote(impUid: $impUid) { left refundable limitedBy } }',
    { impUid },
  );

test('follows a payment from its credit to its end', async () => {
  const { client, account } = await service.user();
  const impUid = await topUp(client, service.simulator);
  const quotes: object[] = [];
  const look = async () => quotes.push((await quoteOf(client, impUid)).data.refundQuote);
  // Stands for spending, which is not built yet.
  const spendDownTo = (point: number) =>
    service.books.query('UPDATE point_account SET point = ? WHERE ownerId = ?', [point, account.id]);

  await look();
  await cancelPayment(client, { impUid, amount: 1_000 });
  await look();
  await spendDownTo(3_000);
  await look();
  await spendDownTo(9_000);
  service.gateway.misbehave(onCancel(cutBefore));
  await cancelPayment(client, { impUid });
  await look();
  service.gateway.behave();
  await eventually(async () => {
    expect((await cancellationsOf(client)).nodes[0]?.state).toBe('DONE');
  });
  await look();

  expect(quotes).toEqual([
    { left: 10_000, refundable: 10_000, limitedBy: null },
    { left: 9_000, refundable: 9_000, limitedBy: null },
    { left: 9_000, refundable: 3_000, limitedBy: 'INSUFFICIENT_POINT' },
    { left: 9_000, refundable: 0, limitedBy: 'CANCEL_IN_PROGRESS' },
    { left: 0, refundable: 0, limitedBy: 'CANCEL_AMOUNT_EXCEEDED' },
  ]);
});

test('tells a stranger the same as of an unknown payment, and nobody anything', async () => {
  const [owner, stranger] = [await service.user(), await service.user()];
  const impUid = await topUp(owner.client, service.simulator);

  const foreign = await quoteOf(stranger.client, impUid);

  expect(foreign.errors?.[0]?.extensions.code).toBe('PAYMENT_NOT_FOUND');
  expect(foreign.errors).toEqual((await quoteOf(stranger.client, 'imp_999999999999')).errors);
  expect((await quoteOf(stranger.client, '../x')).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  expect((await quoteOf(service.client(), impUid)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
});
