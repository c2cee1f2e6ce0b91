import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type DataSource, LessThanOrEqual } from 'typeorm';
import { Lot } from '../../src/point-transaction/lot.entity.js';
import { Hold } from '../../src/spending/hold.entity.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { addOrder, applierOf, faultsInBooks, newImpUid, openBooks, readAccount } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { graphqlClient } from '../support/graphql-client.js';
import { freePort } from '../support/free-port.mjs';
import { simulatorSettings, startSimulator } from '../support/server.js';
import { makeServiceKey } from '../support/service-client.js';
import { letTimePass, settle } from './aftermath.js';
import { addCustomer, JWT_SECRET } from './customer.js';
import { findingsOf, verifyWithGateway } from './findings.js';
import { gateway } from './gateway.js';
import { Instance } from './instance.js';
import { SpendingRun, type SpendingRunReport } from './spending-run.js';

/** 10,000 take some minutes; these are for every run of the tests. */
const OPERATIONS = Number(process.env.SPENDING_OPERATIONS ?? 300);
const SEED = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 2 ** 31));
const KILLS = Math.max(3, Math.round(OPERATIONS / 500));
const AT_ONCE = 500;
const BEGINNING_AND_END_MS = 180_000;
/** On a machine that does other things, too. */
const OPERATION_MS = 150;
const SETTLE_LOOKS_MAX = 300;
const LOOK_EVERY_MS = 200;

describeOnEachDatabase(`${OPERATIONS} random operations with points, seed ${SEED},`, (database) => {
  let folder: string;
  let books: DataSource;
  let simulator: Awaited<ReturnType<typeof startSimulator>>;
  let env: Record<string, string | undefined>;
  let run: SpendingRun;
  let report: SpendingRunReport;
  let serviceKey: string;
  const servers: Instance[] = [];

  beforeAll(
    async () => {
      process.stderr.write(`spending run: SPENDING_OPERATIONS=${OPERATIONS} CRASH_SEED=${SEED}\n`);
      folder = await mkdtemp(join(tmpdir(), 'point-top-up-spending-run-'));
      simulator = await startSimulator({ env: { IAMPORT_SIMULATOR_WEBHOOKS: 'never' } });
      env = {
        ...database.env,
        ...simulatorSettings(simulator.url),
        JWT_SECRET,
        RATE_LIMIT: 'off',
        POINT_MAX_BALANCE: '1000000000',
        RECOVERY_INTERVAL_MS: '300',
        RECOVERY_GRACE_MS: '3000',
      };
      books = await openBooks(database.env);
      serviceKey = await makeServiceKey(database.env, ['spend', 'grant']);
      // An embedded database has one server.
      for (let count = 0; count < (database.name === 'SQLite' ? 1 : 3); count++) {
        servers.push(new Instance(`http://127.0.0.1:${await freePort()}`, env));
      }
      await Promise.all(servers.map((server) => server.start()));
      const theGateway = gateway(simulator.url);
      run = new SpendingRun(books, servers, theGateway, serviceKey, SEED);
      report = await run.run(OPERATIONS, KILLS);
      process.stderr.write(`what happened on ${database.name}: ${JSON.stringify(report)}\n`);
      await letTimePass(books);
      await settle(books, theGateway);
      await nothingDue();
    },
    BEGINNING_AND_END_MS + OPERATIONS * OPERATION_MS,
  );
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.kill()));
    await books.destroy();
    await simulator.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Until what is over has been booked as such: holds, and lots. */
  async function nothingDue(): Promise<void> {
    for (let look = 1; look <= SETTLE_LOOKS_MAX; look++) {
      const now = new Date();
      const due =
        (await books.manager.countBy(Hold, { nextReleaseAt: LessThanOrEqual(now) })) +
        (await books.manager.countBy(Lot, { nextExpiryAt: LessThanOrEqual(now) }));
      if (due === 0) return;
      await sleep(LOOK_EVERY_MS);
    }
    throw new Error('holds or lots whose time is over were left');
  }

  test('are of every kind, and servers die at work', () => {
    expect(Object.keys(report.acknowledged).toSorted()).toEqual(
      ['buy', 'cancel', 'cancelSpend', 'confirm', 'expire', 'grant', 'hold', 'spend', 'void'].toSorted(),
    );
    expect(report.kills).toBe(KILLS);
    expect(report.answersLost).toBeGreaterThan(0);
    expect(report.repetitions).toBeGreaterThan(0);
  });

  test('are there once as they were told, and nothing else is', async () => {
    expect(await run.findings()).toEqual([]);
    expect(await findingsOf(books, await gateway(simulator.url).payments())).toEqual([]);
  });

  test('leave lots that are the balances, and books that are proved against the gateway', async () => {
    const accounts = await books.manager.find(PointAccount);
    for (const { ownerId } of accounts) expect(await faultsInBooks(books, ownerId)).toEqual([]);
    const { exitCode, output } = await verifyWithGateway(env);
    expect(output).toMatch(/^PROVED: /m);
    expect(exitCode).toBe(0);
  });

  test(`${AT_ONCE} spends at once of one owner end exactly at zero, and those beyond it are refused`, async () => {
    const { ownerId } = await addCustomer(books);
    await applierOf(books)(await addOrder(books, ownerId, 10_000), newImpUid());
    const spend = async (number: number) => {
      const { url } = servers[number % servers.length]!;
      for (;;) {
        const { errors } = await graphqlClient(url).call(
          `mutation { spendPoints(ownerId: "${ownerId}", amount: 40, reason: "주문", idempotencyKey: "${number}") { id } }`,
          {},
          { token: serviceKey },
        );
        if (!errors?.[0]?.extensions.retryable) return errors?.[0]?.extensions.code ?? 'SPENT';
      }
    };

    const outcomes = await Promise.all(Array.from({ length: AT_ONCE }, (_, number) => spend(number)));

    expect(outcomes.filter((outcome) => outcome === 'SPENT')).toHaveLength(250);
    expect(outcomes.filter((outcome) => outcome === 'INSUFFICIENT_POINT')).toHaveLength(250);
    expect((await readAccount(books, ownerId)).balance).toMatchObject({ point: 0, heldPoint: 0 });
    expect(await faultsInBooks(books, ownerId)).toEqual([]);
  }, 120_000);
});
