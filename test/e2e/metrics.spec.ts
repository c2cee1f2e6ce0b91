import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { ErrorCode } from '../../src/refusal/error-code.js';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { Cancellation } from '../../src/payment/cancellation.entity.js';
import { WebhookDelivery } from '../../src/webhook/webhook-delivery.entity.js';
import { addOrder, addUser } from '../support/books.js';
import {
  cancelPayment,
  type RefundService,
  startRefundService,
  topUp,
} from '../support/cancel-operations.js';
import { describeOnEachDatabase } from '../support/databases.js';
import {
  cutBefore,
  loseAnswer,
  onCancel,
  onOrderRead,
  onPaymentRead,
  refuse,
} from '../support/faulty-gateway.js';
import { eventually } from '../support/rooms.js';
import { scrape, type Scrape } from '../support/scrape.js';
import { freePort } from '../support/free-port.mjs';
import { simulatorSettings, startServerInVain } from '../support/server.js';
import {
  credit,
  JWT_SECRET,
  makeOrder,
  orderAndPay,
  startServerWithoutGateway,
  startTopUpService,
  type TopUpService,
} from '../support/top-up-service.js';

const POOL_SIZE = 7;

/** Gateway calls of one kind that ended in one way. */
const callsIn = (figures: Scrape, call: string, outcome: string) =>
  figures.value('point_gateway_call_duration_seconds_count', { gateway: 'iamport', call, outcome }) ?? 0;

describeOnEachDatabase('the metrics', (database) => {
  let service: RefundService;
  let port: string;

  beforeAll(async () => {
    port = await freePort();
    service = await startRefundService({
      database: database.env,
      env: { METRICS_PORT: port, DATABASE_POOL_SIZE: String(POOL_SIZE) },
    });
  });

  beforeEach(() => service.gateway.behave());

  afterAll(() => service.stop());

  /** How much a figure grew by `action`. */
  async function growth(
    action: () => Promise<unknown>,
    ...names: [name: string, labels?: Record<string, string>][]
  ): Promise<number[]> {
    const before = await scrape(port);
    await action();
    const after = await scrape(port);
    return names.map(
      ([name, labels]) => (after.value(name, labels) ?? 0) - (before.value(name, labels) ?? 0),
    );
  }

  test('are in the Prometheus text form, with those of the process', async () => {
    const figures = await scrape(port);

    expect(figures.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(figures.value('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
    expect(figures.value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(figures.value('process_cpu_seconds_total')).toBeGreaterThan(0);
  });

  test('count a charge once, with its points, however often it is sent', async () => {
    const { client } = await service.user();
    const { imp_uid: impUid } = await orderAndPay(client, service.simulator, { orderAmount: 30_000 });

    const grown = await growth(
      () => Promise.all([credit(client, impUid), credit(client, impUid), credit(client, impUid)]),
      ['point_credits_total'],
      ['point_credited_points_total'],
      ['point_graphql_operation_duration_seconds_count', { field: 'createPointTransaction' }],
    );

    expect(grown).toEqual([1, 30_000, 3]);
  });

  test('count a cancel, with its points, and one that recovery finishes too', async () => {
    const { client } = await service.user();
    const impUid = await topUp(client, service.simulator);

    const grown = await growth(
      async () => {
        await cancelPayment(client, { impUid, amount: 1_000 });
        service.gateway.misbehave(onCancel(loseAnswer, 1));
        const { data } = await cancelPayment(client, { impUid, amount: 3_000 });
        expect(data.cancelPointTransaction.state).toBe('PENDING');
        await eventually(async () => {
          expect((await scrape(port)).value('point_cancelled_points_total')).toBeGreaterThanOrEqual(4_000);
        });
      },
      ['point_cancels_total'],
      ['point_cancelled_points_total'],
      ['point_credits_total'],
    );

    expect(grown).toEqual([2, 4_000, 0]);
  });

  test('count each refusal once, by its code', async () => {
    const { client } = await service.user();
    const errors = (code: string): [string, Record<string, string>] => [
      'point_graphql_errors_total',
      { code },
    ];

    const grown = await growth(
      async () => {
        await credit(client, 'imp_999999999999');
        await credit(client, 'not an imp_uid');
        await client.call('{ me {');
        await client.call('{ nobodyKnowsThisField }');
        await service.client().call('{ me { id } }');
        await client.call('{ a: refundQuote(impUid: "imp_1") { left } b: me { id } }');
      },
      errors('PAYMENT_NOT_FOUND'),
      errors('BAD_USER_INPUT'),
      errors('GRAPHQL_PARSE_FAILED'),
      errors('GRAPHQL_VALIDATION_FAILED'),
      errors('UNAUTHENTICATED'),
      errors('INTERNAL_SERVER_ERROR'),
    );

    expect(grown).toEqual([2, 1, 1, 1, 1, 0]);
  });

  test('have only names of our own as labels, whatever a caller sends', async () => {
    const { client, account } = await service.user();
    const impUid = await topUp(client, service.simulator);
    const { schema } = await client.succeed<{
      schema: Record<'queryType' | 'mutationType', { fields: { name: string }[] }>;
    }>('{ schema: __schema { queryType { fields { name } } mutationType { fields { name } } } }');
    await client.call('query Invented { invented: me { id } }');
    await client.call('{ invented }');
    await client.call('{ ...Invented } fragment Invented on Query { me { id } }');
    await client.call('{ __typename }');
    await fetch(`${service.url}/invented`);

    const figures = await scrape(port);

    const fields = [...schema.queryType.fields, ...schema.mutationType.fields].map(({ name }) => name);
    const measured = figures.labelValues('point_graphql_operation_duration_seconds_count', 'field');
    expect(measured).toEqual(expect.arrayContaining(['me', 'createUser', 'other']));
    expect([...fields, 'other']).toEqual(expect.arrayContaining(measured));
    const codes = figures.labelValues('point_graphql_errors_total', 'code');
    expect(codes.toSorted()).toEqual(Object.values(ErrorCode).toSorted());
    for (const sent of ['nvented', account.id, account.email, impUid])
      expect(figures.text).not.toContain(sent);
    expect(new Set(figures.samples.flatMap(({ labels }) => Object.keys(labels)))).toEqual(
      new Set([
        'code',
        'field',
        'call',
        'gateway',
        'outcome',
        'work',
        'cause',
        'le',
        'kind',
        'type',
        'space',
        'version',
        'major',
        'minor',
        'patch',
      ]),
    );
  });

  test('measure the calls of the gateway, by call and outcome', async () => {
    const { client } = await service.user();
    const impUid = await topUp(client, service.simulator);
    const before = await scrape(port);

    await credit(client, 'imp_999999999999');
    service.gateway.misbehave(onPaymentRead((response) => response.destroy()));
    await credit(client, 'imp_999999999998');
    service.gateway.misbehave(onCancel(refuse));
    await cancelPayment(client, { impUid });
    await makeOrder(client);

    const after = await scrape(port);
    const grown = (call: string, outcome: string) =>
      callsIn(after, call, outcome) - callsIn(before, call, outcome);
    expect(grown('GET /payments/{imp_uid}', 'refused')).toBe(1);
    expect(grown('GET /payments/{imp_uid}', 'unavailable')).toBe(1);
    expect(grown('GET /payments/{imp_uid}', 'ok')).toBe(1);
    expect(grown('POST /payments/cancel', 'refused')).toBe(1);
    expect(grown('POST /payments/prepare', 'ok')).toBe(1);
    expect(callsIn(after, 'POST /users/getToken', 'ok')).toBe(1);
    expect(after.value('point_gateway_call_duration_seconds_sum')).toBeGreaterThan(0);
  });

  test('show an open cancellation and its age while the gateway holds, and none afterwards', async () => {
    const { client } = await service.user();
    const impUid = await topUp(client, service.simulator);
    service.gateway.misbehave(onCancel(cutBefore));

    const { data } = await cancelPayment(client, { impUid });
    const { id } = data.cancelPointTransaction;
    const requestedAt = new Date(Date.now() - 16 * 60_000);
    await service.books.manager.update(Cancellation, { id }, { requestedAt });

    await eventually(async () => {
      const figures = await scrape(port);
      expect(figures.value('point_cancellations_open')).toBe(1);
      expect(figures.value('point_cancellations_oldest_age_seconds')).toBeGreaterThanOrEqual(960);
    });
    expect((await scrape(port)).value('point_cancellations_oldest_age_seconds')).toBeLessThan(1_200);

    service.gateway.behave();
    await service.books.manager.update(Cancellation, { id }, { nextAttemptAt: new Date() });
    await eventually(async () => {
      const figures = await scrape(port);
      expect(figures.value('point_cancellations_open')).toBe(0);
      expect(figures.value('point_cancellations_oldest_age_seconds')).toBe(0);
    });
  });

  test('count webhooks of ours and of others, those that are given up, and pieces of recovery that failed', async () => {
    const grown = await growth(
      async () => {
        service.gateway.misbehave(onOrderRead((response) => response.destroy()));
        const before = await scrape(port);
        const { client } = await service.user();
        for (const merchantUid of [await makeOrder(client), 'pt0']) {
          await fetch(`${service.url}/webhooks/iamport`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ imp_uid: 'imp_777777777777', merchant_uid: merchantUid }),
          });
        }
        const failed = { cause: 'gateway' };
        await eventually(async () => {
          expect((await scrape(port)).value('point_recovery_failures_total', failed)).toBe(
            (before.value('point_recovery_failures_total', failed) ?? 0) + 1,
          );
        });
        service.gateway.behave();
        await service.books.manager.update(
          WebhookDelivery,
          { gatewayPaymentId: 'imp_777777777777' },
          { attempts: 8, nextAttemptAt: new Date() },
        );
        await eventually(async () => {
          expect((await scrape(port)).value('point_webhooks_given_up_total')).toBe(1);
        });
      },
      ['point_webhooks_received_total'],
      ['point_webhooks_foreign_total'],
      ['point_webhooks_given_up_total'],
      ['point_recovery_failures_total', { cause: 'fault' }],
    );

    expect(grown).toEqual([1, 1, 1, 0]);
  });

  test('show the connections to the database', async () => {
    const figures = await scrape(port);

    const max = database.name === 'MariaDB' ? POOL_SIZE : 1;
    expect(figures.value('point_database_connections_max')).toBe(max);
    expect(figures.value('point_database_connections_in_use')).toBeGreaterThanOrEqual(0);
    expect(figures.value('point_database_connections_in_use')).toBeLessThanOrEqual(max);
    expect(figures.value('point_database_callers_waiting')).toBeGreaterThanOrEqual(0);
  });
});

describeOnEachDatabase('the backlog', (database) => {
  let service: TopUpService;
  let port: string;

  beforeAll(async () => {
    port = await freePort();
    service = await startTopUpService({ database: database.env, env: { METRICS_PORT: port } });
  });

  afterAll(() => service.stop());

  test('is how long the oldest due piece of each kind has been waiting', async () => {
    const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
    const user = await addUser(service.books);
    const { merchantUid } = await addOrder(service.books, user.id, 5_000);
    const dueMinutesAgo = new Map([5, 7, -3].map((minutes) => [ulid(), minutes]));
    for (const id of dueMinutesAgo.keys()) {
      await service.books.manager.insert(WebhookDelivery, {
        id,
        gatewayPaymentId: 'imp_123456789012',
        merchantUid,
        receivedAt: minutesAgo(9),
        nextAttemptAt: null,
        attempts: 0,
      });
    }

    await eventually(async () => {
      // Each time, because the server's own recovery may have taken them since the last look.
      await service.books.manager.update(PaymentOrder, { merchantUid }, { nextCheckAt: minutesAgo(10) });
      for (const [id, minutes] of dueMinutesAgo) {
        await service.books.manager.update(WebhookDelivery, { id }, { nextAttemptAt: minutesAgo(minutes) });
      }
      const figures = await scrape(port);
      const lag = (work: string) => figures.value('point_recovery_lag_seconds', { work });
      expect(lag('order')).toBeGreaterThanOrEqual(600);
      expect(lag('order')).toBeLessThan(660);
      expect(lag('webhook')).toBeGreaterThanOrEqual(420);
      expect(lag('webhook')).toBeLessThan(480);
      expect(lag('cancellation')).toBe(0);
    });
  });

  test('is missing while the database does not tell it, and everything else is there', async () => {
    await service.books.query('ALTER TABLE point_webhook_delivery RENAME TO point_webhook_delivery_away');
    const backlog = [
      'point_cancellations_open',
      'point_cancellations_oldest_age_seconds',
      'point_recovery_lag_seconds',
    ];

    await eventually(async () => {
      const figures = await scrape(port);
      expect(backlog.map((name) => figures.value(name))).toEqual([undefined, undefined, undefined]);
      expect(figures.value('point_credits_total')).toBe(0);
      expect(figures.value('point_database_connections_max')).toBeGreaterThan(0);
    });
    await service.server.lineWith('the metrics could not read the database');

    await service.books.query('ALTER TABLE point_webhook_delivery_away RENAME TO point_webhook_delivery');
    await eventually(async () => {
      expect((await scrape(port)).value('point_cancellations_open')).toBe(0);
    });
  });
});

describe('the door', () => {
  test('is closed unless METRICS_PORT is set, and the public one never shows metrics', async () => {
    const port = await freePort();
    const without = await startServerWithoutGateway();
    const withMetrics = await startServerWithoutGateway({ METRICS_PORT: port });
    try {
      for (const { url } of [without, withMetrics]) {
        const answer = await fetch(`${url}/metrics`);
        expect(answer.status).toBe(404);
        expect(await answer.text()).not.toContain('point_credits_total');
      }
      expect((await scrape(port)).value('point_credits_total')).toBe(0);
      expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
      expect((await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' })).status).toBe(404);
      // Another address of the same machine: it listens on 127.0.0.1 and not on all of them.
      await expect(fetch(`http://127.0.0.2:${port}/metrics`)).rejects.toThrow();
    } finally {
      await without.stop();
      await withMetrics.stop();
    }
  });

  test('that is taken ends the start with one line that names the setting', async () => {
    const taker = createServer().listen(0, '127.0.0.1');
    await once(taker, 'listening');
    const { port } = taker.address() as AddressInfo;
    const folder = await mkdtemp(join(tmpdir(), 'point-top-up-metrics-'));
    const vain = (env: Record<string, string>) =>
      startServerInVain({
        env: {
          DATA_DIR: folder,
          ...simulatorSettings('http://127.0.0.1:9'),
          JWT_SECRET,
          ...env,
        },
      });
    try {
      expect((await vain({ METRICS_PORT: String(port) })).output).toContain(
        `port ${port} is taken: end what uses it, or set METRICS_PORT to another one.`,
      );
      expect((await vain({ METRICS_PORT: await freePort(), METRICS_HOST: '203.0.113.1' })).output).toContain(
        'METRICS_HOST is no address of this machine',
      );
    } finally {
      taker.close();
      await rm(folder, { recursive: true });
    }
  });
});
