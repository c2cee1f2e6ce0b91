import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Database from 'libsql';
import { startMortalMariadb, type MortalMariadb } from '../crash/mortal-mariadb.js';
import { connect as connectToBooks, databaseSettings } from '../support/books.js';
import { describeOnMariadb } from '../support/databases.js';
import { createDatabase } from '../support/mariadb.js';
import { startServerWithoutGateway } from '../support/top-up-service.js';

const RECOVERY_TIMEOUT_MS = 15_000;
const POLL_INTERVAL_MS = 100;

type Service = Awaited<ReturnType<typeof startServerWithoutGateway>>;

async function health(service: Service, name: 'live' | 'ready') {
  const response = await fetch(`${service.url}/health/${name}`);
  return {
    status: response.status,
    cacheControl: response.headers.get('cache-control'),
    body: (await response.json()) as Record<string, unknown>,
  };
}

describe('on SQLite', () => {
  let service: Service;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'point-top-up-health-'));
    service = await startServerWithoutGateway({ DATA_DIR: folder });
  });

  afterAll(async () => {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('while another program writes for long, /health/ready says 503, and whoever reads is answered at once', async () => {
    const { email, password } = await service.client().signUp();
    const other = new Database(join(folder, 'point.db'));
    other.exec('BEGIN IMMEDIATE');
    try {
      const writing = service
        .client()
        .call(
          'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { expiresAt } }',
          { email, password },
        );
      const ready = health(service, 'ready');
      const startedAtMs = performance.now();
      for (let look = 0; look < 5; look++) expect((await health(service, 'live')).status).toBe(200);
      expect(performance.now() - startedAtMs).toBeLessThan(1000);

      expect((await ready).status).toBe(503);
      expect((await writing).errors?.[0]?.extensions).toEqual({
        code: 'DATABASE_UNAVAILABLE',
        retryable: true,
      });
    } finally {
      other.exec('COMMIT');
      other.close();
    }
    await untilReady(service);
  });

  test('/health/live and /health/ready answer 200 to anybody and are not to be cached', async () => {
    expect(await health(service, 'live')).toEqual({
      status: 200,
      cacheControl: 'no-store',
      body: { status: 'ok' },
    });
    const ready = await health(service, 'ready');
    expect(ready).toMatchObject({
      status: 200,
      body: { status: 'ok', info: { database: { status: 'up' } } },
    });
    expect(ready.cacheControl).toContain('no-store');
  });

  test('a balancer’s probe in HTTP/1.0, which names no host, is answered too', async () => {
    const { port, hostname } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    socket.end('GET /health/ready HTTP/1.0\r\n\r\n');
    const answer = await text(socket);

    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('a health check writes no line into the log', async () => {
    const before = service.server.output();
    await health(service, 'live');
    await health(service, 'ready');

    expect(service.server.output()).toBe(before);
  });
});

describeOnMariadb('when the database goes away', (database) => {
  let link: Awaited<ReturnType<typeof startLink>>;
  let service: Service;

  beforeAll(async () => {
    link = await startLink(database.env.DATABASE_URL!);
    service = await startServerWithoutGateway({ DATABASE_URL: link.url });
  });

  afterAll(async () => {
    await service.stop();
    await link.end();
  });

  test('/health/ready says 503 without a secret, /health/live stays 200, and both recover by themselves', async () => {
    expect((await health(service, 'ready')).status).toBe(200);
    link.cut();

    const ready = await health(service, 'ready');

    expect(ready.status).toBe(503);
    expect(ready.body).toMatchObject({ status: 'error', error: { database: { status: 'down' } } });
    expect(JSON.stringify(ready.body)).not.toMatch(/127\.0\.0\.1|password|point_test/);
    expect((await health(service, 'live')).status).toBe(200);
    const { errors } = await service
      .client()
      .call(
        'mutation { login(email: "canary-user@canary.example", password: "canary-password") { expiresAt } }',
      );
    expect(errors?.[0]?.extensions).toEqual({ code: 'DATABASE_UNAVAILABLE', retryable: true });

    link.mend();
    await untilReady(service);
  });
});

describeOnMariadb('when a failover made a reader of the database', (shared) => {
  let mariadb: MortalMariadb;
  let service: Service;
  /** read_only does not stop it. */
  let operator: Awaited<ReturnType<typeof connectToBooks>>;

  beforeAll(async () => {
    mariadb = await startMortalMariadb();
    const url = new URL(await createDatabase(mariadb.url, 'points'));
    operator = await connectToBooks(databaseSettings({ ...shared.env, DATABASE_URL: url.href }));
    await operator.query(`CREATE USER program@'127.0.0.1' IDENTIFIED BY 'canary-password'`);
    await operator.query(`GRANT ALL ON points.* TO program@'127.0.0.1'`);
    url.username = 'program';
    url.password = 'canary-password';
    service = await startServerWithoutGateway({ DATABASE_URL: url.href });
  });

  afterAll(async () => {
    await operator.destroy();
    await service.stop();
    await mariadb.stop();
  });

  test('/health/ready says 503 and callers may try again later, until it can be written again', async () => {
    const account = await service.client().signUp();
    expect((await health(service, 'ready')).status).toBe(200);
    await operator.query('SET GLOBAL read_only = 1');

    expect(await health(service, 'ready')).toMatchObject({
      status: 503,
      body: { status: 'error', error: { database: { status: 'down' } } },
    });
    expect((await health(service, 'live')).status).toBe(200);
    const answers = await Promise.all(
      Array.from({ length: 14 }, () =>
        service
          .client()
          .call(
            'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { expiresAt } }',
            {
              email: account.email,
              password: account.password,
            },
          ),
      ),
    );
    expect(answers.map(({ errors }) => errors?.[0]?.extensions)).toEqual(
      answers.map(() => ({ code: 'DATABASE_UNAVAILABLE', retryable: true })),
    );

    await operator.query('SET GLOBAL read_only = 0');
    await untilReady(service);
    await service.client().signUp();
  });
});

async function untilReady(service: Service): Promise<void> {
  const deadline = Date.now() + RECOVERY_TIMEOUT_MS;
  while ((await health(service, 'ready')).status !== 200) {
    if (Date.now() > deadline)
      throw new Error(`not ready ${RECOVERY_TIMEOUT_MS} ms after the database came back`);
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
}

/** A network link to a database that can be cut and mended. */
async function startLink(databaseUrl: string) {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let up = true;
  const listener = createServer((near) => {
    if (!up) {
      near.destroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const url = new URL(databaseUrl);
  url.port = String((listener.address() as AddressInfo).port);
  const cut = () => {
    up = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cut,
    mend: () => {
      up = true;
    },
    end: async () => {
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };
}
