import { expect, test } from '@jest/globals';
import {
  hashOf,
  isSecretOf,
  looksLikeServiceKey,
  newSecret,
  readServiceKey,
  serviceKeyText,
} from './key-text.js';

const ID = '01KB8QXR0JN4Q4P9S7Y2M6T3VW';

test('a key is read back as it was made, and is known by its beginning', () => {
  const shown = { id: ID, secret: newSecret() };
  const text = serviceKeyText(shown);

  expect(readServiceKey(text)).toEqual(shown);
  expect(looksLikeServiceKey(text)).toBe(true);
  expect(looksLikeServiceKey('eyJhbGciOiJIUzI1NiJ9.e30.x')).toBe(false);
});

test('a secret has 256 random bits, and no two are the same', () => {
  const secrets = Array.from({ length: 100 }, () => newSecret());

  expect(new Set(secrets).size).toBe(100);
  for (const secret of secrets) expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
});

test.each([
  ['nothing', ''],
  ['only the beginning', 'psk_'],
  ['no secret', `psk_${ID}_`],
  ['a short secret', `psk_${ID}_${'a'.repeat(42)}`],
  ['a long secret', `psk_${ID}_${'a'.repeat(44)}`],
  ['another id', `psk_${ID.toLowerCase()}_${'a'.repeat(43)}`],
  ['a query in the id', `psk_${"' OR 1=1 --".padEnd(26)}_${'a'.repeat(43)}`],
  ['something behind it', `psk_${ID}_${'a'.repeat(43)}\n`],
])('what is no key is none: %s', (_, text) => {
  expect(readServiceKey(text)).toBeUndefined();
});

test('a secret fits its own hash alone', () => {
  const secret = newSecret();

  expect(isSecretOf(hashOf(secret), secret)).toBe(true);
  expect(isSecretOf(hashOf(secret), newSecret())).toBe(false);
  expect(isSecretOf('', secret)).toBe(false);
});
