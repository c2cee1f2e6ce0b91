import type { DatabaseEnv } from './databases.js';
import { type FaultyGateway, startFaultyGateway } from './faulty-gateway.js';
import { gatewayView } from './gateway-view.js';
import type { GraphqlAnswer, GraphqlClient } from './graphql-client.js';
import type { SimulatorControl } from './simulator-control.js';
import { credit, orderAndPay, startTopUpService } from './top-up-service.js';

/** Settings under which recovery does in a second what takes it a minute otherwise. */
export const QUICK_RECOVERY = { RECOVERY_INTERVAL_MS: '50', RECOVERY_GRACE_MS: '500' };

export type RefundService = Awaited<ReturnType<typeof startRefundService>>;

export interface ShownCancellation {
  id: string;
  impUid: string;
  amount: number;
  state: 'PENDING' | 'DONE' | 'REFUSED';
  reason: string;
  refusal: string | null;
  requestedAt: string;
  completedAt: string | null;
  pointTransaction: { amount: number; status: string; balanceAfter: number } | null;
}

const FIELDS = `id impUid amount state reason refusal requestedAt completedAt
  pointTransaction { amount status balanceAfter }`;

/** Sends cancelPointTransaction and returns the answer as it came. */
export async function cancelPayment(
  client: GraphqlClient,
  variables: { impUid: string; amount?: unknown; reason?: unknown; idempotencyKey?: unknown },
  headers: Record<string, string> = {},
): Promise<GraphqlAnswer<{ cancelPointTransaction: ShownCancellation }>> {
  return client.call(
    `mutation ($impUid: String!, $amount: Int, $reason: String, $idempotencyKey: String) {
      cancelPointTransaction(impUid: $impUid, amount: $amount, reason: $reason, idempotencyKey: $idempotencyKey) {
        ${FIELDS}
      }
    }`,
    variables,
    { headers },
  );
}

export interface Page<Node> {
  nodes: Node[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** A user's cancellations, newest first. */
export async function cancellationsOf(
  client: GraphqlClient,
  { first = 20, after = null }: { first?: number; after?: string | null } = {},
): Promise<Page<ShownCancellation>> {
  const { cancellations } = await client.succeed<{ cancellations: Page<ShownCancellation> }>(
    `query ($first: Int!, $after: String) {
      cancellations(first: $first, after: $after) {
        nodes { ${FIELDS} }
        pageInfo { hasNextPage endCursor }
      }
    }`,
    { first, after },
  );
  return cancellations;
}

/** Orders, pays and credits. @returns the payment's imp_uid. */
export async function topUp(
  client: GraphqlClient,
  simulator: SimulatorControl,
  orderAmount = 10_000,
): Promise<string> {
  const { imp_uid: impUid } = await orderAndPay(client, simulator, { orderAmount });
  const { errors } = await credit(client, impUid);
  if (errors) throw new Error(JSON.stringify(errors));
  return impUid;
}

/** A service whose gateway can be told to misbehave, and whose recovery is quick. */
export async function startRefundService({
  database,
  env = {},
}: { database?: DatabaseEnv; env?: Record<string, string> } = {}) {
  let faulty: FaultyGateway | undefined;
  const service = await startTopUpService({
    ...(database ? { database } : {}),
    gatewayUrl: async (simulatorUrl) => {
      faulty = await startFaultyGateway(simulatorUrl);
      return faulty.url;
    },
    env: { ...QUICK_RECOVERY, ...env },
  });
  const gateway = faulty as FaultyGateway;
  return {
    ...service,
    gateway,
    view: gatewayView(service.simulatorUrl),
    stop: async () => {
      await service.stop();
      await gateway.stop();
    },
  };
}
