import { execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const CHANGELOG = '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Points.\n';

let folder: string;

/** A checkout with our scripts, whose checks are as good as told. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'point-top-up-release-'));
  await cp(join(PROJECT, 'scripts'), join(folder, 'scripts'), { recursive: true });
  for (const file of ['.husky/pre-commit', '.oxlintrc.json'])
    await cp(join(PROJECT, file), join(folder, file));
  await cp(join(PROJECT, 'package/package.json'), join(folder, 'package/package.json'));
  await symlink(join(PROJECT, 'node_modules'), join(folder, 'node_modules'), 'dir');
  await writeFile(join(folder, '.gitignore'), 'node_modules\n.npm/\n');
  await writeFile(join(folder, 'CHANGELOG.md'), CHANGELOG);
  await writePackage({ check: 'node -e 0', test: 'node -e 0' });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'begin');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function writePackage(scripts: Record<string, string>): Promise<void> {
  const content = { name: 'points', version: '0.0.9', type: 'module', scripts };
  return writeFile(join(folder, 'package.json'), `${JSON.stringify(content, null, 2)}\n`);
}

/** The settings of whoever runs the tests must not matter, nor those of CI. */
function environment(env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { PATH, TMPDIR } = process.env;
  const person = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@a.example' };
  const committer = { GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@a.example' };
  return { PATH, TMPDIR, HOME: folder, GIT_CONFIG_NOSYSTEM: '1', ...person, ...committer, ...env };
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: folder, env: environment(), encoding: 'utf8' }).trim();
}

function run(args: string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    env: environment(env),
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

const release = (...args: string[]) => run(['scripts/release.mjs', ...args]);

describe('npm run release', () => {
  test('gives what is unreleased its version and the day, commits, tags, and says what is next', async () => {
    const { status, output } = release('0.1.0');

    expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' });
    const today = new Date().toISOString().slice(0, 10);
    expect(await readFile(join(folder, 'CHANGELOG.md'), 'utf8')).toBe(
      `# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - ${today}\n\n### Added\n\n- Points.\n`,
    );
    expect(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))).toMatchObject({
      version: '0.1.0',
    });
    expect(JSON.parse(await readFile(join(folder, 'package/package.json'), 'utf8'))).toMatchObject({
      name: 'point-top-up',
      version: '0.1.0',
    });
    expect(git('status', '--porcelain')).toBe('');
    expect(git('log', '-1', '--format=%s')).toBe('Release 0.1.0');
    expect(git('rev-list', '-1', 'v0.1.0')).toBe(git('rev-parse', 'HEAD'));
    expect(output).toContain('git push origin HEAD v0.1.0');
  });

  test.each([
    ['a version that is none', () => Promise.resolve(), '0.1', 'npm run release -- 0.1.0'],
    [
      'changes that are not committed',
      () => writeFile(join(folder, 'new.txt'), ''),
      '0.1.0',
      'not committed',
    ],
    [
      'a check that fails',
      () => commitPackage({ check: 'node -e "process.exit(1)"', test: 'node -e 0' }),
      '0.1.0',
      'npm run check failed',
    ],
    [
      'a test that fails, or that would be skipped outside CI',
      () =>
        commitPackage({
          check: 'node -e 0',
          test: `node -e "process.exit(process.env.CI === 'true' ? 1 : 0)"`,
        }),
      '0.1.0',
      'npm test failed',
    ],
    ['a version that is tagged', () => Promise.resolve(git('tag', 'v0.1.0')), '0.1.0', 'there already'],
    ['nothing to release', () => commitChangelog(CHANGELOG.split('###')[0] ?? ''), '0.1.0', 'nothing below'],
  ])('refuses %s, and leaves everything as it is', async (_, prepare, version, says) => {
    await prepare();
    const before = [git('log', '--format=%H'), git('status', '--porcelain'), git('tag')];

    const { status, output } = release(version);

    expect(status).toBe(1);
    expect(output).toContain(says);
    expect([git('log', '--format=%H'), git('status', '--porcelain'), git('tag')]).toEqual(before);
  });

  async function commitPackage(scripts: Record<string, string>) {
    await writePackage(scripts);
    git('commit', '--quiet', '--all', '--message', 'other checks');
  }

  async function commitChangelog(text: string) {
    await writeFile(join(folder, 'CHANGELOG.md'), text);
    git('commit', '--quiet', '--all', '--message', 'an empty changelog');
  }
});

describe('the git hooks', () => {
  const SET = ['--input-type=module', '-e', `(await import('./scripts/git-hooks.mjs')).setGitHooks()`];
  const commit = () =>
    spawnSync('git', ['commit', '--all', '--message', 'a change'], {
      cwd: folder,
      env: environment(),
      encoding: 'utf8',
    });
  const hooksPath = () => git('config', '--default', '', '--get', 'core.hooksPath');

  test('let no file in that is not formatted, and no fault that the linter sees', async () => {
    expect(run(SET)).toEqual({ status: 0, output: '' });
    await writeFile(join(folder, 'a.mjs'), 'export const  a = 1');
    git('add', 'a.mjs');

    expect(commit()).toMatchObject({ status: 1, stderr: expect.stringContaining('a.mjs') });
    await writeFile(join(folder, 'a.mjs'), 'if (1 == 1) debugger;\n');
    expect(commit()).toMatchObject({ status: 1, stderr: expect.stringContaining('no-debugger') });
    await writeFile(join(folder, 'a.mjs'), 'export const a = 1;\n');
    expect(commit()).toMatchObject({ status: 0 });
  });

  test('are not set in CI, and not over those of somebody else', () => {
    expect(run(SET, { CI: 'true' })).toEqual({ status: 0, output: '' });
    expect(hooksPath()).toBe('');

    git('config', 'core.hooksPath', 'my-hooks');
    expect(run(SET)).toEqual({ status: 0, output: '' });
    expect(hooksPath()).toBe('my-hooks');
  });

  test('are not set where the folder is no checkout, not even in one around it', async () => {
    await cp(join(folder, 'scripts'), join(folder, 'inside/scripts'), { recursive: true });

    const { status } = run([
      '--input-type=module',
      '-e',
      `(await import('./inside/scripts/git-hooks.mjs')).setGitHooks()`,
    ]);

    expect(status).toBe(0);
    expect(hooksPath()).toBe('');
  });
});
