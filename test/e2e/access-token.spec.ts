import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  buildClientSchema,
  getIntrospectionQuery,
  getNamedType,
  type GraphQLField,
  type GraphQLInputType,
  type IntrospectionQuery,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql';
import type { Account, GraphqlClient } from '../support/graphql-client.js';
import { rememberSecret } from '../support/server-logs.mjs';
import { JWT_SECRET, startTopUpService, type TopUpService } from '../support/top-up-service.js';

/** The only fields that answer somebody without an access token. */
const PUBLIC_FIELDS = [
  'createUser',
  'login',
  'logout',
  'packages',
  'paymentMethods',
  'pointPackages',
  'restoreAccessToken',
  'shop',
];
const UNAUTHENTICATED = { code: 'UNAUTHENTICATED', retryable: false };
const OTHER_SECRET = 'canary-another-secret-that-is-long-enough';

let service: TopUpService;
let client: GraphqlClient;
let account: Account;

beforeAll(async () => {
  rememberSecret('another JWT secret', OTHER_SECRET);
  service = await startTopUpService();
  ({ client, account } = await service.user());
});

afterAll(() => service.stop());

type Claims = Record<string, unknown>;

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const nowSeconds = () => Math.floor(Date.now() / 1000);

/** What the server itself writes into a token; a test changes one thing of it. */
function honestClaims(): Claims {
  return {
    sub: account.id,
    type: 'access',
    iss: 'point-top-up-server',
    aud: 'point-top-up-server/graphql',
    iat: nowSeconds(),
    exp: nowSeconds() + 900,
  };
}

function forged({
  claims = {},
  header = {},
  algorithm = 'sha256',
  secret = JWT_SECRET,
}: { claims?: Claims; header?: Claims; algorithm?: string; secret?: string } = {}): string {
  const body = `${base64url({ alg: 'HS256', typ: 'JWT', ...header })}.${base64url({ ...honestClaims(), ...claims })}`;
  const token = `${body}.${createHmac(algorithm, secret).update(body).digest('base64url')}`;
  rememberSecret('a forged access token', token);
  return token;
}

function signedByRsa(claims: Claims = {}): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const body = `${base64url({ alg: 'RS256', typ: 'JWT' })}.${base64url({ ...honestClaims(), ...claims })}`;
  return `${body}.${sign('sha256', Buffer.from(body), privateKey).toString('base64url')}`;
}

function withoutSignature(header: Claims): string {
  return `${base64url({ typ: 'JWT', ...header })}.${base64url(honestClaims())}.`;
}

/** The token as the server made it, with one thing changed in its text. */
function tampered(change: (parts: [string, string, string]) => string): string {
  return change(client.accessToken()!.split('.') as [string, string, string]);
}

test('a token that is made exactly like the server’s own is accepted, so each forgery below differs in one thing', async () => {
  const { errors, data } = await client.call<{ me: { id: string } }>(
    '{ me { id } }',
    {},
    { token: forged() },
  );

  expect(errors).toBeUndefined();
  expect(data.me.id).toBe(account.id);
});

describe('a token is refused when it', () => {
  test.each<[string, () => string]>([
    ['has the algorithm none', () => withoutSignature({ alg: 'none' })],
    ['has the algorithm None', () => withoutSignature({ alg: 'None' })],
    ['has no algorithm', () => withoutSignature({})],
    ['says none but is signed', () => forged({ header: { alg: 'none' } })],
    ['is signed with HS512', () => forged({ header: { alg: 'HS512' }, algorithm: 'sha512' })],
    ['is signed with HS384', () => forged({ header: { alg: 'HS384' }, algorithm: 'sha384' })],
    ['says HS256 but is signed with SHA-512', () => forged({ algorithm: 'sha512' })],
    ['is signed with somebody’s RSA key', () => signedByRsa()],
    ['says RS256 but is signed with our secret', () => forged({ header: { alg: 'RS256' } })],
    [
      'brings its own key',
      () => forged({ secret: OTHER_SECRET, header: { jwk: { kty: 'oct', k: OTHER_SECRET } } }),
    ],
    ['names a file as its key', () => forged({ secret: '', header: { kid: '../../dev/null' } })],
    ['is signed with another secret', () => forged({ secret: OTHER_SECRET })],
    ['is signed with an empty secret', () => forged({ secret: '' })],
    ['has ended', () => forged({ claims: { exp: nowSeconds() - 1 } })],
    ['has no end', () => forged({ claims: { exp: undefined } })],
    ['has an end that is a text', () => forged({ claims: { exp: '9999999999' } })],
    ['is not valid yet', () => forged({ claims: { nbf: nowSeconds() + 600 } })],
    ['comes from another issuer', () => forged({ claims: { iss: 'somebody-else' } })],
    ['has no issuer', () => forged({ claims: { iss: undefined } })],
    ['is for another audience', () => forged({ claims: { aud: 'somebody-else' } })],
    ['has no audience', () => forged({ claims: { aud: undefined } })],
    ['is of another type', () => forged({ claims: { type: 'refresh' } })],
    ['has no type', () => forged({ claims: { type: undefined } })],
    ['names nobody', () => forged({ claims: { sub: undefined } })],
    ['names a number', () => forged({ claims: { sub: 1 } })],
    ['names a query', () => forged({ claims: { sub: { $ne: null } } })],
    ['names a user who does not exist', () => forged({ claims: { sub: '00000000000000000000000000' } })],
    [
      'was given to one user and says another',
      () =>
        tampered(
          ([header, , signature]) => `${header}.${base64url({ ...honestClaims(), sub: 'x' })}.${signature}`,
        ),
    ],
    ['has lost its signature', () => tampered(([header, payload]) => `${header}.${payload}.`)],
    ['has lost its last character', () => tampered((parts) => parts.join('.').slice(0, -1))],
    ['is two tokens in one', () => tampered((parts) => `${parts.join('.')}.${parts.join('.')}`)],
    ['is garbage', () => 'garbage'],
    ['is dots', () => '..'],
    ['is empty', () => ' '],
    ['is very long', () => 'x'.repeat(8_000)],
    ['is the refresh token', () => client.refreshToken()!],
  ])('%s', async (_title, token) => {
    const { data, errors } = await client.call('{ me { id } }', {}, { token: token() });

    expect(data).toBeNull();
    expect(errors?.[0]?.extensions).toEqual(UNAUTHENTICATED);
  });

  test.each<[string, (token: string) => Record<string, string>]>([
    ['Basic', (token) => ({ authorization: `Basic ${token}` })],
    ['no scheme', (token) => ({ authorization: token })],
    ['another header', (token) => ({ 'x-access-token': token })],
    ['a cookie', (token) => ({ cookie: `access_token=${token}; token=${token}; jwt=${token}` })],
  ])('comes by %s', async (_title, headers) => {
    const answer = await client.call(
      '{ me { id } }',
      {},
      { token: null, headers: headers(client.accessToken()!) },
    );

    expect(answer.errors?.[0]?.extensions).toEqual(UNAUTHENTICATED);
  });

  test('comes in the address', async () => {
    const token = client.accessToken()!;
    const response = await fetch(`${service.url}/graphql?access_token=${token}&token=${token}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ me { id } }' }),
    });

    expect(await response.json()).toMatchObject({ errors: [{ extensions: UNAUTHENTICATED }] });
  });
});

describe('without a token', () => {
  test('every field that is not public refuses, and nothing behind it happens', async () => {
    const fields = await rootFields();
    const closed = fields.filter(({ field }) => !PUBLIC_FIELDS.includes(field.name));
    // The list of public fields is true, and there is something to close.
    expect(fields.map(({ field }) => field.name)).toEqual(expect.arrayContaining(PUBLIC_FIELDS));
    expect(closed.length).toBeGreaterThanOrEqual(5);
    await service.simulator.forgetRequests();

    for (const { operation, field } of closed) {
      for (const token of [null, 'garbage', forged({ secret: OTHER_SECRET })]) {
        const { data, errors } = await service.client().call(document(operation, field), {}, { token });
        expect({ field: field.name, extensions: errors?.[0]?.extensions }).toEqual({
          field: field.name,
          extensions: UNAUTHENTICATED,
        });
        expect(Object.values(data ?? {}).filter((value) => value !== null)).toEqual([]);
      }
    }
    expect((await service.simulator.requests()).total).toBe(0);
  });

  test('a public field beside a closed one opens nothing', async () => {
    const { data, errors } = await service
      .client()
      .call<Record<string, unknown>>('{ pointPackages paymentOrder(merchantUid: "x") { amount } }');

    expect(errors?.map(({ path }) => path)).toEqual([['paymentOrder']]);
    expect(data.paymentOrder).toBeNull();
    expect(data.pointPackages).toEqual(expect.any(Array));
  });
});

async function rootFields() {
  const data = await client.succeed<IntrospectionQuery>(getIntrospectionQuery());
  const schema = buildClientSchema(data);
  const of = (operation: 'query' | 'mutation', fields: Record<string, GraphQLField<unknown, unknown>>) =>
    Object.values(fields).map((field) => ({ operation, field }));
  expect(schema.getSubscriptionType() ?? null).toBeNull();
  return [
    ...of('query', schema.getQueryType()!.getFields()),
    ...of('mutation', schema.getMutationType()!.getFields()),
  ];
}

/** A valid call of a field, whatever its arguments are. */
function document(operation: string, field: GraphQLField<unknown, unknown>): string {
  const given = field.args.filter(({ type }) => isNonNullType(type));
  const list = given.map(({ name, type }) => `${name}: ${literal(type)}`).join(', ');
  const selection = isLeafType(getNamedType(field.type)) ? '' : ' { __typename }';
  return `${operation} { ${field.name}${list ? `(${list})` : ''}${selection} }`;
}

function literal(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literal(type.ofType);
  if (isListType(type)) return '[]';
  if (isEnumType(type)) return type.getValues()[0]?.name ?? '';
  return { Int: '1', Float: '1', Boolean: 'true' }[type.name] ?? '"imp_123456789012"';
}
