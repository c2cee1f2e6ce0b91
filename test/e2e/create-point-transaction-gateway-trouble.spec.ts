import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readAccount } from '../support/books.js';
import {
  answerJson,
  type Fault,
  type FaultyGateway,
  onPaymentRead,
  startFaultyGateway,
} from '../support/faulty-gateway.js';
import type { GatewayPayment } from '../support/simulator-control.js';
import { eventually } from '../support/rooms.js';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';

const GATEWAY_TIMEOUT_MS = 500;
const DRIP_INTERVAL_MS = 100;
/** More than the answer could honestly be. */
const HUGE_ANSWER_BYTES = 3 * 1024 * 1024;

let service: TopUpService;
let gateway: FaultyGateway;

beforeAll(async () => {
  service = await startTopUpService({
    gatewayUrl: async (simulatorUrl) => {
      gateway = await startFaultyGateway(simulatorUrl);
      return gateway.url;
    },
    env: { IAMPORT_TIMEOUT_MS: String(GATEWAY_TIMEOUT_MS) },
  });
});

afterEach(() => gateway.behave());

afterAll(async () => {
  await service.stop();
  await gateway.stop();
});

function envelope(response: unknown, code = 0): unknown {
  return { code, message: code === 0 ? null : '존재하지 않는 결제정보입니다.', response };
}

describe('while the gateway', () => {
  test.each<[string, (payment: GatewayPayment) => Fault]>([
    ['cuts the connection', () => onPaymentRead((response) => response.destroy())],
    ['does not answer', () => onPaymentRead(() => {})],
    [
      'begins an answer and does not end it',
      () =>
        onPaymentRead((response) => {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.write('{"code":0,');
          const drip = setInterval(() => response.write(' '), DRIP_INTERVAL_MS);
          response.on('close', () => clearInterval(drip));
        }),
    ],
    // From here on each answer holds the payment as it should be, so that only what is wrong about it can be the reason.
    ['answers 500', (payment) => onPaymentRead((response) => answerJson(response, 500, envelope(payment)))],
    ['answers 503 without a body', () => onPaymentRead((response) => response.writeHead(503).end())],
    ['answers 429', (payment) => onPaymentRead((response) => answerJson(response, 429, envelope(payment)))],
    [
      'answers with a web page',
      () =>
        onPaymentRead((response) =>
          response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>점검 중</h1>'),
        ),
    ],
    [
      'answers with no payment in the envelope',
      () => onPaymentRead((r) => answerJson(r, 200, envelope(null))),
    ],
    ['answers with an empty object', () => onPaymentRead((response) => answerJson(response, 200, {}))],
    ['answers with a list', (payment) => onPaymentRead((r) => answerJson(r, 200, envelope([payment])))],
    ['answers without the envelope', (payment) => onPaymentRead((r) => answerJson(r, 200, payment))],
    [
      'answers about another payment of the same order',
      (payment) =>
        onPaymentRead((response) => {
          answerJson(response, 200, envelope({ ...payment, imp_uid: 'imp_000000000001' }));
        }),
    ],
    [
      'answers with an amount that is a text',
      (payment) =>
        onPaymentRead((response) => {
          answerJson(response, 200, envelope({ ...payment, amount: String(payment.amount) }));
        }),
    ],
    [
      'answers without what was cancelled',
      (payment) =>
        onPaymentRead((response) => {
          answerJson(response, 200, envelope({ ...payment, cancel_amount: undefined }));
        }),
    ],
    [
      'refuses with HTTP 200 and a code',
      (payment) => onPaymentRead((response) => answerJson(response, 200, envelope(payment, -1))),
    ],
    [
      'sends the server elsewhere',
      (payment) =>
        onPaymentRead((response, request) => {
          const followed = request.url?.includes('followed');
          if (followed) answerJson(response, 200, envelope(payment));
          else response.writeHead(302, { location: `${request.url}&followed=true` }).end();
        }),
    ],
    [
      'answers more than anybody should read',
      (payment) =>
        onPaymentRead((response) => {
          answerJson(response, 200, envelope({ ...payment, name: 'x'.repeat(HUGE_ANSWER_BYTES) }));
        }),
    ],
    [
      'takes no token',
      (payment) => onPaymentRead((response) => answerJson(response, 401, envelope(payment))),
    ],
  ])('%s, a claim changes nothing and can be repeated until it is credited', async (_title, fault) => {
    const { client, account } = await service.user();
    const payment = await orderAndPay(client, service.simulator);
    gateway.misbehave(fault(payment));

    const answer = await credit(client, payment.imp_uid);

    expect(answer.errors?.[0]?.extensions).toEqual({ code: 'GATEWAY_UNAVAILABLE', retryable: true });
    const { balance, rows } = await readAccount(service.books, account.id);
    expect({ point: balance.point, rows }).toEqual({ point: 0, rows: [] });

    gateway.behave();
    const again = await credit(client, payment.imp_uid);
    expect(again.data.createPointTransaction.amount).toBe(10_000);
    expect((await readAccount(service.books, account.id)).balance.point).toBe(10_000);
  });

  test('does not answer, the caller waits no longer than the time limit and a little', async () => {
    const { client } = await service.user();
    const payment = await orderAndPay(client, service.simulator);
    gateway.misbehave(onPaymentRead(() => {}));

    const startedAt = performance.now();
    await credit(client, payment.imp_uid);

    const waitedMs = performance.now() - startedAt;
    expect(waitedMs).toBeGreaterThanOrEqual(GATEWAY_TIMEOUT_MS - 50);
    expect(waitedMs).toBeLessThan(GATEWAY_TIMEOUT_MS + 5_000);
  });
});

test('a payment that was credited stays claimable while the gateway is away', async () => {
  const { client } = await service.user();
  const payment = await orderAndPay(client, service.simulator);
  const credited = await credit(client, payment.imp_uid);
  gateway.misbehave((_request, response) => {
    response.destroy();
    return true;
  });

  expect((await credit(client, payment.imp_uid)).data).toEqual(credited.data);
});

test('a caller that goes away before the answer is credited all the same, and the log says that it went', async () => {
  const { client, account } = await service.user();
  const payment = await orderAndPay(client, service.simulator);
  const requestId = randomUUID();
  const call = request(`${service.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await client.login(account)}`,
      'x-request-id': requestId,
    },
  });
  // It is we who end it.
  call.on('error', () => undefined);
  const line = new Promise<string>((resolve, reject) => {
    gateway.misbehave((_request, response, forward) => {
      call.destroy();
      const written = service.server.lineWith(requestId);
      written.then(forward).then(({ status, body }) => response.writeHead(status).end(body), reject);
      resolve(written);
      return true;
    });
  });
  call.end(
    JSON.stringify({ query: `mutation { createPointTransaction(impUid: "${payment.imp_uid}") { id } }` }),
  );

  expect(JSON.parse(await line)).toMatchObject({ path: '/graphql', aborted: true });
  await eventually(async () => {
    expect((await readAccount(service.books, account.id)).balance.point).toBe(10_000);
  });
});

test('a token that the gateway loses in between is replaced without the caller noticing', async () => {
  const { client, account } = await service.user();
  const payments = [];
  for (const orderAmount of [5_000, 10_000, 30_000])
    payments.push(await orderAndPay(client, service.simulator, { orderAmount }));
  await service.simulator.loseTokens();
  await service.simulator.forgetRequests();

  const answers = await Promise.all(payments.map(({ imp_uid }) => credit(client, imp_uid)));

  expect(answers.flatMap(({ errors }) => errors ?? [])).toEqual([]);
  expect((await readAccount(service.books, account.id)).balance.point).toBe(45_000);
  const { counts } = await service.simulator.requests();
  expect(counts['POST /users/getToken']).toBeGreaterThanOrEqual(1);
});

test('a kept connection that the gateway closes at the moment of its next use is replaced by a fresh one', async () => {
  const used = new Set<unknown>();
  gateway.misbehave((request) => {
    if (!used.has(request.socket)) {
      used.add(request.socket);
      return false;
    }
    request.socket.destroy();
    return true;
  });
  const { client, account } = await service.user();

  const payment = await orderAndPay(client, service.simulator);
  const answer = await credit(client, payment.imp_uid);

  expect(answer.errors).toBeUndefined();
  expect((await readAccount(service.books, account.id)).balance.point).toBe(10_000);
});

test('keys that the gateway does not take are our fault and not the caller’s', async () => {
  const { client, account } = await service.user();
  const payment = await orderAndPay(client, service.simulator);
  await service.simulator.loseTokens();
  gateway.misbehave((request, response) => {
    if (!request.url?.startsWith('/users/getToken')) return false;
    answerJson(response, 401, envelope(null, -1));
    return true;
  });

  const answer = await credit(client, payment.imp_uid);

  expect(answer.errors?.[0]?.extensions).toEqual({ code: 'GATEWAY_UNAVAILABLE', retryable: true });
  await service.server.lineWith('check IAMPORT_API_KEY and IAMPORT_API_SECRET');
  expect((await readAccount(service.books, account.id)).rows).toEqual([]);
});
