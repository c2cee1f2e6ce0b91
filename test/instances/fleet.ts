import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { JWT_SECRET } from '../crash/customer.js';
import { gateway } from '../crash/gateway.js';
import { Instance } from '../crash/instance.js';
import { openBooks } from '../support/books.js';
import { describeOnMariadb, type TestDatabase } from '../support/databases.js';
import { findFleetPrograms, FLEET_HINT, isContinuousIntegration } from '../support/requirements.mjs';
import { freePort } from '../support/free-port.mjs';
import { simulatorSettings, startSimulator } from '../support/server.js';
import { startBalancer } from './balancer.js';
import { startRedis } from './redis.js';

const START_TIMEOUT_MS = 90_000;
/** Several looks of the balancer. */
const DRAIN_MS = 800;
const RECOVERY_INTERVAL_MS = 200;
/** Longer than the simulator ever takes here. */
const GRACE_MS = 3000;

export type Fleet = Awaited<ReturnType<typeof startFleet>>;

/** Three servers as in production: one MariaDB, one Redis, a balancer in front, and the simulator as the gateway. */
async function startFleet(database: TestDatabase) {
  /** In the order of their starts; they end in the opposite order, also when one of them does not start. */
  const ends: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'point-top-up-instances-'));
    ends.push(() => rm(folder, { recursive: true, force: true }));
    const redis = await startRedis();
    ends.push(redis.stop);
    const simulator = await startSimulator({ env: { IAMPORT_SIMULATOR_WEBHOOKS: 'never' } });
    ends.push(() => simulator.stop());
    const books = await openBooks(database.env);
    ends.push(() => books.destroy());
    /** Of each server, and for the programs beside them. */
    const env = {
      DATA_DIR: folder,
      DATABASE_URL: database.env.DATABASE_URL,
      REDIS_URL: redis.url,
      TRUSTED_PROXIES: '1',
      SHUTDOWN_DRAIN_MS: String(DRAIN_MS),
      JWT_SECRET,
      RECOVERY_INTERVAL_MS: String(RECOVERY_INTERVAL_MS),
      RECOVERY_GRACE_MS: String(GRACE_MS),
      ...simulatorSettings(simulator.url),
    };
    const newServer = async () => new Instance(`http://127.0.0.1:${await freePort()}`, env);
    const servers = [await newServer(), await newServer(), await newServer()] as const;
    ends.push(() => Promise.all(servers.map((server) => server.kill())));
    await Promise.all(servers.map((server) => server.start()));
    const balancer = await startBalancer(servers.map(({ url }) => url));
    ends.push(balancer.stop);
    /** `url` is the balancer's, where callers go. */
    return {
      url: balancer.url,
      servers,
      redis,
      simulatorUrl: simulator.url,
      gateway: gateway(simulator.url),
      books,
      env,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * A suite of three servers, which are started once for all of its tests. It is skipped by name where a program that they
 * need is missing, and that is a failure with CI=true.
 */
export function describeOnFleet(suite: string, body: (startedFleet: () => Fleet) => void): void {
  if (!findFleetPrograms()) {
    if (isContinuousIntegration()) throw new Error(`Redis or HAProxy is missing and CI=true: ${FLEET_HINT}`);
    const startedFleet = () => {
      throw new Error('There is no Redis or HAProxy in this run');
    };
    describe.skip(`${suite} (skipped, Redis or HAProxy is missing: ${FLEET_HINT})`, () => body(startedFleet));
    return;
  }
  describeOnMariadb(suite, (database) => {
    let fleet: Fleet | undefined;

    beforeAll(async () => {
      fleet = await startFleet(database);
    }, START_TIMEOUT_MS);

    body(() => {
      if (!fleet) throw new Error('The servers are known only inside hooks and tests');
      return fleet;
    });

    afterAll(async () => fleet?.stop());
  });
}
