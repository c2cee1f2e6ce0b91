import type { ApolloServerPlugin } from '@apollo/server';
import { type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql';
import { operationAnswered, OTHER_FIELD } from './announcements.js';
import type { GraphqlContext } from './context.js';

/** Announces each operation with the time it took. Never arguments or answers. */
export const operationTimes: ApolloServerPlugin<GraphqlContext> = {
  async requestDidStart() {
    const startedAtMs = performance.now();
    return {
      async willSendResponse({ operation, schema }) {
        // A document that does not fit the schema has no operation, and its names are its caller's.
        if (!operation) return;
        operationAnswered.announce({
          fields: rootFieldsOf(operation, schema),
          durationMs: performance.now() - startedAtMs,
        });
      },
    };
  },
};

function rootFieldsOf({ operation, selectionSet }: OperationDefinitionNode, schema: GraphQLSchema): string[] {
  const known = schema.getRootType(operation)?.getFields() ?? {};
  const fields = selectionSet.selections.map((selection) =>
    selection.kind === Kind.FIELD && Object.hasOwn(known, selection.name.value)
      ? selection.name.value
      : OTHER_FIELD,
  );
  return [...new Set(fields)];
}
