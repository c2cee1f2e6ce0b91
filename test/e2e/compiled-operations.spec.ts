import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';

/** The first run is graphql-js', the second one is compiled, and the others find it compiled. */
const RUNS = 4;

let service: TopUpService;

beforeAll(async () => {
  service = await startTopUpService();
});

afterAll(() => service.stop());

const PAGE =
  '{ id point } pointTransactions(first: $first) { nodes { id } pageInfo { hasNextPage endCursor } }';

test.each<[string, string, object?]>([
  ['what is there', `query ($first: Int!) { me ${PAGE} }`, { first: 3 }],
  ['the default of a variable', `query ($first: Int! = 3) { me ${PAGE} }`],
  ['a variable that does not fit', `query ($first: Int!) { me ${PAGE} }`, { first: 'x' }],
  ['a variable that is missing', `query ($first: Int!) { me ${PAGE} }`],
  ['a page size that is refused', `query ($first: Int!) { me ${PAGE} }`, { first: 1000 }],
  ['null for an argument with a default', `query ($first: Int) { me ${PAGE} }`, { first: null }],
  ['a directive', 'query ($no: Boolean!) { me { id @skip(if: $no) point @include(if: $no) } }', { no: true }],
  [
    'aliases and fragments',
    '{ a: me { ...F } b: me { ... on User { x: point } } } fragment F on User { id }',
  ],
  ['names of types', '{ __typename me { __typename } pointPackages }'],
  ['the schema', '{ __schema { queryType { name } } __type(name: "User") { fields { name } } }'],
  ['a field that is null', '{ me { id } paymentOrder(merchantUid: "pt01ABC") { amount } }'],
  ['a refusal of one field', 'mutation { createPaymentOrder(amount: 1) { merchantUid } }'],
  ['texts that end quotes', '{ paymentOrder(merchantUid: "\\"`\'${1}\\\\\\n\\u2028") { amount } }'],
  [
    'a refused text',
    'mutation ($id: String!) { createPointTransaction(impUid: $id) { id } }',
    { id: '"`${1}\\' },
  ],
  ['several operations without a name', 'query A { me { id } } query B { me { point } }'],
])('a document that comes again is answered as the first time: %s', async (_, document, variables = {}) => {
  const { client } = await service.user();
  const answers = [];

  for (let run = 1; run <= RUNS; run++) {
    const { data, errors, status } = await client.call(document, { ...variables });
    answers.push({ data, errors, status });
  }

  expect(answers).toEqual(Array(RUNS).fill(answers[0]));
});

test('a name that names no operation of a document that came before is refused as before', async () => {
  const ask = async (operationName: string) => {
    const answer = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'query A { pointPackages }', operationName }),
    });
    return { status: answer.status, body: (await answer.json()) as unknown };
  };
  const refused = await ask('B');
  for (let run = 1; run <= RUNS; run++) expect((await ask('A')).status).toBe(200);

  expect(refused.body).toMatchObject({ errors: [{ extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }] });
  expect(await ask('B')).toEqual(refused);
});

test('a stranger is refused by a document that came before as by a new one', async () => {
  const { client } = await service.user();
  const document = '{ me { email } }';
  for (let run = 1; run <= RUNS; run++) expect((await client.call(document)).errors).toBe(undefined);

  const { data, errors } = await service.client().call(document);

  expect(data).toBeNull();
  expect(errors).toEqual([
    {
      message: expect.any(String),
      path: ['me'],
      locations: [{ line: 1, column: 3 }],
      extensions: { code: 'UNAUTHENTICATED', retryable: false },
    },
  ]);
});

test('a fault of the server is masked in a document that came before', async () => {
  const { client } = await service.user();
  const document = '{ pointTransactions { nodes { amount } } }';
  for (let run = 1; run <= RUNS; run++) expect((await client.call(document)).errors).toBe(undefined);
  await service.books.query('ALTER TABLE point_transaction RENAME TO point_transaction_away');

  const { data, errors } = await client.call(document);
  await service.books.query('ALTER TABLE point_transaction_away RENAME TO point_transaction');

  expect(data).toBeNull();
  expect(errors).toMatchObject([
    { path: ['pointTransactions'], extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: false } },
  ]);
  expect(JSON.stringify(errors)).not.toMatch(/point_transaction|SELECT|node_modules/);
});
