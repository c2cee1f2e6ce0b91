import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BadUserInput } from '../refusal/refusal.js';
import {
  checkPageSize,
  PAGE_SIZE_MAX,
  PointTransactionConnection,
  sequenceOf,
} from './point-transaction-connection.js';
import { PointTransaction, PointTransactionStatus } from './point-transaction.entity.js';

function row(sequence: number): PointTransaction {
  return {
    id: `id-${sequence}`,
    userId: 'user-1',
    merchantUid: `pt-${sequence}`,
    impUid: `imp_${sequence}`,
    status: PointTransactionStatus.PAYMENT,
    amount: 1000,
    cancellationKey: '',
    sequence,
    balanceAfter: sequence * 1000,
    createdAt: new Date(0),
  };
}

/** Rows newest first, as they are read for a page: at most one more than the page has. */
const rowsDown = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => row(from - index));

describe('a page of transactions', () => {
  test('has another one behind it when one row more was read, and does not show that row', () => {
    const page = PointTransactionConnection.of(rowsDown(9, 4), 3);

    expect(page.nodes.map(({ id }) => id)).toEqual(['id-9', 'id-8', 'id-7']);
    expect(page.edges.map(({ node }) => node)).toEqual(page.nodes);
    expect(page.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: page.edges[0]?.cursor,
      endCursor: page.edges[2]?.cursor,
    });
  });

  test('is the last one when no more rows were read than it has', () => {
    expect(PointTransactionConnection.of(rowsDown(3, 3), 3).pageInfo.hasNextPage).toBe(false);
    expect(PointTransactionConnection.of(rowsDown(2, 2), 3).pageInfo.hasNextPage).toBe(false);
  });

  test('may be empty', () => {
    const page = PointTransactionConnection.of([], 20);

    expect(page).toMatchObject({ edges: [], nodes: [] });
    expect(page.pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: false,
      startCursor: null,
      endCursor: null,
    });
  });

  test('shows nothing of a row that is only for us', () => {
    const [node] = PointTransactionConnection.of([row(1)], 1).nodes;

    expect(node).not.toHaveProperty('cancellationKey');
    expect(node).not.toHaveProperty('sequence');
  });
});

describe('a cursor', () => {
  test('names the row that it was made for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (sequence) => {
        const [edge] = PointTransactionConnection.of([row(sequence)], 1).edges;

        expect(sequenceOf(edge?.cursor ?? '')).toBe(sequence);
        expect(edge?.cursor).toMatch(/^[A-Za-z0-9_-]+$/);
      }),
    );
  });

  test.each([
    ['nothing', ''],
    ['a number', '5'],
    ['another text', Buffer.from('user:5').toString('base64url')],
    ['no number', Buffer.from('transaction:').toString('base64url')],
    ['a negative number', Buffer.from('transaction:-1').toString('base64url')],
    ['a fraction', Buffer.from('transaction:1.5').toString('base64url')],
    ['a number that is too long', Buffer.from('transaction:12345678901').toString('base64url')],
    ['more behind the number', Buffer.from('transaction:5 OR 1=1').toString('base64url')],
    ['a new line', Buffer.from('transaction:5\n').toString('base64url')],
    ['other digits', Buffer.from('transaction:٥').toString('base64url')],
    ['an object', Buffer.from('{"sequence":5}').toString('base64url')],
  ])('that is %s is refused and named', (_, cursor) => {
    expect(() => sequenceOf(cursor)).toThrow(BadUserInput);
    expect(() => sequenceOf(cursor)).toThrow(expect.objectContaining({ details: { field: 'after' } }));
  });

  test('that is any text is either read as a whole number or refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (cursor) => {
        try {
          expect(Number.isSafeInteger(sequenceOf(cursor))).toBe(true);
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
