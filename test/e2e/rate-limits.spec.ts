import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GraphqlClient, GraphqlError } from '../support/graphql-client.js';
import { rememberSecret } from '../support/server-logs.mjs';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';

const WINDOW_SECONDS = 60;
const PACKAGE = 5_000;

let service: TopUpService;

beforeAll(async () => {
  service = await startTopUpService({ env: { RATE_LIMIT: 'on' } });
});

afterAll(() => service.stop());

/** One document that asks for the same field `count` times under other names. */
function manyOrders(client: GraphqlClient, count: number) {
  const fields = Array.from(
    { length: count },
    (_, index) => `o${index}: createPaymentOrder(amount: ${PACKAGE}) { amount }`,
  );
  return client.call(`mutation { ${fields.join(' ')} }`);
}

function expectTooMany(error: GraphqlError | undefined) {
  expect(error?.extensions).toEqual({
    code: 'TOO_MANY_REQUESTS',
    retryable: true,
    retryAfterSeconds: expect.any(Number),
  });
  const { retryAfterSeconds } = error!.extensions;
  expect(retryAfterSeconds).toBeGreaterThan(0);
  expect(retryAfterSeconds).toBeLessThanOrEqual(WINDOW_SECONDS);
  expect(error!.message).toContain(String(retryAfterSeconds));
}

test('one user gets 30 orders a minute, counted in each alias; another user still gets theirs', async () => {
  const busy = await service.user();
  const other = await service.user();

  expect((await manyOrders(busy.client, 15)).errors).toBeUndefined();
  expect((await manyOrders(busy.client, 14)).errors).toBeUndefined();
  const last = await manyOrders(busy.client, 2);

  expect(last.errors).toHaveLength(1);
  expect(last.errors?.[0]?.path).toEqual(['o1']);
  expectTooMany(last.errors?.[0]);
  expectTooMany((await manyOrders(busy.client, 1)).errors?.[0]);
  expect((await manyOrders(other.client, 1)).errors).toBeUndefined();
  // Only that field is used up.
  expect((await busy.client.call('{ me { id } }')).errors).toBeUndefined();
});

test('a user cannot start anew with a new token', async () => {
  const busy = await service.user();
  await manyOrders(busy.client, 15);
  await manyOrders(busy.client, 15);
  await busy.client.login(busy.account);

  expectTooMany((await manyOrders(busy.client, 1)).errors?.[0]);
});

// The last one, because it uses up what the tests before it need.
test('one address gets 20 logins a minute, whoever it tries and wherever it says that it comes from', async () => {
  const password = 'canary-guessed-password';
  rememberSecret('a guessed password', password);
  let refused: GraphqlError | undefined;
  let tried = 0;
  for (; tried < 21 && !refused; tried++) {
    const { errors } = await service.client().call(
      'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { expiresAt } }',
      { email: `guess-${randomUUID()}@canary.example`, password },
      {
        headers: {
          'x-forwarded-for': `203.0.113.${tried}`,
          'x-real-ip': `203.0.113.${tried}`,
          forwarded: `for=203.0.113.${tried}`,
          'accept-language': 'en',
        },
      },
    );
    if (errors?.[0]?.extensions.code !== 'UNAUTHENTICATED') refused = errors?.[0];
  }

  // The users of the tests before have logged in four times from here.
  expect(tried).toBe(20 - 4 + 1);
  expectTooMany(refused);
  expect(refused?.message).toMatch(/^Too many requests/);
});
