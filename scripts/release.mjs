// npm run release -- 0.1.0: proves what is committed, gives the unreleased part of the changelog its version, commits and tags.
// It pushes nothing.
import './node-version.mjs';
import './help.mjs';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PrepareError, PROJECT, runScript } from './prepare.mjs';

const VERSION = /^\d+\.\d+\.\d+$/;
const UNRELEASED = '## [Unreleased]\n';
const CHANGELOG = join(PROJECT, 'CHANGELOG.md');

await runScript(async () => {
  const { positionals } = parseArgs({ allowPositionals: true });
  const [version = ''] = positionals;
  if (positionals.length !== 1 || !VERSION.test(version))
    throw new PrepareError(
      '버전을 하나 적으세요: npm run release -- 0.1.0 / Name one version: npm run release -- 0.1.0',
    );
  const tag = `v${version}`;
  if (git('status', '--porcelain') !== '')
    throw new PrepareError(
      '커밋하지 않은 변경이 있습니다. 먼저 커밋하세요. / There are changes that are not committed: commit them first.',
    );
  if (git('tag', '--list', tag) !== '')
    throw new PrepareError(`${tag} 태그가 이미 있습니다. / The tag ${tag} is there already.`);
  // Before the checks, which take long: a changelog that says nothing is found at once.
  const released = changelogOf(version, readFileSync(CHANGELOG, 'utf8'));

  npm(['run', 'check']);
  // With CI=true nothing is skipped.
  npm(['test'], { CI: 'true' });

  writeFileSync(CHANGELOG, released);
  const versioning = ['version', version, '--no-git-tag-version', '--allow-same-version'];
  npm(versioning);
  // The module's, which is the same.
  npm(['--prefix', 'package', ...versioning]);
  git('commit', '--all', '--message', `Release ${version}`);
  git('tag', '--annotate', tag, '--message', `Release ${version}`);
  console.log(
    `\n✓ ${tag}\n\n` +
      `  다음: git push origin HEAD ${tag}, 그리고 저장소에서 ${tag} 로 릴리스를 만들고 CHANGELOG.md 의 내용을 붙이세요.\n` +
      `  Next: git push origin HEAD ${tag}, then make a release of ${tag} in the repository, with its part of CHANGELOG.md.`,
  );
});

/** @throws PrepareError when there is nothing to release. */
function changelogOf(version, text) {
  const [before, after, ...more] = text.split(UNRELEASED);
  const [changes = ''] = (after ?? '').split('\n## ');
  if (more.length > 0 || changes.trim() === '')
    throw new PrepareError(
      'CHANGELOG.md 의 [Unreleased] 에 내용이 없습니다. / CHANGELOG.md has nothing below [Unreleased].',
    );
  const today = new Date().toISOString().slice(0, 10);
  return `${before}${UNRELEASED}\n## [${version}] - ${today}\n${after}`;
}

function git(...args) {
  return execFileSync('git', args, { cwd: PROJECT, encoding: 'utf8' });
}

/** The npm that runs us, with what it says shown. @throws PrepareError when it fails. */
function npm(args, env = {}) {
  const caller = process.env.npm_execpath ?? '';
  const [program, first] = caller.endsWith('npm-cli.js') ? [process.execPath, [caller]] : ['npm', []];
  const { status } = spawnSync(program, [...first, ...args], {
    cwd: PROJECT,
    env: { ...process.env, ...env },
    stdio: 'inherit',
    shell: program === 'npm' && process.platform === 'win32',
  });
  if (status !== 0)
    throw new PrepareError(
      `릴리스하지 않았습니다: npm ${args.join(' ')} 이(가) 실패했습니다. / Nothing was released: npm ${args.join(' ')} failed.`,
    );
}
