import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Payment } from '../../src/payment/payment.entity.js';
import { cancelPayment } from '../support/cancel-operations.js';
import type { GraphqlClient } from '../support/graphql-client.js';
import {
  credit,
  makeOrder,
  orderAndPay,
  startTopUpService,
  type TopUpService,
} from '../support/top-up-service.js';

const CARD = { card_name: 'BC카드', card_number: '910020*********1' };

let service: TopUpService;

beforeAll(async () => {
  service = await startTopUpService();
});

afterAll(() => service.stop());

interface Event {
  kind: string;
  at: string;
  amount: number;
  receiptUrl: string | null;
}
type Shown = { timeline: Event[] } & Record<string, unknown>;

async function shown(client: GraphqlClient, impUid: string): Promise<Shown | null> {
  const { payment } = await client.succeed<{ payment: Shown | null }>(
    `query ($impUid: String!) {
      payment(impUid: $impUid) {
        impUid merchantUid state amount cancelledAmount currency method cardName cardNumber receiptUrl
        timeline { kind at amount receiptUrl }
      }
    }`,
    { impUid },
  );
  return payment;
}

const kinds = (payment: Shown | null) => payment?.timeline.map(({ kind }) => kind);

/** A payment of a new user that is credited. */
async function charge(wish: Parameters<typeof orderAndPay>[2] = CARD) {
  const { client } = await service.user();
  const payment = await orderAndPay(client, service.simulator, wish);
  await credit(client, payment.imp_uid);
  return { client, payment, impUid: payment.imp_uid };
}

test('a payment shows its card, and what happened with its receipts: ordered, paid, credited, cancelled', async () => {
  const { client, payment, impUid } = await charge();
  await cancelPayment(client, { impUid, amount: 3000 });
  await cancelPayment(client, { impUid });

  const detail = await shown(client, impUid);

  expect(detail).toMatchObject({
    impUid,
    merchantUid: payment.merchant_uid,
    state: 'CANCELLED',
    amount: 10_000,
    cancelledAmount: 10_000,
    currency: 'KRW',
    method: 'card',
    cardName: 'BC카드',
    cardNumber: '910020*********1',
    receiptUrl: payment.receipt_url,
  });
  expect(detail?.timeline.map(({ kind, amount }) => [kind, amount])).toEqual([
    ['ORDERED', 10_000],
    ['PAID', 10_000],
    ['CREDITED', 10_000],
    ['CANCEL_REQUESTED', 3000],
    ['CANCELLED', 3000],
    ['CANCEL_REQUESTED', 7000],
    ['CANCELLED', 7000],
  ]);
  const receipts = detail?.timeline.flatMap(({ kind, receiptUrl }) =>
    receiptUrl ? [[kind, receiptUrl]] : [],
  );
  expect(receipts?.map(([kind]) => kind)).toEqual(['PAID', 'CANCELLED', 'CANCELLED']);
  expect(receipts?.[0]?.[1]).toBe(payment.receipt_url);
  expect(new Set(receipts?.map(([, url]) => url)).size).toBe(3);
});

test('the history has the card and the receipt of each payment and of each cancellation', async () => {
  const { client, payment, impUid } = await charge();
  await cancelPayment(client, { impUid, amount: 3000 });
  const detail = await shown(client, impUid);

  const { pointTransactions } = await client.succeed<{ pointTransactions: { nodes: object[] } }>(
    '{ pointTransactions(first: 2) { nodes { status receiptUrl cardName cardNumber } } }',
  );

  const card = { cardName: 'BC카드', cardNumber: '910020*********1' };
  expect(pointTransactions.nodes).toEqual([
    { status: 'CANCEL', receiptUrl: detail?.timeline.at(-1)?.receiptUrl, ...card },
    { status: 'PAYMENT', receiptUrl: payment.receipt_url, ...card },
  ]);
});

test('the whole number of a card is never stored, should a gateway ever send it', async () => {
  const { client, impUid } = await charge({ card_name: 'X', card_number: '4000-1234-5678-9017' });

  expect(await shown(client, impUid)).toMatchObject({ cardNumber: '****9017' });
  const row = await service.books.manager.findOneByOrFail(Payment, { gatewayPaymentId: impUid });
  expect(row.cardNumber).toBe('****9017');
});

test('a virtual account that waits is a payment without a credit', async () => {
  const { client } = await service.user();
  const merchantUid = await makeOrder(client, 10_000);
  const issuedAt = Math.floor(Date.now() / 1000);
  const { imp_uid: impUid } = await service.simulator.pay({
    merchant_uid: merchantUid,
    amount: 10_000,
    status: 'ready',
    pay_method: 'vbank',
    vbank_num: '56211912345678',
    vbank_name: 'KB국민은행',
    vbank_date: issuedAt + 86_400,
    vbank_issued_at: issuedAt,
  });
  await client.call('mutation ($impUid: String!) { createPointTransaction(impUid: $impUid) { id } }', {
    impUid,
  });

  const detail = await shown(client, impUid);

  expect(detail).toMatchObject({ state: 'READY', cardName: null, cardNumber: null, receiptUrl: null });
  expect(kinds(detail)).toEqual(['ORDERED', 'ACCOUNT_ISSUED']);
});

test('a payment of somebody else is none, and so is any other text', async () => {
  const { impUid } = await charge();
  const { client } = await service.user();

  expect(await shown(client, impUid)).toBeNull();
  expect(await shown(client, 'imp_000000000000')).toBeNull();
  expect(await shown(client, 'no payment')).toBeNull();
});
