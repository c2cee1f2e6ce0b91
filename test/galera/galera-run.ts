import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { In, type DataSource } from 'typeorm';
import { Cancellation, CancellationState } from '../../src/payment/cancellation.entity.js';
import { letTimePass, settle } from '../crash/aftermath.js';
import { addCustomer, JWT_SECRET } from '../crash/customer.js';
import { Decisions } from '../crash/decisions.js';
import { findingsOf, verifyWithGateway } from '../crash/findings.js';
import { gateway } from '../crash/gateway.js';
import { Instance } from '../crash/instance.js';
import { until } from '../crash/until.js';
import { faultsInBooks, openBooks, readAccount } from '../support/books.js';
import { createDatabase, databaseUrl } from '../support/mariadb.js';
import { freePort } from '../support/free-port.mjs';
import { simulatorSettings, startSimulator } from '../support/server.js';
import {
  BALANCER_FOLLOWS_WITHIN_MS,
  type Cluster,
  type NodeState,
  nodeState,
  onNode,
  untilWhole,
} from './cluster.js';
import {
  type ClusterActivity,
  type ClusterWorld,
  expectedPoints,
  liveOnCluster,
  type Told,
} from './galera-customer.js';

const CUSTOMERS = 9;
/** Of one user, all at the same moment. */
const HOT_ACTORS = 5;
const DATABASE = 'point_galera';
const RECOVERY_INTERVAL_MS = 500;
const GRACE_MS = 4000;
const PREY_TIMEOUT_MS = 20_000;
const NODE_DOWNTIME_MIN_MS = 1000;
const NODE_DOWNTIME_MAX_MS = 3000;
const SERVER_DOWNTIME_MAX_MS = 500;
const WEBHOOK_MOOD_MS = 1500;
const WEBHOOK_MOODS = ['on', 'twice', 'late=300', 'shuffled=6', 'never'];
/** A batch job on one node: the others are behind while they repeat it. */
const BATCH_ROWS = 15_000;
const BATCH_PAUSE_MS = 2500;
const PROGRESS_EVERY_MS = 5000;
/** A run that stands still this long ends, and is seen to be too short. */
const RUN_TIMEOUT_MS = 15 * 60_000;

export interface GaleraRunSettings {
  cluster: Cluster;
  /** Everybody's decisions come from it. */
  seed: number;
  operations: number;
  serverKills: number;
  nodeKills: number;
  progress: (line: string) => void;
}

export interface GaleraReport {
  activity: ClusterActivity & {
    serverKills: number;
    nodeKills: number;
    /** Kills of a node whose server was working on calls. */
    nodeKillsInFlight: number;
    seconds: number;
  };
  findings: string[];
  nodes: NodeState[];
  verification: { exitCode: number; output: string };
}

/**
 * Three servers, each on a node of its own while that lives, customers who go from one to the other, and kills of servers and
 * nodes. In the end what customers were told, the books and the gateway are compared, and the nodes with each other.
 */
export async function galeraRun({
  cluster,
  seed,
  operations,
  serverKills,
  nodeKills,
  progress,
}: GaleraRunSettings): Promise<GaleraReport> {
  const startedAtMs = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'point-top-up-galera-run-'));
  const simulator = await startSimulator({
    env: { IAMPORT_SIMULATOR_DATA: join(folder, 'simulator.db'), IAMPORT_SIMULATOR_SEED: String(seed) },
  });
  const theGateway = gateway(simulator.url);
  const [firstNode = ''] = cluster.nodeUrls;
  await createDatabase(firstNode, DATABASE);
  const envs = cluster.urls.map((url) => ({
    DATA_DIR: folder,
    DATABASE_URL: databaseUrl(url, DATABASE),
    ...simulatorSettings(simulator.url),
    JWT_SECRET,
    RATE_LIMIT: 'off',
    POINT_MAX_BALANCE: '1000000000',
    RECOVERY_INTERVAL_MS: String(RECOVERY_INTERVAL_MS),
    RECOVERY_GRACE_MS: String(GRACE_MS),
  }));
  let books: DataSource | undefined;
  let instances: Instance[] = [];
  try {
    const [env] = envs;
    if (!env) throw new Error('there is no node');
    books = await openBooks(env);
    instances = await Promise.all(
      envs.map(async (each) => new Instance(`http://127.0.0.1:${await freePort()}`, each)),
    );
    await Promise.all(instances.map((instance) => instance.start()));

    const activity: ClusterActivity = {
      operations: 0,
      credits: 0,
      repetitions: 0,
      cancels: 0,
      readsElsewhere: 0,
      answersLost: 0,
      unavailable: 0,
    };
    const deaths = { serverKills: 0, nodeKills: 0, nodeKillsInFlight: 0 };
    const findings: string[] = [];
    let nodeAway = false;
    let killsAreOver = false;
    const deadline = Date.now() + RUN_TIMEOUT_MS;
    const isOver = () => (killsAreOver && activity.operations >= operations) || Date.now() > deadline;
    const isAt = (share: number) =>
      until(() => isOver() || activity.operations >= operations * share, RUN_TIMEOUT_MS);
    const world: ClusterWorld = {
      instances,
      gateway: theGateway,
      activity,
      findings,
      isNodeAway: () => nodeAway,
      isOver,
    };

    const living: Promise<Told>[] = [];
    for (let number = 1; number <= CUSTOMERS; number++) {
      const name = `customer-${number}`;
      living.push(liveOnCluster(name, await addCustomer(books), new Decisions(seed, name), world, false));
    }
    const hotCustomer = await addCustomer(books);
    for (let number = 1; number <= HOT_ACTORS; number++) {
      const name = `hot-${number}`;
      living.push(liveOnCluster(name, hotCustomer, new Decisions(seed, name), world, true));
    }
    const timer = setInterval(() => {
      progress(
        `${activity.operations} of ${operations} operations; ${deaths.serverKills} of ${serverKills} servers and ` +
          `${deaths.nodeKills} of ${nodeKills} nodes killed`,
      );
    }, PROGRESS_EVERY_MS);

    const [told] = await Promise.all([
      Promise.all(living),
      changeWebhooks(new Decisions(seed, 'webhooks'), world),
      keepNodesBusy(cluster, world),
      Promise.all([
        killServers(new Decisions(seed, 'server-deaths')),
        killNodes(new Decisions(seed, 'node-deaths')),
      ]).finally(() => {
        killsAreOver = true;
      }),
    ]).finally(() => clearInterval(timer));
    const seconds = Math.round((performance.now() - startedAtMs) / 1000);

    progress('no more kills; recovery finishes');
    await theGateway.setWebhooks('on', null);
    await letTimePass(books);
    await settle(books, theGateway);
    await Promise.all(instances.map((instance) => instance.kill()));
    await untilWhole(cluster);

    return {
      activity: { ...activity, ...deaths, seconds },
      findings: [
        ...findings,
        ...(await findingsOf(books, await theGateway.payments())),
        ...(await findingsAgainst(books, told)),
      ],
      nodes: await Promise.all(cluster.nodeUrls.map((url) => nodeState(url, DATABASE))),
      verification: await verifyWithGateway(env),
    };

    async function killServers(decisions: Decisions): Promise<void> {
      for (let kill = 1; kill <= serverKills; kill++) {
        await isAt(kill / (serverKills + 1));
        const instance = decisions.pick(instances);
        await until(() => instance.callsInFlight > 0, PREY_TIMEOUT_MS);
        await instance.kill();
        deaths.serverKills += 1;
        await sleep(decisions.whole(0, SERVER_DOWNTIME_MAX_MS));
        await instance.start();
      }
    }

    async function killNodes(decisions: Decisions): Promise<void> {
      for (let kill = 1; kill <= nodeKills; kill++) {
        await isAt((kill - 0.5) / nodeKills);
        const node = decisions.whole(0, cluster.nodeUrls.length - 1);
        const instance = instances[node];
        await until(() => (instance?.callsInFlight ?? 0) > 0, PREY_TIMEOUT_MS);
        if ((instance?.callsInFlight ?? 0) > 0) deaths.nodeKillsInFlight += 1;
        nodeAway = true;
        await cluster.kill(node);
        deaths.nodeKills += 1;
        await sleep(decisions.whole(NODE_DOWNTIME_MIN_MS, NODE_DOWNTIME_MAX_MS));
        await cluster.start(node);
        await sleep(BALANCER_FOLLOWS_WITHIN_MS);
        nodeAway = false;
      }
    }
  } finally {
    await Promise.all(instances.map((instance) => instance.kill()));
    await books?.destroy();
    await simulator.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Webhooks come now in one way, now in another, to one server or the other. */
async function changeWebhooks(
  decisions: Decisions,
  { instances, gateway, isOver }: ClusterWorld,
): Promise<void> {
  while (!isOver()) {
    await gateway.setWebhooks(
      decisions.pick(WEBHOOK_MOODS),
      `${decisions.pick(instances).url}/webhooks/iamport`,
    );
    await sleep(WEBHOOK_MOOD_MS);
  }
}

/** Other work on the same cluster, so that what one node has committed is not at once on the others. */
async function keepNodesBusy({ nodeUrls }: Cluster, { isNodeAway, isOver }: ClusterWorld): Promise<void> {
  const [first = ''] = nodeUrls;
  await onNode(first, makeBatchTable);
  for (let turn = 0; !isOver(); turn++) {
    try {
      await onNode(nodeUrls[turn % nodeUrls.length] ?? first, runBatch);
    } catch (error) {
      // Of a dead node nothing else is to be expected.
      if (!isNodeAway()) throw error;
    }
    await sleep(BATCH_PAUSE_MS);
  }
}

/** A table of somebody else on the same cluster. */
export async function makeBatchTable(connection: {
  query: (sql: string) => Promise<unknown>;
}): Promise<void> {
  await connection.query('CREATE DATABASE IF NOT EXISTS batch');
  await connection.query('CREATE TABLE IF NOT EXISTS batch.job (id int PRIMARY KEY, note varchar(100))');
}

/** One large transaction, which the other nodes have to repeat before anything that comes after it. */
export async function runBatch(connection: { query: (sql: string) => Promise<unknown> }): Promise<void> {
  await connection.query(
    `REPLACE INTO batch.job SELECT seq, CONCAT(UUID(), UUID()) FROM batch.seq_1_to_${BATCH_ROWS}`,
  );
}

/** What customers were told and the books do not say, and faults of each customer's own books. */
async function findingsAgainst(books: DataSource, told: Told[]): Promise<string[]> {
  const byUser = new Map<string, Told>();
  for (const { ownerId, credits, cancels } of told) {
    const known = byUser.get(ownerId);
    byUser.set(ownerId, {
      ownerId,
      credits: new Map([...(known?.credits ?? []), ...credits]),
      cancels: new Map([...(known?.cancels ?? []), ...cancels]),
    });
  }
  const findings: string[] = [];
  for (const known of byUser.values()) {
    const { ownerId, credits, cancels } = known;
    const { balance, rows } = await readAccount(books, ownerId);
    const amounts = new Map(rows.map(({ id, amount }) => [id, amount]));
    for (const [id, amount] of credits) {
      if (amounts.get(id) !== amount)
        findings.push(`lost: ${ownerId} was told of the credit ${id} of ${amount}`);
    }
    // Those whose end nobody was told have ended since.
    const ended = await books.manager.findBy(Cancellation, { id: In([...cancels.keys()]) });
    for (const { id, state } of ended) {
      const cancel = cancels.get(id);
      if (cancel?.state === 'DONE' && state !== CancellationState.DONE) findings.push(`lost: ${id} was DONE`);
      if (cancel) cancel.state = state;
    }
    const { most, open } = expectedPoints(known);
    if (balance.point !== most || open !== 0) {
      findings.push(`${ownerId} has ${balance.point} points; by what they were told it should be ${most}`);
    }
    findings.push(...(await faultsInBooks(books, ownerId)).map((fault) => `${ownerId}: ${fault}`));
  }
  return findings;
}
