import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { databaseUrl } from '../support/mariadb.js';
import { startMortalProgram } from '../support/mortal-program.js';

const SYNCED_TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 200;
/** A balancer sees within it that a node is back, and ends its clients' connections to the others. */
export const BALANCER_FOLLOWS_WITHIN_MS = 4000;

/** Three nodes that can lose their power, and for each of them a balancer that prefers it. */
export interface Cluster {
  /** Of the nodes themselves, without a database. */
  nodeUrls: string[];
  /** Of the balancers: what a server is given. */
  urls: string[];
  /** SIGKILL. */
  kill: (node: number) => Promise<void>;
  /** Starts it again, and waits until it has what it missed. */
  start: (node: number) => Promise<void>;
  stop: () => Promise<void>;
}

/** What a node says of itself and has. */
export interface NodeState {
  state: string;
  clusterSize: number;
  /** By name: how many rows, and a hash of all of them in the order of their keys. */
  tables: Record<string, string>;
}

export async function startCluster(): Promise<Cluster> {
  const { ready, tell, stop } =
    await startMortalProgram<Pick<Cluster, 'nodeUrls' | 'urls'>>('./private-galera.mjs');
  return {
    ...ready,
    kill: (node) => tell({ type: 'kill', node }),
    start: (node) => tell({ type: 'start', node }),
    stop,
  };
}

/** Runs statements on one node itself. */
export async function onNode<Result>(
  url: string,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const connection = await createConnection(url.replace('mariadb:', 'mysql:'));
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}

export async function statusOf(connection: Connection, name: string): Promise<string> {
  const [rows] = await connection.query<RowDataPacket[]>(`SHOW STATUS LIKE '${name}'`);
  return String(rows[0]?.Value);
}

/** Waits until every node is a synced part of a whole cluster, and balancers know it. What is wrong then is seen afterwards. */
export async function untilWhole({ nodeUrls }: Cluster): Promise<void> {
  const deadline = Date.now() + SYNCED_TIMEOUT_MS;
  const isWhole = (url: string) =>
    onNode(
      url,
      async (connection) =>
        (await statusOf(connection, 'wsrep_local_state_comment')) === 'Synced' &&
        Number(await statusOf(connection, 'wsrep_cluster_size')) === nodeUrls.length,
    );
  while (!(await Promise.all(nodeUrls.map(isWhole))).every(Boolean) && Date.now() < deadline) {
    await sleep(LOOK_EVERY_MS);
  }
  await sleep(BALANCER_FOLLOWS_WITHIN_MS);
}

/** The state and all rows of one node, after everything that the others had committed. */
export async function nodeState(nodeUrl: string, database: string): Promise<NodeState> {
  return onNode(databaseUrl(nodeUrl, database), async (connection) => {
    await connection.query('SET SESSION wsrep_sync_wait = 7');
    const [names] = await connection.query<RowDataPacket[]>('SHOW TABLES');
    const tables: NodeState['tables'] = {};
    for (const name of names.map((row) => String(Object.values(row)[0]))) {
      const [rows] = await connection.query<RowDataPacket[]>(`SELECT * FROM \`${name}\` ORDER BY 1`);
      tables[name] = `${rows.length} rows ${createHash('sha256').update(JSON.stringify(rows)).digest('hex')}`;
    }
    return {
      state: await statusOf(connection, 'wsrep_local_state_comment'),
      clusterSize: Number(await statusOf(connection, 'wsrep_cluster_size')),
      tables,
    };
  });
}
