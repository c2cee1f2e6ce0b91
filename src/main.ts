// First, because decorators write their metadata with it.
import 'reflect-metadata';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { watchBegunRequests } from './begun-requests.js';
import { loadEnvFile } from './config/env-file.js';
import { readSettings } from './config/settings.js';
import { inBothLanguages, StartError } from './config/start-error.js';
import type { ExclusiveUse } from './database/exclusive-use.js';
import { DATA_SOURCE } from './database/inject.js';
import { prepareDatabase } from './database/prepare-database.js';
import { Draining } from './health/draining.js';
import { createLogger } from './logging/logger.js';
import { Gateways } from './gateway/gateways.js';
import { createServer } from './server.js';
import { readShop } from './shop/shop-file.js';

/** How long requests that have begun may take to end after we were told to stop. */
const SHUTDOWN_TIMEOUT_MS = 35_000;

/** The machine does not let us listen. */
class CannotStart extends StartError {}

async function main(): Promise<void> {
  loadEnvFile(process.env);
  const settings = readSettings(process.env);
  const shop = readShop(settings);
  const logger = createLogger(settings.logLevel);
  // Before the database is touched: a second server on the same file would not know of the first one's transactions.
  const use = settings.database.kind === 'sqlite' ? await exclusiveUse(settings.database.file) : undefined;
  const { migrations, warnings } = await prepareDatabase(
    settings,
    settings.production ? 'require' : 'migrate',
  );
  if (migrations.length > 0) logger.info({ migrations }, 'the schema was brought up to date');
  for (const warning of warnings) logger.warn(warning);

  const app = await createServer(settings, shop, logger);
  const begunRequestsEnded = watchBegunRequests(app.getHttpServer());
  // Before the rooms begin to work in `init`, so that nothing goes uncounted.
  const metrics = settings.metrics && (await metricsServer(app.get<DataSource>(DATA_SOURCE), logger));
  await app.init();
  // Fastify loads its plugins and hooks only now, where Nest's own `listen` would ask for it.
  await app.getHttpAdapter().getInstance().ready();
  if (metrics && settings.metrics) {
    await listen(metrics, 'METRICS_PORT', settings.metrics.port, settings.metrics.host);
  }
  await listen(app.getHttpServer(), 'PORT', settings.port);
  logger.info({ paymentMethods: offeredIn(app.get(Gateways)) }, 'ways to pay');
  logger.info({ url: settings.publicUrl, metrics: settings.metrics }, 'listening');
  stopInOrder(logger, {
    drain: (cutShort) => app.get(Draining).begin(app.getHttpServer(), settings.shutdownDrainMs, cutShort),
    close: async () => {
      await begunRequestsEnded();
      await app.close();
      use?.end();
    },
  });
  process.send?.({ type: 'ready', url: `http://localhost:${settings.port}` });
}

/** For whoever looks whether the settings were understood as they were meant. */
function offeredIn({ forNewOrders }: Gateways): string[] {
  return forNewOrders.offers.map(({ method, pgNames, channelKey, pg }) => {
    const by = channelKey ?? pg ?? 'the default channel of the console';
    return `${method} by ${by}${pgNames ? ` (${pgNames.en})` : ''}`;
  });
}

// These two are loaded only where they are asked for, because what they need would lengthen each start.

async function exclusiveUse(file: string): Promise<ExclusiveUse> {
  const { claimExclusiveUse } = await import('./database/exclusive-use.js');
  return claimExclusiveUse(file);
}

async function metricsServer(dataSource: DataSource, logger: Logger): Promise<Server> {
  const { createMetricsServer } = await import('./metrics/metrics-server.js');
  return createMetricsServer(dataSource, logger);
}

/** Not by Nest's own `listen`, which would log a second line about a taken port. */
async function listen(server: Server, setting: string, port: number, host?: string): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new CannotStart({
        ko: `포트 ${port} 을(를) 이미 쓰고 있습니다. 쓰고 있는 것을 끝내거나 ${setting} 을(를) 바꾸세요.`,
        en: `port ${port} is taken: end what uses it, or set ${setting} to another one.`,
      });
    }
    if (code === 'EACCES') {
      throw new CannotStart({
        ko: `이 사용자는 포트 ${port} 을(를) 쓸 수 없습니다. ${setting} 을(를) 1023보다 크게 정하세요.`,
        en: `port ${port} is not allowed for this user: set ${setting} to one above 1023.`,
      });
    }
    if (code === 'EADDRNOTAVAIL') {
      throw new CannotStart({
        ko: 'METRICS_HOST 는 이 컴퓨터의 주소가 아닙니다. 127.0.0.1 이나 이 컴퓨터의 다른 주소로 바꾸세요.',
        en: 'METRICS_HOST is no address of this machine: set it to 127.0.0.1 or another one of its own.',
      });
    }
    throw error;
  }
}

/**
 * Lets balancers turn away, takes no new requests, lets the begun ones end, and exits. SIGTERM is how a supervisor stops
 * one of several servers; SIGINT comes from a person at the keyboard, and a parent that dies tells us by the closed
 * channel: neither waits for balancers. A second signal ends that wait, too.
 */
function stopInOrder(
  logger: Logger,
  { drain, close }: { drain: (cutShort: AbortSignal) => Promise<void>; close: () => Promise<void> },
): void {
  let stopping = false;
  const hurry = new AbortController();
  const stop = async (reason: string) => {
    if (reason !== 'SIGTERM' || stopping) hurry.abort();
    if (stopping) return;
    stopping = true;
    logger.info({ reason }, 'stopping');
    await drain(hurry.signal);
    const late = setTimeout(() => {
      logger.error('requests did not end in time; what they left open is safe to repeat');
      process.exit(1);
    }, SHUTDOWN_TIMEOUT_MS);
    await close();
    clearTimeout(late);
    process.exit(0);
  };
  const stopOrFail = (reason: string) => {
    stop(reason).catch((error: unknown) => {
      logger.error({ err: error }, 'stopping failed');
      process.exit(1);
    });
  };
  process.on('SIGTERM', () => stopOrFail('SIGTERM'));
  process.on('SIGINT', () => stopOrFail('SIGINT'));
  process.on('disconnect', () => stopOrFail('the program that started us is gone'));
}

try {
  await main();
} catch (error) {
  const line =
    error instanceof StartError
      ? error.message
      : inBothLanguages({
          ko: '서버를 시작할 수 없습니다',
          en: `the server cannot start: ${(error as Error).stack}`,
        });
  process.stderr.write(`${line}\n`);
  process.exit(1);
}
