import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Clock } from './clock.js';
import { controlRoutes } from './control-routes.js';
import { openDatabase, StartFault } from './database.js';
import { GatewayPipeline } from './gateway-pipeline.js';
import { gatewayCalls } from './gateway-routes.js';
import { pageRoutes } from './page-routes.js';
import { PaymentStore } from './payment-store.js';
import { PrepareStore } from './prepare-store.js';
import { RequestLog } from './request-log.js';
import { TokenStore } from './token-store.js';

/** How long open requests may still finish when the simulator ends. */
const CLOSE_GRACE_MS = 2000;

export interface SimulatorOptions {
  /** 0 = any free port. */
  port: number;
  dataFile: string;
  /** Where faults of the simulator itself are told. */
  log?: (line: string) => void;
  clock?: Clock;
}

export interface RunningSimulator {
  /** Base address without a slash at the end: the value for IAMPORT_BASE_URL. */
  url: string;
  close: () => Promise<void>;
}

/**
 * A local stand-in for PortOne V1: its REST API, its browser script and its payment window. No real money anywhere.
 * @throws StartFault when the data file or the port is taken; the message is for people.
 */
export async function startIamportSimulator(options: SimulatorOptions): Promise<RunningSimulator> {
  const { port, dataFile, log = () => {}, clock = Date.now } = options;
  const database = openDatabase(dataFile);
  const payments = new PaymentStore(database, clock);
  const prepares = new PrepareStore(database);
  const tokens = new TokenStore(database, clock);
  const requests = new RequestLog();

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use('/_simulator', controlRoutes({ payments, prepares, tokens, requests, clock, log }));
  app.use(pageRoutes());
  const pipeline = new GatewayPipeline(requests, tokens, log);
  app.use(pipeline.router(gatewayCalls({ payments, prepares, tokens, clock })));

  const server = createServer(app);
  try {
    await listen(server, port);
  } catch (error) {
    database.close();
    throw error;
  }
  const { port: actualPort } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${actualPort}`,
    close: () => {
      closing ??= closeServer(server).finally(() => database.close());
      return closing;
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new StartFault(portFault(port, error)));
    });
    server.listen(port, resolve);
  });
}

function portFault(port: number, error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') {
    return (
      `${port}번 포트를 이미 다른 프로그램이 쓰고 있습니다. 그 프로그램을 끄거나 IAMPORT_SIMULATOR_PORT에 다른 포트를 지정하세요. / ` +
      `Port ${port} is taken. Stop the program that uses it, or set IAMPORT_SIMULATOR_PORT to another port.`
    );
  }
  return (
    `${port}번 포트를 열 수 없습니다. IAMPORT_SIMULATOR_PORT를 바꾸세요. / ` +
    `Cannot listen on port ${port}; change IAMPORT_SIMULATOR_PORT. (${error.message})`
  );
}

/** Lets open requests finish for a moment, then cuts what is left (browsers keep connections open). */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    server.close((error) => {
      clearTimeout(cut);
      if (error) reject(error);
      else resolve();
    });
    server.closeIdleConnections();
  });
}
