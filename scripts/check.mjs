import './node-version.mjs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, PROJECT, runScript } from './prepare.mjs';

const CHECKS = [
  { name: 'format', program: 'prettier/bin/prettier.cjs', args: ['--check', '.'] },
  { name: 'lint', program: 'oxlint/bin/oxlint', args: ['--type-aware'] },
  { name: 'types of src', program: 'typescript/bin/tsc', args: ['-p', 'tsconfig.json', '--noEmit'] },
  { name: 'types of tests', program: 'typescript/bin/tsc', args: ['-p', 'test/tsconfig.json', '--noEmit'] },
];

await runScript(async () => {
  await prepare({ build: false });
  // All of them run: one look shows everything that is to be mended.
  const reports = CHECKS.map(({ name, program, args }) => {
    console.log(`\n── ${name}`);
    const startedAt = Date.now();
    const { status } = spawnSync(process.execPath, [join(PROJECT, 'node_modules', program), ...args], {
      cwd: PROJECT,
      stdio: 'inherit',
    });
    return { name, ok: status === 0, seconds: ((Date.now() - startedAt) / 1000).toFixed(1) };
  });
  console.log('');
  for (const { name, ok, seconds } of reports) console.log(`${ok ? '✓' : '✗'} ${name}  ${seconds}s`);
  process.exit(reports.every(({ ok }) => ok) ? 0 : 1);
});
