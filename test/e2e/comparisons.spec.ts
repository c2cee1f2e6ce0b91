import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { koreanDayOf } from '../../src/calendar/korean-time.js';
import { QUICK_RECOVERY, topUp } from '../support/cancel-operations.js';
import { gatewayView } from '../support/gateway-view.js';
import { describeOnEachDatabase } from '../support/databases.js';
import type { GraphqlClient } from '../support/graphql-client.js';
import { runProgram } from '../support/programs.js';
import { eventually } from '../support/rooms.js';
import { scrape } from '../support/scrape.js';
import { freePort } from '../support/free-port.mjs';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';

/** Seconds stand for what takes the server an hour. */
const QUICK_COMPARISON = { COMPARISON_INTERVAL_MS: '300', COMPARISON_GRACE_MS: '1000' };

interface Difference {
  kind: string;
  state: string;
  impUid: string;
  paidThere: number;
  cancelledThere: number;
}

describeOnEachDatabase('comparisons', (database) => {
  let service: TopUpService;
  let metricsPort: string;
  let boss: GraphqlClient;

  beforeAll(async () => {
    metricsPort = await freePort();
    service = await startTopUpService({
      database: database.env,
      env: { ...QUICK_RECOVERY, ...QUICK_COMPARISON, METRICS_PORT: metricsPort },
      simulatorEnv: { IAMPORT_SIMULATOR_WEBHOOKS: 'never' },
    });
    const { client, account } = await service.user();
    await runProgram('programs/operator.js', { args: ['grant', account.email], env: { ...database.env } });
    boss = client;
  });

  afterAll(() => service.stop());

  const differencesOf = async (impUid: string, arguments_ = 'first: 100') => {
    const { comparisonDifferences } = await boss.succeed<{ comparisonDifferences: { nodes: Difference[] } }>(
      `query { comparisonDifferences(${arguments_}) { nodes { kind state impUid paidThere cancelledThere } } }`,
    );
    return comparisonDifferences.nodes.filter((one) => one.impUid === impUid);
  };

  test('book a cancel that nobody told of, although the order is looked at no more', async () => {
    const { client } = await service.user();
    const impUid = await topUp(client, service.simulator);
    await service.books.query('UPDATE point_payment_order SET nextCheckAt = NULL');

    await gatewayView(service.simulatorUrl).cancelOutside(impUid, 4_000);

    await eventually(async () => {
      expect(await client.succeed('query { me { point } }')).toEqual({ me: { point: 6_000 } });
      // On a busy machine the charge, too, can take longer than the grace.
      expect(await differencesOf(impUid)).toContainEqual({
        kind: 'CANCEL_PG_ONLY',
        state: 'HEALED',
        impUid,
        paidThere: 10_000,
        cancelledThere: 4_000,
      });
    });
    expect(await differencesOf(impUid, 'state: OPEN')).toEqual([]);
    expect(
      (await scrape(metricsPort)).value('point_comparison_healed_total', { kind: 'CANCEL_PG_ONLY' }),
    ).toBe(1);
  });

  test('show a payment of nobody’s order, and say until when what was compared', async () => {
    const { imp_uid: impUid } = await service.simulator.pay({
      merchant_uid: 'somebody-elses',
      amount: 5_000,
    });

    await eventually(async () =>
      expect(await differencesOf(impUid, 'state: OPEN')).toEqual([
        expect.objectContaining({ kind: 'PG_ONLY_FOREIGN', paidThere: 5_000 }),
      ]),
    );
    await eventually(async () => {
      const { comparisons } = await boss.succeed<{ comparisons: { nodes: object[] } }>(
        'query { comparisons(first: 1) { nodes { day gateway state fault comparedAt comparedUntil payments paidThere creditedHere cancelledHere } } }',
      );
      expect(comparisons.nodes).toEqual([
        {
          day: koreanDayOf(new Date()),
          gateway: 'iamport',
          state: 'DIFFERENT',
          fault: null,
          comparedAt: expect.any(String),
          comparedUntil: expect.any(String),
          payments: 2,
          paidThere: 10_000,
          creditedHere: 10_000,
          cancelledHere: 4_000,
        },
      ]);
    });
    const { nodes } = (
      await boss.succeed<{ attentions: { nodes: object[] } }>(
        'query { attentions { nodes { kind subject } } }',
      )
    ).attentions;
    expect(nodes).toEqual([{ kind: 'PG_ONLY_FOREIGN', subject: impUid }]);
  });

  test('are paged, newest day first', async () => {
    type Shown = {
      comparisons: { nodes: { day: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
    };
    const page = async (after: string | null) =>
      (
        await boss.succeed<Shown>(
          'query ($after: String) { comparisons(first: 1, after: $after) { nodes { day } pageInfo { hasNextPage endCursor } } }',
          { after },
        )
      ).comparisons;
    await service.books.query(
      `INSERT INTO point_comparison (id, gateway, day, state) VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FAV', 'iamport', '2026-01-01', 'NOT_COMPARED')`,
    );

    const first = await page(null);
    const second = await page(first.pageInfo.endCursor);

    expect(first.nodes.map(({ day }) => day)).toEqual([koreanDayOf(new Date())]);
    expect(second.nodes.map(({ day }) => day)).toEqual(['2026-01-01']);
    expect(second.pageInfo.hasNextPage).toBe(false);
    const { errors } = await boss.call('query { comparisons(after: "bm9uZQ") { nodes { day } } }');
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});
