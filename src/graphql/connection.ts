import type { Type } from '@nestjs/common';
import { ArgsType, Field, Int, ObjectType } from '@nestjs/graphql';
import { BadUserInput } from '../refusal/refusal.js';
import { PageInfo } from './page-info.model.js';

export const PAGE_SIZE_DEFAULT = 20;
export const PAGE_SIZE_MAX = 100;

/** Which page of a list is asked for. */
@ArgsType()
export class PageArgs {
  @Field(() => Int, { defaultValue: PAGE_SIZE_DEFAULT, description: `1 to ${PAGE_SIZE_MAX}.` })
  first!: number;

  @Field(() => String, { nullable: true, description: '`endCursor` of the page before.' })
  after?: string | null;
}

/**
 * How a list takes it: `@Args(ARGS_OF_PAGE) page: Readonly<PageArgs>`. With the class itself as the parameter's type a
 * ValidationPipe of a host's app would strip what its decorators do not know. The same holds for every class of arguments.
 */
export const ARGS_OF_PAGE = { type: () => PageArgs };

export interface Edge<Node> {
  cursor: string;
  node: Node;
}

export interface Connection<Node> {
  edges: Edge<Node>[];
  nodes: Node[];
  pageInfo: PageInfo;
}

/** What the class that is made of `connectionTypeOf` is described by. */
export const PAGE = { description: 'A page, newest first. New rows do not shift older pages.' };

/** What the Relay connection type of one node type extends, for example `PointTransactionConnection`. */
export function connectionTypeOf<Node>(nodeType: Type<Node>, name: string): Type<Connection<Node>> {
  @ObjectType(`${name}Edge`, { description: `A ${name} and its place in the list.` })
  class EdgeType implements Edge<Node> {
    @Field({ description: 'Opaque: give it as `after`.' })
    cursor!: string;

    @Field(() => nodeType, { description: `The ${name}.` })
    node!: Node;
  }

  @ObjectType({ isAbstract: true })
  class ConnectionType implements Connection<Node> {
    @Field(() => [EdgeType], { description: 'The rows of this page, each with its cursor.' })
    edges!: EdgeType[];

    @Field(() => [nodeType], { description: 'The same as `edges { node }`.' })
    nodes!: Node[];

    @Field(() => PageInfo, { description: 'Whether and where it goes on.' })
    pageInfo!: PageInfo;
  }

  return ConnectionType;
}

/**
 * @param nodes one more than the page has, if there is one: it is what tells that another page follows.
 * @param keyOf what sorts the list; it becomes the cursor.
 */
export function connection<Node>(
  nodes: Node[],
  pageSize: number,
  keyOf: (node: Node) => string | number,
): Connection<Node> {
  const edges = nodes.slice(0, pageSize).map((node) => ({ cursor: cursorOf(keyOf(node)), node }));
  return {
    edges,
    nodes: edges.map((edge) => edge.node),
    pageInfo: {
      hasNextPage: nodes.length > pageSize,
      hasPreviousPage: false,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/**
 * Reads a page and one row more.
 *
 * @param keyForm what a whole key of this list looks like.
 * @param read so many rows, newest first; only those below the key, if there is one.
 * @throws {BadUserInput}
 */
export async function readPage<Node>(
  { first, after }: PageArgs,
  keyForm: RegExp,
  read: (count: number, before: string | undefined) => Promise<Node[]>,
  keyOf: (node: Node) => string | number,
): Promise<Connection<Node>> {
  checkPageSize(first);
  const before = typeof after === 'string' ? keyOfCursor(after, keyForm) : undefined;
  return connection(await read(first + 1, before), first, keyOf);
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
 * The key inside a cursor.
 *
 * @param form what a whole key of this list looks like.
 * @throws {BadUserInput}
 */
export function keyOfCursor(cursor: string, form: RegExp): string {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const key = text.slice(CURSOR_PREFIX.length);
  if (text.startsWith(CURSOR_PREFIX) && form.test(key)) return key;
  throw new BadUserInput('after', {
    ko: 'after에는 앞 페이지의 endCursor를 그대로 보내 주세요.',
    en: 'Send the `endCursor` of the page before as `after`, as it is.',
  });
}

const CURSOR_PREFIX = 'after:';

/** The cursor of a row: where the page after it begins. */
export function cursorOf(key: string | number): string {
  return Buffer.from(`${CURSOR_PREFIX}${key}`).toString('base64url');
}
