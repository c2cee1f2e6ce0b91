import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  buildClientSchema,
  getIntrospectionQuery,
  getNullableType,
  type GraphQLSchema,
  type IntrospectionQuery,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isListType,
  isObjectType,
  isSpecifiedScalarType,
  printSchema,
} from 'graphql';
import ts from 'typescript';
import { startServerWithoutGateway } from '../support/top-up-service.js';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const HANGUL = /[가-힣]/;
/** Codes that say what is wrong with a request as such; every field can answer them, so no field's description has to. */
const CODES_OF_ANY_REQUEST = [
  'BAD_REQUEST',
  'DATABASE_UNAVAILABLE',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'INTERNAL_SERVER_ERROR',
  'LOGIN_UNAVAILABLE',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'TOO_MANY_REQUESTS',
];

let service: Awaited<ReturnType<typeof startServerWithoutGateway>>;
let schema: GraphQLSchema;
let sources: ts.SourceFile[];

beforeAll(async () => {
  service = await startServerWithoutGateway();
  const data = await service.client().succeed<IntrospectionQuery>(getIntrospectionQuery());
  schema = buildClientSchema(data);
  sources = await readSources();
});

afterAll(() => service.stop());

test('schema.graphql is the running schema (npm run schema writes it)', async () => {
  const committed = await readFile(join(PROJECT, 'schema.graphql'), 'utf8');

  expect(committed).toBe(`${printSchema(schema)}\n`);
});

test('every type, field, argument and enum value is described for the people who call it', () => {
  const described: string[] = [];
  const bare: string[] = [];
  const note = (name: string, description: string | null | undefined) => {
    (description?.trim() ? described : bare).push(name);
  };

  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue;
    const isRoot = type === schema.getQueryType() || type === schema.getMutationType();
    if (!isRoot) note(type.name, type.description);
    if (isEnumType(type)) {
      for (const value of type.getValues()) note(`${type.name}.${value.name}`, value.description);
    }
    if (!isObjectType(type) && !isInputObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      note(`${type.name}.${field.name}`, field.description);
      if (!('args' in field)) continue;
      for (const argument of field.args) {
        note(`${type.name}.${field.name}(${argument.name})`, argument.description);
      }
    }
  }

  expect(bare).toEqual([]);
  expect(described.length).toBeGreaterThan(60);
});

test('every list is a page whose rows are counted, is as long as a setting makes it, or has a length that is counted', () => {
  const lists: string[] = [];
  const pages: string[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || !isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const fieldType = getNullableType(field.type);
      if (isListType(fieldType)) lists.push(`${type.name}.${field.name}`);
      if (!String(fieldType).endsWith('Connection')) continue;
      const first = field.args.find(({ name }) => name === 'first');
      pages.push(`${String(fieldType)}: first ${String(first?.type)} = ${String(first?.defaultValue)}`);
    }
  }

  const ofPages = [
    'PointAttention',
    'PointCancellation',
    'PointComparison',
    'PointDifference',
    'PointGiveBack',
    'PointHold',
    'PointTransaction',
  ].flatMap((name) => [`${name}Connection.edges`, `${name}Connection.nodes`]);
  // As long as the table of PGs has rows (graphql/cost.ts listOf); a tax has two parts.
  const counted = [
    'PointOfferedMethod.needs',
    'PointPayment.timeline',
    'PointPaymentCapabilities.methods',
    'PointPaymentOrder.deposits',
    'Query.awaitingDeposits',
    'Query.packages',
    'Query.paymentCapabilities',
    'Query.paymentMethods',
    'Query.refundBanks',
    'PointShop.papers',
    'PointTaxRule.value',
    // A row for each day of a month.
    'User.expiringPoints',
  ];
  expect(lists.toSorted()).toEqual([...ofPages, ...counted, 'Query.pointPackages'].toSorted());
  expect(pages.toSorted()).toEqual([
    'PointAttentionConnection: first Int! = 20',
    'PointCancellationConnection: first Int! = 20',
    'PointComparisonConnection: first Int! = 20',
    'PointDifferenceConnection: first Int! = 20',
    'PointGiveBackConnection: first Int! = 20',
    'PointHoldConnection: first Int! = 20',
    'PointTransactionConnection: first Int! = 20',
  ]);
});

test('every type is called Point…, so that it can stand in a host’s schema, but for those of the standalone server’s login', () => {
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
  const others = types.map(({ name }) => name).filter((name) => !name.startsWith('Point'));

  expect(others.toSorted()).toEqual(['DateTime', 'Login', 'Mutation', 'Query', 'User']);
});

describe('the error codes', () => {
  function codes(): string[] {
    const type = schema.getType('PointErrorCode');
    if (!isEnumType(type)) throw new Error('PointErrorCode is no enum of the schema');
    return type.getValues().map(({ name }) => name);
  }

  test('of the schema are the ones that src can answer: none is missing and none is dead', () => {
    const used = new Set<string>();
    visit((node, file) => {
      if (file.fileName.endsWith('refusal/error-code.ts')) return;
      if (ts.isPropertyAccessExpression(node) && node.expression.getText() === 'ErrorCode')
        used.add(node.name.text);
      // A code that is written as a text would be outside the list.
      if (
        ts.isPropertyAssignment(node) &&
        node.name.getText() === 'code' &&
        ts.isStringLiteralLike(node.initializer)
      ) {
        used.add(`'${node.initializer.text}' in ${file.fileName}`);
      }
    });

    expect([...used].toSorted()).toEqual(codes().toSorted());
  });

  test('are each named where the field that answers them is described', () => {
    const roots = [schema.getQueryType(), schema.getMutationType()];
    const descriptions = roots
      .flatMap((type) => Object.values(type?.getFields() ?? {}))
      .map(({ description }) => description)
      .join('\n');

    const unnamed = codes().filter(
      (code) => !CODES_OF_ANY_REQUEST.includes(code) && !new RegExp(`\\b${code}\\b`).test(descriptions),
    );

    expect(unnamed).toEqual([]);
    // A code that no longer exists must not stay in the list above.
    expect(codes()).toEqual(expect.arrayContaining(CODES_OF_ANY_REQUEST));
  });
});

test('every refusal has a Korean and an English text', () => {
  const texts: { where: string; ko: string; en: string }[] = [];
  const refusals: string[] = [];
  visit((node, file) => {
    if (ts.isClassDeclaration(node) && /^(Refusal|BadUserInput|Unauthenticated)$/.test(baseOf(node) ?? '')) {
      refusals.push(node.name?.text ?? '');
    }
    if (!ts.isObjectLiteralExpression(node)) return;
    const of = (language: string) =>
      node.properties.find(
        (property) => ts.isPropertyAssignment(property) && property.name.getText() === language,
      );
    const [ko, en] = [of('ko'), of('en')];
    if (!ko && !en) return;
    const where = `${file.fileName}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    texts.push({ where, ko: ko?.getText().slice(3) ?? '', en: en?.getText().slice(3) ?? '' });
  });

  const wrong = texts.filter(({ ko, en }) => !HANGUL.test(ko) || HANGUL.test(en) || !/[a-z]/i.test(en));
  expect(wrong).toEqual([]);
  expect(refusals.length).toBeGreaterThanOrEqual(10);
  expect(texts.length).toBeGreaterThanOrEqual(refusals.length);
});

function visit(look: (node: ts.Node, file: ts.SourceFile) => void): void {
  for (const file of sources) {
    const walk = (node: ts.Node): void => {
      look(node, file);
      ts.forEachChild(node, walk);
    };
    walk(file);
  }
}

function baseOf(node: ts.ClassDeclaration): string | undefined {
  const clause = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
  return clause?.types[0]?.expression.getText();
}

async function readSources(): Promise<ts.SourceFile[]> {
  const names = await readdir(join(PROJECT, 'src'), { recursive: true });
  const wanted = names.filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'));
  expect(wanted.length).toBeGreaterThan(50);
  return Promise.all(
    wanted.map(async (name) => {
      const text = await readFile(join(PROJECT, 'src', name), 'utf8');
      return ts.createSourceFile(`src/${name}`, text, ts.ScriptTarget.ES2023, true);
    }),
  );
}
