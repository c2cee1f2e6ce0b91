import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { firstSecret, readRefreshToken, refreshTokenKey, secretAfter } from './refresh-token.js';

const ID = '01JDNXQ4T6B9V2C8M5K7R3W1YZ';
const OTHER_ID = '01JDNXQ4T6B9V2C8M5K7R3W1YX';
const JWT_SECRET = 'a secret of the tests that is long enough';
const key = refreshTokenKey(JWT_SECRET);

describe('the secret after another one', () => {
  const secret = firstSecret();

  test('is the same on each server with the same JWT_SECRET, and makes a whole token', () => {
    const next = secretAfter(key, { id: ID, secret });

    expect(secretAfter(refreshTokenKey(JWT_SECRET), { id: ID, secret })).toBe(next);
    expect(readRefreshToken(`${ID}.${next}`)).toEqual({ id: ID, secret: next });
  });

  test.each([
    ['another JWT_SECRET', refreshTokenKey(`${JWT_SECRET}!`), { id: ID, secret }],
    ['another login', key, { id: OTHER_ID, secret }],
    ['another secret', key, { id: ID, secret: firstSecret() }],
  ])('is another one with %s', (_, otherKey, shown) => {
    expect(secretAfter(otherKey, shown)).not.toBe(secretAfter(key, { id: ID, secret }));
  });

  test('does not come back to one that was there before', () => {
    const secrets = [secret];
    for (let count = 0; count < 1000; count += 1)
      secrets.push(secretAfter(key, { id: ID, secret: secrets.at(-1)! }));

    expect(new Set(secrets).size).toBe(secrets.length);
  });
});

test.each([
  undefined,
  '',
  ID,
  `${ID}.`,
  `${ID}.${randomBytes(31).toString('base64url')}`,
  `${ID.toLowerCase()}.${firstSecret()}`,
  `${ID}.${firstSecret()}x`,
  ` ${ID}.${firstSecret()}`,
])('%p is no refresh token', (text) => {
  expect(readRefreshToken(text)).toBeUndefined();
});
