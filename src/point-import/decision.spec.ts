import { expect, test } from '@jest/globals';
import { LotKind } from '../point-transaction/lot.entity.js';
import { type Before, decide, type Known } from './decision.js';
import type { Row } from './row.js';

const row: Row = {
  line: 2,
  id: 'one',
  key: 'own:PAID:42',
  ownerId: '42',
  points: 1000,
  kind: LotKind.PAID,
  expiresAt: new Date('2028-01-01T15:00:00Z'),
  reference: null,
  reason: null,
};
const known: Known = {
  before: undefined,
  isSomebody: true,
  point: 0,
  maxBalance: 2000,
  now: new Date('2027-01-01T00:00:00Z'),
};
const before: Before = {
  id: 'another',
  ownerId: '42',
  amount: 1000,
  reason: null,
  kind: LotKind.PAID,
  expiresAt: new Date('2028-01-01T15:00:00Z'),
};
const refused = (fault: RegExp) => ({ ko: expect.any(String), en: expect.stringMatching(fault) });

test('a row that fits is imported, up to what may be held', () => {
  expect(decide(row, known)).toBe('IMPORT');
  expect(decide(row, { ...known, point: 1000 })).toBe('IMPORT');
  expect(decide(row, { ...known, point: 1001 })).toEqual(refused(/would be 2001, above POINT_MAX_BALANCE/));
});

test('a row of nobody, or whose time is over, does not fit', () => {
  expect(decide(row, { ...known, isSomebody: false })).toEqual(refused(/nobody/));
  expect(decide(row, { ...known, now: new Date('2028-01-01T15:00:00Z') })).toEqual(refused(/is over/));
});

test('a row that is there stays there, whatever has happened since', () => {
  const since = { ...known, before, isSomebody: false, point: 2000, now: new Date('2030-01-01T00:00:00Z') };

  expect(decide(row, since)).toBe('THERE');
  expect(decide({ ...row, expiresAt: null }, since)).toBe('THERE');
});

test('a row whose COMMIT was not answered is imported, and not there before', () => {
  expect(decide(row, { ...known, before: { ...before, id: row.id } })).toBe('IMPORT');
});

test.each([
  ['owner', { ownerId: '43' }],
  ['points', { amount: 999 }],
  ['kind', { kind: LotKind.BONUS }],
  ['end', { expiresAt: new Date('2028-01-02T15:00:00Z') }],
  ['reason', { reason: 'another' }],
])('a row that was imported with another %s is refused', (_, other) => {
  expect(decide(row, { ...known, before: { ...before, ...other } })).toEqual(refused(/other values/));
});
