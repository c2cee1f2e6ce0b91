import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Clock } from './clock.js';
import { controlRoutes } from './console/control-routes.js';
import { openDatabase, StartFault } from './database.js';
import { FaultMistake } from './faults/fault.js';
import { FaultPlan } from './faults/fault-plan.js';
import { CashReceiptStore } from './payment/cash-receipt.js';
import { TaxStore } from './payment/tax.js';
import type { GatewayHabits, PartialCancelStatus } from './gateway/gateway-habits.js';
import { callName, GatewayPipeline } from './gateway/gateway-pipeline.js';
import { gatewayCalls } from './gateway/gateway-routes.js';
import { Holds } from './faults/holds.js';
import { Misbehaviour } from './faults/misbehaviour.js';
import { pageRoutes } from './page-routes.js';
import { PendingRefundStore } from './payment/pending-refund-store.js';
import { PaymentStore } from './payment/payment-store.js';
import { PrepareStore } from './gateway/prepare-store.js';
import { newSeed, seededRandom } from './random.js';
import { RequestLog } from './gateway/request-log.js';
import { TokenStore } from './gateway/token-store.js';
import { webhookModesOf, type WebhookModes } from './webhooks/webhook-modes.js';
import { WebhookSender } from './webhooks/webhook-sender.js';

/** How long open requests may still finish when the simulator ends. */
const CLOSE_GRACE_MS = 2000;
const IDLE_SWEEP_MS = 50;

/** This machine only: whoever reaches the simulator can make payments out of nothing. */
export const DEFAULT_HOST = '127.0.0.1';
const ALL_INTERFACES = ['0.0.0.0', '::'];

/** The webhooks' stream of random numbers; the faults' streams count from 0. */
const WEBHOOK_STREAM = -1;

export interface SimulatorOptions {
  /** 0 = any free port. */
  port: number;
  /** Interface to listen on; by default this machine only. */
  host?: string;
  dataFile: string;
  /** Of the random numbers of faults and webhooks; by default a new one. */
  seed?: number;
  /** Which gateway calls go wrong from the start on, as {@link faultOf} reads them. */
  faults?: readonly Record<string, unknown>[];
  webhooks?: WebhookModes;
  /** Where webhooks of payments without a `notice_url` go. */
  webhookUrl?: string | null;
  partialCancelStatus?: PartialCancelStatus;
  /** Where faults of the simulator itself are told. */
  log?: (line: string) => void;
  clock?: Clock;
}

export interface RunningSimulator {
  /** Base address without a slash at the end: the value for IAMPORT_BASE_URL. */
  url: string;
  seed: number;
  close: () => Promise<void>;
}

/**
 * A local stand-in for PortOne V1: its REST API, its browser script and its payment window. No real money anywhere.
 * @throws StartFault when the data file or the port is taken; the message is for people.
 */
export async function startIamportSimulator(options: SimulatorOptions): Promise<RunningSimulator> {
  const { port, host = DEFAULT_HOST, dataFile, seed = newSeed(), log = () => {}, clock = Date.now } = options;
  const database = openDatabase(dataFile);
  const payments = new PaymentStore(database, clock);
  const prepares = new PrepareStore(database);
  const tokens = new TokenStore(database, clock);
  const requests = new RequestLog();
  const holds = new Holds();
  const misbehaviour = new Misbehaviour({ payments, tokens, holds });
  const habits: GatewayHabits = {
    partialCancelStatus: options.partialCancelStatus ?? 'cancelled',
    closedAccountStatus: 'failed',
    unsettledWon: null,
    receiptAfterPart: 'follows',
  };
  const refunds = new PendingRefundStore(database);
  const receipts = new CashReceiptStore(database, clock);
  const taxes = new TaxStore(database);
  const webhooks = new WebhookSender({
    modes: options.webhooks ?? webhookModesOf('on'),
    url: options.webhookUrl ?? null,
    random: seededRandom(seed, WEBHOOK_STREAM),
    log,
  });
  const calls = gatewayCalls({
    payments,
    refunds,
    receipts,
    taxes,
    prepares,
    tokens,
    webhooks,
    habits,
    clock,
  });
  const faults = new FaultPlan(seed, calls.map(callName));

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  const control = {
    payments,
    refunds,
    receipts,
    taxes,
    prepares,
    tokens,
    requests,
    webhooks,
    faults,
    holds,
    habits,
    clock,
    log,
  };
  app.use('/_simulator', controlRoutes(control));
  app.use(pageRoutes());
  const pipeline = new GatewayPipeline({ requests, tokens, payments, faults, misbehaviour, log });
  app.use(pipeline.router(calls));

  const server = createServer(app);
  try {
    faults.add(options.faults ?? []);
    await listen(server, port, host);
  } catch (error) {
    database.close();
    throw error instanceof FaultMistake
      ? new StartFault(`IAMPORT_SIMULATOR_FAULTS: ${error.message}`)
      : error;
  }
  const { port: actualPort } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${ALL_INTERFACES.includes(host) ? DEFAULT_HOST : bracketed(host)}:${actualPort}`,
    seed,
    close: () => {
      misbehaviour.close();
      webhooks.close();
      closing ??= closeServer(server).finally(() => database.close());
      return closing;
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new StartFault(listenFault(port, host, error)));
    });
    server.listen(port, host, resolve);
  });
}

function listenFault(port: number, host: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') {
    return (
      `${port}번 포트를 이미 다른 프로그램이 쓰고 있습니다. 그 프로그램을 끄거나 IAMPORT_SIMULATOR_PORT에 다른 포트를 지정하세요. / ` +
      `Port ${port} is taken. Stop the program that uses it, or set IAMPORT_SIMULATOR_PORT to another port.`
    );
  }
  return (
    `${host}의 ${port}번 포트를 열 수 없습니다. IAMPORT_SIMULATOR_HOST나 IAMPORT_SIMULATOR_PORT를 바꾸세요. / ` +
    `Cannot listen on ${host}, port ${port}; change IAMPORT_SIMULATOR_HOST or IAMPORT_SIMULATOR_PORT. (${error.message})`
  );
}

/** An IPv6 address stands in brackets in a URL. */
function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Lets open requests finish for a moment, closing each connection that is idle, then cuts what is left. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    server.close((error) => {
      clearInterval(sweep);
      clearTimeout(cut);
      if (error) reject(error);
      else resolve();
    });
  });
}
