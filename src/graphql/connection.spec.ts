import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BadUserInput } from '../refusal/refusal.js';
import { checkPageSize, connection, keyOfCursor, PAGE_SIZE_MAX } from './connection.js';

const SEQUENCE = /^\d{1,10}$/;

/** Numbers newest first, as they are read for a page: at most one more than the page has. */
const numbersDown = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => from - index);
const page = (nodes: number[], pageSize: number) => connection(nodes, pageSize, (node) => node);
const cursorOf = (text: string) => Buffer.from(text).toString('base64url');

describe('a page', () => {
  test('has another one behind it when one row more was read, and does not show that row', () => {
    const { edges, nodes, pageInfo } = page(numbersDown(9, 4), 3);

    expect(nodes).toEqual([9, 8, 7]);
    expect(edges.map(({ node }) => node)).toEqual(nodes);
    expect(pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: edges[0]?.cursor,
      endCursor: edges[2]?.cursor,
    });
  });

  test('is the last one when no more rows were read than it has', () => {
    expect(page(numbersDown(3, 3), 3).pageInfo.hasNextPage).toBe(false);
    expect(page(numbersDown(2, 2), 3).pageInfo.hasNextPage).toBe(false);
  });

  test('may be empty', () => {
    expect(page([], 20)).toEqual({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });
});

describe('a cursor', () => {
  test('names the row that it was made for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (sequence) => {
        const cursor = page([sequence], 1).edges[0]?.cursor ?? '';

        expect(keyOfCursor(cursor, SEQUENCE)).toBe(String(sequence));
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
      }),
    );
  });

  test.each([
    ['nothing', ''],
    ['a number', '5'],
    ['a number without its prefix', cursorOf('5')],
    ['another text', cursorOf('user:5')],
    ['no number', cursorOf('after:')],
    ['a negative number', cursorOf('after:-1')],
    ['a fraction', cursorOf('after:1.5')],
    ['a number that is too long', cursorOf('after:12345678901')],
    ['more behind the number', cursorOf('after:5 OR 1=1')],
    ['a new line', cursorOf('after:5\n')],
    ['other digits', cursorOf('after:٥')],
    ['an object', cursorOf('{"sequence":5}')],
  ])('that is %s is refused and named', (_, cursor) => {
    expect(() => keyOfCursor(cursor, SEQUENCE)).toThrow(BadUserInput);
    expect(() => keyOfCursor(cursor, SEQUENCE)).toThrow(
      expect.objectContaining({ details: { field: 'after' } }),
    );
  });

  test('that is any text is either read as a key of the list or refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (cursor) => {
        try {
          expect(keyOfCursor(cursor, SEQUENCE)).toMatch(SEQUENCE);
        } catch (error) {
          expect(error).toBeInstanceOf(BadUserInput);
        }
      }),
    );
  });
});

describe('the size of a page', () => {
  test.each([1, 20, PAGE_SIZE_MAX])('may be %d', (first) => {
    expect(() => checkPageSize(first)).not.toThrow();
  });

  test.each([0, -1, PAGE_SIZE_MAX + 1, 2 ** 31 - 1, Number.NaN])('may not be %d', (first) => {
    expect(() => checkPageSize(first)).toThrow(expect.objectContaining({ details: { field: 'first' } }));
  });
});
