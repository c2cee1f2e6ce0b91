import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cancelPayment, type RefundService, startRefundService } from '../support/cancel-operations.js';
import { answerJson } from '../support/faulty-gateway.js';
import type { GraphqlClient } from '../support/graphql-client.js';

interface Rule {
  value: unknown;
  certainty: string;
  note: string | null;
}

interface Capabilities {
  pg: string;
  name: string;
  methods: ({ method: string } & Record<string, Rule>)[];
}

const RULE = '{ value certainty note }';
const QUERY = `{ paymentCapabilities { pg name methods {
  method
  partialCancel ${RULE} partialCancelsMax ${RULE} answersLater ${RULE} minAmount ${RULE} maxAmount ${RULE}
  accountRevoke ${RULE} refundAccount ${RULE} taxOnCancel ${RULE} cashReceipt ${RULE}
  cancelEnd { value { kind count } certainty note }
  closedHours { value { from until } certainty note }
} } }`;

let service: RefundService;

beforeAll(async () => {
  service = await startRefundService({
    env: { IAMPORT_CHANNEL_KEY: 'channel-key-sim-ksnet', PAYMENT_METHODS: 'card,trans,vbank' },
  });
});
afterAll(() => service.stop());

const ask = async (client: GraphqlClient, headers: Record<string, string> = {}) => {
  const answer = await client.call<{ paymentCapabilities: Capabilities[] }>(QUERY, {}, { headers });
  return answer.errors ?? answer.data.paymentCapabilities;
};

test('are not told without the gateway’s word about our channel, and after it without asking again', async () => {
  const { client } = await service.user();
  service.gateway.misbehave((request, response) => {
    if (request.url !== '/users/pg') return false;
    answerJson(response, 503, {});
    return true;
  });

  expect(await ask(client)).toMatchObject([{ extensions: { code: 'GATEWAY_UNAVAILABLE', retryable: true } }]);
  service.gateway.behave();
  // What was asked a moment ago is not asked again.
  expect(await ask(client)).toMatchObject([{ extensions: { code: 'GATEWAY_UNAVAILABLE' } }]);
  await new Promise((resolve) => setTimeout(resolve, 5_100));
  await Promise.all(Array.from({ length: 10 }, () => ask(client)));

  const { counts } = await service.simulator.requests();
  expect(counts['GET /users/pg']).toBe(1);
});

test('are the rules of the PG of the configured channel, each with how sure it is, in the caller’s language', async () => {
  const { client } = await service.user();

  const korean = (await ask(client)) as Capabilities[];
  const english = (await ask(client, { 'accept-language': 'en' })) as Capabilities[];

  expect(korean.map(({ pg, name }) => [pg, name])).toEqual([['ksnet', '케이에스넷(KSNET)']]);
  expect(english[0]?.name).toBe('KSNET');
  const methods = Object.fromEntries((english[0]?.methods ?? []).map((rules) => [rules.method, rules]));
  expect(Object.keys(methods)).toEqual(['card', 'trans', 'vbank', 'phone']);
  expect(methods.vbank).toMatchObject({
    partialCancel: { value: true, certainty: 'DOCUMENTED', note: expect.stringContaining('contract') },
    partialCancelsMax: { value: 9, certainty: 'DOCUMENTED', note: null },
    cancelEnd: { value: { kind: 'MONTHS', count: 6 }, certainty: 'DOCUMENTED' },
    closedHours: { value: { from: 23, until: 6 } },
    refundAccount: { value: 'ACCOUNT' },
    accountRevoke: { value: true },
    cashReceipt: { value: 'LATER' },
    answersLater: { value: null, certainty: 'NOT_KNOWN', note: null },
  });
  expect(methods.phone).toMatchObject({
    partialCancel: { value: false },
    cancelEnd: { value: { kind: 'CALENDAR_MONTH', count: null }, note: expect.stringContaining('January') },
    refundAccount: { value: 'NONE', certainty: 'ASSUMED' },
  });
  expect(korean[0]?.methods.find(({ method }) => method === 'phone')?.cancelEnd?.note).toContain('1월 31일');
});

test('cost as much as the longest answer: all of them at once, but not twice', async () => {
  const { client } = await service.user();

  expect((await client.call(QUERY)).errors).toBeUndefined();
  const twice = await client.call(QUERY.replace(/ \}\s*$/, ` again: ${QUERY.slice(2)}`));

  expect(twice.errors?.[0]).toMatchObject({
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED', cost: expect.any(Number) },
  });
});

test('are not for strangers', async () => {
  expect(await ask(service.client())).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
});

test('hold for a payment: a part of a phone bill is refused in the caller’s language, and nothing is held', async () => {
  const { client } = await service.user();
  const { createPaymentOrder: order } = await client.succeed<{
    createPaymentOrder: { merchantUid: string };
  }>('mutation { createPaymentOrder(amount: 10000) { merchantUid } }');
  const { imp_uid: impUid } = await service.simulator.pay({
    merchant_uid: order.merchantUid,
    amount: 10_000,
    pg_provider: 'ksnet',
    pay_method: 'phone',
  });
  await client.succeed('mutation ($impUid: String!) { createPointTransaction(impUid: $impUid) { id } }', {
    impUid,
  });

  const inKorean = await cancelPayment(client, { impUid, amount: 1_000 });
  const inEnglish = await cancelPayment(client, { impUid, amount: 1_000 }, { 'accept-language': 'en' });
  const { refundQuote, me } = await client.succeed<{ refundQuote: Record<string, unknown>; me: object }>(
    `query ($impUid: String!) {
      refundQuote(impUid: $impUid) {
        refundable limitedBy obstacle opensAt partialCancel partialCancelsLeft cancelUntil isCancelUntilAbout refundAccount
      }
      me { point availablePoint }
    }`,
    { impUid },
  );

  const extensions = { code: 'CANCEL_NOT_POSSIBLE', reason: 'ONLY_IN_FULL', retryable: false };
  expect(inKorean.errors).toMatchObject([{ extensions, message: expect.stringContaining('전액을 취소') }]);
  expect(inEnglish.errors).toMatchObject([
    { extensions, message: expect.stringContaining('only be cancelled in full') },
  ]);
  expect(me).toEqual({ point: 10_000, availablePoint: 10_000 });
  expect(refundQuote).toEqual({
    refundable: 10_000,
    limitedBy: null,
    obstacle: null,
    opensAt: null,
    partialCancel: 'NO',
    partialCancelsLeft: null,
    cancelUntil: expect.any(String),
    isCancelUntilAbout: false,
    // What is only assumed is not told as a fact.
    refundAccount: null,
  });
  expect(new Date(refundQuote.cancelUntil as string).getTime()).toBeGreaterThan(Date.now());
  expect((await cancelPayment(client, { impUid })).data.cancelPointTransaction.state).toBe('DONE');
});
