import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GraphqlClient, GraphqlError } from '../support/graphql-client.js';
import { rememberSecret } from '../support/server-logs.mjs';
import {
  startServerWithoutGateway,
  startTopUpService,
  type TopUpService,
} from '../support/top-up-service.js';

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

function expectTooMany(error: GraphqlError | undefined, windowSeconds = WINDOW_SECONDS) {
  expect(error?.extensions).toEqual({
    code: 'TOO_MANY_REQUESTS',
    retryable: true,
    retryAfterSeconds: expect.any(Number),
  });
  const { retryAfterSeconds } = error!.extensions;
  expect(retryAfterSeconds).toBeGreaterThan(0);
  expect(retryAfterSeconds).toBeLessThanOrEqual(windowSeconds);
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

describe('of log-ins and sign-ups behind a proxy', () => {
  const ACCOUNT_WINDOW_SECONDS = 300;
  const WRONG_PER_ACCOUNT = 10;
  const WRONG_PER_ADDRESS = 20;
  const PEOPLE = 35;
  const GUESSES = 60;
  const GUESSED = 'canary-guessed-password';
  const LOG_IN =
    'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { expiresAt } }';
  const SIGN_UP =
    'mutation ($email: String!, $password: String!) { createUser(email: $email, password: $password, name: "K") { id } }';

  let server: Awaited<ReturnType<typeof startServerWithoutGateway>>;
  let addresses = 0;
  /** Nobody has called from it yet. */
  const newAddress = () => `10.0.${Math.floor((addresses += 1) / 250)}.${1 + (addresses % 250)}`;
  const newEmail = () => `guess-${randomUUID()}@canary.example`;

  beforeAll(async () => {
    rememberSecret('a guessed password', GUESSED);
    server = await startServerWithoutGateway({ RATE_LIMIT: 'on', TRUSTED_PROXIES: '1' });
  });
  afterAll(() => server.stop());

  const call = async (query: string, from: string, email: string, password = GUESSED) => {
    const headers = { 'x-forwarded-for': from, 'accept-language': 'en' };
    const { errors } = await server.client().call(query, { email, password }, { headers });
    return errors?.[0];
  };
  const codeOf = async (answer: Promise<GraphqlError | undefined>) => (await answer)?.extensions.code ?? 'ok';
  const signUp = async (from: string) => {
    const account = { email: newEmail(), password: `canary-password-${randomUUID()}` };
    rememberSecret('a password', account.password);
    expect(await call(SIGN_UP, from, account.email, account.password)).toBeUndefined();
    return account;
  };
  type Account = Awaited<ReturnType<typeof signUp>>;
  const logIn = ({ email, password }: Account, from: string) => codeOf(call(LOG_IN, from, email, password));
  const atOnce = async <Answer>(count: number, one: (number: number) => Promise<Answer>) =>
    Promise.all(Array.from({ length: count }, (_, number) => one(number)));
  const numberOf = (codes: string[]) =>
    Object.fromEntries([...new Set(codes)].map((code) => [code, codes.filter((one) => one === code).length]));

  test('everybody behind one address signs up and logs in, one after the other and all at once', async () => {
    const school = newAddress();
    const people: Account[] = [];
    for (let count = 0; count < PEOPLE; count += 1) people.push(await signUp(school));

    const inTurn: string[] = [];
    for (const person of people) inTurn.push(await logIn(person, school));
    const together = await atOnce(PEOPLE, (number) => logIn(people[number]!, school));

    expect(numberOf(inTurn)).toEqual({ ok: PEOPLE });
    expect(numberOf(together)).toEqual({ ok: PEOPLE });
  });

  test.each([
    ['an account', async () => (await signUp(newAddress())).email],
    ['an address that has no account', async () => newEmail()],
  ])('ten guesses at %s are answered, from any number of addresses and made at once', async (_, find) => {
    const email = await find();

    const guesses = await atOnce(GUESSES, () => codeOf(call(LOG_IN, newAddress(), email)));

    expect(numberOf(guesses)).toEqual({
      UNAUTHENTICATED: WRONG_PER_ACCOUNT,
      TOO_MANY_REQUESTS: GUESSES - WRONG_PER_ACCOUNT,
    });
  });

  test('an account that strangers guess at opens to its owner where they were logged in, elsewhere within minutes', async () => {
    const home = newAddress();
    const owner = await signUp(home);
    const neighbour = await signUp(home);
    expect(await logIn(owner, home)).toBe('ok');
    await atOnce(GUESSES, () => call(LOG_IN, newAddress(), owner.email));

    const elsewhere = await call(LOG_IN, newAddress(), owner.email, owner.password);

    expectTooMany(elsewhere, ACCOUNT_WINDOW_SECONDS);
    expect(await logIn(owner, home)).toBe('ok');
    expect(await logIn(neighbour, newAddress())).toBe('ok');
  });

  test('one address gets 20 wrong log-ins a minute, whoever it tries, and takes no other address with it', async () => {
    const thief = newAddress();
    const victim = await signUp(newAddress());

    const guesses = await atOnce(GUESSES, () => codeOf(call(LOG_IN, thief, newEmail())));

    expect(numberOf(guesses)).toEqual({
      UNAUTHENTICATED: WRONG_PER_ADDRESS,
      TOO_MANY_REQUESTS: GUESSES - WRONG_PER_ADDRESS,
    });
    expectTooMany(await call(LOG_IN, thief, victim.email, victim.password));
    expect(await logIn(victim, newAddress())).toBe('ok');
  });

  test.each([
    ['a port', (number: number) => `203.0.113.8:${40_000 + number}`],
    ['a port and brackets', (number: number) => `[2001:db8::8]:${40_000 + number}`],
    ['another end of the same IPv6 network', (number: number) => `2001:db8:0:1::${number + 1}`],
  ])('an address with %s is the same address', async (_, written) => {
    const guesses = await atOnce(GUESSES, (number) => codeOf(call(LOG_IN, written(number), newEmail())));

    expect(numberOf(guesses)).toMatchObject({ UNAUTHENTICATED: WRONG_PER_ADDRESS });
  });

  test('one address is told 20 times a minute that an account exists', async () => {
    const thief = newAddress();
    const { email } = await signUp(newAddress());

    const told = await atOnce(GUESSES / 2, () => codeOf(call(SIGN_UP, thief, email)));

    expect(numberOf(told)).toEqual({ EMAIL_TAKEN: 20, TOO_MANY_REQUESTS: GUESSES / 2 - 20 });
    await signUp(newAddress());
  });
});

test('without a proxy an address is what the connection comes from, wherever the caller says that it comes from', async () => {
  const password = 'canary-guessed-password';
  rememberSecret('a guessed password', password);
  const codes: (string | undefined)[] = [];
  let refused: GraphqlError | undefined;
  for (let tried = 0; tried < 21; tried += 1) {
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
    codes.push(errors?.[0]?.extensions.code);
    refused = errors?.[0];
  }

  expect(new Set(codes.slice(0, 20))).toEqual(new Set(['UNAUTHENTICATED']));
  expectTooMany(refused);
  expect(refused?.message).toMatch(/^Too many requests/);
});
