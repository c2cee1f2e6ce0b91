import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { Cancellation, CancellationKind, CancellationState } from '../../src/payment/cancellation.entity.js';
import {
  PointTransaction,
  PointTransactionStatus,
} from '../../src/point-transaction/point-transaction.entity.js';
import { WebhookDelivery } from '../../src/webhook/webhook-delivery.entity.js';
import { openBooks } from '../support/books.js';
import { freePort } from '../support/free-port.mjs';
import { simulatorSettings, startSimulator } from '../support/server.js';
import { letTimePass, settle } from './aftermath.js';
import { createDatabase } from '../support/mariadb.js';
import { addCustomer, JWT_SECRET } from './customer.js';
import { Decisions } from './decisions.js';
import { findingsOf, verifyWithGateway } from './findings.js';
import { type FaultWish, gateway } from './gateway.js';
import { Instance } from './instance.js';
import { type MortalMariadb, startMortalMariadb } from './mortal-mariadb.js';
import { type Activity, liveAsCustomer, type RandomWorld } from './random-customer.js';
import { until } from './until.js';

const CUSTOMERS = 10;
const INSTANCES = 2;
const DATABASE = 'point_crash';
const READ_TIMEOUT_MS = 1500;
const RECOVERY_INTERVAL_MS = 300;
/** Longer than the simulator takes for its slowest call, so that no two calls of a cancellation can both be open. */
const GRACE_MS = 4000;
const SLOW_MS = 500;
/** A server lives for so many answered calls, so that a slow machine changes the length of a run and not what happens in it. */
const LIFE_MIN_CALLS = 2;
const LIFE_MAX_CALLS = 20;
/** Then it is killed all the same: the database may be dead, or nobody asks. */
const LIFE_MAX_MS = 6000;
/** How long a kill waits for a call that it can interrupt. */
const PREY_TIMEOUT_MS = 1500;
const BLACKOUT_DELAY_MAX_MS = 1500;
/** A run that stands still this long goes on with the next blackout. */
const BLACKOUT_WAIT_MAX_MS = 10 * 60_000;
const DOWNTIME_MAX_MS = 500;
const GATEWAY_MOOD_MS = 1200;
const JOURNAL_MAX_LINES = 100_000;

const WEBHOOK_MOODS = [
  'on',
  'never',
  'late=500',
  'twice',
  'shuffled=6',
  'form',
  'twice,late=300',
  'attempts=3,retry=400',
];

/** How the gateway fails, each kind drawn from the seed for each call. */
const FAULTS: FaultWish[] = [
  { kind: 'late', call: 'POST /payments/cancel', probability: 0.06, delay_ms: SLOW_MS },
  { kind: 'cut-after', call: 'POST /payments/cancel', probability: 0.06 },
  { kind: 'cut-before', call: 'POST /payments/cancel', probability: 0.04 },
  { kind: 'silent-after', call: 'POST /payments/cancel', probability: 0.02 },
  { kind: 'silent-before', call: 'POST /payments/cancel', probability: 0.02 },
  { kind: 'error-after', call: 'POST /payments/cancel', probability: 0.04 },
  { kind: 'error-before', call: 'POST /payments/cancel', probability: 0.04 },
  { kind: 'wrong-body', call: 'POST /payments/cancel', probability: 0.03 },
  { kind: 'refuse', call: 'POST /payments/cancel', probability: 0.05 },
  { kind: 'failed', call: 'POST /payments/cancel', probability: 0.03 },
  { kind: 'silent-before', call: 'GET /payments/{imp_uid}', probability: 0.01 },
  { kind: 'failed', call: 'GET /payments/{imp_uid}', probability: 0.01 },
  { kind: 'slow', probability: 0.04, delay_ms: SLOW_MS },
  { kind: 'slow-answer', probability: 0.04, delay_ms: SLOW_MS },
  { kind: 'error-before', probability: 0.02 },
  { kind: 'cut-before', probability: 0.02 },
  { kind: 'cut-after', probability: 0.02 },
  { kind: 'wrong-body', probability: 0.01 },
  { kind: 'unauthorized', probability: 0.01 },
  { kind: 'token-lost', probability: 0.005 },
];

export interface RunSettings {
  /** Everybody's decisions come from it. */
  seed: number;
  serverKills: number;
  databaseKills: number;
  /** Told now and then how far the run is. */
  progress: (line: string) => void;
}

export interface RunReport {
  activity: Activity & {
    serverKills: number;
    /** Kills of a server that was working on a customer's call. */
    killsInFlight: number;
    databaseKills: number;
    faults: number;
    credits: number;
    cancellationsDone: number;
    cancellationsRefused: number;
    givenBack: number;
    webhooks: number;
  };
  findings: string[];
  verification: { exitCode: number; output: string };
  /** What everybody decided, oldest first. */
  journal: string[];
}

/**
 * Two servers on one MariaDB, customers, and a gateway that fails, while servers and database are killed again and again.
 * Then the faults stop, the time passes after which everything is looked at again, and both ends are compared.
 */
export async function randomRun({
  seed,
  serverKills,
  databaseKills,
  progress,
}: RunSettings): Promise<RunReport> {
  const folder = await mkdtemp(join(tmpdir(), 'point-top-up-random-run-'));
  const journal: string[] = [];
  const startedAtMs = performance.now();
  const note = (line: string) => {
    if (journal.length < JOURNAL_MAX_LINES)
      journal.push(`${((performance.now() - startedAtMs) / 1000).toFixed(3)} ${line}`);
  };
  const mariadb = await startMortalMariadb();
  const simulator = await startSimulator({
    env: { IAMPORT_SIMULATOR_DATA: join(folder, 'simulator.db'), IAMPORT_SIMULATOR_SEED: String(seed) },
  });
  const theGateway = gateway(simulator.url);
  let books: DataSource | undefined;
  const instances: Instance[] = [];
  try {
    const env = {
      DATA_DIR: folder,
      DATABASE_URL: await createDatabase(mariadb.url, DATABASE),
      ...simulatorSettings(simulator.url),
      JWT_SECRET,
      RATE_LIMIT: 'off',
      POINT_MAX_BALANCE: '1000000000',
      IAMPORT_TIMEOUT_MS: String(READ_TIMEOUT_MS),
      RECOVERY_INTERVAL_MS: String(RECOVERY_INTERVAL_MS),
      RECOVERY_GRACE_MS: String(GRACE_MS),
    };
    books = await openBooks(env);
    for (let count = 0; count < INSTANCES; count++)
      instances.push(new Instance(`http://127.0.0.1:${await freePort()}`, env));
    await Promise.all(instances.map((instance) => instance.start()));

    const activity: Activity = {
      ordersPaid: 0,
      ordersPaidTwice: 0,
      wrongAmounts: 0,
      consoleCancels: 0,
      cancelCalls: 0,
      answersLost: 0,
      repetitions: 0,
      vanished: 0,
    };
    const deaths = { serverKills: 0, killsInFlight: 0, databaseKills: 0 };
    let isOver = false;
    const world: RandomWorld = { instances, gateway: theGateway, activity, note, isOver: () => isOver };
    await theGateway.setFaults(seed, FAULTS);

    const customers = [];
    for (let number = 1; number <= CUSTOMERS; number++) {
      const customer = await addCustomer(books);
      const name = `customer-${number}`;
      customers.push(liveAsCustomer(name, customer, new Decisions(seed, name), world));
    }
    const moods = changeMoods(new Decisions(seed, 'moods'), world);
    const everybody = Promise.all([
      ...customers,
      moods,
      Promise.all([
        ...instances.map((instance, index) =>
          killServer(
            instance,
            Math.ceil((serverKills - index) / INSTANCES),
            new Decisions(seed, `death-${index}`),
            note,
            (wasWorking) => {
              deaths.serverKills += 1;
              if (wasWorking) deaths.killsInFlight += 1;
              progress(
                `${deaths.serverKills} of ${serverKills} kills of the servers, ${deaths.databaseKills} of the database`,
              );
            },
          ),
        ),
        killDatabase(mariadb, databaseKills, new Decisions(seed, 'blackout'), note, deaths, serverKills),
      ]).finally(() => {
        isOver = true;
      }),
    ]);
    await everybody;

    progress('no more faults; recovery finishes');
    const faults = await theGateway.countFaults();
    await theGateway.clearFaults();
    await theGateway.setWebhooks('on', null);
    // Calls that the gateway left without an answer end with the servers that wait for them.
    await Promise.all(instances.map((instance) => instance.kill()));
    await Promise.all(instances.map((instance) => instance.start()));
    await letTimePass(books);
    await settle(books, theGateway);

    const { manager } = books;
    return {
      activity: {
        ...activity,
        ...deaths,
        faults,
        credits: await manager.countBy(PointTransaction, { status: PointTransactionStatus.PAYMENT }),
        cancellationsDone: await manager.countBy(Cancellation, {
          kind: CancellationKind.USER,
          state: CancellationState.DONE,
        }),
        cancellationsRefused: await manager.countBy(Cancellation, { state: CancellationState.REFUSED }),
        givenBack: await manager.countBy(Cancellation, {
          kind: CancellationKind.GIVE_BACK,
          state: CancellationState.DONE,
        }),
        webhooks: await manager.count(WebhookDelivery),
      },
      findings: await findingsOf(books, await theGateway.payments()),
      verification: await verifyWithGateway(env),
      journal,
    };
  } finally {
    await Promise.all(instances.map((instance) => instance.kill()));
    await books?.destroy();
    await simulator.stop();
    await mariadb.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function killServer(
  instance: Instance,
  kills: number,
  decisions: Decisions,
  note: (line: string) => void,
  onKill: (wasWorking: boolean) => void,
): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    const calls = decisions.whole(LIFE_MIN_CALLS, LIFE_MAX_CALLS);
    await until(() => instance.callsAnswered >= calls, LIFE_MAX_MS);
    await until(() => instance.callsInFlight > 0, PREY_TIMEOUT_MS);
    const { callsInFlight } = instance;
    await instance.kill();
    note(`server ${instance.url} was killed with ${callsInFlight} calls in flight`);
    onKill(callsInFlight > 0);
    await instance.start();
  }
}

/** Spreads the database's deaths over those of the servers. */
async function killDatabase(
  mariadb: MortalMariadb,
  kills: number,
  decisions: Decisions,
  note: (line: string) => void,
  deaths: { serverKills: number; databaseKills: number },
  serverKills: number,
): Promise<void> {
  for (let kill = 1; kill <= kills; kill++) {
    const afterServerKills = Math.floor((kill * serverKills) / (kills + 1));
    await until(() => deaths.serverKills >= afterServerKills, BLACKOUT_WAIT_MAX_MS);
    await sleep(decisions.whole(0, BLACKOUT_DELAY_MAX_MS));
    await mariadb.kill();
    deaths.databaseKills += 1;
    note('the database was killed');
    await sleep(decisions.whole(0, DOWNTIME_MAX_MS));
    await mariadb.start();
    note('the database is back');
  }
}

/** Webhooks come now in one way, now in another, to one server or the other. */
async function changeMoods(
  decisions: Decisions,
  { instances, gateway, isOver, note }: RandomWorld,
): Promise<void> {
  while (!isOver()) {
    const modes = decisions.pick(WEBHOOK_MOODS);
    const { url } = decisions.pick(instances);
    await gateway.setWebhooks(modes, `${url}/webhooks/iamport`);
    note(`webhooks are ${modes}, to ${url}`);
    await sleep(GATEWAY_MOOD_MS);
  }
}
