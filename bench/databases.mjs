// Empty databases with our schema.
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
 * @param names one database for each.
 * @param place the workplace; they end with it.
 * @returns the address of each by its name, the version, and the process of a server that is ours alone.
 */
export async function createDatabases(kind, names, { folder, onEnd }) {
  const databases = kind === 'sqlite' ? sqliteDatabases(names, folder) : await mariadbDatabases(names, onEnd);
  for (const url of Object.values(databases.urls)) await migrate(url, folder);
  return databases;
}

function sqliteDatabases(names, folder) {
  const connection = new Database(':memory:');
  const { version } = connection.prepare('SELECT sqlite_version() AS version').get([]);
  connection.close();
  const urls = names.map((name) => [name, `sqlite:${join(folder, name, 'point.db')}`]);
  return { urls: Object.fromEntries(urls), version };
}

async function mariadbDatabases(names, onEnd) {
  const given = process.env.BENCH_DATABASE_URL;
  const { url: base, pid } = given ? { url: given } : await startPrivateMariadb(onEnd);
  const connection = await createConnection(base.replace(/^mariadb:/, 'mysql:'));
  onEnd(() => connection.end());
  const [[{ version }]] = await connection.query('SELECT VERSION() AS version');
  const run = randomBytes(8).toString('hex');
  const urls = {};
  for (const name of names) {
    const database = `point_bench_${run}_${name}`;
    await connection.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
    onEnd(() => connection.query(`DROP DATABASE IF EXISTS ${database}`));
    const url = new URL(base);
    url.pathname = `/${database}`;
    urls[name] = url.href;
  }
  return { urls, version, pid };
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
      if (message.type === 'ready') resolve(message);
      else reject(new Error(`the private MariaDB did not start: ${message.message}`));
    });
  });
}
