import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buyerEmail, buyerName, orderName } from './pg-text.js';

/** What some PG or other refuses: signs that its form, its card network or its own log gives a meaning to. */
const FORBIDDEN = /[,\\%&|$\-+=[\]'";<>\p{Cc}]/u;
const anyText = fc.string({ unit: 'binary', maxLength: 300 });

describe('the title of an order', () => {
  test('has no comma, from 1,000 won on either', () => {
    expect(orderName(10_000)).toBe('포인트 10000P');
  });

  test('has letters, digits and spaces alone, at most 40', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (amount) => {
        expect(orderName(amount)).toMatch(/^[\p{L}\d ]{1,40}$/u);
      }),
    );
  });
});

describe('the name of a buyer', () => {
  test.each([
    ['김하늘', '김하늘'],
    ['  김  하늘 ', '김 하늘'],
    ["Seán O'Brien-Kim", 'Seán O Brien Kim'],
    ['김하늘\t(주)\n<b>', '김하늘 주 b'],
    ['Hubert Blaine Wolfeschlegelstein', 'Hubert Blaine Wo'],
    ['A very long one x', 'A very long one'],
    ['1234567890123456789', '1234567890123456'],
    // Written with combining letters, as macOS does.
    ['김'.normalize('NFD'), '김'],
    ['🙂', '구매자'],
    ['', '구매자'],
    ['-=[];', '구매자'],
  ])('%j goes out as %j', (name, sent) => {
    expect(buyerName(name)).toBe(sent);
  });

  test('is never empty, never too long, and has no sign that a PG refuses, whatever was typed', () => {
    fc.assert(
      fc.property(anyText, (name) => {
        const sent = buyerName(name);
        expect(sent).not.toMatch(FORBIDDEN);
        expect(sent).toMatch(/^[\p{L}\p{M}\p{Nd} ]{1,16}$/u);
        expect(sent.length).toBeLessThanOrEqual(16);
        expect(sent).toBe(sent.trim());
      }),
    );
  });
});

describe('the e-mail address of a buyer', () => {
  test.each(['kim@example.com', 'kim.haneul+shop@mail.example.co.kr', 'kim_haneul@points-shop.kr'])(
    '%s goes out as it is',
    (email) => {
      expect(buyerEmail(email)).toBe(email);
    },
  );

  test.each([
    ["o'brien@example.com"],
    ['김하늘@example.com'],
    ['kim@예시.한국'],
    ['kim&park@example.com'],
    ['"kim park"@example.com'],
    ['kim@localhost'],
    [`${'k'.repeat(60)}@example.com`],
  ])('%s is not mended into another one: an address of nobody goes out', (email) => {
    expect(buyerEmail(email)).toBe('buyer@example.com');
  });

  test('is an address of at most 64 characters, whatever was typed', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.emailAddress({ size: 'large' })), (email) => {
        expect(buyerEmail(email)).toMatch(/^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$/);
        expect(buyerEmail(email).length).toBeLessThanOrEqual(64);
      }),
    );
  });
});
