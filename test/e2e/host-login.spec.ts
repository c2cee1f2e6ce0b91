import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportSPKI, importJWK } from 'jose';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { PointTransaction } from '../../src/point-transaction/point-transaction.entity.js';
import { User } from '../../src/user/user.entity.js';
import type { GraphqlClient } from '../support/graphql-client.js';
import {
  AUDIENCE,
  type HostLogin,
  ISSUER,
  makeSigningKey,
  startHostLogin,
  type TokenWish,
} from '../support/host-login.js';
import { serviceClient } from '../support/service-client.js';
import {
  credit,
  JWT_SECRET,
  makeOrder,
  orderAndPay,
  startTopUpService,
  type TopUpService,
} from '../support/top-up-service.js';

const ME = '{ me { id email name createdAt point availablePoint } }';
const OPERATOR = { AUTH_OPERATOR_CLAIM: 'roles', AUTH_OPERATOR_VALUE: 'points-operator' };

let login: HostLogin;
let service: TopUpService;

beforeAll(async () => {
  login = await startHostLogin();
  service = await startTopUpService({ env: { ...login.env, ...OPERATOR } });
});
afterAll(async () => {
  await service.stop();
  await login.stop();
});

async function clientOf(ownerId: unknown, wish: TokenWish = {}): Promise<GraphqlClient> {
  const client = service.client();
  client.useAccessToken(await login.token(ownerId, wish));
  return client;
}

async function refusal(token: string) {
  const { errors } = await service.client().call(ME, {}, { token });
  return errors?.[0]?.extensions;
}

const UNAUTHENTICATED = { code: 'UNAUTHENTICATED', retryable: false };
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const honest = (claims = {}) => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'forged',
  exp: Math.floor(Date.now() / 1000) + 300,
  ...claims,
});

test('a person of the shop buys points, with nothing of them stored here but the id of their points', async () => {
  const client = await clientOf('shop|42', { claims: { name: '홍길동', email: 'canary-42@shop.example' } });
  const before = {
    id: 'shop|42',
    email: 'canary-42@shop.example',
    name: '홍길동',
    point: 0,
    availablePoint: 0,
  };
  expect(await client.succeed(ME)).toEqual({ me: { ...before, createdAt: null } });

  const { createPaymentOrder } = await client.succeed<{
    createPaymentOrder: { checkout: { buyerName: string; buyerEmail: string } };
  }>('mutation { createPaymentOrder(amount: 5000) { checkout { buyerName buyerEmail } } }');
  expect(createPaymentOrder.checkout).toEqual({ buyerName: '홍길동', buyerEmail: 'canary-42@shop.example' });
  const { imp_uid: impUid } = await orderAndPay(client, service.simulator);
  expect((await credit(client, impUid)).data.createPointTransaction).toMatchObject({ amount: 10_000 });

  expect(await client.succeed(ME)).toMatchObject({ me: { point: 10_000, createdAt: expect.any(String) } });
  const { manager } = service.books;
  expect(await manager.findOneByOrFail(PointAccount, { ownerId: 'shop|42' })).toMatchObject({
    point: 10_000,
  });
  expect(await manager.countBy(PointTransaction, { ownerId: 'shop|42' })).toBe(1);
  expect(await manager.count(User)).toBe(0);
});

test('a token without a name or an e-mail buys points, too', async () => {
  const client = await clientOf('nameless');

  expect(await client.succeed(ME)).toMatchObject({ me: { email: null, name: null } });
  const { createPaymentOrder } = await client.succeed<{
    createPaymentOrder: { checkout: { buyerName: string; buyerEmail: string } };
  }>('mutation { createPaymentOrder(amount: 5000) { checkout { buyerName buyerEmail } } }');
  expect(createPaymentOrder.checkout).toEqual({ buyerName: '구매자', buyerEmail: 'buyer@example.com' });
});

test('each owner is for themselves', async () => {
  const [one, other] = [await clientOf('one'), await clientOf('other')];
  const merchantUid = await makeOrder(one);

  const find = 'query ($id: ID!) { paymentOrder(merchantUid: $id) { merchantUid } }';
  expect(await other.succeed(find, { id: merchantUid })).toEqual({ paymentOrder: null });
  const history = '{ pointTransactions(first: 1, ownerId: "one") { nodes { id } } }';
  expect((await other.call(history)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
});

test('an operator grants points to whoever the shop knows, and to no id that nobody can have', async () => {
  const operator = await clientOf('granter', { claims: { roles: ['points-operator'] } });
  const grant = `mutation ($ownerId: ID!) {
    grantPoints(ownerId: $ownerId, amount: 100, reason: "가입 축하", idempotencyKey: "welcome") { balanceAfter }
  }`;

  expect(await operator.succeed(grant, { ownerId: 'never-bought' })).toEqual({
    grantPoints: { balanceAfter: 100 },
  });
  const { errors } = await operator.call(grant, { ownerId: 'never bought' });
  expect(errors?.[0]?.extensions.code).toBe('OWNER_NOT_FOUND');
});

test('whose token says so is an operator, and sees whose points they are by id alone', async () => {
  const history =
    '{ pointTransactions(first: 5, ownerId: "shop|42") { nodes { amount user { id name email point } } } }';
  for (const roles of ['points-operator', ['a', 'points-operator']]) {
    const operator = await clientOf('boss', { claims: { roles, name: '사장' } });
    expect(await operator.succeed(history)).toEqual({
      pointTransactions: {
        nodes: [{ amount: 10_000, user: { id: 'shop|42', name: null, email: null, point: 10_000 } }],
      },
    });
    expect((await operator.call('{ attentions(first: 1) { nodes { id } } }')).errors).toBeUndefined();
  }
  for (const roles of ['points', ['points-operator2'], { 'points-operator': true }, undefined]) {
    const nobody = await clientOf('boss', { claims: { roles } });
    expect((await nobody.call(history)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  }
});

test('our own sign-up and log-in are not there', async () => {
  for (const document of [
    'mutation { createUser(email: "a@b.cd", password: "12345678", name: "x") { id } }',
    'mutation { login(email: "a@b.cd", password: "12345678") { accessToken } }',
    'mutation { restoreAccessToken { accessToken } }',
    'mutation { logout }',
  ]) {
    const { errors } = await service.client().call(document);
    expect(errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  }
});

test('what is public is so, and what is not is closed', async () => {
  const stranger = service.client();

  expect((await stranger.call('{ pointPackages }')).errors).toBeUndefined();
  expect((await stranger.call(ME)).errors?.[0]?.extensions).toEqual(UNAUTHENTICATED);
});

test('services are let in beside it', async () => {
  const shop = await serviceClient(service.url, { DATA_DIR: service.folder }, ['read']);

  const history = '{ pointTransactions(first: 5, ownerId: "shop|42") { nodes { amount } } }';
  expect(await shop.succeed(history)).toEqual({ pointTransactions: { nodes: [{ amount: 10_000 }] } });
});

describe('a token is taken when it', () => {
  test.each<[string, unknown, TokenWish]>([
    ['is honest', 'anna', {}],
    ['names the owner by a number', 7, {}],
    ['is for several audiences', 'anna', { claims: { aud: ['other', AUDIENCE] } }],
    ['ended a moment ago by our clock', 'anna', { endsIn: -10 }],
  ])('%s', async (_, ownerId, wish) => {
    const client = await clientOf(ownerId, wish);
    expect(await client.succeed('{ me { id } }')).toEqual({ me: { id: String(ownerId) } });
  });
});

describe('a token is refused when it', () => {
  test.each<[string, unknown, TokenWish]>([
    ['comes from another issuer', 'anna', { claims: { iss: 'https://other.example/' } }],
    ['has no issuer', 'anna', { claims: { iss: undefined } }],
    ['is for another audience', 'anna', { claims: { aud: 'other.example' } }],
    ['has no audience', 'anna', { claims: { aud: undefined } }],
    ['has ended', 'anna', { endsIn: -60 }],
    ['has no end', 'anna', { endsIn: null }],
    ['is not valid yet', 'anna', { claims: { nbf: Math.floor(Date.now() / 1000) + 120 } }],
    ['names a key that there is not', 'anna', { header: { kid: 'another' } }],
    ['asks for an extension that nobody knows', 'anna', { header: { crit: ['x'], x: 1 } }],
    ['names nobody', undefined, {}],
    ['names an empty owner', '', {}],
    ['names too long an owner', 'x'.repeat(65), {}],
    ['names an owner with a blank', 'an na', {}],
    ['names a list of owners', ['anna'], {}],
    ['names a fraction', 1.5, {}],
    ['is too long', 'anna', { claims: { more: 'x'.repeat(9_000) } }],
  ])('%s', async (_, ownerId, wish) => {
    // jose's own maker checks `crit`, so that one is made by hand below where it throws.
    const token = await login.token(ownerId, wish).catch(() => undefined);
    if (token !== undefined) expect(await refusal(token)).toEqual(UNAUTHENTICATED);
    else expect(wish.header).toHaveProperty('crit');
  });

  test('is signed by a key that is not published, under the name of one that is', async () => {
    const stranger = await makeSigningKey(login.first.kid);
    expect(await refusal(await login.token('anna', { key: stranger }))).toEqual(UNAUTHENTICATED);
  });

  test('brings its own key', async () => {
    const stranger = await makeSigningKey('mine');
    const header = { kid: login.first.kid, jwk: stranger.publicJwk };
    expect(await refusal(await login.token('anna', { key: stranger, header }))).toEqual(UNAUTHENTICATED);
  });

  test.each(['none', 'None', 'NONE'])('has the algorithm %s', async (alg) => {
    for (const kid of [login.first.kid, undefined]) {
      expect(await refusal(`${base64url({ alg, kid })}.${base64url(honest())}.`)).toEqual(UNAUTHENTICATED);
    }
  });

  test('is signed with HS256 and the public key, in any form, as the secret', async () => {
    const { publicJwk, kid } = login.first;
    const spki = await exportSPKI((await importJWK(publicJwk, 'RS256')) as CryptoKey);
    const secrets = [
      spki,
      spki.trim(),
      JSON.stringify(publicJwk),
      publicJwk.n!,
      Buffer.from(publicJwk.n!, 'base64url'),
    ];
    for (const secret of secrets) {
      const body = `${base64url({ alg: 'HS256', kid, typ: 'JWT' })}.${base64url(honest())}`;
      const token = `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
      expect(await refusal(token)).toEqual(UNAUTHENTICATED);
    }
  });

  test('is one of our own log-in, although it is signed with the secret of the settings', async () => {
    const claims = {
      sub: 'anna',
      type: 'access',
      iss: 'point-top-up-server',
      aud: 'point-top-up-server/graphql',
    };
    const body = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url(honest(claims))}`;
    const token = `${body}.${createHmac('sha256', JWT_SECRET).update(body).digest('base64url')}`;
    expect(await refusal(token)).toEqual(UNAUTHENTICATED);
  });

  test('is no token', async () => {
    for (const text of ['x', 'a.b.c', '..', `${base64url({ alg: 'RS256' })}.${base64url(honest())}.x`]) {
      expect(await refusal(text)).toEqual(UNAUTHENTICATED);
    }
  });

  test('has one sign changed', async () => {
    const token = await login.token('anna');
    const [header, , signature] = token.split('.');
    expect(await refusal(`${header}.${base64url(honest({ sub: 'somebody else' }))}.${signature}`)).toEqual(
      UNAUTHENTICATED,
    );
  });
});

describe('where the keys cannot be had', () => {
  test('from the start, a good token is neither taken nor refused, and is taken as soon as they can', async () => {
    const ill = await startHostLogin();
    ill.answerWith('error');
    const other = await startTopUpService({ env: ill.env });
    try {
      const client = other.client();
      client.useAccessToken(await ill.token('anna'));
      const { status, errors } = await client.call(ME);
      expect([status, errors?.[0]?.extensions]).toEqual([
        200,
        { code: 'LOGIN_UNAVAILABLE', retryable: true },
      ]);
      // Whoever cannot have a token at all is still told so.
      expect((await client.call(ME, {}, { token: null })).errors?.[0]?.extensions).toEqual(UNAUTHENTICATED);
      expect((await client.call('{ pointPackages }')).errors).toBeUndefined();
      expect(other.server.output()).toContain('the keys of the shop’s login could not be read');

      ill.answerWith('keys');
      const deadline = Date.now() + 20_000;
      while ((await client.call(ME)).errors && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      expect(await client.succeed('{ me { id } }')).toEqual({ me: { id: 'anna' } });
    } finally {
      await other.stop();
      await ill.stop();
    }
  });

  test('later, the known ones are good', async () => {
    await refusal(await login.token('anna'));
    login.answerWith('error');
    expect(await refusal(await login.token('anna'))).toBeUndefined();
    login.answerWith('keys');
  });
});
