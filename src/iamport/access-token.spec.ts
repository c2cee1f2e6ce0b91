import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AccessToken } from './access-token.js';
import { GatewayUnavailable } from '../gateway/errors.js';
import { IamportHttp } from './iamport-http.js';

const LIFETIME_SECONDS = 1800;

interface Answer {
  status: number;
  body: unknown;
}

describe('the shared access token', () => {
  let server: Server;
  let requests: { url: string | undefined; body: unknown }[];
  let answer: (call: number) => Answer;
  let clockMs: number;
  let token: AccessToken;

  beforeEach(async () => {
    requests = [];
    answer = (call) => fresh(`token-${call}`);
    server = createServer((request, response) => {
      let sent = '';
      request.on('data', (part: Buffer) => (sent += part.toString()));
      request.on('end', () => {
        requests.push({ url: request.url, body: JSON.parse(sent) });
        const { status, body } = answer(requests.length);
        // Late enough for other callers to come meanwhile.
        setTimeout(() => {
          response.writeHead(status, { 'content-type': 'application/json' });
          response.end(JSON.stringify(body));
        }, 10);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    clockMs = 5_000_000;
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const settings = { apiKey: 'the-key', apiSecret: 'the-secret', readTimeoutMs: 1000 };
    token = new AccessToken(new IamportHttp({ baseUrl }), settings, () => clockMs);
  });
  afterEach(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });

  test('is asked for with the key and the secret', async () => {
    await expect(token.get()).resolves.toMatchObject({ value: 'token-1' });

    expect(requests).toEqual([
      { url: '/users/getToken', body: { imp_key: 'the-key', imp_secret: 'the-secret' } },
    ]);
  });

  test('is asked for once by 200 callers at the same time', async () => {
    const tokens = await Promise.all(Array.from({ length: 200 }, () => token.get()));

    expect(new Set(tokens.map(({ value }) => value))).toEqual(new Set(['token-1']));
    expect(requests).toHaveLength(1);
  });

  test('is kept until shortly before its end and renewed then', async () => {
    await token.get();

    clockMs += (LIFETIME_SECONDS - 31) * 1000;
    await expect(token.get()).resolves.toMatchObject({ value: 'token-1' });
    clockMs += 2000;
    const tokens = await Promise.all(Array.from({ length: 50 }, () => token.get()));

    expect(new Set(tokens.map(({ value }) => value))).toEqual(new Set(['token-2']));
    expect(requests).toHaveLength(2);
  });

  test('lives as long as the gateway’s own two times say, however wrong its clock is', async () => {
    const nowSeconds = 1000;
    answer = () => ({
      status: 200,
      body: envelope({ access_token: 'old-clock', now: nowSeconds, expired_at: nowSeconds + 100 }),
    });
    await token.get();

    clockMs += 69_000;
    await token.get();
    expect(requests).toHaveLength(1);
    clockMs += 2000;
    await token.get();
    expect(requests).toHaveLength(2);
  });

  test('is asked for once more after the gateway refused it, however many callers were refused', async () => {
    const refused = await token.get();

    const tokens = await Promise.all(
      Array.from({ length: 50 }, async () => {
        token.forget(refused);
        return token.get();
      }),
    );

    expect(new Set(tokens.map(({ value }) => value))).toEqual(new Set(['token-2']));
    expect(requests).toHaveLength(2);
  });

  test('is not asked for again by a refusal that comes late and is about the token before', async () => {
    const old = await token.get();
    token.forget(old);
    const current = await token.get();

    await sleep(5);
    token.forget(old);

    await expect(token.get()).resolves.toBe(current);
    expect(requests).toHaveLength(2);
  });

  test('is not asked for again by late refusals although the gateway gave the same text once more', async () => {
    answer = () => fresh('the same');
    const old = await token.get();
    token.forget(old);
    await token.get();

    token.forget(old);
    await token.get();

    expect(requests).toHaveLength(2);
  });

  test.each<[string, Answer]>([
    ['does not take the key', { status: 401, body: envelope(null, -1) }],
    ['says no', { status: 200, body: envelope(null, 1) }],
    ['is out of order', { status: 500, body: 'sorry' }],
    ['sends no token', { status: 200, body: envelope({ now: 1, expired_at: 2 }) }],
    ['sends an empty token', { status: 200, body: envelope({ access_token: '', now: 1, expired_at: 2 }) }],
    ['sends something else', { status: 200, body: '<html>' }],
  ])('is not there for any caller when the gateway %s, and is asked for anew next time', async (_, bad) => {
    answer = (call) => (call === 1 ? bad : fresh('token-after-all'));

    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => token.get()));

    for (const outcome of outcomes) {
      expect(outcome).toEqual({ status: 'rejected', reason: expect.any(GatewayUnavailable) });
    }
    expect(requests).toHaveLength(1);
    await expect(token.get()).resolves.toMatchObject({ value: 'token-after-all' });
  });

  test('leaves neither the key nor the secret in an error', async () => {
    answer = () => ({ status: 401, body: envelope(null, -1, 'the-key the-secret') });

    const error = (await token.get().catch((reason: unknown) => reason)) as GatewayUnavailable;

    expect(`${error.fault} ${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toMatch(
      /the-key|the-secret/,
    );
    expect(error.fault).toMatch(/check IAMPORT_API_KEY and IAMPORT_API_SECRET/);
  });
});

function fresh(value: string): Answer {
  const now = 1_700_000_000;
  return {
    status: 200,
    body: envelope({ access_token: value, now, expired_at: now + LIFETIME_SECONDS }),
  };
}

function envelope(response: unknown, code = 0, message: string | null = null): unknown {
  return { code, message, response };
}
