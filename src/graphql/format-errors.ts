import { unwrapResolverError } from '@apollo/server/errors';
import type { GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { errorAnswered } from '../door/announcements.js';
import { faultError, ToldError } from '../door/errors.js';
import { ErrorCode } from '../refusal/error-code.js';

/** Codes of GraphQL itself: the document or its variables are wrong, and graphql-js says where. */
const CODES_OF_GRAPHQL = new Set<string>([
  ErrorCode.BAD_REQUEST,
  ErrorCode.BAD_USER_INPUT,
  ErrorCode.GRAPHQL_PARSE_FAILED,
  ErrorCode.GRAPHQL_VALIDATION_FAILED,
  ErrorCode.OPERATION_RESOLUTION_FAILURE,
  ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED,
]);

/**
 * The last look at every error of a response. Errors that came through the filter are ready; those of GraphQL itself
 * keep their text; anything else was thrown where no filter is (a field's own resolver) and is masked here.
 */
export function formatErrorsWith(logger: Logger) {
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const shown = shownError(formatted, error, logger);
    errorAnswered.announce({ code: String(shown.extensions?.code) });
    return shown;
  };
}

function shownError(formatted: GraphQLFormattedError, error: unknown, logger: Logger): GraphQLFormattedError {
  const original = unwrapResolverError(error);
  if (original instanceof ToldError) {
    const { http: _http, ...extensions } = original.extensions;
    return { ...formatted, extensions };
  }
  if (CODES_OF_GRAPHQL.has(String(formatted.extensions?.code))) {
    return { ...formatted, extensions: { code: formatted.extensions?.code, retryable: false } };
  }
  const { message, extensions } = faultError(original, logger, 'en');
  return { ...formatted, message, extensions };
}
