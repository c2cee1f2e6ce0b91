// Lets git look at format and lint before each commit (.husky/). Whoever only starts the server never gets here.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './prepare.mjs';

/** Called by what people run who change the code. Does nothing in CI, in a folder that is no checkout, and over other hooks. */
export function setGitHooks() {
  if (process.env.CI || !existsSync(join(PROJECT, '.git')) || hasOtherHooks()) return;
  const husky = join(PROJECT, 'node_modules', 'husky', 'bin.js');
  const { status } = spawnSync(process.execPath, [husky], { cwd: PROJECT, stdio: 'inherit' });
  if (status !== 0) console.error('! git hooks 를 설정하지 못했습니다 / The git hooks could not be set');
}

/** True as well once ours are set. */
function hasOtherHooks() {
  try {
    return execFileSync('git', ['config', '--get', 'core.hooksPath'], { cwd: PROJECT }).length > 0;
  } catch (error) {
    // git answers 1 when nothing is set. Where there is no git at all, there is nothing to hook into.
    return error.status !== 1;
  }
}
