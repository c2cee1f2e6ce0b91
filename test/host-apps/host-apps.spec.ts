import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Database from 'libsql';
import { createConnection } from 'mysql2/promise';
import { koreanDayOf } from '../../src/calendar/korean-time.js';
import { createTestDatabase, type MariadbDatabase, mariadbUrl } from '../support/mariadb.js';
import { isContinuousIntegration, MARIADB_HINT } from '../support/requirements.mjs';
import { eventually } from '../support/rooms.js';
import { rememberSecret } from '../support/server-logs.mjs';
import { type RunningProgram, simulatorSettings, startSimulator } from '../support/server.js';
import { simulatorControl } from '../support/simulator-control.js';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** The registry may be slow; a warm cache takes 15 s. */
const INSTALL_TIMEOUT_MS = 300_000;
/** What does not come is asked for again: by itself npm waits for it as long as we wait for all of it. */
const PATIENT_DOWNLOADS = ['--prefer-offline', '--fetch-timeout=20000', '--fetch-retries=5'];
const START_TIMEOUT_MS = 60_000;
const run = promisify(execFile);

interface Host {
  name: string;
  folder: string;
  /** Whose `Authorization` is `Bearer kim`. */
  kim: string;
  webhook: string;
  checkoutPage: string;
  bonus: number;
}

const NEST_12: Host = {
  name: 'a Nest 12 app with Fastify and SQLite',
  folder: 'nest-12-fastify-sqlite',
  kim: 'kim',
  webhook: '/webhooks/iamport',
  checkoutPage: 'http://localhost:3000/payment.html',
  bonus: 500,
};
const NEST_11: Host = {
  name: 'a Nest 11 app with Express and MariaDB, as CommonJS',
  folder: 'nest-11-express-mariadb',
  kim: '1',
  webhook: '/shop/webhooks/iamport',
  checkoutPage: 'http://localhost:3000/points',
  bonus: 0,
};

interface HostDatabase {
  env: Record<string, string>;
  /** As our programs are told of it. */
  url: string;
  /** Past the app. */
  change: (sql: string) => Promise<void>;
  drop: () => Promise<void>;
}

let folder: string;
let packed: string;
let simulator: RunningProgram;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'point-top-up-hosts-'));
  const { stdout } = await npm(
    PROJECT,
    'pack',
    './package',
    '--json',
    '--silent',
    '--pack-destination',
    folder,
  );
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string }];
  packed = join(folder, filename);
  simulator = await startSimulator();
  await Promise.all((mariadbUrl() === undefined ? [NEST_12] : [NEST_12, NEST_11]).map(install));
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  await simulator.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each([NEST_12])('the packed module in $name', (host) => {
  let made = 0;
  provesTheModule(host, async () => {
    const file = join(folder, `shop-${++made}.db`);
    return {
      env: { DATABASE_FILE: file },
      url: `sqlite:${file}`,
      change: async (sql) => {
        const connection = new Database(file, { timeout: START_TIMEOUT_MS });
        connection.exec(sql);
        connection.close();
      },
      drop: async () => {},
    };
  });
});

if (mariadbUrl() === undefined && isContinuousIntegration())
  throw new Error(`MariaDB is missing and CI=true: ${MARIADB_HINT}`);
(mariadbUrl() === undefined ? describe.skip : describe).each([NEST_11])(
  'the packed module in $name',
  (host) => {
    provesTheModule(host, async () => {
      const database: MariadbDatabase = await createTestDatabase();
      return {
        env: { DATABASE_URL: database.url },
        url: database.url,
        change: async (sql) => {
          const connection = await createConnection(database.url.replace(/^mariadb:/, 'mysql:'));
          await connection.query(sql);
          await connection.end();
        },
        drop: () => database.drop(),
      };
    });
  },
);

function provesTheModule(host: Host, makeDatabase: () => Promise<HostDatabase>): void {
  let at: string;
  let database: HostDatabase;
  let app: Awaited<ReturnType<typeof startHost>>;

  beforeAll(async () => {
    at = join(folder, host.folder);
    database = await makeDatabase();
    // The app's own run of migrations makes our tables beside its own.
    app = await startHost(at, { ...database.env, ...simulatorSettings(simulator.url) });
  }, INSTALL_TIMEOUT_MS);

  afterAll(async () => {
    await app?.stop();
    await database?.drop();
  });

  const order = async (as: string, of = app) => {
    const { data } = await of.call<{ createPaymentOrder: { merchantUid: string; checkout: object } }>(
      `mutation { createPaymentOrder(amount: 10000) { merchantUid checkout { noticeUrl mRedirectUrl buyerName } } }`,
      as,
    );
    return data.createPaymentOrder;
  };
  const pay = (merchantUid: string) =>
    simulatorControl(simulator.url).pay({ merchant_uid: merchantUid, amount: 10_000 });
  const balance = async (as: string, of = app) =>
    (
      await of.call<{ pointAccount: { ownerId: string; point: number } }>(
        '{ pointAccount { ownerId point } }',
        as,
      )
    ).data.pointAccount;

  test('has one schema with the fields of both, and its own people', async () => {
    const { data } = await app.call<{ schema: { types: { name: string }[] }; me: object }>(
      '{ me { name } schema: __schema { types { name } } }',
      'kim',
    );

    expect(data.me).toEqual({ name: '김하나' });
    const types = data.schema.types.map(({ name }) => name).filter((name) => !name.startsWith('__'));
    expect(types.filter((name) => !name.startsWith('Point')).toSorted()).toEqual([
      'Boolean',
      'DateTime',
      'Float',
      'ID',
      'Int',
      'Mutation',
      'Query',
      'String',
      'User',
    ]);
    expect(types).toContain('PointTransaction');
  });

  test('sells points to its people, spends them by its own code and by ours', async () => {
    const { merchantUid, checkout } = await order('kim');
    expect(checkout).toEqual({
      noticeUrl: `http://localhost:3000${host.webhook}`,
      mRedirectUrl: host.checkoutPage,
      buyerName: expect.any(String),
    });
    const { imp_uid: impUid } = await pay(merchantUid);
    const claim = `mutation { createPointTransaction(impUid: "${impUid}") { amount balanceAfter merchantUid } }`;

    const foreign = await app.call(claim, 'lee');
    const first = await app.call(claim, 'kim');
    const again = await app.call(claim, 'kim');

    expect(foreign.errors?.[0]?.extensions['code']).toBe('PAYMENT_NOT_FOUND');
    expect(first.data).toEqual({
      createPointTransaction: { amount: 10_000, balanceAfter: 10_000, merchantUid },
    });
    expect(again.data).toEqual(first.data);
    const point = 10_000 + host.bonus;
    expect(await balance('kim')).toEqual({ ownerId: host.kim, point });
    for (const _ of ['once', 'and the same again']) {
      const { data } = await app.call('mutation { buyHat(order: "hat-1") }', 'kim');
      expect(data).toEqual({ buyHat: point - 3000 });
    }
    expect(await balance('kim')).toEqual({ ownerId: host.kim, point: point - 3000 });
    // Its own resolver says of a refusal what we say of it.
    const poor = await app.call('mutation { buyHat(order: "hat-0") }', 'boss');
    expect(poor.errors?.[0]).toMatchObject({
      message: 'Not enough points: 3,000 are needed and 0 can be spent.',
      extensions: { code: 'INSUFFICIENT_POINT', available: 0, needed: 3000, retryable: false },
    });
    const { data } = await app.call(
      '{ pointTransactions(first: 1) { nodes { status amount reason } } }',
      'kim',
    );
    expect(data).toEqual({
      pointTransactions: { nodes: [{ status: 'SPEND', amount: -3000, reason: '모자' }] },
    });
  });

  test.each([
    ['JSON', 'application/json', (body: object) => JSON.stringify(body)],
    [
      'a form',
      'application/x-www-form-urlencoded',
      (body: object) => String(new URLSearchParams({ ...body })),
    ],
  ])('takes the gateway’s notices as %s at its own address', async (_, type, textOf) => {
    const before = (await balance('lee')).point;
    const { merchantUid } = await order('lee');
    const { imp_uid, status } = await pay(merchantUid);

    const response = await fetch(`${app.url}${host.webhook}`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: textOf({ imp_uid, merchant_uid: merchantUid, status }),
    });

    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 200,
      body: { received: true },
    });
    await eventually(async () => expect((await balance('lee')).point).toBe(before + 10_000 + host.bonus));
  });

  test('lets in whom its own guard knows, and its operators further', async () => {
    const code = async (as: string | undefined, document: string) =>
      (await app.call(document, as)).errors?.[0]?.extensions['code'];

    expect(await code(undefined, '{ pointAccount { point } }')).toBe('UNAUTHENTICATED');
    // The log-in is the app's: ours is not in its schema.
    const { errors } = await app.call('{ pointAccount { point } }');
    expect(errors?.[0]?.message).toBe('Please log in: a new token is needed.');
    expect(await code('nobody', '{ pointAccount { point } }')).toBe('UNAUTHENTICATED');
    expect(await code('kim', '{ attentions { nodes { id } } }')).toBe('FORBIDDEN');
    expect(await code('kim', `{ pointAccount(ownerId: "${host.kim}x") { point } }`)).toBe('FORBIDDEN');
    expect(await code('boss', '{ attentions { nodes { id } } }')).toBeUndefined();
    expect(await code('boss', `{ pointAccount(ownerId: "${host.kim}x") { point } }`)).toBeUndefined();
    expect(await code(undefined, '{ packages { amount } }')).toBeUndefined();
  });

  test('has fields that no guard, limit or filter of ours reaches', async () => {
    const broken = await app.call('{ brokenField }');
    expect(broken.errors?.[0]).toMatchObject({ message: 'the shop’s own words' });
    expect(broken.errors?.[0]?.extensions).not.toHaveProperty('retryable');

    // More than our limit of an address.
    for (let call = 0; call < 650; call++) {
      const { errors } = await app.call('{ brokenField }');
      expect(errors?.[0]).toMatchObject({ message: 'the shop’s own words' });
    }
  });

  describe('its command', () => {
    /** As it is called by `npx point-top-up`. */
    const program = (args: string[], env: Record<string, string> = {}) =>
      runProgramOf(at, args, { ...simulatorSettings(simulator.url), DATABASE_URL: database.url, ...env });

    test('proves the books of the app, also against the gateway, and finds what is wrong', async () => {
      await order('boss');
      const proved = { exitCode: 0, output: expect.stringContaining('PROVED: every won is accounted for.') };
      expect(await program(['verify', '--gateway'])).toMatchObject(proved);

      await database.change('UPDATE point_account SET point = point + 1');
      expect(await program(['verify'])).toMatchObject({
        exitCode: 1,
        output: expect.stringMatching(/WRONG: /),
      });
      await database.change('UPDATE point_account SET point = point - 1');
      expect(await program(['verify', '--gateway'])).toMatchObject(proved);
    });

    test('takes what it is not told by the environment of the .env file, and leaves the app’s own names there alone', async () => {
      const file = join(at, '.env');
      const settings = { ...simulatorSettings(simulator.url), DATABASE_URL: database.url };
      const ofTheApp = [
        'LOG_LEVEL=verbose',
        'JWT_SECRET=short',
        'JWT_EXPIRES=1d',
        'PORT=http',
        'AUTH_ISSUER=us',
        'RATE_LIMIT=100',
        'REDIS_URL=redis',
        'TAX=10',
      ];
      const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
      await writeFile(file, [...ofTheApp, ...lines].join('\n'));
      try {
        expect(await runProgramOf(at, ['verify', '--gateway'], {})).toMatchObject({ exitCode: 0 });
      } finally {
        await rm(file);
      }
      const { exitCode, output } = await runProgramOf(at, ['verify'], {});
      expect({ exitCode, output }).toMatchObject({
        exitCode: 2,
        output: expect.stringMatching(/DATABASE_URL must name the database that the points are in/),
      });
    });

    test('imports the points that its people had, compares a day, and tells of events', async () => {
      const before = (await balance('lee')).point;
      const file = join(folder, `${host.folder}.csv`);
      const lee = host.kim === 'kim' ? 'lee' : '2';
      await writeFile(file, `ownerId,points,kind\n${lee},700,PAID\n`);

      for (const _ of ['once', 'and once more']) {
        expect(await program(['import', file])).toMatchObject({
          exitCode: 0,
          output: expect.stringMatching(/IMPORTED/),
        });
      }

      expect((await balance('lee')).point).toBe(before + 700);
      const day = koreanDayOf(new Date());
      expect(await program(['compare', '--day', day])).toMatchObject({
        exitCode: 0,
        output: expect.stringMatching(/SAME/),
      });
      expect(await program(['events', 'state'])).toMatchObject({
        exitCode: 0,
        output: expect.stringMatching(/pending +0/),
      });
      expect(await program(['verify', '--gateway'])).toMatchObject({
        exitCode: 0,
        output: expect.stringMatching(/imported +700/),
      });
    });

    test('makes keys by which other servers read and spend, and takes them back', async () => {
      const made = await program(['service-key', 'create', '--name', 'shop', '--scopes', 'read']);
      const key = /psk_\S+/.exec(made.output)?.[0] ?? '';
      rememberSecret('a service key of a host', key);
      const read = () => app.call(`{ pointAccount(ownerId: "${host.kim}") { ownerId } }`, key);

      expect((await read()).data).toEqual({ pointAccount: { ownerId: host.kim } });
      const [, id = ''] = key.split('_');
      expect(await program(['service-key', 'revoke', id])).toMatchObject({ exitCode: 0 });
      expect((await read()).errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    });

    test('migrates a database of the points alone, and leaves that of the app to its own migrations', async () => {
      const own = await makeDatabase();
      try {
        const env = { DATABASE_URL: own.url };
        expect(await program(['verify'], env)).toMatchObject({
          exitCode: 2,
          output: expect.stringMatching(/were not run/),
        });
        expect(await program(['migrate'], env)).toMatchObject({
          exitCode: 0,
          output: expect.stringMatching(/migrated: FirstSchema/),
        });
        expect(await program(['migrate'], env)).toMatchObject({
          exitCode: 0,
          output: expect.stringMatching(/up to date/),
        });
        expect(await program(['verify'], env)).toMatchObject({ exitCode: 0 });
      } finally {
        await own.drop();
      }
      const { exitCode, output } = await program(['migrate']);
      expect({ exitCode, output }).toMatchObject({
        exitCode: 1,
        output: expect.stringMatching(
          /the migrations of an app \((shop_)?migrations\) look after this database/,
        ),
      });
    });

    test('says what it can do', async () => {
      const all = await program(['--help']);
      for (const name of ['verify', 'compare', 'import', 'events', 'service-key', 'migrate']) {
        expect(all.output).toContain(`npx point-top-up ${name}`);
        expect((await program([name, '--help'])).output).toContain(`npx point-top-up ${name}`);
      }
      expect(await program(['nothing'])).toMatchObject({ exitCode: 2, output: all.output });
    });
  });

  test('keeps the points in a database of their own where it is told one, and none of them in its own', async () => {
    const own = await makeDatabase();
    const env = { ...database.env, ...simulatorSettings(simulator.url), POINTS_DATABASE_URL: own.url };
    const before = await balance('kim');
    const apart = await startHost(at, env);
    try {
      expect(await balance('kim', apart)).toEqual({ ownerId: host.kim, point: 0 });
      const { imp_uid } = await pay((await order('kim', apart)).merchantUid);
      await apart.call(`mutation { createPointTransaction(impUid: "${imp_uid}") { id } }`, 'kim');
      const { data } = await apart.call('mutation { buyHat(order: "hat-2") }', 'kim');

      expect(data).toEqual({ buyHat: 7_000 + host.bonus });
    } finally {
      await apart.stop();
    }
    expect(await balance('kim')).toEqual(before);
    const again = await startHost(at, env);
    try {
      expect(await balance('kim', again)).toEqual({ ownerId: host.kim, point: 7_000 + host.bonus });
    } finally {
      await again.stop();
      await own.drop();
    }
  });

  test('does not start with a field of its own that is called like one of ours, and says which', async () => {
    const { exitCode, output } = await startInVain(at, {
      ...database.env,
      ...simulatorSettings(simulator.url),
      CLASH: '1',
    });

    expect(exitCode).toBe(1);
    expect(output).toMatch(/called like fields of the points: Query\.payment \(ClashingResolver\)/);
  });

  test('does not start with an option that is not right, and says which', async () => {
    const { exitCode, output } = await startInVain(at, {
      ...database.env,
      ...simulatorSettings(simulator.url),
      POINTS_DATABASE_URL: 'postgres://localhost/points',
    });

    expect(exitCode).toBe(1);
    expect(output).toMatch(/The settings are not right:\s+- DATABASE_URL .* must look like/);
  });

  test('does not start on a database without our tables, and says what to do', async () => {
    const empty = await makeDatabase();
    try {
      const { exitCode, output } = await startInVain(at, {
        ...empty.env,
        ...simulatorSettings(simulator.url),
        MIGRATE: 'no',
      });

      expect(exitCode).toBe(1);
      expect(output).toMatch(/put POINTS_MIGRATIONS among the migrations of your dataSource/);
    } finally {
      await empty.drop();
    }
  });
}

/** As its people would: from the packed file, compiled by its own compiler. */
async function install(host: Host): Promise<void> {
  const at = join(folder, host.folder);
  await cp(fileURLToPath(new URL(host.folder, import.meta.url)), at, { recursive: true });
  await npm(at, 'install', packed, '--no-audit', '--no-fund', '--ignore-scripts', ...PATIENT_DOWNLOADS);
  await run(process.execPath, [join(at, 'node_modules/typescript/bin/tsc'), '-p', at]);
}

function npm(cwd: string, ...args: string[]) {
  // What npm has told us of this project is not true of a host's.
  const env = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_)/i.test(name));
  return run('npm', args, {
    cwd,
    env: Object.fromEntries(env),
    timeout: INSTALL_TIMEOUT_MS,
    maxBuffer: 16 * 1024 * 1024,
  });
}

/** @returns standard output and errors together, as people see them, and how it ended. */
async function runProgramOf(
  at: string,
  args: string[],
  env: Record<string, string>,
): Promise<{ exitCode: number | null; output: string }> {
  const { NODE_OPTIONS: _, ...rest } = process.env;
  const child = spawn(join(at, 'node_modules/.bin/point-top-up'), args, {
    cwd: at,
    env: { ...rest, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { exitCode, output };
}

function launchHost(at: string, env: Record<string, string>) {
  const { NODE_OPTIONS: _, ...rest } = process.env;
  const child = spawn(process.execPath, ['dist/main.js'], {
    cwd: at,
    env: { ...rest, ...env, NODE_ENV: 'development' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, ended, output: () => output };
}

async function startInVain(at: string, env: Record<string, string>) {
  const { child, ended, output } = launchHost(at, env);
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  const exitCode = await ended;
  clearTimeout(timer);
  return { exitCode, output: output() };
}

interface Answer<Data> {
  data: Data;
  errors?: { message: string; extensions: Record<string, unknown> }[];
}

async function startHost(at: string, env: Record<string, string>) {
  const { child, ended, output } = launchHost(at, env);
  await eventually(async () => {
    if (!/listening at/.test(output()) && child.exitCode === null)
      throw new Error(`it does not listen: ${output()}`);
  });
  const url = /listening at (\S+)/.exec(output())?.[1];
  if (url === undefined) throw new Error(`the host did not start: ${output()}`);
  return {
    url,
    /** @param as whose token is sent. */
    call: async <Data = object>(query: string, as?: string): Promise<Answer<Data>> => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'accept-language': 'en',
          ...(as !== undefined && { authorization: `Bearer ${as}` }),
        },
        body: JSON.stringify({ query }),
      });
      return (await response.json()) as Answer<Data>;
    },
    /** In order, as a supervisor does: our work ends with the app. */
    stop: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
      // Nest sends itself the signal again when all hooks have run.
      if (child.signalCode !== 'SIGTERM') throw new Error(`the host did not end in order: ${output()}`);
    },
  };
}
