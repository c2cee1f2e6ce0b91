import { expect, test } from '@jest/globals';
import { isOwnerId } from './owner-id.js';

test.each([
  '42',
  '01KB8QXR0JN4Q4P9S7Y2M6T3VW',
  '8f14e45f-ceea-467f-a0b2-1c2d3e4f5a6b',
  'auth0|5f7c8ec7c33c6c004bbafe82',
  'x'.repeat(64),
])('an owner may be called %s', (text) => {
  expect(isOwnerId(text)).toBe(true);
});

test.each([
  ['nothing', ''],
  ['65 signs', 'x'.repeat(65)],
  ['a blank', 'a b'],
  ['a blank at the end', '42 '],
  ['a line break', '42\n'],
  ['a letter that looks like another one', 'аdmin'],
  ['a control character', 'a\u0000b'],
])('an owner is not called %s', (_, text) => {
  expect(isOwnerId(text)).toBe(false);
});
