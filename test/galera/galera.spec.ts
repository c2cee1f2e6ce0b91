import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction } from '../../src/database/transaction.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { User } from '../../src/user/user.entity.js';
import { addOrder, addUser, connect, databaseSettings, openBooks } from '../support/books.js';
import { createDatabase, databaseUrl } from '../support/mariadb.js';
import { findGalera, GALERA_HINT, isContinuousIntegration } from '../support/requirements.mjs';
import { type Cluster, onNode, startCluster, statusOf, untilWhole } from './cluster.js';
import { galeraRun, type GaleraReport, makeBatchTable, runBatch } from './galera-run.js';

/** Set by `npm run test:galera`; without it this is the short run that belongs to every test run. */
const OPERATIONS = Number(process.env.GALERA_OPERATIONS ?? 1000);
const SEED = Number(process.env.GALERA_SEED ?? Math.floor(Math.random() * 2 ** 31));
const SERVER_KILLS = Math.max(2, Math.round(OPERATIONS / 800));
const NODE_KILLS = Math.max(1, Math.round(OPERATIONS / 2000));

const BEGINNING_AND_END_MS = 180_000;
const OPERATION_MS = 150;
const KILL_MS = 20_000;
const CLUSTER_START_MS = 120_000;
const DATABASE = 'point_nodes';
const LEFT_TIMEOUT_MS = 20_000;
const FINDINGS_SHOWN = 20;
/** As many rounds as make it certain that a node was behind. */
const ROUNDS = 5;
const ROUNDS_AFTERWARDS = 30;

const SUITE = 'a Galera cluster of three nodes';

if (findGalera()) describe(SUITE, suite);
else if (isContinuousIntegration()) throw new Error(`Galera is missing and CI=true: ${GALERA_HINT}`);
else describe.skip(`${SUITE} (skipped, Galera is missing: ${GALERA_HINT})`, suite);

function suite(): void {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster();
  }, CLUSTER_START_MS);
  afterAll(() => cluster.stop());

  describe('lets a data source', () => {
    let here: DataSource;
    let elsewhere: DataSource;
    let user: User;

    beforeAll(async () => {
      const [first = '', second = ''] = cluster.nodeUrls;
      await createDatabase(first, DATABASE);
      await onNode(first, makeBatchTable);
      here = await openBooks(envOf(first));
      elsewhere = await connect(databaseSettings(envOf(second)));
      user = await addUser(here);
    });
    afterAll(() => Promise.all([here.destroy(), elsewhere.destroy()]));

    const addPoint = (manager: EntityManager) =>
      manager.update(PointAccount, user.id, { point: () => 'point + 1' });
    const pointsAt = async ({ manager }: DataSource) =>
      (await manager.findOneByOrFail(PointAccount, { ownerId: user.id })).point;

    /** Work after which the other nodes are behind for a moment. */
    const makeOthersLate = () => onNode(cluster.nodeUrls[0] ?? '', runBatch);

    test.each<[string, (id: string) => Promise<unknown>, unknown]>([
      ['read', (id) => elsewhere.manager.existsBy(User, { id }), true],
      ['read in a transaction', (id) => reading(elsewhere, id), true],
      ['insert next to', async (id) => (await addOrder(elsewhere, id, 5000)).ownerId === id, true],
      ['change', async (id) => (await elsewhere.manager.update(User, id, { name: '다른 이름' })).affected, 1],
    ])('%s what another node has just committed, though this node is behind', async (_, use, expected) => {
      const seen: unknown[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        await makeOthersLate();
        const { id } = await addUser(here);
        seen.push(await use(id));
      }

      expect(seen).toEqual(Array(ROUNDS).fill(expected));
    });

    test('run a transaction again whose row another node has changed meanwhile', async () => {
      const before = await pointsAt(here);
      let runs = 0;

      await inTransaction(here, 'READ COMMITTED', async (manager) => {
        runs += 1;
        await addPoint(manager);
        if (runs === 1) await inTransaction(elsewhere, 'READ COMMITTED', addPoint);
      });

      expect(runs).toBe(2);
      expect(await pointsAt(here)).toBe(before + 2);
      expect(await pointsAt(elsewhere)).toBe(before + 2);
    });

    test('change the same row from two nodes at once, by single statements and by transactions', async () => {
      const before = await pointsAt(here);
      const work = [here, elsewhere].flatMap((dataSource) => [
        ...Array.from({ length: 20 }, () => addPoint(dataSource.manager)),
        ...Array.from({ length: 20 }, () => inTransaction(dataSource, 'READ COMMITTED', addPoint)),
      ]);

      const outcomes = await Promise.allSettled(work);

      expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
      expect(await pointsAt(elsewhere)).toBe(before + work.length);
    });

    test('go on by another node when its own one loses the cluster, without an error', async () => {
      const [, , third = ''] = cluster.nodeUrls;
      const [, , byBalancer = ''] = cluster.urls;
      const dataSource = await connect(databaseSettings(envOf(byBalancer)));
      const before = await pointsAt(dataSource);
      // Every connection of the pool is open, and to the node that is about to go.
      await Promise.all(Array.from({ length: 10 }, () => dataSource.query('SELECT SLEEP(0.05)')));
      const setIsolated = (isIsolated: boolean) =>
        onNode(third, (connection) =>
          connection.query(`SET GLOBAL wsrep_provider_options = 'gmcast.isolate=${isIsolated ? 1 : 0}'`),
        );
      try {
        await setIsolated(true);
        let hasLeft = false;
        const leaving = leftCluster(third).finally(() => {
          hasLeft = true;
        });
        let done = 0;
        const failures: unknown[] = [];
        const writeUntilAfter = async () => {
          for (let left = ROUNDS_AFTERWARDS; left > 0;) {
            if (hasLeft) left -= 1;
            try {
              await inTransaction(dataSource, 'READ COMMITTED', addPoint);
              done += 1;
              await pointsAt(dataSource);
            } catch (error) {
              failures.push(error);
            }
          }
        };

        await Promise.all([leaving, ...Array.from({ length: 5 }, writeUntilAfter)]);

        expect(failures).toEqual([]);
        expect(await pointsAt(here)).toBe(before + done);
        expect(await pointsAt(elsewhere)).toBe(before + done);
      } finally {
        await setIsolated(false);
        await dataSource.destroy();
        await untilWhole(cluster);
      }
    }, 60_000);
  });

  describe(`with three servers, ${OPERATIONS} operations and kills, seed ${SEED}`, () => {
    let report: GaleraReport;

    beforeAll(
      async () => {
        say(`Galera run: npm run test:galera -- --operations ${OPERATIONS} --seed ${SEED}`);
        report = await galeraRun({
          cluster,
          seed: SEED,
          operations: OPERATIONS,
          serverKills: SERVER_KILLS,
          nodeKills: NODE_KILLS,
          progress: say,
        });
        for (const [what, count] of Object.entries(report.activity)) say(`  ${what.padEnd(20)}${count}`);
        say(`  ${'findings'.padEnd(20)}${report.findings.length}`);
      },
      BEGINNING_AND_END_MS + OPERATIONS * OPERATION_MS + (SERVER_KILLS + NODE_KILLS) * KILL_MS,
    );

    test('does them all, and kills servers and nodes at work', () => {
      const { operations, serverKills, nodeKills, nodeKillsInFlight } = report.activity;
      expect(operations).toBeGreaterThanOrEqual(OPERATIONS);
      expect({ serverKills, nodeKills }).toEqual({ serverKills: SERVER_KILLS, nodeKills: NODE_KILLS });
      expect(nodeKillsInFlight).toBe(NODE_KILLS);
    });

    test('loses nothing, doubles nothing, and tells nobody on one node that what another has just written is not there', () => {
      expect({ findings: report.findings.length, first: report.findings.slice(0, FINDINGS_SHOWN) }).toEqual({
        findings: 0,
        first: [],
      });
    });

    test('ends with the same rows on every node, each of them synced in a cluster of three', () => {
      const [first] = report.nodes;
      expect(report.nodes).toEqual(cluster.nodeUrls.map(() => first));
      expect(first).toMatchObject({ state: 'Synced', clusterSize: 3 });
      expect(first?.tables.point_transaction).not.toMatch(/^0 rows/);
    });

    test('ends with books that are proved against the gateway', () => {
      expect(report.verification.output).toContain('PROVED: ');
      expect(report.verification.exitCode).toBe(0);
    });
  });
}

function envOf(serverUrl: string) {
  return { DATA_DIR: tmpdir(), DATABASE_URL: databaseUrl(serverUrl, DATABASE) };
}

async function reading(dataSource: DataSource, id: string): Promise<boolean> {
  return inTransaction(dataSource, 'READ COMMITTED', (manager) => manager.existsBy(User, { id }));
}

async function leftCluster(nodeUrl: string): Promise<void> {
  await onNode(nodeUrl, async (connection) => {
    let state = '';
    const deadline = Date.now() + LEFT_TIMEOUT_MS;
    while (state !== 'Initialized' && Date.now() < deadline) {
      state = await statusOf(connection, 'wsrep_local_state_comment');
    }
    expect(state).toBe('Initialized');
  });
}

/** Past Jest, which shows the console of a test only at its end. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
