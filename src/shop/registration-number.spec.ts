import { expect, test } from '@jest/globals';
import {
  checkDigitIsRight,
  hasFormOfRegistrationNumber,
  writtenRegistrationNumber,
} from './registration-number.js';

test.each(['123-45-67891', '1234567891', '100-00-00009', '000-00-00000', '999-99-99997'])(
  '%s has the right check digit',
  (number) => {
    expect(checkDigitIsRight(number)).toBe(true);
  },
);

test('of ten last digits one is right', () => {
  const right = Array.from({ length: 10 }, (_, digit) => `987-65-4321${digit}`).filter(checkDigitIsRight);

  expect(right).toHaveLength(1);
});

test('a slip of one digit, and most swaps of two neighbours, are found', () => {
  const number = '1234567891';
  const slips = [...number].flatMap((digit, at) =>
    [...'0123456789']
      .filter((other) => other !== digit)
      .map((other) => `${number.slice(0, at)}${other}${number.slice(at + 1)}`),
  );

  const found = slips.filter((slip) => !checkDigitIsRight(slip));
  expect(found.length / slips.length).toBeGreaterThan(0.95);
  expect(checkDigitIsRight('2134567891')).toBe(false);
});

test('has ten digits, with or without hyphens where they belong', () => {
  expect(['123-45-67891', '1234567891'].filter(hasFormOfRegistrationNumber)).toHaveLength(2);
  for (const wrong of ['', '123-4567891x', '12-345-67891', '123-45-678912', ' 1234567891', '１２３4567891'])
    expect(hasFormOfRegistrationNumber(wrong)).toBe(false);
});

test('is written with hyphens', () => {
  expect(writtenRegistrationNumber('1234567891')).toBe('123-45-67891');
  expect(writtenRegistrationNumber('123-45-67891')).toBe('123-45-67891');
});
