// A program of its own, as private-mariadb.mjs: runs a Galera cluster of three nodes, and in front of it three HAProxys, each
// with another node as its first, for as long as its parent lives.
//
// Messages of the parent: `kill` ends a node like a power cut, `start` lets it join again.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createConnection } from 'mysql2/promise';
import { freePort } from './free-port.mjs';
import {
  answers,
  createUser,
  dataOptions,
  finished,
  hasEnded,
  installData,
  IS_ROOT,
  run,
  SERVER_OPTIONS,
  tail,
} from './mariadb-process.mjs';
import { findGalera } from './requirements.mjs';

/** Nodes that apply the changes of others several at a time, as busy ones do, and one that is as it comes. */
const APPLIER_THREADS = [4, 1, 4];
const NEW_CLUSTER = ['--wsrep-new-cluster', '--wsrep-cluster-address=gcomm://'];
const USER = 'point_test';
const BALANCER_CONFIG = fileURLToPath(new URL('../../deploy/galera/haproxy.cfg', import.meta.url));
/** The cluster notices a dead node sooner than it does by default (5 s), so that a run need not wait for it. */
const FAILURE_TIMERS = [
  'evs.keepalive_period=PT0.5S',
  'evs.inactive_check_period=PT0.25S',
  'evs.suspect_timeout=PT2S',
  'evs.inactive_timeout=PT5S',
];

/** Not root, as whom rsync would give its rights away and could then not write the data of a node. */
const RUN_AS = 'mysql';

const folder = mkdtempSync(join(tmpdir(), 'point-top-up-galera-'));
if (IS_ROOT) chmodSync(folder, 0o755);
const password = randomBytes(16).toString('hex');
const log = join(folder, 'cluster.log');
let programs;
let nodes = [];
let balancers = [];

process.on('disconnect', () => void end());
process.on('SIGTERM', () => void end());

await tell(async () => {
  await start();
  return {
    type: 'ready',
    nodeUrls: nodes.map(urlOf),
    urls: balancers.map(urlOf),
  };
});
process.on('message', ({ type, node }) => {
  if (type === 'kill') void tell(async () => (await kill(nodes[node].running), { type: 'killed' }));
  if (type === 'start') void tell(async () => (await startAgain(nodes[node]), { type: 'started' }));
});

async function tell(work) {
  try {
    process.send(await work());
  } catch (error) {
    process.send({ type: 'failed', message: `${error.message}\n${tail(log)}` }, () => void end());
  }
}

/** The data is thrown away, so there is nothing to shut down in order. */
async function end() {
  await Promise.all([...nodes, ...balancers].map(({ running }) => kill(running)));
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  process.exit(0);
}

async function kill(child, signal = 'SIGKILL') {
  if (!child || hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

async function start() {
  programs = findGalera();
  if (!programs) throw new Error('Galera is not installed');
  nodes = await Promise.all(APPLIER_THREADS.map(newNode));
  const [first, ...others] = nodes;
  await makeData(first, others);
  await startNode(first, NEW_CLUSTER);
  for (const node of others) await startNode(node, [joining()]);
  balancers = await Promise.all(nodes.map((_, index) => startBalancer(index)));
}

async function newNode(applierThreads, index) {
  const nodeFolder = join(folder, String(index + 1));
  mkdirSync(nodeFolder);
  const [port, groupPort, istPort, sstPort] = await Promise.all(Array.from({ length: 4 }, freePort));
  return {
    name: `node${index + 1}`,
    data: join(nodeFolder, 'data'),
    log: join(nodeFolder, 'error.log'),
    applierThreads,
    port,
    groupPort,
    istPort,
    sstPort,
  };
}

/** All nodes begin with the same data and the same place in its history, so that hardly anything has to be copied. */
async function makeData(first, others) {
  await installData(programs.installer, dataOptions(first.data, RUN_AS), first.log);
  await startNode(first, NEW_CLUSTER);
  const connection = await createConnection({ socketPath: socketOf(first), user: 'root' });
  for (const statement of createUser(USER, password)) await connection.query(statement);
  await connection.query('CREATE USER haproxy');
  await connection.end();
  await kill(first.running, 'SIGTERM');
  for (const node of others) {
    // Not by Node, which would copy as root.
    await finished(run('cp', ['-a', first.data, node.data], node.log), 'the copy');
  }
}

async function startNode(node, options) {
  node.running = run(programs.server, [...nodeOptions(node), ...options], node.log);
  if (!(await answers(node.running, socketOf(node), isSynced))) {
    throw new Error(`${node.name} did not start:\n${tail(node.log)}`);
  }
}

function nodeOptions(node) {
  const providerOptions = [
    `gmcast.listen_addr=tcp://127.0.0.1:${node.groupPort}`,
    `ist.recv_addr=127.0.0.1:${node.istPort}`,
    'gcache.size=32M',
    ...FAILURE_TIMERS,
  ];
  return [
    ...dataOptions(node.data, RUN_AS),
    ...SERVER_OPTIONS,
    `--port=${node.port}`,
    `--socket=${socketOf(node)}`,
    '--innodb-log-file-size=16M',
    '--binlog-format=ROW',
    '--innodb-autoinc-lock-mode=2',
    `--wsrep-slave-threads=${node.applierThreads}`,
    '--wsrep-on=ON',
    `--wsrep-provider=${programs.provider}`,
    `--wsrep-provider-options=${providerOptions.join(';')}`,
    '--wsrep-cluster-name=point-test',
    '--wsrep-sst-method=rsync',
    `--wsrep-sst-receive-address=127.0.0.1:${node.sstPort}`,
    `--wsrep-node-name=${node.name}`,
    '--wsrep-node-address=127.0.0.1',
  ];
}

function socketOf(node) {
  return join(node.data, 'socket');
}

/** As galera_recovery does for systemd: what a killed node has is asked first, so that it gets only what it lacks. */
async function startAgain(node) {
  const recoveryLog = `${node.log}.recovery`;
  rmSync(recoveryLog, { force: true });
  await finished(
    run(programs.server, [...nodeOptions(node), joining(), '--wsrep-recover'], recoveryLog),
    'the recovery',
  );
  const [, position] = readFileSync(recoveryLog, 'utf8').match(/Recovered position: (\S+)/) ?? [];
  if (!position) throw new Error(`${node.name} does not know its place in the history`);
  await startNode(node, [joining(), `--wsrep-start-position=${position}`]);
}

function joining() {
  return `--wsrep-cluster-address=gcomm://${nodes.map(({ groupPort }) => `127.0.0.1:${groupPort}`).join(',')}`;
}

async function isSynced(connection) {
  const [rows] = await connection.query(`SHOW STATUS LIKE 'wsrep_local_state_comment'`);
  return rows[0]?.Value === 'Synced';
}

async function startBalancer(index) {
  const port = await freePort();
  const inOrder = [...nodes.slice(index), ...nodes.slice(0, index)];
  const env = { ...process.env, GALERA_BIND: `127.0.0.1:${port}` };
  inOrder.forEach((node, place) => {
    env[`GALERA_${place + 1}`] = `127.0.0.1:${node.port}`;
  });
  const balancer = { port, running: run(programs.balancer, ['-db', '-f', BALANCER_CONFIG], log, env) };
  if (!(await answers(balancer.running, urlOf(balancer)))) throw new Error('HAProxy did not start');
  return balancer;
}

function urlOf({ port }) {
  return `mariadb://${USER}:${password}@127.0.0.1:${port}`;
}
