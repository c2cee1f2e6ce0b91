import { type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  type DocumentNode,
  type ExecutionResult,
  getVariableValues,
  type GraphQLFormattedError,
  type GraphQLSchema,
  Kind,
  specifiedScalarTypes,
  type TypeNode,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import { ErrorCode } from '../refusal/error-code.js';
import type { GraphqlContext } from './context.js';

/** Pages and apps send a few documents again and again. When there are more they are begun anew. */
const DOCUMENTS_MAX = 100;

/**
 * Runs a document that came before as a function that is compiled of it, with 0.77 of the processor time of `me`
 * (docs/adr/0029). Whatever is looked at before a document runs is looked at all the same. What cannot be compiled, and
 * variables that do not fit, are left to graphql-js.
 *
 * @param formatError what Apollo does with the errors of graphql-js.
 */
export function compiledOperations(
  formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError,
): ApolloServerPlugin<GraphqlContext> {
  /** Apollo keeps a document that comes again. */
  const known = new Map<DocumentNode, CompiledQuery | 'came once' | 'cannot be compiled'>();

  return {
    async requestDidStart() {
      return {
        async responseForOperation({ schema, document, operation, request, contextValue }) {
          // A name that names no operation: execution says so.
          if (!(operation as typeof operation | undefined)) return null;
          let query = known.get(document);
          if (query === undefined || query === 'came once') {
            if (known.size >= DOCUMENTS_MAX) known.clear();
            query = query === undefined ? 'came once' : compiledOf(schema, document);
            known.set(document, query);
          }
          if (typeof query === 'string') return null;
          const { coerced } = getVariableValues(
            schema,
            operation.variableDefinitions ?? [],
            request.variables ?? {},
          );
          if (!coerced) return null;
          // With their defaults in place: it would miss that of a variable which may not be null.
          const { data, errors } = (await query.query(undefined, contextValue, coerced)) as ExecutionResult;
          const told = errors?.map(({ message, locations, path, extensions, originalError }) => {
            const code = extensions?.code ?? ErrorCode.INTERNAL_SERVER_ERROR;
            const formatted = { message, locations, path, extensions: { ...extensions, code } };
            return formatError(formatted, originalError ?? new Error(message));
          });
          return {
            http: { status: undefined, headers: new HeaderMap() },
            body: { kind: 'single', singleResult: { ...(told && { errors: told }), data } },
          };
        },
      };
    },
  };
}

/**
 * With several operations in it, a document would have to be compiled for each. And the values of variables are read twice,
 * which does no harm to numbers, texts and switches alone.
 */
function compiledOf(schema: GraphQLSchema, document: DocumentNode): CompiledQuery | 'cannot be compiled' {
  const [operation, ...others] = document.definitions.filter(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  );
  const isPlain = operation?.variableDefinitions?.every(({ type }) => isPlainType(type)) ?? true;
  if (others.length > 0 || !isPlain) return 'cannot be compiled';
  const compiled = compileQuery(schema, document);
  return isCompiledQuery(compiled) ? compiled : 'cannot be compiled';
}

function isPlainType(type: TypeNode): boolean {
  if (type.kind !== Kind.NAMED_TYPE) return isPlainType(type.type);
  return specifiedScalarTypes.some(({ name }) => name === type.name.value);
}
