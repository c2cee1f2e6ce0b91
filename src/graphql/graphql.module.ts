import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import type { GraphQLError, ValidationContext } from 'graphql';
import type { Logger } from 'pino';
import { SETTINGS, type Settings } from '../config/settings.js';
import { LOGGER } from '../logging/logger.js';
import { ErrorCode } from '../refusal/error-code.js';
import { compiledOperations } from './compiled-operations.js';
import type { OwnGraphqlContext } from './own-context.js';
import { costLimit } from './cost-limit.js';
import { formatErrorsWith } from './format-errors.js';
import { operationLog } from './operation-log.js';
import { operationTimes } from './operation-times.js';
import { withPlainPropertyFields } from './property-fields.js';

/** Limits of one document, looked at once. What it costs depends on its variables too: see cost-limit.ts. */
const DEPTH_MAX = 8;
const ALIASES_MAX = 15;
const DIRECTIVES_MAX = 10;
const TOKENS_MAX = 1000;

/** The rules would throw, which Apollo takes for a fault of the server; so they report like graphql-js' own rules. */
const REPORT = {
  propagateOnRejection: false,
  onReject: [
    (context: ValidationContext | null, error: GraphQLError) => {
      context?.reportError(error);
    },
  ],
};

/** The GraphQL endpoint, built from the decorated classes of the other rooms. */
@Module({
  imports: [
    GraphQLModule.forRootAsync<ApolloDriverConfig>({
      driver: ApolloDriver,
      inject: [SETTINGS, LOGGER],
      useFactory: (settings: Settings, logger: Logger) => ({
        path: '/graphql',
        autoSchemaFile: true,
        sortSchema: true,
        buildSchemaOptions: { orphanedTypes: [ErrorCode] },
        transformSchema: withPlainPropertyFields,
        // Our own GraphiQL is served from installed packages (see graphiql.ts); Nest's page needs a CDN.
        graphiql: false,
        introspection: !settings.production,
        context: (req: OwnGraphqlContext['req'], res: OwnGraphqlContext['res']): OwnGraphqlContext => {
          res.header('Cache-Control', 'no-store');
          return { req, res };
        },
        csrfPrevention: true,
        allowBatchedHttpRequests: false,
        persistedQueries: false,
        cache: 'bounded',
        logger,
        includeStacktraceInErrorResponses: false,
        hideSchemaDetailsFromClientErrors: settings.production,
        // Exceptions are turned into errors by ErrorFilter.
        autoTransformHttpErrors: false,
        stopOnTerminationSignals: false,
        formatError: formatErrorsWith(logger),
        parseOptions: { maxTokens: TOKENS_MAX },
        validationRules: [
          maxDepthRule({ n: DEPTH_MAX, ...REPORT }),
          maxAliasesRule({ n: ALIASES_MAX, ...REPORT }),
          maxDirectivesRule({ n: DIRECTIVES_MAX, ...REPORT }),
        ],
        // Its hints would wrap each field's resolver, and no answer of ours may be kept at all.
        plugins: [
          ApolloServerPluginCacheControlDisabled(),
          costLimit(),
          operationLog,
          operationTimes,
          compiledOperations(formatErrorsWith(logger)),
        ],
      }),
    }),
  ],
})
export class GraphqlModule {}
