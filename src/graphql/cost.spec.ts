import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  buildSchema,
  getNamedType,
  type GraphQLNamedType,
  type GraphQLSchema,
  isObjectType,
  Kind,
  parse,
  validate,
} from 'graphql';
import { PAGE_SIZE_MAX } from './connection.js';
import { COST_MAX, costOf } from './cost.js';

const ours = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));

/** Ours has no pages in pages yet. */
const nested = buildSchema(`
  type Query { shops(first: Int! = 20): ShopPage! }
  type ShopPage { nodes: [Shop!]! }
  type Shop { id: ID! sales(first: Int! = 20): SalePage! }
  type SalePage { nodes: [Sale!]! }
  type Sale { id: ID! }
`);

function cost(
  text: string,
  { variables = {}, schema = ours, name }: { variables?: object; schema?: GraphQLSchema; name?: string } = {},
): number {
  const document = parse(text);
  const operation = document.definitions.find(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION &&
      (name === undefined || definition.name?.value === name),
  );
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('the test has no such operation');
  // A document that does not fit the schema would cost less than it seems to.
  expect(validate(schema, document)).toEqual([]);
  return costOf({ schema, document, operation, variables: { ...variables } });
}

/** Every field of a type and of the types in it. */
function allOf(type: GraphQLNamedType): string {
  if (!isObjectType(type)) return '';
  const fields = Object.values(type.getFields());
  return `{ ${fields.map((field) => `${field.name} ${allOf(getNamedType(field.type))}`).join(' ')} }`;
}

const IDS = 'pointTransactions(first: 7) { nodes { id } }';
const COST_OF_IDS = 1 + 7 * 2;

describe('a field', () => {
  test('costs 1, and an object what is in it besides', () => {
    expect(cost('{ pointPackages }')).toBe(1);
    expect(cost('{ me { id point } }')).toBe(3);
    expect(
      cost('mutation { createPaymentOrder(amount: 1) { checkout { name } pointTransaction { id } } }'),
    ).toBe(5);
  });

  test('costs the same under each alias, in a fragment and in an inline one', () => {
    expect(cost(`{ ${IDS} }`)).toBe(COST_OF_IDS);
    expect(cost(`{ a: ${IDS} b: ${IDS} c: ${IDS} }`)).toBe(3 * COST_OF_IDS);
    expect(cost(`{ ...F } fragment F on Query { ${IDS} }`)).toBe(COST_OF_IDS);
    expect(cost(`{ a: me { ...F } b: me { ...F } } fragment F on User { id point }`)).toBe(6);
    expect(cost(`{ ... { ${IDS} } ... on Query { b: ${IDS} } }`)).toBe(2 * COST_OF_IDS);
  });

  test('costs nothing where its directive leaves it out', () => {
    const include = `query ($yes: Boolean!) { ... @include(if: $yes) { ${IDS} } }`;
    const skip = `query ($yes: Boolean! = false) { ...F @skip(if: $yes) } fragment F on Query { ${IDS} }`;

    expect(cost(include, { variables: { yes: true } })).toBe(COST_OF_IDS);
    expect(cost(include, { variables: { yes: false } })).toBe(0);
    expect(cost(skip)).toBe(COST_OF_IDS);
    expect(cost(skip, { variables: { yes: true } })).toBe(0);
  });

  test('of another operation of the document costs nothing', () => {
    const document = `query Small { pointPackages } query Large { ${IDS} }`;

    expect(cost(document, { name: 'Small' })).toBe(1);
    expect(cost(document, { name: 'Large' })).toBe(COST_OF_IDS);
  });
});

describe('a page', () => {
  test('costs as much with `first` in a variable, or in a variable’s default, as with the number', () => {
    const inVariable = 'query ($n: Int!) { pointTransactions(first: $n) { nodes { id } } }';
    const byDefault = 'query ($n: Int! = 7) { pointTransactions(first: $n) { nodes { id } } }';

    expect(cost(inVariable, { variables: { n: 7 } })).toBe(COST_OF_IDS);
    expect(cost(byDefault)).toBe(COST_OF_IDS);
    expect(cost(byDefault, { variables: { n: 8 } })).toBe(1 + 8 * 2);
  });

  test('costs as many rows as it has when nobody says how many', () => {
    expect(cost('{ pointTransactions { nodes { id } } }')).toBe(1 + 20 * 2);
    // A variable that is not sent is no argument.
    expect(cost('query ($n: Int) { pointTransactions(first: $n) { nodes { id } } }')).toBe(1 + 20 * 2);
  });

  test('of any list may be as large as it gets, with all that is in it', () => {
    const pages = Object.entries(ours.getQueryType()?.getFields() ?? {}).filter(([, { args }]) =>
      args.some((argument) => argument.name === 'first'),
    );

    expect(pages.length).toBeGreaterThanOrEqual(3);
    for (const [name, { type }] of pages) {
      const costOfAll = cost(`{ ${name}(first: ${PAGE_SIZE_MAX}) ${allOf(getNamedType(type))} }`);
      expect(costOfAll).toBeGreaterThan(PAGE_SIZE_MAX * 10);
      expect(costOfAll).toBeLessThanOrEqual(COST_MAX);
    }
  });

  test('in a page costs its rows for each row of the outer one', () => {
    const text = 'query ($n: Int!) { shops(first: $n) { nodes { sales(first: $n) { nodes { id } } } } }';
    const sales = (n: number) => 1 + n * 2;

    expect(cost(text, { variables: { n: 30 }, schema: nested })).toBe(1 + 30 * (1 + sales(30)));
    expect(cost('{ shops { nodes { sales { nodes { id } } } } }', { schema: nested })).toBe(
      1 + 20 * (1 + sales(20)),
    );
  });

  test.each([
    [0, 1],
    [-1, 1],
    [-(2 ** 31), 1],
    [101, 100],
    [2 ** 31 - 1, 100],
  ])('of %d rows, which its field refuses, costs as much as one of %d', (first, rows) => {
    const text = 'query ($n: Int!) { pointTransactions(first: $n) { nodes { id } } }';

    expect(cost(text, { variables: { n: first } })).toBe(1 + rows * 2);
  });

  test('of null rows has no cost: the argument does not fit the schema', () => {
    const text = 'query ($n: Int) { pointTransactions(first: $n) { nodes { id } } }';

    expect(() => cost(text, { variables: { n: null } })).toThrow(/"first" of non-null type "Int!"/);
  });
});

test('fragments that double at each step end the counting and not the server', () => {
  const steps = Array.from(
    { length: 60 },
    (_, step) => `fragment F${step} on Query { ...F${step + 1} ...F${step + 1} }`,
  );
  const startedAtMs = performance.now();

  expect(cost(`{ ...F0 } ${steps.join(' ')} fragment F60 on Query { pointPackages }`)).toBe(Infinity);
  expect(performance.now() - startedAtMs).toBeLessThan(5000);
});
