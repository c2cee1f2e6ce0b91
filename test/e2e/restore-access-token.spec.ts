import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GraphqlClient } from '../support/graphql-client.js';
import { rememberSecret } from '../support/server-logs.mjs';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';

const RESTORE = 'mutation { restoreAccessToken { accessToken expiresAt user { id } } }';

interface Restored {
  restoreAccessToken: { accessToken: string; user: { id: string } };
}

let service: TopUpService;

beforeAll(async () => {
  service = await startTopUpService();
});

afterAll(() => service.stop());

async function restore(client: GraphqlClient) {
  const answer = await client.call<Restored>(RESTORE, {}, { token: null });
  if (answer.data) rememberSecret('an access token', answer.data.restoreAccessToken.accessToken);
  return answer;
}

/** Lets the seconds pass in which the token before the newest is good. */
async function endGrace({ id }: { id: string }) {
  await service.books.query(`UPDATE session SET replacedAt = '2020-01-01 00:00:00.000' WHERE userId = ?`, [
    id,
  ]);
}

async function expectRefused(client: GraphqlClient) {
  const answer = await restore(client);
  expect(answer.errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED', retryable: false });
  return answer;
}

test('gives a new access token for the cookie alone', async () => {
  const { client, account } = await service.user();

  const { data } = await restore(client);

  expect(data.restoreAccessToken.user.id).toBe(account.id);
  const { me } = await client.succeed<{ me: { id: string } }>(
    '{ me { id } }',
    {},
    { token: data.restoreAccessToken.accessToken },
  );
  expect(me.id).toBe(account.id);
});

test('replaces the cookie, with the same protection and the same end', async () => {
  const { client, account } = await service.user();
  const tokens = [client.refreshToken()];
  const ends = new Set<string>();

  for (let round = 0; round < 5; round++) {
    const { headers } = await restore(client);
    const [cookie = ''] = headers.getSetCookie();
    expect(cookie).toMatch(/^refresh_token=[^;]+; Path=\/graphql; Expires=[^;]+; HttpOnly; SameSite=Strict$/);
    ends.add(/Expires=([^;]+)/.exec(cookie)?.[1] ?? '');
    tokens.push(client.refreshToken());
    await endGrace(account);
  }

  expect(new Set(tokens).size).toBe(6);
  // A stolen token that is renewed and renewed does not live for ever.
  expect(ends.size).toBe(1);
});

describe('an old cookie that is used again', () => {
  test('is refused and ends the whole login, also for the newest cookie', async () => {
    const { client, account } = await service.user();
    const stolen = client.refreshToken();
    await restore(client);
    const newest = client.refreshToken();
    await endGrace(account);

    client.setRefreshToken(stolen);
    const { headers } = await expectRefused(client);
    expect(headers.getSetCookie()[0]).toMatch(/^refresh_token=; .*Expires=Thu, 01 Jan 1970/);

    client.setRefreshToken(newest);
    await expectRefused(client);
  });

  test('is refused and ends the login at once when two others came after it', async () => {
    const { client, account } = await service.user();
    const stolen = client.refreshToken();
    await restore(client);
    await endGrace(account);
    await restore(client);
    const newest = client.refreshToken();

    client.setRefreshToken(stolen);
    await expectRefused(client);

    client.setRefreshToken(newest);
    await expectRefused(client);
  });

  test('ends no login of another device', async () => {
    const { client, account } = await service.user();
    const otherDevice = service.client();
    await otherDevice.login(account);
    const old = client.refreshToken();
    await restore(client);
    await endGrace(account);

    client.setRefreshToken(old);
    await expectRefused(client);

    expect((await restore(otherDevice)).errors).toBeUndefined();
  });
});

describe('a cookie whose answer was lost', () => {
  test('gets the same answer again for some seconds, however often', async () => {
    const { client, account } = await service.user();
    const lost = client.refreshToken();
    await restore(client);
    const newest = client.refreshToken();

    for (let count = 0; count < 3; count += 1) {
      client.setRefreshToken(lost);
      const { data } = await restore(client);
      expect(data.restoreAccessToken.user.id).toBe(account.id);
      expect(client.refreshToken()).toBe(newest);
    }

    await endGrace(account);
    const { errors } = await restore(client);
    expect(errors).toBeUndefined();
    expect(client.refreshToken()).not.toBe(newest);
  });

  test('is good beside the newest one in any order, as reloads and tabs come', async () => {
    const { client } = await service.user();
    const first = client.refreshToken();
    await restore(client);
    const newest = client.refreshToken();

    for (const cookie of [newest, first, newest, newest, first, first]) {
      client.setRefreshToken(cookie);
      expect((await restore(client)).errors).toBeUndefined();
      expect(client.refreshToken()).toBe(newest);
    }
  });

  test('writes nothing, so the seconds do not begin anew', async () => {
    const { client, account } = await service.user();
    const first = client.refreshToken();
    const row = () =>
      service.books.query('SELECT tokenHash, replacedAt, expiresAt FROM session WHERE userId = ?', [
        account.id,
      ]);
    await restore(client);
    const before: unknown = await row();

    for (const cookie of [first, client.refreshToken()]) {
      client.setRefreshToken(cookie);
      await restore(client);
    }

    expect(await row()).toEqual(before);
  });

  test('does not outlive the login', async () => {
    const { client, account } = await service.user();
    const lost = client.refreshToken();
    await restore(client);
    await service.books.query(`UPDATE session SET expiresAt = '2020-01-01 00:00:00.000' WHERE userId = ?`, [
      account.id,
    ]);

    client.setRefreshToken(lost);
    await expectRefused(client);
  });

  test('logs out', async () => {
    const { client } = await service.user();
    const lost = client.refreshToken();
    await restore(client);
    const newest = client.refreshToken();

    client.setRefreshToken(lost);
    expect((await client.call('mutation { logout }')).data).toEqual({ logout: true });

    for (const cookie of [lost, newest]) {
      client.setRefreshToken(cookie);
      await expectRefused(client);
    }
  });
});

test('gives calls with the same cookie at once the same new one', async () => {
  const { client, account } = await service.user();
  const cookie = client.refreshToken();
  const clients = Array.from({ length: 8 }, () => {
    const one = service.client();
    one.setRefreshToken(cookie);
    return one;
  });

  const answers = await Promise.all(clients.map(restore));

  expect(answers.filter(({ errors }) => errors)).toEqual([]);
  expect(new Set(answers.map(({ data }) => data.restoreAccessToken.user.id))).toEqual(new Set([account.id]));
  expect(new Set(clients.map((one) => one.refreshToken())).size).toBe(1);
  expect(clients[0]?.refreshToken()).not.toBe(cookie);
});

test('refuses a cookie after its time', async () => {
  const { client, account } = await service.user();
  await service.books.query(`UPDATE session SET expiresAt = '2020-01-01 00:00:00.000' WHERE userId = ?`, [
    account.id,
  ]);

  await expectRefused(client);
});

test('refuses a missing, malformed, foreign or invented cookie, and ends nobody’s login by it', async () => {
  const victim = await service.user();
  const [sessionId = '', secret = ''] = victim.client.refreshToken()!.split('.');
  const client = service.client();
  const invented = [
    null,
    '',
    'x',
    '.',
    sessionId,
    `${sessionId}.`,
    `.${secret}`,
    `${sessionId}.${secret}x`,
    `${sessionId.toLowerCase()}.${secret}`,
    `${'0'.repeat(26)}.${secret}`,
    `${'0'.repeat(26)}.${randomBytes(32).toString('base64url')}`,
    'j%3A%7B%22%24ne%22%3Anull%7D',
    victim.client.accessToken(),
  ];

  for (const cookie of invented) {
    client.setRefreshToken(cookie);
    await expectRefused(client);
  }

  expect((await restore(victim.client)).errors).toBeUndefined();
});

test('keeps no token in the database that could be used', async () => {
  const { client, account } = await service.user();
  const [, secret = ''] = client.refreshToken()!.split('.');

  const sessions: { tokenHash: string }[] = await service.books.query(
    'SELECT tokenHash FROM session WHERE userId = ?',
    [account.id],
  );

  expect(sessions).toHaveLength(1);
  expect(sessions[0]?.tokenHash).toMatch(/^[0-9a-f]{64}$/);
  expect(sessions[0]?.tokenHash).not.toContain(secret);
});
