import type { ApolloServerPlugin } from '@apollo/server';
import { Kind } from 'graphql';
import { logOperation } from '../logging/request-log.js';
import type { GraphqlContext } from './context.js';

/** Adds the operation's root fields and error codes to the request's line in the log. Never arguments or answers. */
export const operationLog: ApolloServerPlugin<GraphqlContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ contextValue, operation, response }) {
        const fields = operation?.selectionSet.selections.flatMap((selection) =>
          selection.kind === Kind.FIELD ? [selection.name.value] : [],
        );
        const errors = response.body.kind === 'single' ? (response.body.singleResult.errors ?? []) : [];
        logOperation(contextValue.req, {
          fields: fields ?? [],
          codes: errors.map((error) => String(error.extensions?.code)),
        });
      },
    };
  },
};
