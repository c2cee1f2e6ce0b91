import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { onNpmGone } from './npm-parent.mjs';
import { prepare, PROJECT, runScript } from './prepare.mjs';

const LENGTH_MAX = 100_000;
const SEED_MAX = 2 ** 31 - 1;

/**
 * Runs a random test of `npm test` for as long as its caller likes: `--<option.name> N` is its length, `--seed N` replays
 * its decisions.
 */
export async function runLongTest({ name, present, hint, option, seedVariable, jestArguments }) {
  await runScript(async () => {
    const { values } = parseArgs({
      options: {
        [option.name]: { type: 'string', default: String(option.byDefault) },
        seed: { type: 'string', default: String(Math.floor(Math.random() * SEED_MAX)) },
      },
    });
    const length = values[option.name];
    if (!isWholeNumber(length, 1, LENGTH_MAX)) fail(`--${option.name}: 1 … ${LENGTH_MAX}`);
    if (!isWholeNumber(values.seed, 0, SEED_MAX)) fail(`--seed: 0 … ${SEED_MAX}`);
    if (!present) fail(`${name} 이(가) 없습니다 / ${name} is missing: ${hint}`);
    await prepare();
    process.exit(await runJest(jestArguments, { [option.variable]: length, [seedVariable]: values.seed }));
  });
}

function isWholeNumber(text, min, max) {
  return /^\d{1,10}$/.test(text) && Number(text) >= min && Number(text) <= max;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

/** Jest prints to our own streams; Ctrl-C reaches it from the terminal, other signals are passed on. */
function runJest(args, env) {
  const jest = join(PROJECT, 'node_modules', 'jest', 'bin', 'jest.js');
  const child = spawn(process.execPath, ['--experimental-vm-modules', '--no-warnings', jest, ...args], {
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
