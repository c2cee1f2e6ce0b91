import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { startFaultyGateway } from '../support/faulty-gateway.js';
import { graphqlClient } from '../support/graphql-client.js';
import { findMariadb, isContinuousIntegration, MARIADB_HINT } from '../support/requirements.mjs';
import {
  migrate,
  type RunningProgram,
  simulatorSettings,
  startServer,
  startServerInVain,
  startSimulator,
} from '../support/server.js';
import { simulatorControl } from '../support/simulator-control.js';
import { credit, JWT_SECRET, orderAndPay, productionSettings } from '../support/top-up-service.js';

const MARIADB_START_TIMEOUT_MS = 60_000;
/** More than the ten seconds after which the GraphQL library would cut a request off. */
const SLOW_GATEWAY_MS = 11_000;

let folder: string;
let simulator: RunningProgram;
let settings: Record<string, string>;

beforeAll(async () => {
  simulator = await startSimulator();
});

afterAll(() => simulator.stop());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'point-top-up-start-'));
  settings = { DATA_DIR: folder, RATE_LIMIT: 'off', ...simulatorSettings(simulator.url) };
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a server that cannot start ends with exit code 1 and one line that says what to do', () => {
  async function lineOf(env: Record<string, string | undefined>): Promise<string> {
    const { exitCode, output } = await startServerInVain({ env: { LOG_LEVEL: 'silent', ...env } });
    expect(exitCode).toBe(1);
    expect(output.trimEnd().split('\n')).toHaveLength(1);
    return output.trimEnd();
  }

  test('when its port is taken', async () => {
    const other = createServer().listen(0);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;

    const line = await lineOf({ ...settings, PORT: String(port) });

    other.close();
    expect(line).toMatch(/ \/ port \d+ is taken: end what uses it, or set PORT to another one\.$/);
    expect(line).toContain(`포트 ${port} 을(를) 이미 쓰고 있습니다`);
  });

  test('when another server uses its data folder, and that one goes on', async () => {
    const first = await startServer({ env: settings });

    const file = join(folder, 'point.db');
    expect(await lineOf(settings)).toBe(
      `${file} 은(는) 다른 프로세스가 쓰고 있습니다. 다른 서버를 끝내거나 DATA_DIR 에 다른 폴더를 지정하세요. / ` +
        `${file} is in use by another process: end the other server, or set DATA_DIR to another folder.`,
    );

    await graphqlClient(first.url).signUp();
    await first.stop();
  });

  test('when its data folder cannot be made', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    const { exitCode, output } = await startServerInVain({
      env: { ...settings, DATA_DIR: join(file, 'data') },
    });

    expect(exitCode).toBe(1);
    expect(output).toContain(`the data folder ${join(file, 'data')} cannot be made`);
    expect(output).toContain('set DATA_DIR to a folder that this user may write');
    expect(output).not.toMatch(/\n {4}at /);
  });

  test('when the database does not answer', async () => {
    const password = 'canary-database-password';
    const line = await lineOf({ ...settings, DATABASE_URL: `mariadb://user:${password}@127.0.0.1:9/point` });

    expect(line).toMatch(/ \/ the database cannot be reached \(.*\): start it, or check DATABASE_URL\.$/);
    expect(line).not.toContain(password);
  });
});

describe('wrong settings', () => {
  test('are all listed at once, by name, and their values are not repeated', async () => {
    const { exitCode, output } = await startServerInVain({
      env: {
        DATA_DIR: folder,
        PORT: 'canary-port',
        PUBLIC_URL: 'canary-public-url',
        DATABASE_URL: 'canary-database-url',
        IAMPORT_BASE_URL: 'canary-base-url',
        IAMPORT_TEST_MODE: 'canary-test-mode',
        IAMPORT_TIMEOUT_MS: 'canary-timeout',
        JWT_SECRET: 'canary-short',
        POINT_PACKAGES: 'canary-packages',
        PAYMENT_LIMITS: 'card:canary',
        POINT_MAX_BALANCE: 'canary-balance',
        RATE_LIMIT: 'canary-limit',
      },
    });

    expect(exitCode).toBe(1);
    for (const name of [
      'PORT',
      'PUBLIC_URL',
      'DATABASE_URL',
      'IAMPORT_API_KEY',
      'IAMPORT_API_SECRET',
      'IAMPORT_USER_CODE',
      'IAMPORT_BASE_URL',
      'IAMPORT_TEST_MODE',
      'IAMPORT_TIMEOUT_MS',
      'JWT_SECRET',
      'PAYMENT_METHODS',
      'POINT_PACKAGES',
      'POINT_MAX_BALANCE',
      'RATE_LIMIT',
    ]) {
      expect(output).toMatch(new RegExp(`^  - .*\\b${name}\\b`, 'm'));
    }
    expect(output).not.toContain('canary');
    expect(output).not.toMatch(/\n {4}at /);
  });

  test('that are empty count as ones that are not there', async () => {
    const server = await startServer({
      env: { ...settings, DATABASE_URL: '', PUBLIC_URL: '', POINT_PACKAGES: '', JWT_SECRET: '' },
    });
    await server.stop();
  });
});

describe('production refuses to start', () => {
  async function refusal(env: Record<string, string | undefined>): Promise<string> {
    const { exitCode, output } = await startServerInVain({ env: { DATA_DIR: folder, ...env } });
    expect(exitCode).toBe(1);
    return output;
  }

  test('without settings, and lists all that it needs', async () => {
    const output = await refusal({ NODE_ENV: 'production' });

    for (const name of [
      'JWT_SECRET',
      'PUBLIC_URL',
      'DATABASE_URL',
      'IAMPORT_API_KEY',
      'IAMPORT_API_SECRET',
      'IAMPORT_USER_CODE',
      'PAYMENT_METHODS',
    ]) {
      expect(output).toMatch(new RegExp(`^  - .*\\b${name}\\b`, 'm'));
    }
  });

  test('with a short secret and the simulator, and on SQLite without being told so', async () => {
    const output = await refusal({
      ...productionSettings(''),
      JWT_SECRET: 'x'.repeat(31),
      IAMPORT_BASE_URL: 'http://localhost:3001',
      IAMPORT_SDK_URL: 'http://localhost:3001/v1/iamport.js',
    });

    expect(output).toMatch(/^ {2}- JWT_SECRET .*must be at least 32 bytes/m);
    expect(output).toMatch(/^ {2}- IAMPORT_BASE_URL .*must be the real gateway/m);
    expect(output).toMatch(/^ {2}- IAMPORT_SDK_URL .*must be iamport’s own script/m);
    expect(output).toMatch(/^ {2}- DATABASE_URL .*is required in production/m);
  });

  test('as the simulator', async () => {
    await expect(startSimulator({ env: { NODE_ENV: 'production' } })).rejects.toThrow(
      'The simulator does not run with NODE_ENV=production',
    );
  });
});

describeWithPrivateMariadb('production on a MariaDB that does not flush each commit', (mariadb) => {
  test('refuses to start until it does; elsewhere the log warns', async () => {
    const production = productionSettings(mariadb.url());
    await migrate({ env: production });
    await mariadb.query('SET GLOBAL innodb_flush_log_at_trx_commit = 2');

    const refused = await startServerInVain({ env: production });
    const development = await startServer({ env: { ...settings, DATABASE_URL: mariadb.url() } });

    expect(refused).toEqual({
      exitCode: 1,
      output: expect.stringMatching(
        / \/ the database does not flush each commit: set innodb_flush_log_at_trx_commit=1.*\n$/,
      ),
    });
    await development.lineWith('the database does not flush each commit');
    await development.stop();

    await mariadb.query('SET GLOBAL innodb_flush_log_at_trx_commit = 1');
    await (await startServer({ env: production })).stop();
  });
});

describe('an end in order (SIGTERM)', () => {
  test('lets a request that has begun end, takes no new one, and has exit code 0', async () => {
    const gateway = await startFaultyGateway(simulator.url);
    const server = await startServer({
      env: { ...settings, ...simulatorSettings(gateway.url), IAMPORT_TIMEOUT_MS: '30000' },
    });
    const client = graphqlClient(server.url);
    await client.signUp();
    const payment = await orderAndPay(client, simulatorControl(simulator.url));
    const reading = new Promise<void>((resolve) => {
      let held = false;
      gateway.misbehave((request, response) => {
        if (held || !request.url?.startsWith('/payments/imp')) return false;
        held = true;
        resolve();
        setTimeout(() => {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(JSON.stringify({ code: 0, message: null, response: payment }));
        }, SLOW_GATEWAY_MS);
        return true;
      });
    });

    const answer = credit(client, payment.imp_uid);
    await reading;
    const stopped = server.stop();
    const late = await whenRefused(server.url);

    expect((await answer).data.createPointTransaction.amount).toBe(10_000);
    await stopped;
    expect(late).toBe(true);
    await gateway.stop();
  });

  describe('with SHUTDOWN_DRAIN_MS', () => {
    const DRAIN_MS = 2000;
    const LONG_DRAIN_MS = 20_000;

    async function startDraining(drainMs: number) {
      const server = await startServer({ env: { ...settings, SHUTDOWN_DRAIN_MS: String(drainMs) } });
      const ended = server.ended();
      const startedAtMs = performance.now();
      process.kill(server.pid, 'SIGTERM');
      await server.lineWith('"stopping"');
      return { server, ended: ended.then((exitCode) => ({ exitCode, ms: performance.now() - startedAtMs })) };
    }

    test('says 503 at /health/ready and answers everything else for that time, each time for the last time on a connection', async () => {
      const { server, ended } = await startDraining(DRAIN_MS);

      const ready = await fetch(`${server.url}/health/ready`);
      const live = await fetch(`${server.url}/health/live`);
      const { errors, headers } = await graphqlClient(server.url).call('{ pointPackages }');

      expect([ready.status, await ready.json()]).toEqual([503, { status: 'shutting_down' }]);
      expect([live.status, live.headers.get('connection')]).toEqual([200, 'close']);
      expect([errors, headers.get('connection')]).toEqual([undefined, 'close']);
      const { exitCode, ms } = await ended;
      expect(exitCode).toBe(0);
      expect(ms).toBeGreaterThanOrEqual(DRAIN_MS);
    });

    test.each(['SIGTERM', 'SIGINT'] as const)('a second signal (%s) ends that time', async (signal) => {
      const { server, ended } = await startDraining(LONG_DRAIN_MS);
      process.kill(server.pid, signal);

      const { exitCode, ms } = await ended;

      expect(exitCode).toBe(0);
      expect(ms).toBeLessThan(LONG_DRAIN_MS / 2);
    });

    test('Ctrl-C (SIGINT) waits for nobody', async () => {
      const server = await startServer({ env: { ...settings, SHUTDOWN_DRAIN_MS: String(LONG_DRAIN_MS) } });
      const ended = server.ended();
      const startedAtMs = performance.now();
      process.kill(server.pid, 'SIGINT');

      expect(await ended).toBe(0);
      expect(performance.now() - startedAtMs).toBeLessThan(LONG_DRAIN_MS / 2);
    });
  });

  test('comes also when the program that started it dies', async () => {
    const server = await startServer({ env: settings });
    const ended = server.ended();
    server.disconnect();

    expect(await ended).toBe(0);
  });
});

describe('a restart', () => {
  async function historyOf(url: string, account: { email: string; password: string }) {
    const client = graphqlClient(url);
    await client.login(account);
    return client.succeed(
      '{ me { id point } pointTransactions { nodes { id impUid amount balanceAfter } } }',
    );
  }

  test.each(['stop', 'kill'] as const)(
    'after a %s keeps users, logins, orders and transactions',
    async (ending) => {
      const first = await startServer({ env: settings });
      const client = graphqlClient(first.url);
      const account = await client.signUp();
      const payment = await orderAndPay(client, simulatorControl(simulator.url));
      const unpaid = await orderAndPay(client, simulatorControl(simulator.url), { orderAmount: 5_000 });
      const credited = await credit(client, payment.imp_uid);
      const before = await historyOf(first.url, account);
      await first[ending]();

      const second = await startServer({ env: settings });

      expect(await historyOf(second.url, account)).toEqual(before);
      const later = graphqlClient(second.url);
      // The access token and the refresh cookie of before live on: the made JWT secret was kept.
      later.useAccessToken(client.accessToken()!);
      later.setRefreshToken(client.refreshToken());
      expect((await credit(later, payment.imp_uid)).data).toEqual(credited.data);
      expect((await credit(later, unpaid.imp_uid)).data.createPointTransaction.balanceAfter).toBe(15_000);
      expect((await later.call('mutation { restoreAccessToken { expiresAt } }')).errors).toBeUndefined();
      await second.stop();
    },
  );

  test('with another JWT_SECRET makes the old access tokens worthless', async () => {
    const first = await startServer({ env: settings });
    const client = graphqlClient(first.url);
    await client.signUp();
    await first.stop();
    const second = await startServer({ env: { ...settings, JWT_SECRET } });

    const { errors } = await graphqlClient(second.url).call(
      '{ me { id } }',
      {},
      { token: client.accessToken() },
    );

    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    await second.stop();
  });
});

/** True as soon as a new connection is refused. */
async function whenRefused(url: string): Promise<boolean> {
  const deadline = Date.now() + SLOW_GATEWAY_MS;
  while (Date.now() < deadline) {
    try {
      const { status } = await fetch(`${url}/health/live`, { headers: { connection: 'close' } });
      if (status === 503) return true;
    } catch {
      return true; // Nobody listens any more.
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

/** A MariaDB for one suite alone, since its global settings are changed. Skipped or failed like the other MariaDB suites. */
function describeWithPrivateMariadb(
  suite: string,
  body: (mariadb: { url(): string; query(statement: string): Promise<void> }) => void,
): void {
  if (!findMariadb()) {
    if (isContinuousIntegration()) throw new Error(`MariaDB is missing and CI=true: ${MARIADB_HINT}`);
    // The install hint goes into the name, and the tests are listed as skipped.
    describe.skip(`${suite} (skipped, MariaDB is missing: ${MARIADB_HINT})`, () =>
      body({ url: () => '', query: async () => {} }));
    return;
  }
  describe(suite, () => {
    let program: ChildProcess;
    let serverUrl: URL;

    async function query(statement: string): Promise<void> {
      const { hostname, port, username, password } = serverUrl;
      const connection = await createConnection({
        host: hostname,
        port: Number(port),
        user: username,
        password,
      });
      await connection.query(statement);
      await connection.end();
    }

    beforeAll(async () => {
      program = fork(fileURLToPath(new URL('../support/private-mariadb.mjs', import.meta.url)), {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      const [message] = (await once(program, 'message')) as [{ type: string; url: string }];
      serverUrl = new URL(message.url);
      await query('CREATE DATABASE point');
    }, MARIADB_START_TIMEOUT_MS);

    afterAll(async () => {
      program.disconnect();
      await once(program, 'exit');
    });

    body({
      url: () => Object.assign(new URL(serverUrl), { pathname: '/point' }).href,
      query,
    });
  });
}
