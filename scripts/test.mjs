import './node-version.mjs';
import './help.mjs';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CHROMIUM_HINT,
  GALERA_HINT,
  findChromium,
  findFleetPrograms,
  findGalera,
  findMariadb,
  FLEET_HINT,
  isContinuousIntegration,
  MARIADB_HINT,
} from '../test/support/requirements.mjs';
import { onNpmGone } from './npm-parent.mjs';
import { prepare, PROJECT, runScript } from './prepare.mjs';

await runScript(async () => {
  const missing = missingPrograms();
  for (const { name, suites, hint } of missing) {
    console.log(`! ${name} 이(가) 없어 건너뜁니다 / ${name} is missing, skipped: ${suites}\n  ${hint}`);
  }
  if (missing.length > 0 && isContinuousIntegration()) {
    console.error('CI=true: nothing may be skipped');
    process.exit(1);
  }
  await prepare();

  const folder = mkdtempSync(join(tmpdir(), 'point-top-up-results-'));
  const resultFile = join(folder, 'results.json');
  const exitCode = await runJest(['--json', `--outputFile=${resultFile}`, ...process.argv.slice(2)]);
  if (existsSync(resultFile)) {
    console.log(closingLine(JSON.parse(readFileSync(resultFile, 'utf8')), exitCode));
  } else if (exitCode !== 0) {
    // A fault outside the tests, such as a secret in a log: there are no results, but it did not go well.
    console.log('0 passed, 1 failed');
  }
  rmSync(folder, { recursive: true, force: true });
  process.exit(exitCode);
});

function missingPrograms() {
  return [
    {
      name: 'MariaDB',
      present: Boolean(process.env.TEST_DATABASE_URL) || findMariadb() !== undefined,
      suites: 'every suite "… on MariaDB" (integration, e2e)',
      hint: MARIADB_HINT,
    },
    {
      name: 'Galera',
      present: findGalera() !== undefined,
      suites: 'three servers on a Galera cluster (test/galera)',
      hint: GALERA_HINT,
    },
    {
      name: 'Chromium',
      present: findChromium() !== undefined,
      suites: 'the browser suites (test/browser)',
      hint: CHROMIUM_HINT,
    },
    {
      name: 'Redis, HAProxy',
      present: findFleetPrograms() !== undefined,
      suites: 'the suites of several servers (test/instances)',
      hint: FLEET_HINT,
    },
  ].filter(({ present }) => !present);
}

/** Jest prints to our own streams; Ctrl-C reaches it from the terminal, other signals are passed on. */
function runJest(args) {
  const jest = join(PROJECT, 'node_modules', 'jest', 'bin', 'jest.js');
  const child = spawn(process.execPath, ['--experimental-vm-modules', '--no-warnings', jest, ...args], {
    cwd: PROJECT,
    stdio: 'inherit',
  });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => {});
  onNpmGone(() => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** A suite that could not run, or a fault after the last test, counts as one that failed. */
function closingLine(results, exitCode) {
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const shown = exitCode === 0 ? failed : Math.max(1, failed);
  const skipped = results.numPendingTests > 0 ? `, ${results.numPendingTests} skipped` : '';
  return `${results.numPassedTests} passed, ${shown} failed${skipped}`;
}
