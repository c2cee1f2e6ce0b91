import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newSecret, serviceKeyText } from '../../src/service-key/key-text.js';
import { ServiceKey } from '../../src/service-key/service-key.entity.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { runProgram } from '../support/programs.js';
import { rememberSecret } from '../support/server-logs.mjs';
import { makeServiceKey, serviceClient } from '../support/service-client.js';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';

const HISTORY = `query ($ownerId: ID) {
  pointTransactions(first: 5, ownerId: $ownerId) { nodes { amount user { id } } }
}`;
interface History {
  pointTransactions: { nodes: { amount: number; user: { id: string } }[] };
}
const HOUR_MS = 60 * 60 * 1000;

describeOnEachDatabase('a service key', (database) => {
  let service: TopUpService;
  let buyer: Awaited<ReturnType<TopUpService['user']>>;

  beforeAll(async () => {
    service = await startTopUpService({ database: database.env });
    buyer = await service.user();
    const { imp_uid: impUid } = await orderAndPay(buyer.client, service.simulator);
    expect((await credit(buyer.client, impUid)).errors).toBeUndefined();
  });
  afterAll(() => service.stop());

  const program = (...args: string[]) =>
    runProgram('programs/service-key.js', { args, env: { ...database.env } });
  const idOf = (key: string) => key.split('_')[1]!;
  /** It may have such a line in it. */
  const secretOf = (key: string) => key.split('_').slice(2).join('_');
  const rowOf = (key: string) => service.books.manager.findOneByOrFail(ServiceKey, { id: idOf(key) });
  const read = (key: string, ownerId: string | null = buyer.account.id) =>
    service.client().call<History>(HISTORY, { ownerId }, { token: key });
  const refusal = async (key: string, ownerId?: string | null) =>
    (await read(key, ownerId)).errors?.[0]?.extensions;

  test('with the scope read reads the transactions of the owner that it names', async () => {
    const { errors, data } = await read(await makeServiceKey(database.env, ['read']));

    expect(errors).toBeUndefined();
    expect(data.pointTransactions.nodes).toEqual([{ amount: 10_000, user: { id: buyer.account.id } }]);
  });

  test('has to name an owner, and reads nothing of an owner who is not there', async () => {
    const key = await makeServiceKey(database.env, ['read']);

    expect(await refusal(key, null)).toMatchObject({ code: 'BAD_USER_INPUT', field: 'ownerId' });
    expect((await read(key, 'nobody')).data.pointTransactions.nodes).toEqual([]);
  });

  test('without the scope is refused', async () => {
    const key = await makeServiceKey(database.env, ['spend', 'grant']);

    expect(await refusal(key)).toEqual({ code: 'FORBIDDEN', retryable: false });
  });

  test('is refused where its secret is another one, it was never made, or it is not whole', async () => {
    const key = await makeServiceKey(database.env, ['read']);
    const wrong = serviceKeyText({ id: idOf(key), secret: newSecret() });
    const never = serviceKeyText({ id: '0'.repeat(26), secret: newSecret() });
    for (const shown of [wrong, never]) rememberSecret('a wrong service key', shown);

    for (const shown of [wrong, never, key.slice(0, -1), `${key}A`, key.toLowerCase(), 'psk_']) {
      expect(await refusal(shown)).toEqual({ code: 'UNAUTHENTICATED', retryable: false });
    }
  });

  test('ends with the next call when it is revoked, for ever and however often', async () => {
    const key = await makeServiceKey(database.env, ['read'], 'old shop');
    expect((await read(key)).errors).toBeUndefined();

    const revoked = { exitCode: 0, output: `old shop (${idOf(key)}) is revoked\n` };
    expect(await program('revoke', idOf(key))).toMatchObject(revoked);
    const { revokedAt } = await rowOf(key);
    expect(await program('revoke', idOf(key))).toMatchObject(revoked);

    expect(await refusal(key)).toEqual({ code: 'UNAUTHENTICATED', retryable: false });
    expect((await rowOf(key)).revokedAt).toEqual(revokedAt);
  });

  test('is stored as a hash alone, and its use is written down once an hour', async () => {
    const key = await makeServiceKey(database.env, ['read', 'spend'], 'shop 2');
    const made = await rowOf(key);
    expect(JSON.stringify(made)).not.toContain(secretOf(key));
    expect(made).toMatchObject({ name: 'shop 2', scopes: 'spend,read', lastUsedAt: null, revokedAt: null });

    await read(key);
    const first = (await rowOf(key)).lastUsedAt!;
    await read(key);
    expect((await rowOf(key)).lastUsedAt).toEqual(first);

    const longAgo = new Date(Date.now() - HOUR_MS - 1000);
    await service.books.manager.update(ServiceKey, { id: idOf(key) }, { lastUsedAt: longAgo });
    await read(key);
    expect((await rowOf(key)).lastUsedAt!.getTime()).toBeGreaterThanOrEqual(first.getTime());
  });

  test('is listed without its secret', async () => {
    const key = await makeServiceKey(database.env, ['grant'], 'listed');

    const { exitCode, output } = await program('list');

    expect(exitCode).toBe(0);
    expect(output).not.toContain(secretOf(key));
    expect(output.split('\n').find((line) => line.includes(idOf(key)))).toMatch(
      /^[0-9A-Z]{26} {2}listed {2}grant {2}made \S+Z {2}last used never$/,
    );
  });

  test('spends, holds and grants for the owners of the shop, who read which key it was', async () => {
    const key = await makeServiceKey(database.env, ['spend', 'grant']);
    const call = async (document: string) => service.client().call(document, {}, { token: key });
    const about = (amount: number, idempotencyKey: string) =>
      `ownerId: "${buyer.account.id}", amount: ${amount}, reason: "수업", idempotencyKey: "${idempotencyKey}"`;
    const actor = `service:${idOf(key)}`;

    const spent = await call(
      `mutation { spendPoints(${about(3000, 'key-1')}) { amount actor balanceAfter } }`,
    );
    expect(spent.data).toEqual({ spendPoints: { amount: -3000, actor, balanceAfter: 7000 } });
    const granted = await call(
      `mutation { grantPoints(${about(500, 'key-2')}) { amount actor balanceAfter } }`,
    );
    expect(granted.data).toEqual({ grantPoints: { amount: 500, actor, balanceAfter: 7500 } });
    const until = new Date(Date.now() + 60_000).toISOString();
    const held = await call(`mutation { holdPoints(${about(1000, 'key-3')}, until: "${until}") { id } }`);
    const { id } = (held.data as unknown as { holdPoints: { id: string } }).holdPoints;
    const open = `{ pointHolds(ownerId: "${buyer.account.id}") { nodes { id amount actor } } }`;
    const token = await makeServiceKey(database.env, ['read']);
    expect((await service.client().call(open, {}, { token })).data).toEqual({
      pointHolds: { nodes: [{ id, amount: 1000, actor }] },
    });
    expect((await call(open)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await call(`mutation { voidHold(holdId: "${id}") { state } }`)).errors).toBeUndefined();
  });

  test('for grants cannot spend, nor one for spending grant', async () => {
    const about = `ownerId: "${buyer.account.id}", amount: 1, reason: "x", idempotencyKey: "key-9"`;
    for (const [scope, field] of [
      ['grant', 'spendPoints'],
      ['spend', 'grantPoints'],
      ['read', 'spendPoints'],
    ] as const) {
      const token = await makeServiceKey(database.env, [scope]);
      const { errors } = await service.client().call(`mutation { ${field}(${about}) { id } }`, {}, { token });
      expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    }
  });

  test('is no person: it has no points and no log-in of its own', async () => {
    const key = await makeServiceKey(database.env, ['spend', 'grant', 'read']);

    for (const document of ['{ me { id } }', 'mutation { createPaymentOrder(amount: 10000) { amount } }']) {
      const { errors } = await service.client().call(document, {}, { token: key });
      expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    }
  });
});

describe('npm run service-key', () => {
  test.each([
    ['nothing', []],
    ['no scope', ['create', '--name', 'shop']],
    ['no name', ['create', '--scopes', 'read']],
    ['a scope that there is not', ['create', '--name', 'shop', '--scopes', 'read,write']],
    ['a name of blanks', ['create', '--name', ' ', '--scopes', 'read']],
    ['a name with a line break', ['create', '--name', 'a\nb', '--scopes', 'read']],
    ['no id to revoke', ['revoke']],
    ['an option that there is not', ['list', '--all']],
  ])('says how it is used for %s', async (_, args) => {
    const { exitCode, output, errors } = await runProgram('programs/service-key.js', { args, env: {} });

    expect([exitCode, output]).toEqual([1, '']);
    expect(errors).toContain('usage: npm run service-key -- create');
  });
});

describe('whose transactions', () => {
  let service: TopUpService;
  beforeAll(async () => {
    service = await startTopUpService();
  });
  afterAll(() => service.stop());

  test('a user sees: their own, named or not, and nobody else’s', async () => {
    const [one, other] = [await service.user(), await service.user()];
    const codeFor = async (ownerId: string | null) =>
      (await one.client.call(HISTORY, { ownerId })).errors?.[0]?.extensions.code;

    expect(await codeFor(null)).toBeUndefined();
    expect(await codeFor(one.account.id)).toBeUndefined();
    expect(await codeFor(other.account.id)).toBe('FORBIDDEN');
    expect(await codeFor('')).toBe('FORBIDDEN');
  });
});

describe('the rate of calls', () => {
  /** More than a user gets, and more than an address. */
  const DOCUMENTS = 41;
  const CALLS_OF_EACH = 15;
  let service: TopUpService;
  beforeAll(async () => {
    service = await startTopUpService({ env: { RATE_LIMIT: 'on' } });
  });
  afterAll(() => service.stop());

  test('of a key is counted neither as a user’s nor for its address, from which people still get theirs', async () => {
    const { client, account } = await service.user();
    const shop = await serviceClient(service.url, { DATA_DIR: service.folder }, ['read']);
    const aliases = Array.from(
      { length: CALLS_OF_EACH },
      (_, index) => `t${index}: pointTransactions(first: 1, ownerId: "${account.id}") { nodes { id } }`,
    );
    const ask = () => shop.call(`{ ${aliases.join(' ')} }`);

    const answers = await Promise.all(Array.from({ length: DOCUMENTS }, ask));

    expect(answers.flatMap(({ errors }) => errors ?? [])).toEqual([]);
    expect((await client.call(HISTORY)).errors).toBeUndefined();
  });
});
