// Brings a clone to the point where its programs can run: packages installed, sources compiled.
// Node built-ins only: nothing is installed yet when this runs for the first time.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareLock } from './prepare-lock.mjs';
import { startProgress } from './progress.mjs';

export const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)));

const INSTALL_TIMEOUT_MS = 15 * 60_000;
const BUILD_TIMEOUT_MS = 5 * 60_000;
const OUTPUT_SHOWN_LINES = 20;
const OUTPUT_KEPT_CHARS = 64_000;
const LOCKFILE = join(PROJECT, 'package-lock.json');
const INSTALL_STAMP = join(PROJECT, 'node_modules', '.point-top-up-installed.json');
const BUNDLER = join(PROJECT, 'scripts', 'bundle.mjs');
const BUILD_STAMP = join(PROJECT, 'dist', '.built-from');
const SIMULATOR = join(PROJECT, 'simulator');

/** A fault whose text already tells the person what to do, so that no stack is shown. */
export class PrepareError extends Error {}

/**
 * Installs what the lockfile says when that differs from what is there, then compiles when sources changed.
 * Two starts at the same moment take turns.
 * @throws PrepareError when the network, the disk or the sources do not allow it.
 */
export async function prepare({ build = true, forceBuild = false } = {}) {
  const unlock = await prepareLock(PROJECT);
  try {
    if (!isInstalled()) await install();
    if (build && (forceBuild || !isBuilt())) await compile();
  } finally {
    unlock();
  }
}

/** Runs a script's story; a PrepareError, or an option that it does not know, becomes its text and exit code 1. */
export async function runScript(story) {
  try {
    await story();
  } catch (error) {
    if (!(error instanceof PrepareError) && !String(error.code).startsWith('ERR_PARSE_ARGS')) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exit(1);
  }
}

/** After this the next start compiles again. */
export function forgetBuild() {
  rmSync(BUILD_STAMP, { force: true });
}

/** Lets a script read `.env`; what the environment already says wins. Call it after `prepare`. */
export async function loadDotenv() {
  const { config } = await import('dotenv');
  const { error } = config({ path: join(PROJECT, '.env'), quiet: true });
  if (error && error.code !== 'ENOENT')
    throw new PrepareError(`.env 파일을 읽을 수 없습니다 / .env cannot be read: ${error.message}`);
}

/** Whether there are packages at all, of whichever version. */
export function isInstalledAtAll() {
  return existsSync(join(PROJECT, 'node_modules', 'dotenv'));
}

function isInstalled() {
  const stamp = readJson(INSTALL_STAMP);
  const wanted = installStamp();
  if (stamp?.lockfile === wanted.lockfile && stamp.platform === wanted.platform) return true;
  // Somebody ran npm by hand. Packages for another platform (a folder shared with a container) are of no use.
  const samePlatform = stamp === undefined || stamp.platform === wanted.platform;
  if (!samePlatform || !npmInstalledAll()) return false;
  writeFileSync(INSTALL_STAMP, JSON.stringify(wanted));
  return true;
}

function installStamp() {
  return {
    lockfile: createHash('sha256').update(readFileSync(LOCKFILE)).digest('hex'),
    platform: `${process.platform}-${process.arch}`,
  };
}

/** npm writes a list of what it installed as its last step; true when that holds everything the lockfile wants. */
function npmInstalledAll() {
  const installed = readJson(join(PROJECT, 'node_modules', '.package-lock.json'))?.packages;
  if (!installed) return false;
  return wantedPackages().every(([path, wanted]) => installed[path]?.version === wanted.version);
}

/** Path and entry of each package that every machine needs (optional ones depend on the platform). */
function wantedPackages() {
  const { packages } = readJson(LOCKFILE) ?? { packages: {} };
  return Object.entries(packages).filter(
    ([path, entry]) => path !== '' && !entry.optional && !entry.devOptional,
  );
}

async function install() {
  rmSync(INSTALL_STAMP, { force: true });
  const wanted = wantedPackages().map(([path]) => join(PROJECT, path, 'package.json'));
  const progress = startProgress('패키지 설치 / Installing packages', () => {
    const present = wanted.filter((file) => existsSync(file)).length;
    // npm still has to check and link when the last file is there.
    return Math.min(99, Math.floor((100 * present) / wanted.length));
  });
  const result = await runNpm(['ci', '--prefer-offline', '--no-audit', '--no-fund']);
  progress.end(result.ok);
  if (!result.ok) {
    throw new PrepareError(
      `${cause(result.output)}\n\n` +
        '설치하지 못했습니다. 네트워크(프록시)와 디스크 공간을 확인하고 같은 명령을 다시 실행하세요.\n' +
        'The installation failed. Check the network (proxy) and the disk space, then run the same command again.',
    );
  }
  writeFileSync(INSTALL_STAMP, JSON.stringify(installStamp()));
}

/** The npm that runs us, else the one on the PATH (which is a shell script on Windows). */
function runNpm(args) {
  const caller = process.env.npm_execpath ?? '';
  if (caller.endsWith('npm-cli.js')) {
    return run(process.execPath, [caller, ...args], { timeoutMs: INSTALL_TIMEOUT_MS });
  }
  return run('npm', args, { timeoutMs: INSTALL_TIMEOUT_MS, shell: process.platform === 'win32' });
}

function isBuilt() {
  return (
    existsSync(BUILD_STAMP) &&
    existsSync(join(SIMULATOR, 'dist')) &&
    readFileSync(BUILD_STAMP, 'utf8') === sourcesHash()
  );
}

async function compile() {
  const progress = startProgress('빌드 / Building');
  // Taken before the compiler reads: an edit in between makes the next start compile again.
  const hash = sourcesHash();
  for (const folder of [PROJECT, SIMULATOR]) rmSync(join(folder, 'dist'), { recursive: true, force: true });
  const faults = (await Promise.all([compileServer(), compileSimulator()])).filter(({ ok }) => !ok);
  progress.end(faults.length === 0);
  if (faults.length > 0) {
    throw new PrepareError(
      `${faults.map(({ output }) => output.trim()).join('\n')}\n\n빌드하지 못했습니다. 위의 오류를 고치세요. / The build failed: correct the errors above.`,
    );
  }
  mkdirSync(dirname(BUILD_STAMP), { recursive: true });
  writeFileSync(BUILD_STAMP, hash);
}

async function compileServer() {
  const nest = join(PROJECT, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  const compiled = await run(process.execPath, [nest, 'build'], { timeoutMs: BUILD_TIMEOUT_MS });
  // A program of its own: its package may be installed only now, and its errors are output like the compiler's.
  return compiled.ok ? run(process.execPath, [BUNDLER], { timeoutMs: BUILD_TIMEOUT_MS }) : compiled;
}

function compileSimulator() {
  const tsc = join(PROJECT, 'node_modules', 'typescript', 'bin', 'tsc');
  return run(process.execPath, [tsc, '-p', SIMULATOR], { timeoutMs: BUILD_TIMEOUT_MS });
}

/** Changes when anything changes that the build reads. */
function sourcesHash() {
  const files = [
    ...filesBelow(join(PROJECT, 'src')),
    ...filesBelow(join(SIMULATOR, 'src')),
    join(SIMULATOR, 'tsconfig.json'),
    BUNDLER,
    ...readdirSync(PROJECT)
      .filter((name) => /^(tsconfig.*|nest-cli|package-lock)\.json$/.test(name))
      .map((name) => join(PROJECT, name)),
  ].toSorted();
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`${relative(PROJECT, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/**
 * Runs a tool to its end, quietly. It does not see what `npm run` puts into the environment: `--omit=dev` or
 * NODE_ENV=production of the caller would leave the compiler out.
 */
function run(program, args, { timeoutMs, shell = false }) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_config_/i.test(name) && name !== 'NODE_ENV'),
  );
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: PROJECT, env, shell, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const timer = setTimeout(() => {
      output += `\nNo end after ${timeoutMs / 1000} s`;
      child.kill('SIGKILL');
    }, timeoutMs);
    const interrupt = (signal) => {
      child.kill(signal);
      // Later, because another tool that runs beside this one has to hear of it too.
      setImmediate(() => process.exit(signal === 'SIGINT' ? 130 : 143));
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, interrupt);
    const finish = (ok) => {
      clearTimeout(timer);
      for (const signal of signals) process.off(signal, interrupt);
      resolve({ ok, output });
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-OUTPUT_KEPT_CHARS);
      });
    }
    child.on('error', (error) => {
      output += error.message;
      finish(false);
    });
    child.on('close', (code) => finish(code === 0));
  });
}

/** What npm says first is the cause; what follows is its manual. */
function cause(output) {
  const lines = output.trim().split('\n');
  const errors = lines.filter((line) => line.startsWith('npm error'));
  return (errors.length > 0 ? errors : lines).slice(0, OUTPUT_SHOWN_LINES).join('\n');
}

function readJson(file) {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // Cut short by a kill: the same as not there, and it is written again.
    return undefined;
  }
}
