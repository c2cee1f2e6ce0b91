// npm run test:crash -- --kills 1000 [--seed N]: the random run of the tests, as long as you like.
import './node-version.mjs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findMariadb, MARIADB_HINT } from '../test/support/requirements.mjs';
import { onNpmGone } from './npm-parent.mjs';
import { prepare, PROJECT, runScript } from './prepare.mjs';

const KILLS_DEFAULT = '1000';
const KILLS_MAX = 100_000;
const SEED_MAX = 2 ** 31 - 1;

await runScript(async () => {
  const { kills, seed } = readArguments();
  if (!findMariadb()) fail(`MariaDB 이(가) 없습니다 / MariaDB is missing: ${MARIADB_HINT}`);
  await prepare();
  process.exit(await runJest({ CRASH_KILLS: kills, CRASH_SEED: seed }));
});

function readArguments() {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: KILLS_DEFAULT },
      seed: { type: 'string', default: String(Math.floor(Math.random() * SEED_MAX)) },
    },
  });
  if (!isWholeNumber(values.kills, 1, KILLS_MAX)) fail(`--kills: 1 … ${KILLS_MAX}`);
  if (!isWholeNumber(values.seed, 0, SEED_MAX)) fail(`--seed: 0 … ${SEED_MAX}`);
  return values;
}

function isWholeNumber(text, min, max) {
  return /^\d{1,10}$/.test(text) && Number(text) >= min && Number(text) <= max;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

/** Jest prints to our own streams; Ctrl-C reaches it from the terminal, other signals are passed on. */
function runJest(env) {
  const jest = join(PROJECT, 'node_modules', 'jest', 'bin', 'jest.js');
  const args = ['--experimental-vm-modules', '--no-warnings', jest, '--selectProjects', 'crash'];
  const child = spawn(process.execPath, [...args, '--testPathPatterns', 'random-run'], {
    cwd: PROJECT,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => {});
  onNpmGone(() => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
