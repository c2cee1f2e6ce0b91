import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { rememberSecret, SHORTEST_SECRET_CHARS } from '../support/server-logs.mjs';
import { startServerWithoutGateway } from '../support/top-up-service.js';

const CREATE = `mutation ($email: String!, $password: String!, $name: String!) {
  createUser(email: $email, password: $password, name: $name) {
    id email name point heldPoint availablePoint createdAt
  }
}`;

let service: Awaited<ReturnType<typeof startServerWithoutGateway>>;

beforeAll(async () => {
  service = await startServerWithoutGateway();
});

afterAll(() => service.stop());

interface Person {
  email: string;
  password: string;
  name: string;
}

function person(wanted: Partial<Person> = {}): Person {
  const made = {
    email: `user-${randomUUID()}@canary.example`,
    password: `canary-password-${randomUUID()}`,
    name: '김포인트',
    ...wanted,
  };
  for (const [meaning, value] of [
    ['an e-mail address', made.email],
    ['a password', made.password],
  ] as const) {
    if (value.trim().length >= SHORTEST_SECRET_CHARS) rememberSecret(meaning, value.trim());
  }
  return made;
}

function create(variables: object) {
  return service.client().call<{ createUser: Record<string, unknown> }>(CREATE, { ...variables });
}

test('makes a user without points, who can log in', async () => {
  const someone = person();
  const before = Date.now();

  const { data, errors, headers } = await create(someone);

  expect(errors).toBeUndefined();
  expect(data.createUser).toEqual({
    id: expect.stringMatching(/^[0-9A-Z]{26}$/),
    email: someone.email,
    name: someone.name,
    point: 0,
    heldPoint: 0,
    availablePoint: 0,
    createdAt: expect.any(String),
  });
  expect(Date.parse(String(data.createUser.createdAt))).toBeGreaterThanOrEqual(before);
  // Signing up is not logging in.
  expect(headers.getSetCookie()).toEqual([]);
  await service.client().login({ email: someone.email, password: someone.password });
});

test('keeps the e-mail address in lower case and without spaces around it', async () => {
  const id = randomUUID();
  const { data } = await create(person({ email: `  User-${id}@Canary.EXAMPLE ` }));

  expect(data.createUser.email).toBe(`user-${id}@canary.example`);
});

test('refuses an e-mail address that already has an account, however it is written', async () => {
  const someone = person();
  await create(someone);

  for (const email of [someone.email, someone.email.toUpperCase(), ` ${someone.email} `]) {
    const { data, errors } = await create(person({ email }));
    expect(data).toBeNull();
    expect(errors?.[0]?.extensions).toEqual({ code: 'EMAIL_TAKEN', retryable: false });
  }
  await service.client().login({ email: someone.email, password: someone.password });
});

test('lets one of twenty sign-ups with one address at the same time win', async () => {
  const email = `user-${randomUUID()}@canary.example`;

  const answers = await Promise.all(Array.from({ length: 20 }, () => create(person({ email }))));

  const codes = answers.map(({ errors }) => errors?.[0]?.extensions.code ?? 'made');
  expect(codes.filter((code) => code === 'made')).toHaveLength(1);
  expect(codes.filter((code) => code === 'EMAIL_TAKEN')).toHaveLength(19);
});

describe('refuses with the name of the field', () => {
  test.each<[string, string, Partial<Person>]>([
    ['email', 'no address', { email: 'canary-without-at' }],
    ['email', 'an address without a host', { email: 'canary-user@' }],
    ['email', 'two addresses', { email: 'canary-a@b.example, canary-c@d.example' }],
    ['email', 'an address with a line break', { email: 'canary-a@b.example\nBcc: x@y.example' }],
    ['email', 'an address of 255 characters', { email: `${'a'.repeat(242)}@canary.example`.slice(-255) }],
    ['password', 'a password of 7 characters', { password: '1234567' }],
    ['password', 'a password of 129 characters', { password: 'x'.repeat(129) }],
    ['name', 'an empty name', { name: '' }],
    ['name', 'a name of spaces', { name: '   ' }],
    ['name', 'a name of 51 characters', { name: '가'.repeat(51) }],
    ['name', 'a name with a control character', { name: '김\u0007포인트' }],
  ])('%s: %s', async (field, _title, wanted) => {
    const { errors } = await create(person(wanted));

    expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', field, retryable: false });
  });
});

test.each<[string, Partial<Person>]>([
  ['a password of 8 characters', { password: randomUUID().slice(0, 8) }],
  ['a password of 128 characters', { password: randomUUID().repeat(4).slice(0, 128) }],
  ['a password of spaces and emoji', { password: `  🔑 ${randomUUID()}  ` }],
  ['a name of 50 characters', { name: '가'.repeat(50) }],
])('takes %s', async (_title, wanted) => {
  const someone = person(wanted);

  expect((await create(someone)).errors).toBeUndefined();
  await service.client().login({ email: someone.email, password: someone.password });
});

test.each(['email', 'password', 'name'])('needs a text for %s', async (field) => {
  for (const value of [null, 1, ['canary@canary.example'], { $gt: '' }]) {
    const { errors } = await create({ ...person(), [field]: value });
    expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', retryable: false });
  }
});
