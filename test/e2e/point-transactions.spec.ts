import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addOrders } from '../support/books.js';
import type { GraphqlClient } from '../support/graphql-client.js';
import { credit, startTopUpService, type TopUpService } from '../support/top-up-service.js';

const ROWS = 45;
const FIRST_AMOUNT = 5_001;
const PAGE = `query ($first: Int, $after: String) {
  pointTransactions(first: $first, after: $after) {
    edges { cursor node { id amount } }
    nodes { id amount balanceAfter status user { id point } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

interface Page {
  edges: { cursor: string; node: { id: string; amount: number } }[];
  nodes: {
    id: string;
    amount: number;
    balanceAfter: number;
    status: string;
    user: { id: string; point: number };
  }[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

let service: TopUpService;
let client: GraphqlClient;
let ownerId: string;

beforeAll(async () => {
  service = await startTopUpService();
  const user = await service.user();
  ({ client } = user);
  ownerId = user.account.id;
  await addRows(ROWS, FIRST_AMOUNT);
});

afterAll(() => service.stop());

/** Credits `count` payments of rising amounts one after the other, so that an amount tells a row's place. */
async function addRows(count: number, firstAmount: number): Promise<void> {
  const amounts = Array.from({ length: count }, (_, index) => firstAmount + index);
  const orders = await addOrders(service.books, ownerId, amounts);
  const payments = await service.simulator.payAll(
    orders.map(({ merchantUid, amount }) => ({ merchant_uid: merchantUid, amount })),
  );
  for (const { imp_uid } of payments) expect((await credit(client, imp_uid)).errors).toBeUndefined();
}

async function page(variables: Record<string, unknown> = {}): Promise<Page> {
  return (await client.succeed<{ pointTransactions: Page }>(PAGE, variables)).pointTransactions;
}

const amountsOf = ({ nodes }: Page) => nodes.map(({ amount }) => amount);

/** Whole numbers from `from` down to `to`. */
function down(from: number, to: number): number[] {
  return Array.from({ length: from - to + 1 }, (_, index) => from - index);
}

describe('a history of 45 transactions', () => {
  test('is read in pages of 20, newest first, without a gap or a repetition', async () => {
    const newest = FIRST_AMOUNT + ROWS - 1;

    const first = await page();
    const second = await page({ after: first.pageInfo.endCursor });
    const third = await page({ after: second.pageInfo.endCursor });

    expect(amountsOf(first)).toEqual(down(newest, newest - 19));
    expect(amountsOf(second)).toEqual(down(newest - 20, newest - 39));
    expect(amountsOf(third)).toEqual(down(newest - 40, FIRST_AMOUNT));
    expect([first, second, third].map(({ pageInfo }) => pageInfo.hasNextPage)).toEqual([true, true, false]);
    expect([first, second, third].map(({ pageInfo }) => pageInfo.hasPreviousPage)).toEqual([
      false,
      false,
      false,
    ]);
  });

  test('has the same rows as edges and as nodes, with the cursors of the page’s ends', async () => {
    const { edges, nodes, pageInfo } = await page({ first: 7 });

    expect(edges.map(({ node }) => node.id)).toEqual(nodes.map(({ id }) => id));
    expect(pageInfo.startCursor).toBe(edges[0]?.cursor);
    expect(pageInfo.endCursor).toBe(edges.at(-1)?.cursor);
    expect(new Set(edges.map(({ cursor }) => cursor)).size).toBe(7);
  });

  test('names its user and the balance after each row', async () => {
    const { nodes } = await page({ first: 100 });

    expect(nodes).toHaveLength(ROWS);
    const total = nodes.reduce((sum, { amount }) => sum + amount, 0);
    expect(nodes[0]?.balanceAfter).toBe(total);
    expect(nodes.at(-1)?.balanceAfter).toBe(FIRST_AMOUNT);
    nodes.slice(0, -1).forEach((node, index) => {
      expect(node.balanceAfter - node.amount).toBe(nodes[index + 1]?.balanceAfter);
    });
    expect(new Set(nodes.map(({ user }) => `${user.id} ${user.point}`))).toEqual(
      new Set([`${ownerId} ${total}`]),
    );
    expect(new Set(nodes.map(({ status }) => status))).toEqual(new Set(['PAYMENT']));
  });

  test('can end exactly at a page’s end', async () => {
    const all = await page({ first: ROWS });
    expect(all.nodes).toHaveLength(ROWS);
    expect(all.pageInfo.hasNextPage).toBe(false);

    const nothing = await page({ after: all.pageInfo.endCursor });
    expect(nothing).toEqual({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });

  test('keeps its older pages as they are while new rows come', async () => {
    const first = await page();
    const before = await page({ after: first.pageInfo.endCursor });

    await addRows(3, 90_001);

    expect(await idsAfter(first.pageInfo.endCursor)).toEqual(before.nodes.map(({ id }) => id));
    expect(amountsOf(await page({ first: 4 }))).toEqual([90_003, 90_002, 90_001, FIRST_AMOUNT + ROWS - 1]);
  });

  async function idsAfter(cursor: string | null): Promise<string[]> {
    return (await page({ after: cursor })).nodes.map(({ id }) => id);
  }
});

test('another user sees none of it, also with a cursor of it', async () => {
  const stranger = await service.user();
  const { pageInfo } = await page({ first: 1 });

  for (const after of [null, pageInfo.endCursor]) {
    const { pointTransactions } = await stranger.client.succeed<{ pointTransactions: Page }>(PAGE, { after });
    expect(pointTransactions.nodes).toEqual([]);
  }
});

describe('is refused', () => {
  test.each([0, -1, 101, 2_147_483_647, -2_147_483_648])('for a page of %i', async (first) => {
    const { errors } = await client.call(PAGE, { first });
    expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'first', retryable: false });
  });

  test.each([
    '',
    'x',
    '1',
    'transaction:1',
    Buffer.from('transaction:').toString('base64url'),
    Buffer.from('transaction:-1').toString('base64url'),
    Buffer.from('transaction:1 OR 1=1').toString('base64url'),
    Buffer.from('transaction:12345678901').toString('base64url'),
    Buffer.from('transaction:1e9').toString('base64url'),
    Buffer.from(' transaction:1').toString('base64url'),
    'x'.repeat(10_000),
  ])('for the cursor %j', async (after) => {
    const { errors } = await client.call(PAGE, { after });
    expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'after', retryable: false });
  });

  test('by GraphQL for arguments of another type', async () => {
    for (const variables of [{ first: '20' }, { first: 1.5 }, { after: 1 }, { after: ['x'] }]) {
      const { errors } = await client.call(PAGE, variables);
      expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', retryable: false });
    }
  });
});
