import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hash, verify } from '@node-rs/argon2';
import { rememberSecret } from '../support/server-logs.mjs';
import { startServerWithoutGateway } from '../support/top-up-service.js';

const ACCESS_TOKEN_LIFETIME_MS = 15 * 60 * 1000;
const REFRESH_TOKEN_LIFETIME_MS = 30 * 24 * 60 * 60 * 1000;
const CLOCK_TOLERANCE_MS = 5_000;
const WRONG_PASSWORD = 'canary-wrong-password';
const LOGIN = `mutation ($email: String!, $password: String!) {
  login(email: $email, password: $password) { accessToken expiresAt user { id email } }
}`;

type Service = Awaited<ReturnType<typeof startServerWithoutGateway>>;

let service: Service;

beforeAll(async () => {
  rememberSecret('a wrong password', WRONG_PASSWORD);
  service = await startServerWithoutGateway();
});

afterAll(() => service.stop());

function attempt(email: string, password: string, headers: Record<string, string> = {}) {
  return service
    .client()
    .call<{ login: { accessToken: string; expiresAt: string; user: { id: string } } }>(
      LOGIN,
      { email, password },
      { headers },
    );
}

test('gives an access token of 15 minutes that names its user', async () => {
  const client = service.client();
  const account = await client.signUp();

  const { data } = await attempt(account.email, account.password);
  client.useAccessToken(data.login.accessToken);

  expect(data.login.user).toEqual({ id: account.id, email: account.email });
  const lifetimeMs = Date.parse(data.login.expiresAt) - Date.now();
  expect(Math.abs(lifetimeMs - ACCESS_TOKEN_LIFETIME_MS)).toBeLessThan(CLOCK_TOLERANCE_MS);
  const claims = claimsOf(data.login.accessToken);
  expect(claims).toMatchObject({ sub: account.id, type: 'access', exp: expect.any(Number) });
  // The token counts whole seconds.
  expect(Number(claims.exp)).toBe(Math.floor(Date.parse(data.login.expiresAt) / 1000));
  // Nothing but the id: whoever finds a token learns nothing about the person.
  expect(JSON.stringify(claims)).not.toContain(account.email);
  const { me } = await client.succeed<{ me: { id: string } }>('{ me { id } }');
  expect(me.id).toBe(account.id);
});

test('takes the e-mail address in any case', async () => {
  const account = await service.client().signUp();

  expect((await attempt(` ${account.email.toUpperCase()} `, account.password)).errors).toBeUndefined();
});

test('puts the refresh token into a cookie that scripts and other sites do not get', async () => {
  const account = await service.client().signUp();

  const { headers, data } = await attempt(account.email, account.password);

  const [cookie = '', ...others] = headers.getSetCookie();
  expect(others).toEqual([]);
  const [pair = '', ...attributes] = cookie.split('; ');
  expect(pair).toMatch(/^refresh_token=[0-9A-Z]{26}\.[A-Za-z0-9_-]{43}$/);
  expect(attributes).toEqual(
    expect.arrayContaining([
      'HttpOnly',
      'SameSite=Strict',
      'Path=/graphql',
      expect.stringMatching(/^Expires=/),
    ]),
  );
  // On http the browser would drop a Secure cookie; on https it has to be one (see the test below).
  expect(attributes).toHaveLength(4);
  const expires = Date.parse(attributes.find((attribute) => attribute.startsWith('Expires='))!.slice(8));
  expect(Math.abs(expires - Date.now() - REFRESH_TOKEN_LIFETIME_MS)).toBeLessThan(CLOCK_TOLERANCE_MS);
  expect(JSON.stringify(data)).not.toContain(pair.slice('refresh_token='.length));
});

test('marks the cookie Secure where browsers come by https', async () => {
  const https = await startServerWithoutGateway({ PUBLIC_URL: 'https://points.example' });
  try {
    const client = https.client();
    const account = await client.signUp();

    const { headers } = await client.call(LOGIN, { email: account.email, password: account.password });

    expect(headers.getSetCookie()[0]).toContain('; Secure');
  } finally {
    await https.stop();
  }
});

test('gives the same answer for an unknown e-mail address and a wrong password', async () => {
  const account = await service.client().signUp();

  for (const language of ['ko', 'en']) {
    const headers = { 'accept-language': language };
    const wrong = await attempt(account.email, WRONG_PASSWORD, headers);
    const unknown = await attempt(`not-${account.email}`, WRONG_PASSWORD, headers);

    expect(wrong.errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED', retryable: false });
    expect(unknown.errors).toEqual(wrong.errors);
    expect(unknown.data).toEqual(wrong.data);
    expect(unknown.status).toBe(wrong.status);
    expect([...unknown.headers.keys()]).toEqual([...wrong.headers.keys()]);
    expect(unknown.headers.getSetCookie()).toEqual([]);
  }
});

test('does the same work for an unknown e-mail address and a wrong password', async () => {
  const account = await service.client().signUp();
  const attempts = { wrong: [] as number[], unknown: [] as number[] };
  for (let round = 0; round < 9; round++) {
    attempts.wrong.push(await durationMs(() => attempt(account.email, WRONG_PASSWORD)));
    attempts.unknown.push(await durationMs(() => attempt(`not-${account.email}`, WRONG_PASSWORD)));
  }
  const stored = await hash(account.password);
  const verifications: number[] = [];
  for (let round = 0; round < 5; round++)
    verifications.push(await durationMs(() => verify(stored, WRONG_PASSWORD)));

  // Neither can have been answered without the slow hash. Half of it leaves room for a machine that speeds up.
  const leastMs = Math.min(...verifications) / 2;
  expect(Math.min(...attempts.wrong)).toBeGreaterThan(leastMs);
  expect(Math.min(...attempts.unknown)).toBeGreaterThan(leastMs);
  const ratio = median(attempts.unknown) / median(attempts.wrong);
  expect(ratio).toBeGreaterThan(1 / 3);
  expect(ratio).toBeLessThan(3);
});

test('refuses an empty password and one that is only nearly right', async () => {
  const account = await service.client().signUp();

  for (const password of [
    '',
    ` ${account.password}`,
    `${account.password} `,
    account.password.toUpperCase(),
  ]) {
    expect((await attempt(account.email, password)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  }
});

test('leaves the logins of other devices alone, and ends the oldest of more than 20', async () => {
  const first = service.client();
  const account = await first.signUp();
  const second = service.client();
  await second.login(account);
  const restore = 'mutation { restoreAccessToken { accessToken } }';
  expect((await first.call(restore)).errors).toBeUndefined();

  for (let count = 0; count < 19; count++) await service.client().login(account);

  // 21 logins by now: only the first of them is gone.
  expect((await first.call(restore)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  expect((await second.call(restore)).errors).toBeUndefined();
});

function claimsOf(token: string): Record<string, unknown> {
  const [, payload = ''] = token.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>;
}

async function durationMs(action: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await action();
  return performance.now() - startedAt;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
