// What `npm pack ./package` runs first: compiles the module and its programs, with their types, into package/dist.
import './node-version.mjs';
import { spawnSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PrepareError, prepare, PROJECT, runScript } from './prepare.mjs';

const FOLDER = join(PROJECT, 'package');

await runScript(async () => {
  await prepare({ build: false });
  rmSync(join(FOLDER, 'dist'), { recursive: true, force: true });
  const compiler = join(PROJECT, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.package.json'], {
    cwd: PROJECT,
    encoding: 'utf8',
  });
  if (status !== 0) throw new PrepareError(stdout);
  copyFileSync(join(PROJECT, 'LICENSE'), join(FOLDER, 'LICENSE'));
});
