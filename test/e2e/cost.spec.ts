import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import type { GatewayCancellation } from '../../src/gateway/gateway-payment.js';
import {
  addOrder,
  carriedOut,
  connect,
  databaseSettings,
  newImpUid,
  reserveCancel,
  applierOf,
} from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { type GraphqlAnswer, graphqlClient, type GraphqlClient } from '../support/graphql-client.js';
import { type RunningProgram, simulatorSettings, startServerThatShowsStatements } from '../support/server.js';
import { JWT_SECRET, RECOVERY_ASLEEP } from '../support/top-up-service.js';

const COST_MAX = 10_000;
const PAGE_MAX = 100;
const ALIASES_MAX = 15;
const CREDIT = 10_000;

const CANCELLATIONS = `query ($first: Int!) {
  cancellations(first: $first) { nodes { amount pointTransaction { id amount user { id } } } }
}`;

interface Shown {
  cancellations: {
    nodes: { amount: number; pointTransaction: { id: string; amount: number; user: { id: string } } }[];
  };
}

const aliases = (count: number, field: string) =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ');

/** As many pages of cancellations, with each row twice: under `nodes` and under `edges`. */
const pages = (count: number, first: string) =>
  aliases(
    count,
    `cancellations(first: ${first}) { nodes { pointTransaction { id } } edges { node { pointTransaction { id } } } }`,
  );
const costOfPages = (count: number, first: number) => count * (1 + first * (3 + 4));

describeOnEachDatabase('a request', (database) => {
  let server: RunningProgram;
  let books: DataSource;
  let payer: Awaited<ReturnType<typeof userWithCancels>>;

  beforeAll(async () => {
    server = await startServerThatShowsStatements({
      env: {
        ...database.env,
        // Port 9 discards: nobody listens there.
        ...simulatorSettings('http://127.0.0.1:9'),
        JWT_SECRET,
        RATE_LIMIT: 'off',
        ...RECOVERY_ASLEEP,
      },
    });
    books = await connect(databaseSettings(database.env));
    payer = await userWithCancels(PAGE_MAX);
  });

  afterAll(async () => {
    await books.destroy();
    await server.stop();
  });

  /** A logged-in user whose one payment was cancelled so many times: 1 won, 2 won, 3 won … */
  async function userWithCancels(count: number) {
    const client = graphqlClient(server.url);
    const { id: ownerId } = await client.signUp();
    const order = await addOrder(books, ownerId, CREDIT);
    const impUid = newImpUid();
    const settle = applierOf(books);
    const credit = await settle(order, impUid);
    const cancellations: GatewayCancellation[] = [];
    for (let amount = 1; amount <= count; amount += 1) {
      const wish = await reserveCancel(books, credit, amount);
      cancellations.push(carriedOut(`cancel of ${amount}`, amount, wish));
      await settle(order, impUid, { cancelledAmount: (amount * (amount + 1)) / 2, cancellations });
    }
    const { merchantUid } = order;
    return { client, ownerId, merchantUid };
  }

  /** Calls, and tells the statements as well. */
  async function statementsOf<Data>(
    client: GraphqlClient,
    query: string,
    variables: Record<string, unknown> = {},
  ): Promise<GraphqlAnswer<Data> & { statements: string[] }> {
    const before = server.output().length;
    const answer = await client.call<Data>(query, variables);
    await server.lineWith(String(answer.headers.get('x-request-id')));
    const lines = server.output().slice(before).split('\n');
    const statements = lines.filter((line) => line.startsWith('statement: '));
    return { ...answer, statements: statements.map((line) => line.slice('statement: '.length)) };
  }

  test('for a hundred cancellations with all that belongs to them is three statements', async () => {
    const { data, statements } = await statementsOf<Shown>(payer.client, CANCELLATIONS, { first: PAGE_MAX });

    expect(statements).toEqual(['SELECT point_cancellation', 'SELECT point_transaction', 'SELECT user']);
    const rows = data.cancellations.nodes.map(({ pointTransaction }) => pointTransaction);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(PAGE_MAX);
    // Each has its own row: the amounts were booked 1, 2, 3 … and are shown newest first.
    expect(data.cancellations.nodes.map(({ amount }) => amount)).toEqual(rows.map(({ amount }) => -amount));
    expect(rows.map(({ amount }) => -amount)).toEqual(
      Array.from({ length: PAGE_MAX }, (_, index) => PAGE_MAX - index),
    );
  });

  test('for a hundred transactions with their user is two statements', async () => {
    const text =
      'query ($first: Int!) { pointTransactions(first: $first) { nodes { id user { id point } } } }';
    const { errors, statements } = await statementsOf(payer.client, text, { first: PAGE_MAX });

    expect(errors).toBeUndefined();
    expect(statements).toEqual(['SELECT point_transaction', 'SELECT user']);
  });

  test('for what an order became is one statement, however often it is asked for', async () => {
    const text = `query ($id: ID!) { paymentOrder(merchantUid: $id) { ${aliases(ALIASES_MAX, 'pointTransaction { amount }')} } }`;
    const { data, statements } = await statementsOf<{ paymentOrder: object }>(payer.client, text, {
      id: payer.merchantUid,
    });

    expect(statements).toEqual(['SELECT point_payment_order', 'SELECT point_transaction']);
    expect(Object.values(data.paymentOrder)).toEqual(
      Array.from({ length: ALIASES_MAX }, () => ({ amount: CREDIT })),
    );
  });

  test('at the same moment as another user’s shows to each their own rows', async () => {
    const other = await userWithCancels(3);

    const [mine, theirs] = await Promise.all(
      [payer, other].map(({ client }) => client.succeed<Shown>(CANCELLATIONS, { first: PAGE_MAX })),
    );

    for (const [user, shown, count] of [
      [payer, mine, PAGE_MAX],
      [other, theirs, 3],
    ] as const) {
      const owners = shown?.cancellations.nodes.map(({ pointTransaction }) => pointTransaction.user.id);
      expect(owners).toEqual(Array.from({ length: count }, () => user.ownerId));
    }
  });

  describe('that would have been 3,000 statements', () => {
    const cost = costOfPages(ALIASES_MAX, PAGE_MAX);

    test.each([
      ['in a variable', '($n: Int!)', '$n', { n: PAGE_MAX }],
      ['in the default of a variable', `($n: Int! = ${PAGE_MAX})`, '$n', {}],
      ['as a number', '', String(PAGE_MAX), {}],
    ])('is refused with `first` %s, before any statement', async (_, variable, first, variables) => {
      const text = `query ${variable} { ${pages(ALIASES_MAX, first)} }`;
      const { status, data, errors, statements } = await statementsOf(payer.client, text, variables);

      expect(statements).toEqual([]);
      expect(data).toBeNull();
      expect(status).toBe(400);
      expect(errors).toEqual([
        {
          message: expect.stringMatching(new RegExp(`비용.*${cost}.*한도는 ${COST_MAX}.*first를 줄이거나`)),
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED', retryable: false, cost, maxCost: COST_MAX },
        },
      ]);
    });

    test('says so in English as well', async () => {
      const { errors } = await payer.client.call(
        `{ ${pages(ALIASES_MAX, String(PAGE_MAX))} }`,
        {},
        { headers: { 'accept-language': 'en' } },
      );

      expect(errors?.[0]?.message).toBe(
        `The cost of this request is ${cost}, and the limit is ${COST_MAX}. ` +
          'Ask for smaller pages (`first`) or fewer fields, or make several requests of it.',
      );
    });

    test('is refused again when it comes again with other numbers', async () => {
      const text = `query ($n: Int!) { ${pages(ALIASES_MAX, '$n')} }`;
      const codes: (string | undefined)[] = [];
      for (const n of [1, PAGE_MAX, 1, PAGE_MAX]) {
        const { errors } = await payer.client.call(text, { n });
        codes.push(errors?.[0]?.extensions.code);
      }

      expect(codes).toEqual([undefined, 'GRAPHQL_VALIDATION_FAILED', undefined, 'GRAPHQL_VALIDATION_FAILED']);
    });
  });

  test('that costs as much as is allowed is a few statements for each of its pages', async () => {
    const count = ALIASES_MAX - 1;
    // The largest pages, and the last of them as large as there is room for.
    const text = `query ($n: Int!) { ${pages(count, '$n')} }`;
    expect(costOfPages(count, PAGE_MAX)).toBeGreaterThan(0.98 * COST_MAX);
    const { data, errors, statements } = await statementsOf<object>(payer.client, text, { n: PAGE_MAX });

    expect(errors).toBeUndefined();
    expect(Object.keys(data)).toHaveLength(count);
    expect(statements.length).toBeLessThanOrEqual(2 * count);
  });

  test.each([
    ['0 rows', 'BAD_USER_INPUT', 'first', 0],
    ['fewer than no rows', 'BAD_USER_INPUT', 'first', -1],
    ['one row too many', 'BAD_USER_INPUT', 'first', PAGE_MAX + 1],
    ['as many rows as an Int can say', 'BAD_USER_INPUT', 'first', 2 ** 31 - 1],
    ['more rows than an Int can say', 'BAD_USER_INPUT', undefined, 2 ** 31],
    ['no whole number of rows', 'BAD_USER_INPUT', undefined, 1.5],
    ['a text of rows', 'BAD_USER_INPUT', undefined, '7'],
    ['null rows', 'BAD_USER_INPUT', undefined, null],
  ])('for %s is refused for just that, before any statement', async (_, code, field, first) => {
    const text = 'query ($first: Int) { cancellations(first: $first) { nodes { id } } }';
    const { errors, statements } = await statementsOf(payer.client, text, { first });

    expect(statements).toEqual([]);
    expect(errors?.map(({ extensions }) => extensions)).toEqual([
      { code, retryable: false, ...(field !== undefined && { field }) },
    ]);
  });
});
