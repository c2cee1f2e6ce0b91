import type { Server } from 'node:http';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import cookieParser from 'cookie-parser';
import { urlencoded } from 'express';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import type { Settings } from './config/settings.js';
import { NestLogger } from './logging/nest-logger.js';
import { requestLog } from './logging/request-log.js';
import { graphiql } from './web/graphiql.js';
import { pages } from './web/pages.js';
import { securityHeaders } from './web/security-headers.js';

const BODY_MAX = '32kb';
/** A request must have arrived whole by then. */
const REQUEST_TIMEOUT_MS = 20_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** Longer than a usual load balancer keeps its connections, so that it never sends into one that we have just closed. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
const PREFLIGHT_MAX_AGE_SECONDS = 600;

/** The whole server, ready to listen. */
export async function createServer(settings: Settings, logger: Logger): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.of(settings, logger), {
    logger: new NestLogger(logger),
    abortOnError: false,
    bodyParser: false,
  });
  app.disable('x-powered-by');
  // No answer is asked for again by its hash; files have their own.
  app.disable('etag');
  app.set('trust proxy', settings.trustedProxies);
  app.use(requestLog(logger));
  app.use(securityHeaders(settings));
  app.enableCors({ origin: settings.publicUrl, credentials: true, maxAge: PREFLIGHT_MAX_AGE_SECONDS });
  app.useBodyParser('json', { limit: BODY_MAX });
  // iamport sends webhooks as JSON or as a form. The GraphQL address takes no forms.
  app.use('/webhooks', urlencoded({ limit: BODY_MAX, extended: false }));
  app.use(cookieParser());
  if (!settings.production) app.use(graphiql());
  app.use(pages());

  const server: Server = app.getHttpServer();
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  return app;
}
