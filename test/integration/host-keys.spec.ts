import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
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
