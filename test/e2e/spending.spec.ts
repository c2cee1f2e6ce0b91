import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GraphqlClient } from '../support/graphql-client.js';
import { runProgram } from '../support/programs.js';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';

let service: TopUpService;
let dataDir: string;
let operator: GraphqlClient;
let shopper: GraphqlClient;
let ownerId: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'point-top-up-spending-'));
  service = await startTopUpService({ database: { DATA_DIR: dataDir } });
  const boss = await service.user();
  operator = boss.client;
  await runProgram('programs/operator.js', {
    args: ['grant', boss.account.email],
    env: { DATA_DIR: dataDir },
  });
  const user = await service.user();
  shopper = user.client;
  ownerId = user.account.id;
  await credit(shopper, (await orderAndPay(shopper, service.simulator)).imp_uid);
});

afterAll(async () => {
  await service.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const ROW = 'id status amount balanceAfter reason reference spendId actor impUid merchantUid method';
const POINT_ARGUMENTS =
  '$ownerId: ID!, $amount: Int!, $reason: String!, $reference: String, $idempotencyKey: String!';
const PASSED =
  'ownerId: $ownerId, amount: $amount, reason: $reason, reference: $reference, idempotencyKey: $idempotencyKey';
const SPEND = `mutation (${POINT_ARGUMENTS}) { spendPoints(${PASSED}) { ${ROW} user { point } } }`;
const GRANT = `mutation (${POINT_ARGUMENTS}) { grantPoints(${PASSED}) { ${ROW} } }`;
const HOLD = `mutation (${POINT_ARGUMENTS}, $until: DateTime!) {
  holdPoints(${PASSED}, until: $until) { id ownerId amount state confirmedAmount reason reference until endedAt }
}`;
const CANCEL = `mutation ($spendId: ID!, $amount: Int, $idempotencyKey: String!) {
  cancelSpend(spendId: $spendId, amount: $amount, reason: "반품", idempotencyKey: $idempotencyKey) { ${ROW} }
}`;
const CONFIRM = `mutation ($holdId: ID!, $amount: Int) { confirmHold(holdId: $holdId, amount: $amount) { ${ROW} } }`;
const VOID = 'mutation ($holdId: ID!) { voidHold(holdId: $holdId) { state endedAt } }';
const ROWS_OF = 'query ($ownerId: ID) { pointTransactions(ownerId: $ownerId, first: 1) { nodes { id } } }';
const HOLDS_OF = `query ($ownerId: ID, $first: Int, $after: String) {
  pointHolds(ownerId: $ownerId, first: $first, after: $after) {
    nodes { id amount state reason reference actor until endedAt }
    pageInfo { hasNextPage endCursor }
  }
}`;
const HISTORY = `{ me { point heldPoint } pointTransactions(first: 3) { nodes { ${ROW} } } }`;

const asked = (more: object = {}) => ({
  ownerId,
  amount: 3_000,
  reason: '수업 신청',
  reference: 'order-7',
  idempotencyKey: 'spend-1',
  ...more,
});

async function codeOf(client: GraphqlClient, document: string, variables: Record<string, unknown>) {
  return (await client.call(document, variables)).errors?.[0]?.extensions.code;
}

interface Row {
  id: string;
  status: string;
  amount: number;
}

interface Holds {
  pointHolds: {
    nodes: { id: string; amount: number }[];
    pageInfo: { hasNextPage: boolean; endCursor: string };
  };
}

describe('an operator', () => {
  test('spends points of an owner, who reads who, why and what for, and gives them back', async () => {
    const { spendPoints: spend } = await operator.succeed<{ spendPoints: Row }>(SPEND, asked());
    expect(spend).toMatchObject({
      status: 'SPEND',
      amount: -3_000,
      balanceAfter: 7_000,
      reason: '수업 신청',
      reference: 'order-7',
      spendId: null,
      actor: expect.stringMatching(/^\w{26}$/),
      impUid: null,
      merchantUid: null,
      method: null,
      user: { point: 7_000 },
    });
    expect(await operator.succeed(SPEND, asked())).toEqual({ spendPoints: spend });

    const { cancelSpend } = await operator.succeed<{ cancelSpend: Row }>(CANCEL, {
      spendId: spend.id,
      amount: 1_000,
      idempotencyKey: 'back-1',
    });

    expect(cancelSpend).toMatchObject({ status: 'SPEND_CANCEL', amount: 1_000, spendId: spend.id });
    const history = await shopper.succeed<{ pointTransactions: { nodes: Row[] } }>(HISTORY);
    expect(history).toMatchObject({ me: { point: 8_000, heldPoint: 0 } });
    expect(history.pointTransactions.nodes.map(({ status }) => status)).toEqual([
      'SPEND_CANCEL',
      'SPEND',
      'PAYMENT',
    ]);
  });

  test('holds points, confirms a part, and voids another hold', async () => {
    const until = new Date(Date.now() + 60_000).toISOString();
    const hold = async (idempotencyKey: string) => {
      const variables = asked({ amount: 2_000, idempotencyKey, until });
      return (await operator.succeed<{ holdPoints: { id: string } }>(HOLD, variables)).holdPoints;
    };

    const [one, other] = [await hold('hold-1'), await hold('hold-2')];

    const mine = await shopper.succeed<Holds>(HOLDS_OF, {});
    expect(mine.pointHolds.nodes.map(({ id }) => id)).toEqual([other.id, one.id]);
    expect(mine.pointHolds.nodes[0]).toMatchObject({
      amount: 2_000,
      state: 'HELD',
      reason: '수업 신청',
      reference: 'order-7',
      actor: expect.stringMatching(/^\w{26}$/),
      until,
      endedAt: null,
    });
    const { nodes, pageInfo } = (await operator.succeed<Holds>(HOLDS_OF, { ownerId, first: 1 })).pointHolds;
    expect([nodes.map(({ id }) => id), pageInfo.hasNextPage]).toEqual([[other.id], true]);
    const after = pageInfo.endCursor;
    expect((await shopper.succeed<Holds>(HOLDS_OF, { first: 1, after })).pointHolds).toMatchObject({
      nodes: [{ id: one.id }],
      pageInfo: { hasNextPage: false },
    });
    expect(await codeOf(shopper, HOLDS_OF, { after: 'x' })).toBe('BAD_USER_INPUT');

    expect(one).toMatchObject({ ownerId, amount: 2_000, state: 'HELD', until, endedAt: null });
    expect(await shopper.succeed(HISTORY)).toMatchObject({ me: { point: 8_000, heldPoint: 4_000 } });
    expect(await operator.succeed(CONFIRM, { holdId: one.id, amount: 500 })).toMatchObject({
      confirmHold: { id: one.id, status: 'SPEND', amount: -500, reference: 'order-7' },
    });
    expect(await operator.succeed(VOID, { holdId: other.id })).toMatchObject({
      voidHold: { state: 'VOIDED' },
    });
    expect(await codeOf(operator, CONFIRM, { holdId: other.id })).toBe('HOLD_ENDED');
    expect((await shopper.succeed<Holds>(HOLDS_OF, {})).pointHolds.nodes).toEqual([]);
    expect(await shopper.succeed(HISTORY)).toMatchObject({ me: { point: 7_500, heldPoint: 0 } });
  });

  test('grants points', async () => {
    const { grantPoints } = await operator.succeed<{ grantPoints: Row }>(
      GRANT,
      asked({ amount: 100, idempotencyKey: 'grant-1' }),
    );

    expect(grantPoints).toMatchObject({ status: 'GRANT', amount: 100, balanceAfter: 7_600 });
  });

  test('grants nothing to an owner who is nobody', async () => {
    const mistyped = `${ownerId.slice(0, -1)}_`;
    const variables = asked({ ownerId: mistyped, amount: 100, idempotencyKey: 'grant-2' });

    expect(await codeOf(operator, GRANT, variables)).toBe('OWNER_NOT_FOUND');
    expect(await operator.succeed(ROWS_OF, { ownerId: mistyped })).toEqual({
      pointTransactions: { nodes: [] },
    });
  });

  test('is refused what is not there, and what does not fit', async () => {
    expect(await codeOf(operator, SPEND, asked({ amount: 7_601, idempotencyKey: 'spend-2' }))).toBe(
      'INSUFFICIENT_POINT',
    );
    expect(await codeOf(operator, SPEND, asked({ amount: 1 }))).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(await codeOf(operator, SPEND, asked({ amount: 0, idempotencyKey: 'spend-3' }))).toBe(
      'BAD_USER_INPUT',
    );
    expect(await codeOf(operator, CANCEL, { spendId: 'x', idempotencyKey: 'x' })).toBe('SPEND_NOT_FOUND');
    expect(await codeOf(operator, VOID, { holdId: 'x' })).toBe('HOLD_NOT_FOUND');
  });
});

test('a shopper sees what is held of them and of nobody else', async () => {
  const another = await service.user();

  expect(await another.client.succeed(HOLDS_OF, {})).toMatchObject({ pointHolds: { nodes: [] } });
  expect(await codeOf(another.client, HOLDS_OF, { ownerId })).toBe('FORBIDDEN');
});

test('a shopper spends nothing with their own token, not even their own points', async () => {
  for (const document of [SPEND, GRANT]) {
    expect(await codeOf(shopper, document, asked({ idempotencyKey: 'own' }))).toBe('FORBIDDEN');
  }
  expect(await shopper.succeed(HISTORY)).toMatchObject({ me: { point: 7_600 } });
});

describe('where the shop lets users spend', () => {
  let permissive: TopUpService;

  beforeAll(async () => {
    permissive = await startTopUpService({ env: { USERS_MAY_SPEND: 'true' } });
  });
  afterAll(() => permissive.stop());

  test('a shopper spends their own points with their own token, and nothing else', async () => {
    const [one, other] = [await permissive.user(), await permissive.user()];
    await credit(one.client, (await orderAndPay(one.client, permissive.simulator)).imp_uid);
    const own = asked({ ownerId: one.account.id, idempotencyKey: 'own' });

    expect(await one.client.succeed(SPEND, own)).toMatchObject({
      spendPoints: { amount: -3_000, balanceAfter: 7_000, actor: null },
    });
    expect(await codeOf(other.client, SPEND, own)).toBe('FORBIDDEN');
    expect(await codeOf(one.client, GRANT, own)).toBe('FORBIDDEN');
    const until = new Date(Date.now() + 60_000).toISOString();
    expect(await codeOf(one.client, HOLD, { ...own, until })).toBe('FORBIDDEN');
  });
});

test('npm run verify proves spends and holds', async () => {
  const { output, errors, exitCode } = await runProgram('programs/verify.js', { env: { DATA_DIR: dataDir } });

  expect({ output, errors, exitCode }).toMatchObject({ exitCode: 0 });
});
