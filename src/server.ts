import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import { BadRequestException } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { Logger } from 'pino';
import { gatewaysOf } from './adapters.js';
import { AppModule } from './app.module.js';
import type { Settings } from './config/settings.js';
import { NestLogger } from './logging/nest-logger.js';
import { rememberRequestIds, requestId, requestLog } from './logging/request-log.js';
import { paletteOf } from './shop/colour.js';
import type { Shop } from './shop/shop.js';
import { takeBodies } from './web/bodies.js';
import { serveGraphiql } from './web/graphiql.js';
import { serveImage, servePages } from './web/pages.js';
import { securityHeaders } from './web/security-headers.js';

const BODY_MAX_BYTES = 32 * 1024;
/** A request must have arrived whole by then. */
const REQUEST_TIMEOUT_MS = 20_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** Longer than a usual load balancer keeps its connections, so that it never sends into one that we have just closed. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
const PREFLIGHT_MAX_AGE_SECONDS = 600;

/** The whole server, ready to listen as soon as it is initialised. */
export async function createServer(
  settings: Settings,
  shop: Shop,
  logger: Logger,
): Promise<NestFastifyApplication> {
  const writeLog = requestLog(logger);
  const gateways = gatewaysOf(settings, logger);
  const { checkout, expectsTestPayments: testMode } = gateways.forNewOrders;
  const hostScriptUrl = settings.hostLogin?.pageScriptUrl;
  const setSecurityHeaders = securityHeaders(checkout.scriptUrl, hostScriptUrl);
  const begin = (request: FastifyRequest, reply: FastifyReply) => {
    writeLog(request, reply);
    setSecurityHeaders(request, reply);
  };
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_MAX_BYTES,
    trustProxy: (_address, hop) => hop < settings.trustedProxies,
    // Whoever types our address into the gateway's console may end it with one.
    routerOptions: { ignoreTrailingSlash: true },
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    // It closes after the last request that has begun (see begun-requests.ts).
    return503OnClosing: false,
    // Nest's middleware, which we have none of.
    skipMiddie: true,
    genReqId: requestId,
    loggerInstance: logger,
    childLoggerFactory: () => logger,
    // `requestLog` writes a request's line.
    logController: new LogController({ disableRequestLogging: true }),
    // An address that cannot be decoded is answered before any hook.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      begin(request, reply);
      reply.send(error);
    },
  });
  adapter.getInstance().addHook('onRequest', (request, reply, done) => {
    begin(request, reply);
    done(hostIsUnreadable(request) ? new BadRequestException('Host names no host') : undefined);
  });
  if (settings.logRequestId) await rememberRequestIds(adapter.getInstance());
  const modules = AppModule.of(settings, shop, logger, gateways);
  const app = await NestFactory.create<NestFastifyApplication>(modules, adapter, {
    logger: new NestLogger(logger),
    abortOnError: false,
    bodyParser: false,
  });
  await app.register(cors, {
    origin: settings.publicUrl,
    credentials: true,
    maxAge: PREFLIGHT_MAX_AGE_SECONDS,
  });
  await app.register(cookie);
  const fastify = adapter.getInstance();
  takeBodies(fastify);
  if (!settings.production) serveGraphiql(fastify);
  servePages(fastify, {
    scriptUrl: checkout.scriptUrl,
    testMode,
    colours: shop.colour === null ? {} : { ...paletteOf(shop.colour) },
    hostLogin: settings.hostLogin && { scriptUrl: hostScriptUrl },
  });
  if (shop.logo?.content) serveImage(fastify, shop.logo.url, shop.logo.content);
  return app;
}

/** Apollo makes a whole address of it, and fails where that is none. A balancer's probe may have none. */
function hostIsUnreadable({ url, host }: FastifyRequest): boolean {
  return url.startsWith('/graphql') && !URL.canParse(`http://${host}/`);
}
