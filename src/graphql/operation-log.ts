import type { ApolloServerPlugin } from '@apollo/server';
import { Kind } from 'graphql';
import { logOperation } from '../logging/request-log.js';
import { ErrorCode } from '../refusal/error-code.js';
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
        const errorIds = errors.flatMap(({ extensions }) =>
          extensions?.code === ErrorCode.INTERNAL_SERVER_ERROR ? [String(extensions.id)] : [],
        );
        logOperation(contextValue.req, {
          fields: fields ?? [],
          codes: errors.map(({ extensions }) => String(extensions?.code)),
          ...(errorIds.length > 0 ? { errorIds } : {}),
          ownerId: contextValue.req.pointsViewer?.ownerId,
          serviceKeyId: contextValue.req.pointsService?.keyId,
        });
      },
    };
  },
};
