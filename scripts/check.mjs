import './node-version.mjs';
import './help.mjs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setGitHooks } from './git-hooks.mjs';
import { prepare, PROJECT, runScript } from './prepare.mjs';

const CHECKS = [
  { name: 'format', program: 'prettier/bin/prettier.cjs', args: ['--check', '.'] },
  { name: 'lint', program: 'oxlint/bin/oxlint', args: ['--type-aware'] },
  { name: 'types of src', program: 'typescript/bin/tsc', args: ['-p', 'tsconfig.json', '--noEmit'] },
  { name: 'types of simulator', program: 'typescript/bin/tsc', args: ['-p', 'simulator', '--noEmit'] },
  { name: 'types of tests', program: 'typescript/bin/tsc', args: ['-p', 'test/tsconfig.json', '--noEmit'] },
];

await runScript(async () => {
  await prepare({ build: false });
  setGitHooks();
  // All of them run, at the same time: one look shows everything that is to be corrected.
  const reports = await Promise.all(CHECKS.map(run));
  console.log('');
  for (const { name, ok, seconds } of reports) console.log(`${ok ? '✓' : '✗'} ${name}  ${seconds}s`);
  process.exit(reports.every(({ ok }) => ok) ? 0 : 1);
});

/** Shows what a check says when it has ended, so that they do not talk at once. */
async function run({ name, program, args }) {
  const startedAt = Date.now();
  const child = spawn(process.execPath, [join(PROJECT, 'node_modules', program), ...args], {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(process.stdout.isTTY && { FORCE_COLOR: '1' }) },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  }
  const status = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  console.log(`\n── ${name}\n${said.trimEnd()}`);
  return { name, ok: status === 0, seconds: ((Date.now() - startedAt) / 1000).toFixed(1) };
}
