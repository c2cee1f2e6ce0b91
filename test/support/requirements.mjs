import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a person can do about a missing MariaDB. */
export const MARIADB_HINT =
  'set TEST_DATABASE_URL=mariadb://user:password@host:3306 or install it: apt-get install mariadb-server-core mariadb-client-core';

/** What a person can do about a missing Chromium. */
export const CHROMIUM_HINT = 'set CHROMIUM_PATH=/path/to/chromium or install it: apt-get install chromium';

/** What a person can do about a missing Redis or HAProxy. */
export const FLEET_HINT = 'install them: apt-get install redis-server haproxy';

/** What a person can do about a missing OpenSSL. */
export const OPENSSL_HINT = 'install it: apt-get install openssl';

/** What a person can do about a missing Galera cluster. */
export const GALERA_HINT =
  'install it: apt-get install mariadb-server galera-4 haproxy (mariadb-server has wsrep_sst_rsync)';

const GALERA_PROVIDERS = ['/usr/lib/galera/libgalera_smm.so', '/usr/lib64/galera-4/libgalera_smm.so'];

// Debian keeps servers in /usr/sbin, which is not on everybody's PATH.
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];

/** The two programs of a private MariaDB, or undefined when one of them is not installed. */
export function findMariadb() {
  const server = findProgram('mariadbd');
  const installer = findProgram('mariadb-install-db');
  return server && installer ? { server, installer } : undefined;
}

/** What a private Galera cluster with its balancers needs, or undefined when a part of it is not installed. */
export function findGalera() {
  const mariadb = findMariadb();
  const provider = GALERA_PROVIDERS.find(isReadable);
  const balancer = findProgram('haproxy');
  const copier = findProgram('wsrep_sst_rsync') && findProgram('rsync');
  return mariadb && provider && balancer && copier ? { ...mariadb, provider, balancer } : undefined;
}

/** What makes certificates, or undefined when it is not installed. */
export function findOpenssl() {
  return findProgram('openssl');
}

/** The path of the browser for the browser tests, or undefined when there is none. */
export function findChromium() {
  const path = process.env.CHROMIUM_PATH || '/usr/bin/chromium';
  return isExecutable(path) ? path : undefined;
}

/** The two programs that stand beside several servers, or undefined when one of them is not installed. */
export function findFleetPrograms() {
  const redis = findProgram('redis-server');
  const haproxy = findProgram('haproxy');
  return redis && haproxy ? { redis, haproxy } : undefined;
}

/** True where a missing program must fail the run instead of skipping suites. */
export function isContinuousIntegration() {
  return process.env.CI === 'true';
}

function findProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SERVER_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path) {
  return mayAccess(path, constants.X_OK);
}

function isReadable(path) {
  return mayAccess(path, constants.R_OK);
}

function mayAccess(path, mode) {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    // Not there, or not ours to use: both mean "not installed" to the tests.
    return false;
  }
}
