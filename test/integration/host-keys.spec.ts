import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HostTokens } from '../../src/host-login/host-tokens.js';
import { createLogger } from '../../src/logging/logger.js';
import { AUDIENCE, type HostLogin, ISSUER, makeSigningKey, startHostLogin } from '../support/host-login.js';

const logger = createLogger('silent');
const UNAVAILABLE = { code: 'LOGIN_UNAVAILABLE', retryable: true };

let login: HostLogin;
beforeEach(async () => {
  login = await startHostLogin();
});
afterEach(() => login.stop());

function tokensWith(pauses: ConstructorParameters<typeof HostTokens>[2] = {}): HostTokens {
  const hostLogin = {
    jwksUrl: login.jwksUrl,
    issuer: ISSUER,
    audience: AUDIENCE,
    ownerClaim: 'sub',
    operator: undefined,
    pageScriptUrl: undefined,
  };
  return new HostTokens({ hostLogin }, logger, pauses);
}

test('the keys are asked for once, however many come at once and after', async () => {
  const tokens = tokensWith();
  const token = await login.token('anna');

  await Promise.all(Array.from({ length: 50 }, () => tokens.viewerOf(token)));
  expect(await tokens.viewerOf(token)).toMatchObject({ ownerId: 'anna' });
  expect(login.questions()).toBe(1);
});

describe('a token is not good', () => {
  const forged = (header: object, secret?: string) => {
    const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'anna', exp: Math.floor(Date.now() / 1000) + 300 };
    const body = [header, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = secret ? createHmac('sha256', secret).update(body).digest('base64url') : '';
    return `${body}.${signature}`;
  };

  test.each<[string, () => Promise<string> | string]>([
    ['without an end', () => login.token('anna', { endsIn: null })],
    ['after its end', () => login.token('anna', { endsIn: -60 })],
    ['from another issuer', () => login.token('anna', { claims: { iss: 'https://other.example/' } })],
    ['for another audience', () => login.token('anna', { claims: { aud: 'other' } })],
    ['of nobody', () => login.token(undefined)],
    ['of an owner whose name is no id', () => login.token('an na')],
    ['without a signature', () => forged({ alg: 'none', kid: 'first' })],
    [
      'signed with the public key as a secret',
      () => forged({ alg: 'HS256', kid: 'first' }, JSON.stringify(login.first.publicJwk)),
    ],
    ['of more signs than a log-in needs', () => login.token('anna', { claims: { more: 'x'.repeat(9_000) } })],
  ])('%s', async (_, make) => {
    expect(await tokensWith().viewerOf(await make())).toBeUndefined();
  });

  test('by a secret, although the shop publishes that', async () => {
    const secret = 'a secret that somebody has put among the public keys';
    const publicJwk = {
      kty: 'oct',
      k: Buffer.from(secret).toString('base64url'),
      kid: 'shared',
      alg: 'HS256',
    };
    login.publish({ ...login.first, kid: 'shared', publicJwk });

    expect(await tokensWith().viewerOf(forged({ alg: 'HS256', kid: 'shared' }, secret))).toBeUndefined();
  });
});

test.each(['ES256', 'PS256', 'EdDSA', 'RS512'])('a key for %s is as good', async (algorithm) => {
  const key = await makeSigningKey('other', algorithm);
  login.publish(login.first, key);

  expect(await tokensWith().viewerOf(await login.token('anna', { key }))).toMatchObject({ ownerId: 'anna' });
});

test('a new key is found when a token names it, and the old one ends when it is not published any more', async () => {
  const tokens = tokensWith({ unknownKeyMs: 0, freshMs: 100 });
  const old = await login.token('anna');
  expect(await tokens.viewerOf(old)).toBeDefined();
  const second = await makeSigningKey('second');
  login.publish(login.first, second);

  expect(await tokens.viewerOf(await login.token('anna', { key: second }))).toBeDefined();
  expect(await tokens.viewerOf(old)).toBeDefined();

  login.publish(second);
  await sleep(150);
  expect(await tokens.viewerOf(old)).toBeUndefined();
  expect(await tokens.viewerOf(await login.token('anna', { key: second }))).toBeDefined();
});

test('tokens that name unknown keys cause one question in a while, and refuse nobody else', async () => {
  const tokens = tokensWith({ unknownKeyMs: 60_000 });
  const good = await login.token('anna');
  expect(await tokens.viewerOf(good)).toBeDefined();

  for (let index = 0; index < 30; index += 1) {
    const header = { kid: `unknown-${index}` };
    expect(await tokens.viewerOf(await login.token('anna', { header }))).toBeUndefined();
  }
  expect(login.questions()).toBe(1);
  expect(await tokens.viewerOf(good)).toBeDefined();
});

test.each(['error', 'nonsense', 'nothing'] as const)(
  'an address that answers with %s is no "no", and is asked again after a while only',
  async (answer) => {
    login.answerWith(answer);
    const tokens = tokensWith({ answerTimeoutMs: 100, failedMs: 60_000 });
    const token = await login.token('anna');

    for (let index = 0; index < 5; index += 1) {
      await expect(tokens.viewerOf(token)).rejects.toMatchObject(UNAVAILABLE);
    }
    expect(login.questions()).toBe(1);
  },
);

test('keys that are known outlive an outage, but not for ever', async () => {
  const tokens = tokensWith({ freshMs: 50, failedMs: 0, keptMs: 1_500 });
  const token = await login.token('anna');
  expect(await tokens.viewerOf(token)).toBeDefined();
  login.answerWith('error');

  await sleep(100);
  expect(await tokens.viewerOf(token)).toBeDefined();
  await sleep(1_500);
  await expect(tokens.viewerOf(token)).rejects.toMatchObject(UNAVAILABLE);

  login.answerWith('keys');
  expect(await tokens.viewerOf(token)).toBeDefined();
});
