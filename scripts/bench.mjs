// npm run bench -- [--cases charge,me] [--pairs 5] [--seconds 5] [--database sqlite|mariadb] [--quick] [--profile folder]
import './node-version.mjs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findMariadb, MARIADB_HINT } from '../test/support/requirements.mjs';
import { onNpmGone } from './npm-parent.mjs';
import { prepare, PROJECT, runScript } from './prepare.mjs';
import { startProgress } from './progress.mjs';

const CASE_NAMES = ['charge', 'charge-hot', 'cancel', 'me', 'order'];
const DATABASES = ['mariadb', 'sqlite'];
const PAIRS_MAX = 100;
// Orders are checked by recovery a minute after they were made; a run is over before.
const SECONDS_MAX = 30;
const WARM_UP_SECONDS = 3;
const WARM_UP_REQUESTS = 2000;
const RESULTS = join(PROJECT, 'bench', 'results');

await runScript(async () => {
  const options = readArguments();
  await prepare();
  // Not before: their packages may just have been installed.
  const { runBench } = await import('../bench/bench.mjs');
  const { description, ratios, table, writeResults } = await import('../bench/report.mjs');
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
    const { measured, versions } = await runBench(options, progress(), (given) => {
      cleanUp = given;
    });
    Object.assign(machine, versions);
    console.log(
      `\n${table(measured)}\n\n비율(우리/바닥), 쌍마다 / ratio (ours/floor) pair by pair\n${ratios(measured)}\n`,
    );
    if (options.profileFolder) {
      const { selfTimes } = await import('../bench/profile.mjs');
      console.log(selfTimes(options.profileFolder));
    }
    if (options.isQuick || options.profileFolder) {
      console.log(
        '짧은 실행과 프로파일링 중의 수치는 저장하지 않습니다. / Figures of a quick or a profiled run mean little and are not kept.',
      );
    } else {
      console.log(`→ ${await writeResults(RESULTS, { machine, options, measured })}`);
    }
  } catch (error) {
    // What was measured is being taken away under the measurement.
    if (isEnding) return;
    console.error(`\n측정하지 못했습니다. / The bench failed.\n${error.stack}`);
    process.exitCode = 1;
  }
});

function readArguments() {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string', default: CASE_NAMES.join(',') },
      pairs: { type: 'string' },
      seconds: { type: 'string' },
      database: { type: 'string' },
      quick: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const cases = values.cases.split(',');
  if (!cases.every((name) => CASE_NAMES.includes(name))) fail(`--cases: ${CASE_NAMES.join(',')}`);
  if (values.database !== undefined && !DATABASES.includes(values.database))
    fail(`--database: ${DATABASES.join('|')}`);
  const databases = values.database === undefined ? DATABASES : [values.database];
  if (databases.includes('mariadb') && !process.env.BENCH_DATABASE_URL && !findMariadb()) {
    const hint = MARIADB_HINT.replace('TEST_DATABASE_URL', 'BENCH_DATABASE_URL');
    fail(`MariaDB 이(가) 없습니다. --database sqlite / MariaDB is missing: --database sqlite, or ${hint}`);
  }
  return {
    cases,
    databases,
    pairs: wholeNumber('--pairs', values.pairs ?? (values.quick ? '1' : '5'), PAIRS_MAX),
    seconds: wholeNumber('--seconds', values.seconds ?? (values.quick ? '1' : '5'), SECONDS_MAX),
    warmUpSeconds: values.quick ? 1 : WARM_UP_SECONDS,
    warmUpRequests: values.quick ? 1 : WARM_UP_REQUESTS,
    isQuick: values.quick,
    ...(values.profile && { profileFolder: resolve(values.profile) }),
  };
}

function wholeNumber(name, text, max) {
  if (!/^[1-9]\d{0,3}$/.test(text) || Number(text) > max) fail(`${name}: 1 … ${max}`);
  return Number(text);
}

/** The bench tells how far it is; one line for each case and database. */
function progress() {
  let line;
  let done = 0;
  let runs = 1;
  return {
    begins(caseName, database, count) {
      done = 0;
      runs = count;
      line = startProgress(`${caseName} · ${database}`, () => Math.floor((100 * done) / runs));
    },
    run() {
      done += 1;
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
