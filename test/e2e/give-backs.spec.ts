import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { QUICK_RECOVERY } from '../support/cancel-operations.js';
import { gatewayView } from '../support/gateway-view.js';
import type { GraphqlClient } from '../support/graphql-client.js';
import { runProgram } from '../support/programs.js';
import { eventually } from '../support/rooms.js';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';

interface ShownGiveBack {
  impUid: string;
  merchantUid: string;
  amount: number;
  currency: string;
  state: string;
  reason: string;
  refusal: string | null;
}

let service: TopUpService;
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'point-top-up-give-backs-'));
  service = await startTopUpService({ database: { DATA_DIR: dataDir }, env: QUICK_RECOVERY });
});

afterAll(async () => {
  await service.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const operator = (...args: string[]) =>
  runProgram('programs/operator.js', { args, env: { DATA_DIR: dataDir } });

const giveBacks = (client: GraphqlClient, first = 100) =>
  client.call<{ giveBacks: { nodes: ShownGiveBack[]; pageInfo: { hasNextPage: boolean } } }>(
    `query ($first: Int!) {
      giveBacks(first: $first) {
        nodes { impUid merchantUid amount currency state reason refusal requestedAt completedAt }
        pageInfo { hasNextPage }
      }
    }`,
    { first },
  );

test('show operators the money that could not be credited and went back by itself', async () => {
  const payer = await service.user();
  const boss = await service.user();
  await operator('grant', boss.account.email);
  const dollars = await orderAndPay(payer.client, service.simulator, { amount: 10.5, currency: 'USD' });
  const refused = await credit(payer.client, dollars.imp_uid);
  const paid = await orderAndPay(payer.client, service.simulator);
  await credit(payer.client, paid.imp_uid);
  const twice = await service.simulator.pay({ merchant_uid: paid.merchant_uid, amount: 10_000 });
  const second = await credit(payer.client, twice.imp_uid);

  expect(refused.errors?.[0]?.extensions.reason).toBe('CURRENCY');
  expect(second.errors?.[0]?.extensions.reason).toBe('ORDER_ALREADY_PAID');
  await eventually(async () => {
    const { data } = await giveBacks(boss.client);
    expect(data.giveBacks.nodes).toEqual([
      expect.objectContaining({
        impUid: twice.imp_uid,
        merchantUid: paid.merchant_uid,
        amount: 10_000,
        currency: 'KRW',
        state: 'DONE',
        reason: expect.stringContaining('두 번 결제'),
        refusal: null,
      }),
      expect.objectContaining({ impUid: dollars.imp_uid, amount: 10.5, currency: 'USD', state: 'DONE' }),
    ]);
  });
  const view = gatewayView(service.simulatorUrl);
  expect((await view.read(twice.imp_uid)).cancel_amount).toBe(10_000);
  expect((await view.read(dollars.imp_uid)).cancel_amount).toBe(10.5);
  expect((await view.read(paid.imp_uid)).cancel_amount).toBe(0);

  const page = await giveBacks(boss.client, 1);
  expect(page.data.giveBacks.nodes).toHaveLength(1);
  expect(page.data.giveBacks.pageInfo.hasNextPage).toBe(true);
  const own = await payer.client.succeed('{ cancellations { nodes { id } } }');
  expect(own).toEqual({ cancellations: { nodes: [] } });
});

test('are not shown to a user, to somebody who is no operator any more, or to nobody', async () => {
  const { client, account } = await service.user();

  expect((await giveBacks(client)).errors?.[0]?.extensions).toEqual({ code: 'FORBIDDEN', retryable: false });
  await operator('grant', account.email.toUpperCase());
  expect((await giveBacks(client)).errors).toBeUndefined();
  await operator('revoke', account.email);
  expect((await giveBacks(client)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  expect((await giveBacks(service.client())).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
});
