import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  buildSchema,
  getNamedType,
  type GraphQLField,
  isEnumType,
  isLeafType,
  isRequiredArgument,
} from 'graphql';
import type { Access } from '../../src/door/access.decorator.js';
import { SERVICE_SCOPES, type ServiceScope } from '../../src/door/service-scope.js';
import { type GraphqlClient, graphqlClient } from '../support/graphql-client.js';
import { runProgram } from '../support/programs.js';
import { serviceClient } from '../support/service-client.js';
import { type RunningProgram, simulatorSettings, startServerThatShowsHandlers } from '../support/server.js';

/** Who may ask for what. A new root field or route is closed to strangers; here it is said for whom it is meant. */
const FIELDS: Record<string, Access> = {
  'Mutation.changePassword': 'viewers',
  'Mutation.deleteUser': 'viewers',
  'Mutation.logoutEverywhere': 'viewers',
  'Mutation.cancelPaymentOrder': 'viewers',
  'Mutation.cancelPointTransaction': 'viewers',
  'Mutation.cancelSpend': 'operators',
  'Mutation.confirmHold': 'operators',
  'Mutation.createPaymentOrder': 'viewers',
  'Mutation.createPointTransaction': 'viewers',
  'Mutation.createUser': 'anybody',
  'Mutation.grantPoints': 'operators',
  'Mutation.holdPoints': 'operators',
  'Mutation.login': 'anybody',
  'Mutation.logout': 'anybody',
  'Mutation.reportDeposit': 'viewers',
  'Mutation.requestCashReceipt': 'viewers',
  'Mutation.resolveAttention': 'operators',
  'Mutation.restoreAccessToken': 'anybody',
  // Owners themselves only where the shop says so: see spending.spec.
  'Mutation.spendPoints': 'viewers',
  'Mutation.voidHold': 'operators',
  'Query.attentions': 'operators',
  'Query.awaitingDeposits': 'viewers',
  'Query.cancellations': 'viewers',
  'Query.comparisonDifferences': 'operators',
  'Query.comparisons': 'operators',
  'Query.giveBacks': 'operators',
  'Query.me': 'viewers',
  'Query.payment': 'viewers',
  'Query.paymentCapabilities': 'viewers',
  'Query.paymentMethods': 'anybody',
  'Query.paymentOrder': 'viewers',
  'Query.packages': 'anybody',
  'Query.pointAccount': 'viewers',
  'Query.pointHolds': 'viewers',
  'Query.pointPackages': 'anybody',
  'Query.pointTransactions': 'viewers',
  'Query.refundAccount': 'operators',
  'Query.refundBanks': 'viewers',
  'Query.refundQuote': 'viewers',
  'Query.shop': 'anybody',
  'Query.termsAgreement': 'operators',
};
/** Viewers are let in, and then told that the shop does not want it. */
const CLOSED_BY_A_SETTING = new Set(['Mutation.spendPoints']);
/** Which of them services may call too, and with which scope. */
const SCOPES: Record<string, ServiceScope> = {
  'Mutation.cancelSpend': 'spend',
  'Mutation.confirmHold': 'spend',
  'Mutation.grantPoints': 'grant',
  'Mutation.holdPoints': 'spend',
  'Mutation.spendPoints': 'spend',
  'Mutation.voidHold': 'spend',
  'Query.pointAccount': 'read',
  'Query.pointHolds': 'read',
  'Query.pointTransactions': 'read',
};
const ROUTES: Record<string, Access> = {
  'HealthController.live': 'anybody',
  'HealthController.ready': 'anybody',
  'WebhookController.receive': 'anybody',
};

/** Somebody forgot to say who may call these (see support/handler-lines.mjs). */
const UNMARKED_FIELD = 'Query.unmarkedField';
const UNMARKED_ROUTE = 'UnmarkedController.unmarkedRoute';

const isBehindOurDoor = (door: string[]) => door.includes('DoorGuard') && door.includes('ErrorFilter');

interface Handler {
  kind: 'Query' | 'Mutation' | 'Subscription' | 'route' | 'below';
  of: string;
  name: string;
  access: Access;
  /** Guards and filters of its class. */
  door: string[];
  scope?: ServiceScope;
}

let server: RunningProgram;
let dataDir: string;
let handlers: Handler[];
/** Each root field by its name, with a document that asks for it. */
let rootFields: [string, string][];
let clients: { stranger: GraphqlClient; viewer: GraphqlClient; operator: GraphqlClient };
/** A service with each scope alone, and one with all. */
let services: Record<ServiceScope | 'all', GraphqlClient>;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'point-top-up-access-'));
  const env = { DATA_DIR: dataDir };
  server = await startServerThatShowsHandlers({
    env: { ...env, ...simulatorSettings('http://127.0.0.1:9'), RATE_LIMIT: 'off' },
  });
  handlers = JSON.parse((await server.lineWith('handlers: ')).slice('handlers: '.length));
  rootFields = [...(await fieldsOfSchema()), [UNMARKED_FIELD, '{ unmarkedField }']];
  clients = {
    stranger: graphqlClient(server.url),
    viewer: graphqlClient(server.url),
    operator: graphqlClient(server.url),
  };
  await clients.viewer.signUp();
  const { email } = await clients.operator.signUp();
  await runProgram('programs/operator.js', { args: ['grant', email], env });
  const service = (scopes: readonly ServiceScope[]) => serviceClient(server.url, env, scopes);
  services = {
    spend: await service(['spend']),
    grant: await service(['grant']),
    read: await service(['read']),
    all: await service(SERVICE_SCOPES),
  };
});

afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

describe('who may call', () => {
  const marks = (chosen: (handler: Handler) => boolean, nameOf: (handler: Handler) => string) =>
    Object.fromEntries(handlers.filter(chosen).map((handler) => [nameOf(handler), handler.access]));

  test('each root field is what the table says', () => {
    const marked = marks(
      ({ kind }) => kind !== 'route' && kind !== 'below',
      ({ kind, name }) => `${kind}.${name}`,
    );

    expect(marked).toEqual({ ...FIELDS, [UNMARKED_FIELD]: 'viewers' });
    expect(Object.keys(marked).toSorted()).toEqual(rootFields.map(([name]) => name).toSorted());
  });

  test('each resolver and controller is behind our door, but for the probes', () => {
    const outside = handlers.filter(({ door }) => !isBehindOurDoor(door));

    expect([...new Set(outside.map(({ of }) => of))]).toEqual(['HealthController']);
  });

  test('each root field opens to services as the table says, and no route does', () => {
    const marked = handlers.filter(({ scope }) => scope !== undefined);

    expect(Object.fromEntries(marked.map(({ kind, name, scope }) => [`${kind}.${name}`, scope]))).toEqual(
      SCOPES,
    );
  });

  test('each route is what the table says', () => {
    const marked = marks(
      ({ kind }) => kind === 'route',
      ({ of, name }) => `${of}.${name}`,
    );

    expect(marked).toEqual({ ...ROUTES, [UNMARKED_ROUTE]: 'viewers' });
  });

  test('a field below a root field is not marked, because no guard looks at it', () => {
    const below = handlers.filter(({ kind }) => kind === 'below');

    expect(below.length).toBeGreaterThan(1);
    expect(below.filter(({ access }) => access !== 'viewers')).toEqual([]);
  });
});

describe('the door', () => {
  test('refuses strangers what is not public, marked or not, and viewers what is for operators', async () => {
    const closed = rootFields.filter(([name]) => FIELDS[name] !== 'anybody');
    const named = Object.values(FIELDS).filter((access) => access !== 'anybody');
    expect(closed).toHaveLength(named.length + 1);

    for (const [name, document] of closed) {
      expect({ name, stranger: await codeOf(clients.stranger, document) }).toEqual({
        name,
        stranger: 'UNAUTHENTICATED',
      });
      expect({ name, isForbidden: (await codeOf(clients.viewer, document)) === 'FORBIDDEN' }).toEqual({
        name,
        isForbidden: FIELDS[name] === 'operators' || CLOSED_BY_A_SETTING.has(name),
      });
      for (const client of [clients.viewer, clients.operator]) {
        expect(await codeOf(client, document)).not.toBe('UNAUTHENTICATED');
      }
      expect(await codeOf(clients.operator, document)).not.toBe('FORBIDDEN');
    }
  });

  test('refuses services what is not marked for them, marked or not, and what their key has no scope for', async () => {
    const closed = rootFields.filter(([name]) => FIELDS[name] !== 'anybody');

    for (const [name, document] of closed) {
      for (const scope of SERVICE_SCOPES) {
        expect({
          name,
          scope,
          isForbidden: (await codeOf(services[scope], document)) === 'FORBIDDEN',
        }).toEqual({
          name,
          scope,
          isForbidden: SCOPES[name] !== scope,
        });
      }
      expect({ name, isForbidden: (await codeOf(services.all, document)) === 'FORBIDDEN' }).toEqual({
        name,
        isForbidden: SCOPES[name] === undefined,
      });
    }
  });

  test('asks nobody who they are where everybody may call', async () => {
    // These two refuse with the same code themselves.
    const own = ['Mutation.login', 'Mutation.restoreAccessToken'];
    const open = rootFields.filter(([name]) => FIELDS[name] === 'anybody' && !own.includes(name));

    for (const [name, document] of open) {
      expect({ name, code: await codeOf(clients.stranger, document) }).not.toEqual({
        name,
        code: 'UNAUTHENTICATED',
      });
    }
  });

  test('refuses strangers a route without a mark', async () => {
    const call = (headers: Record<string, string>) => fetch(`${server.url}/unmarked`, { headers });

    expect((await call({})).status).toBe(401);
    const answer = await call({ authorization: `Bearer ${clients.viewer.accessToken()}` });
    expect([answer.status, await answer.text()]).toEqual([200, 'for viewers']);
    expect((await call({ authorization: `Bearer ${services.all.accessToken()}` })).status).toBe(403);
  });
});

async function fieldsOfSchema(): Promise<[string, string][]> {
  const file = fileURLToPath(new URL('../../schema.graphql', import.meta.url));
  const schema = buildSchema(await readFile(file, 'utf8'));
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
    Object.values(type?.getFields() ?? {}).map((field): [string, string] => [
      `${type?.name}.${field.name}`,
      `${type?.name.toLowerCase()} { ${documentOf(field)} }`,
    ]),
  );
}

const SAMPLES: Record<string, string> = { Int: '1', DateTime: '"2030-01-01T00:00:00Z"' };

/** With any arguments: whoever may not call is refused before they are looked at. */
function documentOf({ name, args, type }: GraphQLField<unknown, unknown>): string {
  const given = args.filter(isRequiredArgument).map((argument) => {
    const type = getNamedType(argument.type);
    const sample = isEnumType(type) ? type.getValues()[0]?.name : SAMPLES[type.name];
    return `${argument.name}: ${sample ?? '"x"'}`;
  });
  const fields = isLeafType(getNamedType(type)) ? '' : ' { __typename }';
  return given.length === 0 ? `${name}${fields}` : `${name}(${given.join(', ')})${fields}`;
}

async function codeOf(client: GraphqlClient, document: string): Promise<string | undefined> {
  const { errors } = await client.call(document);
  return errors?.[0]?.extensions.code;
}
