import { createServer, type Server } from 'node:http';
import type { Logger } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { countAnnouncements } from './counters.js';
import { readStates } from './states.js';

/** A scrape is one small request. */
const REQUEST_TIMEOUT_MS = 10_000;
/** Prometheus keeps one; more than a few readers are a mistake. */
const CONNECTIONS_MAX = 16;

/**
 * A server of its own for `GET /metrics` in the Prometheus text form, not yet listening. It is not part of the public
 * one, so that no proxy has to keep strangers out. Counting begins with this call, once in a process.
 */
export function createMetricsServer(dataSource: DataSource, logger: Logger): Server {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  countAnnouncements(registry, logger);
  readStates(registry, dataSource, logger);

  const options = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS };
  const server = createServer(options, (request, response) => {
    const [path] = (request.url ?? '').split('?', 1);
    if (request.method !== 'GET' || path !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) =>
        response
          .writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' })
          .end(text),
      (error: unknown) => {
        logger.error({ err: error }, 'the metrics could not be written');
        response.writeHead(500).end();
      },
    );
  });
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}
