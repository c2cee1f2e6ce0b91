import { createHash } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const WAIT_TIMEOUT_MS = 20 * 60_000;
const POLL_INTERVAL_MS = 200;

/**
 * Waits for its turn to install or build the project in `folder`; the result gives the turn back.
 * The lock is a file with the owner's process id; one whose owner was killed is taken over.
 * It is not inside the project, because an installation begins by removing node_modules.
 * @throws when the other one is not done after 20 minutes.
 */
export async function prepareLock(folder) {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  const file = join(tmpdir(), `point-top-up-prepare-${name}.lock`);
  const deadline = Date.now() + WAIT_TIMEOUT_MS;
  let told = false;
  while (!tryLock(file)) {
    const owner = readOwner(file);
    if (owner !== undefined && !isAlive(owner)) {
      removeOwnedBy(owner, file);
      continue;
    }
    if (Date.now() > deadline) {
      throw new Error(`Process ${owner} still installs or builds. If it does not, remove ${file}`);
    }
    if (!told) {
      told = true;
      process.stderr.write(
        `다른 명령(프로세스 ${owner})의 설치가 끝나기를 기다립니다. / Waiting for process ${owner}, which installs or builds.\n`,
      );
    }
    await sleep(POLL_INTERVAL_MS);
  }
  const unlock = () => {
    process.off('exit', unlock);
    if (readOwner(file) === process.pid) rmSync(file, { force: true });
  };
  process.on('exit', unlock);
  return unlock;
}

function tryLock(file) {
  // Written aside and linked, so that nobody ever reads a lock without its owner in it.
  const own = `${file}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Undefined when the lock was given back in the meantime. */
function readOwner(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return error.code === 'EPERM';
  }
}

/** Between our look and our rename another process may have taken the lock over; then it gets it back. */
function removeOwnedBy(owner, file) {
  const aside = `${file}.${process.pid}.old`;
  try {
    renameSync(file, aside);
    if (readOwner(aside) !== owner) linkSync(aside, file);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
  rmSync(aside, { force: true });
}
