// Two empty databases with our schema, one for us and one for the floor.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { createConnection } from 'mysql2/promise';
import { migrate } from './migrate.mjs';

const PRIVATE_MARIADB = fileURLToPath(new URL('../test/support/private-mariadb.mjs', import.meta.url));

/**
 * @param kind `mariadb` or `sqlite`.
 * @param onEnd is given what takes each of them away again.
 * @returns the address of each, and the database's version.
 */
export async function createDatabases(kind, folder, onEnd) {
  const databases = kind === 'sqlite' ? sqliteDatabases(folder) : await mariadbDatabases(onEnd);
  for (const url of [databases.ours, databases.floor]) await migrate(url, folder);
  return databases;
}

function sqliteDatabases(folder) {
  const connection = new Database(':memory:');
  const { version } = connection.prepare('SELECT sqlite_version() AS version').get([]);
  connection.close();
  return {
    ours: `sqlite:${join(folder, 'ours', 'point.db')}`,
    floor: `sqlite:${join(folder, 'floor', 'point.db')}`,
    version,
  };
}

async function mariadbDatabases(onEnd) {
  const base = process.env.BENCH_DATABASE_URL || (await startPrivateMariadb(onEnd));
  const connection = await createConnection(base.replace(/^mariadb:/, 'mysql:'));
  onEnd(() => connection.end());
  const [[{ version }]] = await connection.query('SELECT VERSION() AS version');
  const run = randomBytes(8).toString('hex');
  const urls = {};
  for (const target of ['ours', 'floor']) {
    const name = `point_bench_${run}_${target}`;
    await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
    onEnd(() => connection.query(`DROP DATABASE IF EXISTS ${name}`));
    const url = new URL(base);
    url.pathname = `/${name}`;
    urls[target] = url.href;
  }
  return { ...urls, version };
}

/** It ends with us, however we end. */
async function startPrivateMariadb(onEnd) {
  const child = spawn(process.execPath, [PRIVATE_MARIADB], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  onEnd(async () => {
    if (child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new Error(`the private MariaDB ended with ${signal ?? code}`)),
    );
    child.once('message', (message) => {
      if (message.type === 'ready') resolve(message.url);
      else reject(new Error(`the private MariaDB did not start: ${message.message}`));
    });
  });
}
