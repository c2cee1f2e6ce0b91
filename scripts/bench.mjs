// npm run bench -- [--cases charge,me] [--pairs 5] [--seconds 5] [--database sqlite|mariadb] [--quick]
// npm run bench -- --history [--rows 3000000], --memory [--requests 1000000], --start [10] or --compare [10000]:
// see docs/performance.md
import './node-version.mjs';
import './help.mjs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findMariadb, MARIADB_HINT } from '../test/support/requirements.mjs';
import { onNpmGone } from './npm-parent.mjs';
import { prepare, PROJECT, runScript } from './prepare.mjs';
import { startProgress } from './progress.mjs';

const DATABASES = ['mariadb', 'sqlite'];
const PAIRS_MAX = 100;
// Orders are checked by recovery a minute after they were made; a run is over before.
const SECONDS_MAX = 30;
const WARM_UP_SECONDS = 3;
// After so many V8's last compiler has taken all that runs once in a request; until then requests leave garbage that grows old.
const WARM_UP_REQUESTS = 16_000;
const RESULTS = join(PROJECT, 'bench', 'results');
/** What is measured: its cases, the databases unless one is named, and the options that only it knows. */
const KINDS = {
  floor: {
    cases: ['charge', 'charge-hot', 'charge-half', 'cancel', 'spend', 'hold', 'me', 'order'],
    databases: DATABASES,
    options: ['cases', 'pairs', 'seconds'],
  },
  history: {
    cases: ['charge', 'spend', 'page-1', 'page-1000'],
    databases: ['mariadb'],
    options: ['cases', 'pairs', 'seconds', 'rows'],
    // Below it not every user has a row. Above it the balance of the heavy one comes near the end of an INT.
    rows: { min: 2000, max: 10_000_000, default: 3_000_000 },
  },
  memory: {
    // Not charge-hot: so many payments of one user are more than an INT holds.
    cases: ['charge', 'cancel', 'me', 'order'],
    databases: ['mariadb'],
    options: ['cases', 'requests'],
    requests: { min: 10, max: 10_000_000, default: 1_000_000 },
  },
  start: { cases: [], databases: DATABASES, options: [] },
  compare: { cases: [], databases: DATABASES, options: [] },
};
const STARTS_MAX = 100;
/** The most that the simulator makes of one day. */
const DAY_PAYMENTS_MAX = 100_000;

await runScript(async () => {
  const { kind, ...options } = readArguments();
  await prepare();
  // Not before: their packages may just have been installed.
  const { productionNodeArguments } = await import('../bench/workplace.mjs');
  const { description, writeResults } = await import('../bench/report.mjs');
  options.nodeArguments ??= productionNodeArguments();
  const machine = description({});
  let cleanUp = async () => {};
  let isEnding = false;
  const end = (status) => {
    isEnding = true;
    void cleanUp().finally(() => process.exit(status));
  };
  process.on('SIGINT', () => end(130));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => end(143));
  onNpmGone(() => end(143));
  try {
    const run = await benchOf(kind);
    const { measured, versions } = await run(options, progress(), (given) => {
      cleanUp = given;
    });
    Object.assign(machine, versions);
    console.log(`\n${await reportOf(kind, measured)}\n`);
    if (options.isQuick) {
      console.log(
        '짧은 실행의 수치는 저장하지 않습니다. / Figures of a quick run mean little and are not kept.',
      );
    } else {
      console.log(`→ ${await writeResults(RESULTS, kind, { machine, options, measured })}`);
    }
  } catch (error) {
    // What was measured is being taken away under the measurement.
    if (isEnding) return;
    console.error(`\n측정하지 못했습니다. / The bench failed.\n${error.stack}`);
    process.exitCode = 1;
  }
});

async function benchOf(kind) {
  if (kind === 'history') return (await import('../bench/history.mjs')).runHistory;
  if (kind === 'memory') return (await import('../bench/memory.mjs')).runMemory;
  if (kind === 'start') return (await import('../bench/start.mjs')).runStart;
  if (kind === 'compare') return (await import('../bench/compare.mjs')).runCompare;
  return (await import('../bench/bench.mjs')).runBench;
}

async function reportOf(kind, measured) {
  const { compareTable, memoryTable, ratios, startTable, table } = await import('../bench/report.mjs');
  if (kind === 'memory') return memoryTable(measured);
  if (kind === 'start') return startTable(measured);
  if (kind === 'compare') return compareTable(measured);
  const ratio =
    kind === 'history'
      ? 'p50 비율(긴 내역/짧은 내역), 쌍마다 / ratio of p50 (filled/few) pair by pair'
      : '비율(우리/바닥), 쌍마다 / ratio (ours/floor) pair by pair';
  return `${table(measured)}\n\n${ratio}\n${ratios(measured)}`;
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      history: { type: 'boolean', default: false },
      memory: { type: 'boolean', default: false },
      start: { type: 'string' },
      compare: { type: 'string' },
      cases: { type: 'string' },
      pairs: { type: 'string' },
      seconds: { type: 'string' },
      rows: { type: 'string' },
      requests: { type: 'string' },
      database: { type: 'string' },
      'node-arguments': { type: 'string' },
      quick: { type: 'boolean', default: false },
    },
  });
  const kinds = ['history', 'memory', 'start', 'compare'].filter((name) => values[name]);
  if (kinds.length > 1) fail(`--${kinds.join(' | --')}`);
  const kind = kinds[0] ?? 'floor';
  const known = KINDS[kind];
  for (const name of new Set(Object.values(KINDS).flatMap(({ options }) => options))) {
    if (values[name] !== undefined && !known.options.includes(name)) {
      fail(`--${name}: ${kinds[0] ? `--${kind} 에는 없음 / not for --${kind}` : whereKnown(name)}`);
    }
  }
  const cases = values.cases?.split(',') ?? known.cases;
  if (!cases.every((name) => known.cases.includes(name))) fail(`--cases: ${known.cases.join(',')}`);
  if (values.database !== undefined && !DATABASES.includes(values.database))
    fail(`--database: ${DATABASES.join('|')}`);
  const databases = values.database === undefined ? known.databases : [values.database];
  if (databases.includes('mariadb') && !process.env.BENCH_DATABASE_URL && !findMariadb()) {
    const hint = MARIADB_HINT.replace('TEST_DATABASE_URL', 'BENCH_DATABASE_URL');
    fail(`MariaDB 이(가) 없습니다. --database sqlite / MariaDB is missing: --database sqlite, or ${hint}`);
  }
  return {
    kind,
    databases,
    isQuick: values.quick,
    ...(values['node-arguments'] !== undefined && {
      nodeArguments: values['node-arguments'].split(' ').filter(Boolean),
    }),
    ...(cases.length > 0 && { cases }),
    ...(known.options.includes('pairs') && {
      pairs: wholeNumber('--pairs', values.pairs ?? (values.quick ? '1' : '5'), 1, PAIRS_MAX),
      seconds: wholeNumber('--seconds', values.seconds ?? (values.quick ? '1' : '5'), 1, SECONDS_MAX),
      warmUpSeconds: values.quick ? 1 : WARM_UP_SECONDS,
      warmUpRequests: values.quick ? 1 : WARM_UP_REQUESTS,
    }),
    ...(kind === 'history' && { rows: counted('rows') }),
    ...(kind === 'memory' && { requests: counted('requests') }),
    ...(kind === 'start' && { starts: wholeNumber('--start', values.start, 1, STARTS_MAX) }),
    ...(kind === 'compare' && { payments: wholeNumber('--compare', values.compare, 1000, DAY_PAYMENTS_MAX) }),
  };

  function counted(name) {
    const { min, max, default: usual } = known[name];
    return wholeNumber(`--${name}`, values[name] ?? String(usual), min, max);
  }
}

function whereKnown(name) {
  const kind = Object.keys(KINDS).find((candidate) => KINDS[candidate].options.includes(name));
  return `--${kind}`;
}

function wholeNumber(name, text, min, max) {
  if (!/^[1-9]\d{0,7}$/.test(text) || Number(text) < min || Number(text) > max)
    fail(`${name}: ${min} … ${max}`);
  return Number(text);
}

/** The bench tells how far it is; one line for each case and database. */
function progress() {
  let line;
  let done = 0;
  let runs = 1;
  return {
    begins(name, database, count) {
      done = 0;
      runs = count;
      line = startProgress(`${name} · ${database}`, () => Math.floor((100 * done) / runs));
    },
    step(count = 1) {
      done += count;
    },
    ends(ok) {
      line.end(ok);
    },
  };
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
