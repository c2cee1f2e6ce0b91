import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import ts from 'typescript';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The rooms of src and the rooms that each of them may know. An arrow that is not here is forbidden.
 * The list is in the order of building: a room may only know rooms above it, so there is no cycle of rooms.
 */
const ARROWS: Record<string, string[]> = {
  config: [],
  // Days as they are in Korea.
  calendar: [],
  refusal: [],
  // What happens, told without knowing to whom.
  announcement: [],
  logging: ['config'],
  web: ['config', 'logging'],
  database: ['config', 'logging'],
  // Who comes in, how often, and what they are told when it is not.
  door: ['config', 'logging', 'refusal', 'announcement', 'database'],
  graphql: ['config', 'logging', 'refusal', 'announcement', 'door'],
  // The shop's own words.
  shop: ['config', 'refusal', 'door', 'graphql'],
  // The port: what every gateway can do. Adapters fill it, and nobody but src/adapters.ts knows one of them.
  gateway: ['config', 'refusal', 'announcement'],
  iamport: ['config', 'calendar', 'refusal', 'announcement', 'logging', 'gateway'],
  // How what is due gets done; what it is, the rooms below know.
  work: ['announcement', 'logging', 'database', 'gateway'],
  health: ['config', 'database', 'door', 'gateway'],
  'point-account': ['database'],
  // What the shop's own server is told, stored with what happened.
  event: ['config', 'database', 'point-account'],
  attention: ['refusal', 'database', 'door', 'graphql', 'point-account', 'event'],
  // What was ordered, what a gateway said of it, and what we want back.
  payment: [
    'calendar',
    'attention',
    'config',
    'refusal',
    'logging',
    'database',
    'door',
    'graphql',
    'gateway',
    'point-account',
    'shop',
  ],
  'point-transaction': [
    'calendar',
    'attention',
    'event',
    'work',
    'config',
    'refusal',
    'announcement',
    'logging',
    'database',
    'door',
    'graphql',
    'gateway',
    'point-account',
    'payment',
  ],
  cancellation: [
    'calendar',
    'attention',
    'work',
    'config',
    'refusal',
    'announcement',
    'logging',
    'database',
    'door',
    'graphql',
    'gateway',
    'point-transaction',
    'point-account',
    'payment',
    'shop',
  ],
  // Spends, holds and grants, for the code of a shop and its operators.
  spending: [
    'calendar',
    'event',
    'work',
    'config',
    'refusal',
    'announcement',
    'logging',
    'database',
    'door',
    'graphql',
    'payment',
    'point-account',
    'point-transaction',
  ],
  // Points that owners had before.
  'point-import': ['calendar', 'config', 'database', 'point-account', 'point-transaction', 'spending'],
  // Receipts of the tax office for what was paid in cash.
  'cash-receipt': [
    'shop',
    'attention',
    'work',
    'config',
    'refusal',
    'logging',
    'database',
    'door',
    'graphql',
    'gateway',
    'point-account',
    'point-transaction',
    'payment',
    'cancellation',
  ],
  webhook: [
    'attention',
    'work',
    'config',
    'announcement',
    'logging',
    'database',
    'door',
    'gateway',
    'point-transaction',
    'payment',
  ],
  // What the gateway says of a day against our rows of it.
  comparison: [
    'calendar',
    'attention',
    'work',
    'config',
    'refusal',
    'announcement',
    'logging',
    'database',
    'door',
    'graphql',
    'gateway',
    'point-transaction',
    'point-account',
    'payment',
  ],
  // Sends it.
  'event-sending': [
    'calendar',
    'config',
    'announcement',
    'logging',
    'database',
    'work',
    'event',
    'attention',
  ],
  recovery: [
    'work',
    'event-sending',
    'config',
    'logging',
    'point-transaction',
    'cancellation',
    'cash-receipt',
    'spending',
    'webhook',
    'comparison',
  ],
  // It reads what the others announce and store; nobody knows it.
  metrics: [
    'attention',
    'event',
    'event-sending',
    'work',
    'refusal',
    'announcement',
    'database',
    'door',
    'graphql',
    'gateway',
    'point-transaction',
    'webhook',
    'comparison',
    'recovery',
    'payment',
  ],
  // The people of the standalone server: they know the points, and no room of the points knows them.
  user: ['config', 'refusal', 'database', 'door', 'graphql', 'point-account', 'payment', 'point-transaction'],
  auth: ['config', 'refusal', 'logging', 'database', 'door', 'graphql', 'user'],
  // Other programs that call us.
  'service-key': ['logging', 'refusal', 'database', 'door'],
  // The shop's own login, in the place of auth and user.
  'host-login': [
    'config',
    'refusal',
    'logging',
    'database',
    'door',
    'graphql',
    'point-account',
    'payment',
    'user',
  ],
  // The app of somebody else that the points are in, in the place of a login: it says who is calling, and calls.
  'host-app': [
    'config',
    'refusal',
    'logging',
    'database',
    'door',
    'graphql',
    'payment',
    'point-account',
    'point-transaction',
    'spending',
  ],
  // It proves the rows, so it reads them as they are and does not ask the rooms that wrote them.
  verification: ['config', 'logging', 'database', 'gateway'],
  // Programs beside the server; nobody knows them.
  programs: [
    'calendar',
    'config',
    'logging',
    'database',
    'door',
    'user',
    'service-key',
    'verification',
    'gateway',
    'payment',
    'point-account',
    'point-transaction',
    'point-import',
    'attention',
    'event',
    'comparison',
  ],
};

/** Rooms that speak to one gateway each. */
const ADAPTERS = ['iamport'];
/** The only file that names them. Programs ask it, too. */
const LIST_OF_ADAPTERS = '^src/adapters\\.ts$';

/** The files beside the rooms (main.ts, app.module.ts and the like) put the rooms of the server together. */
const SERVER_ROOMS = Object.keys(ARROWS).filter((room) => room !== 'programs' && !ADAPTERS.includes(room));

/** A second program: it knows nothing of the server and the server nothing of it, or it would be no proof of the client. */
const SIMULATOR = '^simulator/';

/** Where people read what iamport calls the id of a payment. Everywhere else it is a payment's id. */
const TEXTS_WITH_IMP_UID: Record<string, string> = {
  'src/point-transaction/point-transaction.model.ts': 'the schema says what `impUid` is at the gateway',
  'src/point-transaction/point-transaction.resolver.ts': 'the schema says where a caller gets it',
  'src/point-transaction/refusals.ts': 'a developer who sent something else reads its name',
  'src/web/graphiql-page/page.js': 'the starting queries say where to put it',
};

/** Packages and Node's own modules; what is ours is judged by the arrows and by `SIMULATOR` alone. */
const NOT_OURS = '^(?!src/|simulator/)';

describe('the rooms of src', () => {
  test('know only the rooms that they may know', async () => {
    const { summary } = await cruiseSources(PROJECT);

    expect(readable(summary)).toEqual([]);
  });

  test('are all read, file by file', async () => {
    const { modules } = await cruiseSources(PROJECT);

    const read = modules.map(({ source }) => source).filter((source) => /^(simulator\/)?src\//.test(source));
    expect(read.toSorted()).toEqual([
      ...(await sourceFiles(PROJECT, 'simulator/src')),
      ...(await sourceFiles(PROJECT, 'src')),
    ]);
    expect(read.length).toBeGreaterThan(Object.keys(ARROWS).length);
  });

  test('are all known by name, and none of them is empty', async () => {
    const entries = await readdir(join(PROJECT, 'src'), { withFileTypes: true });
    const rooms = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);

    expect(rooms.toSorted()).toEqual(Object.keys(ARROWS).toSorted());
    for (const room of rooms) {
      expect(
        (await sourceFiles(PROJECT, 'src')).filter((file) => file.startsWith(`src/${room}/`)),
      ).not.toEqual([]);
    }
  });

  test('have no cycle, because each knows only rooms above it in the list', () => {
    const order = Object.keys(ARROWS);

    for (const [room, known] of Object.entries(ARROWS)) {
      const above = order.slice(0, order.indexOf(room));
      expect({ room, below: known.filter((other) => !above.includes(other)) }).toEqual({ room, below: [] });
    }
  });
});

test('no file outside iamport speaks of an imp_uid, but for texts that people read', async () => {
  const entries = await readdir(join(PROJECT, 'src'), { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(PROJECT.length))
    .filter((file) => !file.startsWith('src/iamport/'));
  const speaking = [];
  for (const file of files) {
    if (/imp_uid/i.test(await readFile(join(PROJECT, file), 'utf8'))) speaking.push(file);
  }

  expect(speaking.toSorted()).toEqual(Object.keys(TEXTS_WITH_IMP_UID).toSorted());
});

/** Keys of weak collections: each lives as long as the server, a connection or a document that comes again. */
const LONG_LIVED = ['DataSource', 'OperationDefinitionNode', 'PoolConnection'];

test('no weak collection is keyed by what lives as long as one request, which its garbage would outlive', async () => {
  const keys = new Set<string>();
  for (const file of await sourceFiles(PROJECT, 'src')) {
    const text = await readFile(join(PROJECT, file), 'utf8');
    for (const [, key = ''] of text.matchAll(/new Weak(?:Map|Set)(?:<(\w*))?/g)) keys.add(key);
  }
  expect([...keys].toSorted()).toEqual(LONG_LIVED);
});

test('no object literal has getters: V8 keeps all that these reach until a full collection', async () => {
  const found: string[] = [];
  for (const file of await sourceFiles(PROJECT, 'src')) {
    const text = await readFile(join(PROJECT, file), 'utf8');
    // Those of a class stand two spaces from the margin.
    for (const [line] of text.matchAll(/^ {3,}(?:static )?[gs]et \w+\(.*$/gm))
      found.push(`${file}: ${line.trim()}`);
  }
  expect(found).toEqual([]);
});

describe('a planted import', () => {
  const folders: string[] = [];
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  });

  test.each([
    ['of the people by the points', 'src/point-transaction/a.ts', 'src/user/b.ts', 'not-in-allowed'],
    ['against an arrow', 'src/iamport/a.ts', 'src/point-transaction/b.ts', 'not-in-allowed'],
    ['of a type only', 'src/user/a.ts', 'src/auth/b.ts', 'not-in-allowed', 'import type { b }'],
    ['of the simulator', 'src/point-transaction/a.ts', 'simulator/src/b.ts', 'not-in-allowed'],
    ['by the simulator', 'simulator/src/payment/a.ts', 'src/config/b.ts', 'not-in-allowed'],
    ['of the simulator by the server', 'src/main.ts', 'simulator/src/b.ts', 'not-in-allowed'],
    ['of a program by the server', 'src/main.ts', 'src/programs/b.ts', 'not-in-allowed'],
    ['of an adapter by a room', 'src/point-transaction/a.ts', 'src/iamport/b.ts', 'not-in-allowed'],
    ['of an adapter by the port', 'src/gateway/a.ts', 'src/iamport/b.ts', 'not-in-allowed'],
    ['of an adapter by the server', 'src/main.ts', 'src/iamport/b.ts', 'not-in-allowed'],
    ['of the list of adapters by a room', 'src/health/a.ts', 'src/adapters.ts', 'not-in-allowed'],
    ['of a room without a name here', 'src/config/a.ts', 'src/utils/b.ts', 'not-in-allowed'],
    ['of a file that is not there', 'src/config/a.ts', 'src/config/missing.ts', 'no-unknown-file'],
  ])('%s is found', async (_, from, to, rule, words = 'import { b }') => {
    const folder = await plant(from, to, words);

    const { summary } = await cruiseSources(folder);

    expect(readable(summary)).toContainEqual(expect.stringContaining(`${rule}: ${from} -> `));
  });

  test('of the HTTP client outside iamport is found', async () => {
    const folder = await plant('src/point-transaction/a.ts', 'src/point-transaction/b.ts', 'import { b }');
    await writeFile(join(folder, 'src/point-transaction/b.ts'), "export { default as b } from 'axios';\n");

    const { summary } = await cruiseSources(folder);

    expect(readable(summary)).toContain('gateway-by-iamport-only: src/point-transaction/b.ts -> axios');
  });

  test('of a package that is another one’s is found', async () => {
    const folder = await plant('src/config/a.ts', 'src/config/b.ts', 'import { b }');
    await writeFile(join(folder, 'package.json'), '{ "dependencies": { "own": "1" } }');
    for (const name of ['own', 'others']) {
      await mkdir(join(folder, 'node_modules', name), { recursive: true });
      await writeFile(join(folder, 'node_modules', name, 'index.js'), 'export const b = 1;\n');
    }
    await writeFile(join(folder, 'src/config/b.ts'), "import 'own';\nexport { b } from 'others';\n");

    const { summary } = await cruiseSources(folder);

    const found = readable(summary).filter((line) => line.startsWith('package-of-another'));
    expect(found).toEqual(['package-of-another: src/config/b.ts -> node_modules/others/index.js']);
  });

  test('of the inside of TypeORM outside of database/driver is found', async () => {
    const folder = await plant('src/database/a.ts', 'src/database/b.ts', 'import { b }');
    await writeFile(
      join(folder, 'src/database/b.ts'),
      "export { DateUtils as b } from 'typeorm/util/DateUtils.js';\n",
    );

    const { summary } = await cruiseSources(folder);

    expect(readable(summary)).toContain(
      'inside-of-libraries-by-driver-only: src/database/b.ts -> typeorm/util/DateUtils.js',
    );
  });

  test('in a circle is found', async () => {
    const folder = await plant('src/config/a.ts', 'src/config/b.ts', 'import { b }');
    await writeFile(
      join(folder, 'src/config/b.ts'),
      "import { a } from './a.js';\nexport const b = () => a;\n",
    );

    const { summary } = await cruiseSources(folder);

    expect(readable(summary)).toContainEqual(expect.stringContaining('no-circle: src/config/'));
  });

  test('along an arrow is allowed', async () => {
    const folder = await plant('src/point-transaction/a.ts', 'src/gateway/b.ts', 'import { b }');

    const { summary, modules } = await cruiseSources(folder);

    expect(modules.map(({ source }) => source).toSorted()).toEqual([
      'src/gateway/b.ts',
      'src/point-transaction/a.ts',
    ]);
    expect(readable(summary)).toEqual([]);
  });

  /** A project of two files in which `from` imports `to` (which is written unless it is called missing.ts). */
  async function plant(from: string, to: string, words: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'point-top-up-architecture-'));
    folders.push(folder);
    const up = '../'.repeat(from.split('/').length - 1);
    const imported = `${up}${to.replace(/\.ts$/, '.js')}`;
    for (const made of ['src', 'simulator/src', dirname(from), dirname(to)]) {
      await mkdir(join(folder, made), { recursive: true });
    }
    if (!to.endsWith('missing.ts')) await writeFile(join(folder, to), 'export const b = 1;\n');
    await writeFile(join(folder, from), `${words} from './${imported}';\nexport const a: typeof b = 1;\n`);
    return folder;
  }
});

async function cruiseSources(baseDir: string): Promise<ICruiseResult> {
  const { output } = await cruise(
    ['src', 'simulator/src'],
    {
      baseDir,
      validate: true,
      ruleSet: {
        allowedSeverity: 'error',
        allowed: [
          { from: {}, to: { path: NOT_OURS } },
          { from: { path: SIMULATOR }, to: { path: SIMULATOR } },
          { from: { path: '^src/[^/]+$' }, to: { path: ['^src/[^/]+$', ...SERVER_ROOMS.map(inside)] } },
          { from: { path: LIST_OF_ADAPTERS }, to: { path: ADAPTERS.map(inside) } },
          { from: { path: inside('programs') }, to: { path: LIST_OF_ADAPTERS } },
          ...Object.entries(ARROWS).map(([room, known]) => ({
            from: { path: inside(room) },
            to: { path: [room, ...known].map(inside) },
          })),
        ],
        forbidden: [
          {
            name: 'gateway-by-iamport-only',
            severity: 'error',
            from: { pathNot: '^src/iamport/' },
            to: { path: '(^|/)axios(/|$)' },
          },
          {
            // What they do not promise is used in one place, which test/integration/driver.spec.ts watches.
            name: 'inside-of-libraries-by-driver-only',
            severity: 'error',
            from: { pathNot: '^src/database/driver/' },
            to: { path: '(^|/)(typeorm/(driver|util)|mysql2)(/|$)' },
          },
          {
            name: 'package-of-another',
            severity: 'error',
            from: { path: '^(src|simulator)/' },
            to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
          },
          { name: 'no-unknown-file', severity: 'error', from: {}, to: { couldNotResolve: true } },
          {
            name: 'no-circle',
            severity: 'error',
            from: {},
            to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
          },
        ],
      },
      // What a room's own tests import is not the room's business; .js files in src are scripts for browsers.
      exclude: { path: ['\\.spec\\.ts$', '^src/.*\\.js$'] },
      doNotFollow: { path: 'node_modules' },
      // Imports of types are knowledge too, although the compiler removes them.
      tsPreCompilationDeps: true,
    },
    { extensions: ['.ts', '.js'], conditionNames: ['node', 'import', 'default', 'types'] },
    { tsConfig: { options: { module: ts.ModuleKind.NodeNext } } },
  );
  if (typeof output === 'string') throw new Error(`dependency-cruiser answered with a text: ${output}`);
  return output;
}

function inside(room: string): string {
  return `^src/${room}/`;
}

function readable({ violations }: ICruiseResult['summary']): string[] {
  return violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
}

async function sourceFiles(project: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(project, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && /(?<!\.spec)\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(project.length))
    .toSorted();
}
