import { Field, ObjectType } from '@nestjs/graphql';
import { PageInfo } from '../graphql/page-info.model.js';
import { BadUserInput } from '../refusal/refusal.js';
import type { PointTransaction as StoredTransaction } from './point-transaction.entity.js';
import { PointTransaction } from './point-transaction.model.js';

export const PAGE_SIZE_MAX = 100;
const CURSOR = /^transaction:(\d{1,10})$/;

@ObjectType({ description: 'A transaction and its place in the history.' })
export class PointTransactionEdge {
  @Field({ description: 'Opaque: give it as `after`.' })
  cursor!: string;

  @Field(() => PointTransaction, { description: 'The transaction.' })
  node!: PointTransaction;
}

@ObjectType({ description: 'A page of transactions, newest first. New rows do not shift older pages.' })
export class PointTransactionConnection {
  @Field(() => [PointTransactionEdge], { description: 'The rows of this page, each with its cursor.' })
  edges!: PointTransactionEdge[];

  @Field(() => [PointTransaction], { description: 'The same as `edges { node }`.' })
  nodes!: PointTransaction[];

  @Field(() => PageInfo, { description: 'Whether and where it goes on.' })
  pageInfo!: PageInfo;

  /** @param rows one more than the page has, if there is one: it is what tells that another page follows. */
  static of(rows: StoredTransaction[], pageSize: number): PointTransactionConnection {
    const edges = rows
      .slice(0, pageSize)
      .map((row) => ({ cursor: cursorOf(row), node: PointTransaction.of(row) }));
    return {
      edges,
      nodes: edges.map((edge) => edge.node),
      pageInfo: {
        hasNextPage: rows.length > pageSize,
        hasPreviousPage: false,
        startCursor: edges[0]?.cursor ?? null,
        endCursor: edges.at(-1)?.cursor ?? null,
      },
    };
  }
}

/** @throws {BadUserInput} */
export function checkPageSize(first: number): void {
  if (first >= 1 && first <= PAGE_SIZE_MAX) return;
  throw new BadUserInput('first', {
    ko: `first는 1부터 ${PAGE_SIZE_MAX}까지입니다.`,
    en: `\`first\` must be from 1 to ${PAGE_SIZE_MAX}.`,
  });
}

/**
 * A row's number in its user's history is its place for ever, which times are not: two rows can share a millisecond.
 *
 * @throws {BadUserInput}
 */
export function sequenceOf(cursor: string): number {
  const [, sequence] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (sequence !== undefined) return Number(sequence);
  throw new BadUserInput('after', {
    ko: 'after에는 앞 페이지의 endCursor를 그대로 보내 주세요.',
    en: 'Send the `endCursor` of the page before as `after`, as it is.',
  });
}

function cursorOf(row: StoredTransaction): string {
  return Buffer.from(`transaction:${row.sequence}`).toString('base64url');
}
