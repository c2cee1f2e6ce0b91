import { expect, test } from '@jest/globals';
import { LotKind } from '../point-transaction/lot.entity.js';
import { type Places, placesOf, rowOf } from './row.js';

const places = placesOf(['ownerId', 'points', 'kind', 'expiresAt', 'reference', 'reason']) as Places;
const read = (...cells: string[]) => rowOf(cells, 7, places);

test('a row is read with its day as the end of that day in Korea', () => {
  expect(read('user|42', '1000', 'PAID', '2028-02-29', 'A-1', '이전 적립금')).toEqual({
    line: 7,
    id: expect.stringMatching(/^\w{26}$/),
    key: 'ref:A-1',
    ownerId: 'user|42',
    points: 1000,
    kind: LotKind.PAID,
    expiresAt: new Date('2028-02-29T15:00:00.000Z'),
    reference: 'A-1',
    reason: '이전 적립금',
  });
});

test('a row without a reference is named by its owner and kind alone, so that a corrected one is the same row', () => {
  const one = read('42', '1000', 'PAID', '2028-02-29', '', '');
  const corrected = read('42', '900', 'PAID', '', '', '');

  expect(one).toMatchObject({ key: 'own:PAID:42', reference: null, reason: null });
  expect(corrected).toMatchObject({ key: 'own:PAID:42', points: 900, expiresAt: null });
  expect(read('42', '1000', 'BONUS', '', '', '')).toMatchObject({ key: 'own:BONUS:42' });
});

test('a reference cannot be taken for the name of a row without one', () => {
  expect(read('1', '1', 'PAID', '', 'own:PAID:42', '')).toMatchObject({ key: 'ref:own:PAID:42' });
});

test('blanks around a value are not a part of it', () => {
  expect(read(' 42 ', ' 5 ', ' ADJUST ', '', ' A-1 ', '')).toMatchObject({ ownerId: '42', reference: 'A-1' });
});

test('a row without points is empty', () => {
  expect(read('42', '0', 'PAID', '', '', '')).toBe('EMPTY');
});

test.each([
  ['too few values', ['42', '1', 'PAID'], /3 values.*6 columns/],
  ['no owner', ['', '1', 'PAID', '', '', ''], /ownerId/],
  ['an owner with a blank', ['4 2', '1', 'PAID', '', '', ''], /ownerId/],
  ['an owner of 65 characters', ['x'.repeat(65), '1', 'PAID', '', '', ''], /ownerId/],
  ['no points', ['42', '', 'PAID', '', '', ''], /points/],
  ['points below zero', ['42', '-1', 'PAID', '', '', ''], /points/],
  ['points with a comma', ['42', '1,000', 'PAID', '', '', ''], /without commas/],
  ['a part of a point', ['42', '1.5', 'PAID', '', '', ''], /points/],
  ['points as a spreadsheet rounds them', ['42', '1E+06', 'PAID', '', '', ''], /points/],
  ['too many points', ['42', '1000000001', 'PAID', '', '', ''], /points/],
  ['another kind', ['42', '1', 'paid', '', '', ''], /kind must be PAID, BONUS, ADJUST/],
  ['a day that is none', ['42', '1', 'PAID', '2027-02-29', '', ''], /expiresAt/],
  ['a day of a spreadsheet', ['42', '1', 'PAID', '2027. 12. 31', '', ''], /expiresAt/],
  ['a long reference', ['42', '1', 'PAID', '', 'x'.repeat(65), ''], /reference/],
  ['a reference with a line break', ['42', '1', 'PAID', '', 'a\nb', ''], /reference/],
  ['a long reason', ['42', '1', 'PAID', '', '', 'x'.repeat(101)], /reason/],
])('a row with %s does not fit', (_, cells, fault) => {
  expect(read(...cells)).toEqual({ ko: expect.any(String), en: expect.stringMatching(fault) });
});

test('columns may stand in any order, and those that are not needed may be missing', () => {
  const some = placesOf([' kind', 'points', 'ownerId ']) as Places;

  expect(rowOf(['BONUS', '5', '42'], 2, some)).toMatchObject({ ownerId: '42', points: 5, kind: 'BONUS' });
});

test.each([
  ['ownerId,points', /"kind" is missing/],
  ['ownerId,points,kind,points', /"points" is there twice/],
  ['ownerId,points,kind,expires_at', /"expires_at" is not known/],
  ['ownerId;points;kind', /separated by semicolons/],
  ['ownerId\tpoints\tkind', /separated by tabs/],
  ['42,1000,PAID', /"42" is not known/],
])('a file that begins with %j is refused', (header, fault) => {
  expect(placesOf(header.split(','))).toEqual({
    ko: expect.any(String),
    en: expect.stringMatching(fault),
  });
});
