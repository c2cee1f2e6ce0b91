import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, databaseSettings } from './books.js';
import type { DatabaseEnv } from './databases.js';
import { graphqlClient, type GraphqlAnswer, type GraphqlClient } from './graphql-client.js';
import { simulatorSettings, startServer, startSimulator } from './server.js';
import {
  type GatewayPayment,
  type PaymentWish,
  simulatorControl,
  type SimulatorControl,
} from './simulator-control.js';

/** The secret of test servers, so that tests can forge tokens as well as the server makes them. */
export const JWT_SECRET = 'canary-jwt-secret-of-the-e2e-tests-0123456789';

/**
 * Recovery looks once at the start, when there is nothing to do, and then not again for a minute, the longest that it can
 * be told. A test that counts gateway calls would count those of recovery too, for what the tests before it left open; so
 * only suites that are about recovery let it work (`QUICK_RECOVERY`). Webhooks are worked on all the same: each one wakes it.
 */
export const RECOVERY_ASLEEP = { RECOVERY_INTERVAL_MS: '60000' };

export type TopUpService = Awaited<ReturnType<typeof startTopUpService>>;

/**
 * A server with a simulator, as `npm start` brings them up, but for tests: no rate limits, recovery asleep, and a database
 * that goes when it stops.
 *
 * @param database where the books are; by default an embedded SQLite of its own.
 * @param simulatorEnv settings of the simulator, for example webhooks that never come.
 * @param gatewayUrl what the server believes to be the gateway; by default the simulator itself.
 */
export async function startTopUpService({
  database,
  gatewayUrl,
  env = {},
  simulatorEnv = {},
}: {
  database?: DatabaseEnv;
  simulatorEnv?: Record<string, string>;
  gatewayUrl?: (simulatorUrl: string) => string | Promise<string>;
  env?: Record<string, string | undefined>;
} = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'point-top-up-e2e-'));
  const databaseEnv: DatabaseEnv = database ?? { DATA_DIR: folder };
  const simulator = await startSimulator({ env: simulatorEnv });
  const server = await startServer({
    env: {
      ...databaseEnv,
      ...simulatorSettings((await gatewayUrl?.(simulator.url)) ?? simulator.url),
      JWT_SECRET,
      RATE_LIMIT: 'off',
      ...RECOVERY_ASLEEP,
      ...env,
    },
  });
  const books = await connect(databaseSettings(databaseEnv));
  return {
    url: server.url,
    /** Of its own database, where no other one was named. */
    folder,
    server,
    simulator: simulatorControl(simulator.url),
    simulatorUrl: simulator.url,
    /** The server's database, past the server: tests of money look at rows and not at answers. */
    books,
    /** A client that is nobody yet. */
    client: () => graphqlClient(server.url),
    /** A client of a new, logged-in user. */
    user: async () => {
      const client = graphqlClient(server.url);
      return { client, account: await client.signUp() };
    },
    stop: async () => {
      try {
        await books.destroy();
        await server.stop();
      } finally {
        // Also when the server did not end in order: a simulator that runs on would keep Jest from ending.
        await simulator.stop();
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** A server alone, for operations that need no gateway: whoever calls it finds nobody there. */
export async function startServerWithoutGateway(env: Record<string, string | undefined> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'point-top-up-e2e-'));
  const server = await startServer({
    env: {
      DATA_DIR: folder,
      // Port 9 discards: nobody listens there.
      ...simulatorSettings('http://127.0.0.1:9'),
      JWT_SECRET,
      RATE_LIMIT: 'off',
      ...env,
    },
  });
  return {
    url: server.url,
    server,
    client: () => graphqlClient(server.url),
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A shop that may sell. */
const SHOP_FILE_OF_PRODUCTION = fileURLToPath(new URL('shop.json', import.meta.url));

/** All that a start in production needs. The gateway is the real one, and the way to it ends on this machine. */
export function productionSettings(databaseUrl: string): Record<string, string> {
  return {
    NODE_ENV: 'production',
    HTTPS_PROXY: 'http://127.0.0.1:9',
    PUBLIC_URL: 'https://points.example',
    DATABASE_URL: databaseUrl,
    JWT_SECRET,
    SHOP_FILE: SHOP_FILE_OF_PRODUCTION,
    IAMPORT_API_KEY: 'canary-production-key',
    IAMPORT_API_SECRET: 'canary-production-secret',
    IAMPORT_USER_CODE: 'imp12345678',
    PAYMENT_METHODS: 'card',
    // No balancer watches.
    SHUTDOWN_DRAIN_MS: '0',
  };
}

/** Makes an order. @returns its merchantUid. */
export async function makeOrder(client: GraphqlClient, amount = 10_000): Promise<string> {
  const { createPaymentOrder } = await client.succeed<{ createPaymentOrder: { merchantUid: string } }>(
    'mutation ($amount: Int!) { createPaymentOrder(amount: $amount) { merchantUid } }',
    { amount },
  );
  return createPaymentOrder.merchantUid;
}

/** Makes an order and pays it in the simulator as `wish` says. @returns the payment as the gateway has it. */
export async function orderAndPay(
  client: GraphqlClient,
  simulator: SimulatorControl,
  wish: Partial<PaymentWish> & { orderAmount?: number } = {},
): Promise<GatewayPayment> {
  const { orderAmount = 10_000, ...payment } = wish;
  const merchantUid = await makeOrder(client, orderAmount);
  return simulator.pay({ merchant_uid: merchantUid, amount: orderAmount, ...payment });
}

export interface CreditedTransaction {
  id: string;
  impUid: string;
  merchantUid: string;
  amount: number;
  status: string;
  balanceAfter: number;
}

/** Sends createPointTransaction and returns the answer as it came. */
export async function credit(
  client: GraphqlClient,
  impUid: string,
  amount?: number,
): Promise<GraphqlAnswer<{ createPointTransaction: CreditedTransaction }>> {
  return client.call(
    `mutation ($impUid: String!, $amount: Int) {
      createPointTransaction(impUid: $impUid, amount: $amount) {
        id impUid merchantUid amount status balanceAfter
      }
    }`,
    amount === undefined ? { impUid } : { impUid, amount },
  );
}
