import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GraphqlAnswer, GraphqlClient } from '../support/graphql-client.js';
import { makeOrder, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';

const HANGUL = /[가-힣]/;

let service: TopUpService;
let client: GraphqlClient;

beforeAll(async () => {
  service = await startTopUpService({
    env: { POINT_MAX_BALANCE: '100000', PAYMENT_METHODS: 'card,phone', PAYMENT_LIMITS: 'phone:max=1000' },
  });
  ({ client } = await service.user());
});

afterAll(() => service.stop());

async function messageOf(answer: Promise<GraphqlAnswer<unknown>>): Promise<string> {
  const { errors } = await answer;
  expect(errors).toHaveLength(1);
  return errors?.[0]?.message ?? '';
}

function badAmount(acceptLanguage?: string): Promise<string> {
  return messageOf(
    client.call(
      'mutation { createPaymentOrder(amount: 1) { amount } }',
      {},
      { headers: acceptLanguage === undefined ? {} : { 'accept-language': acceptLanguage } },
    ),
  );
}

describe('the language of a refusal', () => {
  test.each([
    undefined,
    '*',
    'ko',
    'ko-KR,ko;q=0.9,en;q=0.8',
    'fr',
    'de-DE,fr;q=0.5',
    'en;q=0.1,ko;q=0.9',
    'not a language,,;q=',
  ])('is Korean for Accept-Language %p', async (acceptLanguage) => {
    // What fetch sends by itself is `*`.
    expect(await badAmount(acceptLanguage)).toBe(
      '살 수 있는 금액은 5,000, 10,000, 30,000, 50,000, 100,000원입니다.',
    );
  });

  test.each(['en', 'en-US', 'en-GB,en;q=0.9,ko;q=0.8', 'fr,en;q=0.5'])(
    'is English for Accept-Language %p',
    async (acceptLanguage) => {
      expect(await badAmount(acceptLanguage)).toBe(
        'The amounts that can be bought are 5,000, 10,000, 30,000, 50,000, 100,000 won.',
      );
    },
  );
});

test('each refusal has its text in both languages', async () => {
  const nobody = service.client();
  const failed = await orderAndPay(client, service.simulator, { status: 'failed' });
  const short = await orderAndPay(client, service.simulator, { amount: 9_999 });
  const merchantUid = await makeOrder(client, 50_000);
  const rich = await service.simulator.pay({ merchant_uid: merchantUid, amount: 50_000 });
  await client.succeed('mutation ($id: String!) { createPointTransaction(impUid: $id) { id } }', {
    id: rich.imp_uid,
  });
  const tooMuch = Array.from(
    { length: 15 },
    (_, index) =>
      `a${index}: pointTransactions(first: 100) { nodes { id impUid amount status createdAt user { id } } }`,
  );
  const credit = (id: string) => `mutation { createPointTransaction(impUid: "${id}") { id } }`;
  const { email } = (await client.succeed<{ me: { email: string } }>('{ me { email } }')).me;
  const calls: [string, GraphqlClient, string][] = [
    ['UNAUTHENTICATED', nobody, '{ me { id } }'],
    [
      'UNAUTHENTICATED',
      nobody,
      `mutation { login(email: "${email}", password: "canary-wrong") { expiresAt } }`,
    ],
    ['UNAUTHENTICATED', nobody, 'mutation { restoreAccessToken { expiresAt } }'],
    [
      'BAD_USER_INPUT',
      nobody,
      'mutation { createUser(email: "x", password: "canary-password", name: "x") { id } }',
    ],
    [
      'EMAIL_TAKEN',
      nobody,
      `mutation { createUser(email: "${email}", password: "canary-password", name: "x") { id } }`,
    ],
    ['BAD_USER_INPUT', client, credit('not-an-imp-uid')],
    ['BAD_USER_INPUT', client, '{ pointTransactions(first: 0) { nodes { id } } }'],
    ['BAD_USER_INPUT', client, '{ pointTransactions(after: "x") { nodes { id } } }'],
    ['PAYMENT_NOT_FOUND', client, credit('imp_999999999999')],
    ['PAYMENT_NOT_PAID', client, credit(failed.imp_uid)],
    ['PAYMENT_MISMATCH', client, credit(short.imp_uid)],
    ['POINT_LIMIT_EXCEEDED', client, 'mutation { createPaymentOrder(amount: 50000) { amount } }'],
    [
      'METHOD_NOT_OFFERED',
      client,
      'mutation { createPaymentOrder(amount: 5000, method: NAVERPAY) { amount } }',
    ],
    [
      'METHOD_LIMIT_EXCEEDED',
      client,
      'mutation { createPaymentOrder(amount: 5000, method: PHONE) { amount } }',
    ],
    ['GRAPHQL_VALIDATION_FAILED', client, `{ ${tooMuch.join(' ')} }`],
  ];

  for (const [code, caller, query] of calls) {
    const [korean, english] = await Promise.all(
      ['ko', 'en'].map((language) => caller.call(query, {}, { headers: { 'accept-language': language } })),
    );
    expect([query, korean?.errors?.[0]?.extensions.code]).toEqual([query, code]);
    expect(english?.errors?.[0]?.extensions).toEqual(korean?.errors?.[0]?.extensions);
    expect(korean?.errors?.[0]?.message).toMatch(HANGUL);
    expect(english?.errors?.[0]?.message).toMatch(/^[A-Z`][^가-힣]+\.$/);
  }
});
