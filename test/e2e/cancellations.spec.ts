import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  cancellationsOf,
  cancelPayment,
  type Page,
  QUICK_RECOVERY,
  type ShownCancellation,
  topUp,
} from '../support/cancel-operations.js';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';

let service: TopUpService;

beforeAll(async () => {
  service = await startTopUpService({ env: QUICK_RECOVERY });
});

afterAll(() => service.stop());

test('are the caller’s own, newest first, page by page', async () => {
  const { client } = await service.user();
  const impUid = await topUp(client, service.simulator);
  for (const amount of [1, 2, 3, 4, 5]) await cancelPayment(client, { impUid, amount });

  const shown: number[][] = [];
  let after: string | null = null;
  do {
    const page: Page<ShownCancellation> = await cancellationsOf(client, { first: 2, after });
    shown.push(page.nodes.map(({ amount }) => amount));
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null && shown.length < 10);

  expect(shown).toEqual([[5, 4], [3, 2], [1]]);
});

test('are shown neither to strangers nor to nobody', async () => {
  const owner = await service.user();
  await cancelPayment(owner.client, { impUid: await topUp(owner.client, service.simulator) });
  const stranger = await service.user();

  expect((await cancellationsOf(stranger.client)).nodes).toEqual([]);
  const nobody = await service.client().call('{ cancellations { nodes { id } } }');
  expect(nobody.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  expect((await cancellationsOf(owner.client)).nodes).toHaveLength(1);
});

test('are not shown for a number of rows or a cursor that cannot be', async () => {
  const { client } = await service.user();
  const page =
    'query ($first: Int, $after: String) { cancellations(first: $first, after: $after) { nodes { id } } }';

  for (const variables of [{ first: 0 }, { first: -1 }, { first: 101 }, { first: 1, after: 'x' }]) {
    const { errors } = await client.call(page, variables);
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  }
});
