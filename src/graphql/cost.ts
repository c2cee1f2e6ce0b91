import { type DocumentNode, GraphQLError, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import {
  type ComplexityEstimatorArgs,
  fieldExtensionsEstimator,
  getComplexity,
} from 'graphql-query-complexity';
import { PAGE_SIZE_MAX } from './connection.js';

/** Room for the largest page of any list with all that is in it. The checkout page's largest query costs about 1,300. */
export const COST_MAX = 10_000;

/**
 * Fields and fragments that are looked at before counting ends: fragments in fragments can double at each step. A document
 * has half as many where none is used twice.
 */
const NODES_MAX = 2000;

/** An operation that fits the schema, with its variables as the caller sent them. */
export interface SentOperation {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Readonly<Record<string, unknown>>;
}

/**
 * How many values the answer can have: 1 for each field, and what is inside a page as often as the page has rows. How
 * many rows that is, the schema says: `first` as it is written, from a variable, or by default.
 *
 * @returns Infinity where counting was ended.
 * @throws {GraphQLError} a variable or an argument does not fit the schema.
 */
export function costOf({ schema, document, operation, variables }: SentOperation): number {
  try {
    return getComplexity({
      schema,
      query: document,
      operationName: operation.name?.value,
      variables,
      // A list that is no page says itself how long it can be, see listOf.
      estimators: [fieldExtensionsEstimator(), costOfField],
      maxQueryNodes: NODES_MAX,
    });
  } catch (error) {
    // What does not fit the schema has a place in the document; too many nodes have none.
    if (error instanceof GraphQLError && !error.nodes) return Infinity;
    throw error;
  }
}

function costOfField({ args, childComplexity }: ComplexityEstimatorArgs): number {
  return 1 + rowsOf(args) * childComplexity;
}

/** A page of a size that cannot be has no rows: its field refuses it, in better words than a cost. */
function rowsOf({ first }: Record<string, unknown>): number {
  return typeof first === 'number' ? Math.min(Math.max(first, 1), PAGE_SIZE_MAX) : 1;
}
