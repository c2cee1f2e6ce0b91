import { expect, test } from '@jest/globals';
import { CashReceiptPurpose } from '../gateway/cash-receipts.js';
import { BadUserInput } from '../refusal/refusal.js';
import { maskOf, readIdentifier } from './identifier.js';

const { PERSON, COMPANY } = CashReceiptPurpose;

test.each([
  [PERSON, '010-1234-5678', { kind: 'PHONE', number: '01012345678' }, '010-****-5678'],
  [PERSON, '1234 5678 9012 345678', { kind: 'CARD', number: '123456789012345678' }, '123-****-5678'],
  [COMPANY, '123-45-67891', { kind: 'BUSINESS', number: '1234567891' }, '123-****-7891'],
])('%s takes %s and shows it masked', (purpose, given, identifier, mask) => {
  const read = readIdentifier(purpose, given);
  expect(read).toEqual(identifier);
  expect(maskOf(read)).toBe(mask);
});

test.each([
  [PERSON, ''],
  [PERSON, '02-123-4567'],
  [PERSON, '0101234567x'],
  // As long as a resident registration number.
  [PERSON, '900101-1234567'],
  [COMPANY, '010-1234-5678'],
  [COMPANY, '123-45-67890'],
])('%s refuses %j', (purpose, given) => {
  expect(() => readIdentifier(purpose, given)).toThrow(BadUserInput);
});
