import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type MariadbDatabase, mariadbUrl } from '../support/mariadb.js';
import { isContinuousIntegration, MARIADB_HINT } from '../support/requirements.mjs';
import { eventually } from '../support/rooms.js';
import { type RunningProgram, simulatorSettings, startSimulator } from '../support/server.js';
import { simulatorControl } from '../support/simulator-control.js';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** The registry may be slow; a warm cache takes 15 s. */
const INSTALL_TIMEOUT_MS = 300_000;
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
  provesTheModule(host, async () => ({
    env: { DATABASE_FILE: join(folder, 'shop.db') },
    drop: async () => {},
  }));
});

if (mariadbUrl() === undefined && isContinuousIntegration())
  throw new Error(`MariaDB is missing and CI=true: ${MARIADB_HINT}`);
(mariadbUrl() === undefined ? describe.skip : describe).each([NEST_11])(
  'the packed module in $name',
  (host) => {
    provesTheModule(host, async () => {
      const database: MariadbDatabase = await createTestDatabase();
      return { env: { DATABASE_URL: database.url }, drop: () => database.drop() };
    });
  },
);

function provesTheModule(
  host: Host,
  makeDatabase: () => Promise<{ env: Record<string, string>; drop: () => Promise<void> }>,
): void {
  let at: string;
  let database: Awaited<ReturnType<typeof makeDatabase>>;
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

  test('keeps the points in a database of their own where it is told one, and none of them in its own', async () => {
    const own = await makeDatabase();
    const pointsUrl = own.env['DATABASE_URL'] ?? `sqlite:${join(folder, 'points.db')}`;
    const env = { ...database.env, ...simulatorSettings(simulator.url), POINTS_DATABASE_URL: pointsUrl };
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
    const env = {
      ...empty.env,
      ...(empty.env['DATABASE_FILE'] && { DATABASE_FILE: join(folder, 'empty.db') }),
    };
    try {
      const { exitCode, output } = await startInVain(at, {
        ...env,
        ...simulatorSettings(simulator.url),
        MIGRATE: 'no',
      });

      expect(exitCode).toBe(1);
      expect(output).toMatch(/put POINTS_MIGRATIONS among the migrations of your dataSource/);
    } finally {
      if (empty.env['DATABASE_URL']) await empty.drop();
    }
  });
}

/** As its people would: from the packed file, compiled by its own compiler. */
async function install(host: Host): Promise<void> {
  const at = join(folder, host.folder);
  await cp(fileURLToPath(new URL(host.folder, import.meta.url)), at, { recursive: true });
  await npm(at, 'install', packed, '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline');
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
