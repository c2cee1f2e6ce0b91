// `npm run test:planted-bugs`: plants one bug after the other into a copy of the sources and shows that the tests notice each.
// Exit code 1 when a bug survives, when one no longer fits the sources, or when the tests are red without any.
import './node-version.mjs';
import './help.mjs';
import { fork, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLANTED_BUGS } from '../test/planted-bugs/planted-bugs.mjs';
import { findMariadb, isContinuousIntegration, MARIADB_HINT } from '../test/support/requirements.mjs';
import { prepare, PROJECT, runScript } from './prepare.mjs';

/** Two databases and as many simulators already fill a small machine. */
const AT_ONCE = 2;
const RUN_TIMEOUT_MS = 3 * 60_000;
/** The tests of all bugs, one after the other. */
const RUN_WITHOUT_BUG_TIMEOUT_MS = 15 * 60_000;
const MARIADB_READY_TIMEOUT_MS = 90_000;
const COPIED = ['src', 'simulator', 'test', 'dist', 'jest.config.mjs', 'package.json'];

await runScript(async () => {
  await prepare();
  const wanted = process.argv.slice(2).join(' ');
  const mariadb = await startMariadb();
  const bugs = PLANTED_BUGS.filter(
    ({ name, needsMariadb }) => name.includes(wanted) && (mariadb || !needsMariadb),
  );
  if (bugs.length === 0) {
    console.error(`no planted bug has "${wanted}" in its name`);
    process.exit(1);
  }
  const folder = mkdtempSync(join(tmpdir(), 'point-top-up-planted-'));
  try {
    const isGood = (await withoutBug(folder, bugs, mariadb)) && (await withEach(folder, bugs, mariadb));
    process.exitCode = isGood ? 0 : 1;
  } finally {
    mariadb?.end();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Tests that are red anyway would prove nothing about a bug. */
async function withoutBug(folder, bugs, mariadb) {
  const suites = [...new Set(bugs.map(({ suite }) => suite))];
  const tests = bugs.map((bug) => `(${bug.tests})`).join('|');
  const { outcome, output } = await runTests(
    copyOfSources(folder, 'none'),
    suites,
    tests,
    mariadb,
    RUN_WITHOUT_BUG_TIMEOUT_MS,
  );
  console.log(`${outcome === 'green' ? '✓' : '✗'} without a bug: ${outcome}`);
  if (outcome !== 'green') console.log(output);
  return outcome === 'green';
}

async function withEach(folder, bugs, mariadb) {
  const queue = bugs.entries();
  let survivors = 0;
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (const [index, bug] of queue) {
      const startedAt = Date.now();
      const copy = copyOfSources(folder, String(index));
      const outcome = plant(copy, bug)
        ? (await runTests(copy, [bug.suite], bug.tests, mariadb)).outcome
        : 'it no longer fits the sources';
      rmSync(copy, { recursive: true, force: true });
      const isCaught = outcome === 'red';
      if (!isCaught) survivors += 1;
      const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
      console.log(
        `${isCaught ? '✓ caught  ' : '✗ SURVIVED'} ${bug.name}  (${isCaught ? '' : `${outcome}, `}${seconds} s)`,
      );
    }
  });
  await Promise.all(workers);
  console.log(`${bugs.length - survivors} of ${bugs.length} planted bugs were caught`);
  return survivors === 0;
}

function copyOfSources(folder, name) {
  const copy = join(folder, name);
  for (const entry of COPIED) cpSync(join(PROJECT, entry), join(copy, entry), { recursive: true });
  symlinkSync(join(PROJECT, 'node_modules'), join(copy, 'node_modules'), 'dir');
  return copy;
}

/** @returns false when the place for the bug is not there exactly once. */
function plant(copy, { file, find, replace }) {
  const path = join(copy, file);
  const parts = readFileSync(path, 'utf8').split(find);
  if (parts.length !== 2) return false;
  writeFileSync(path, parts.join(replace));
  return true;
}

/** Green or red by the tests that ran; anything else is neither, such as a pattern that fits no test. */
async function runTests(copy, suites, tests, mariadb, timeoutMs = RUN_TIMEOUT_MS) {
  const resultFile = join(copy, 'results.json');
  const jest = join(copy, 'node_modules', 'jest', 'bin', 'jest.js');
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings',
      jest,
      '--runInBand',
      '--selectProjects',
      'unit',
      'integration',
      '--testPathPatterns',
      ...suites,
      '--testNamePattern',
      tests,
      '--json',
      `--outputFile=${resultFile}`,
    ],
    {
      cwd: copy,
      env: { ...process.env, ...(mariadb && { TEST_DATABASE_URL: mariadb.url }) },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: timeoutMs,
    },
  );
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { outcome: outcomeOf(resultFile), output };
}

function outcomeOf(resultFile) {
  let results;
  try {
    results = JSON.parse(readFileSync(resultFile, 'utf8'));
  } catch {
    return 'the tests did not come to an end';
  }
  const failed = results.testResults.filter(({ status }) => status === 'failed');
  if (failed.some(({ assertionResults }) => assertionResults.length === 0)) return 'a suite could not run';
  // One whose tests are all green failed after them: many suites add their books up once, in `afterAll`.
  if (failed.length > 0) return 'red';
  return results.numPassedTests > 0 ? 'green' : 'no test has such a name';
}

/** One MariaDB for all runs; it ends with this process however this process ends. */
function startMariadb() {
  if (process.env.TEST_DATABASE_URL) return { url: process.env.TEST_DATABASE_URL, end: () => undefined };
  if (!findMariadb()) {
    if (isContinuousIntegration()) throw new Error(`MariaDB is missing and CI=true: ${MARIADB_HINT}`);
    console.log(
      `! MariaDB 이(가) 없어 건너뜁니다 / MariaDB is missing, its bugs are skipped\n  ${MARIADB_HINT}`,
    );
    return undefined;
  }
  const child = fork(join(PROJECT, 'test', 'support', 'private-mariadb.mjs'), { detached: true });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('MariaDB did not start')), MARIADB_READY_TIMEOUT_MS);
    child.on('error', reject);
    child.on('message', (message) => {
      clearTimeout(timer);
      if (message.type === 'ready') resolve({ url: message.url, end: () => child.disconnect() });
      else reject(new Error(message.message));
    });
  });
}
