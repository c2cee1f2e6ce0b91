// Runs the cases in pairs: our server, then the floor, again and again under the same load.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { JwtService } from '@nestjs/jwt';
import { ACCESS_TOKEN } from '../dist/auth/access-token.js';
import { CASES } from './cases.mjs';
import { createDatabases } from './databases.mjs';
import { cpuMs, residentMib } from './process-cost.mjs';
import { freePort, HOST, startProgram, tailOf } from './program.mjs';
import {
  checkBooks,
  countRows,
  endChecks,
  insertCredited,
  insertPaid,
  insertUsers,
  openRows,
} from './rows.mjs';

const CONNECTIONS = 32;
/** Payments that are made for the warm-up, before anybody knows how fast this machine is. */
const FIRST_SUPPLY_PER_SECOND = 4000;
/** How much faster than ever before a run may be without using up its payments. */
const SUPPLY_FACTOR = 2;
const WARM_UP_RUNS_MAX = 5;
/** Requests on their way when the load ends are still carried out. */
const SETTLE_MS = 300;
const LOAD_GRACE_MS = 60_000;
const JWT_SECRET_BYTES = 48;

/**
 * @param options `{ cases, databases, pairs, seconds, warmUpSeconds, warmUpRequests, profileFolder? }`
 * @param show `{ begins(caseName, databaseName, runs), run(), ends(ok) }`, told of how far it is.
 * @param onCleanUp gets what takes everything away again, as soon as there is something to take away.
 * @returns one entry for each case and database, with every single run in it.
 */
export async function runBench(options, show, onCleanUp) {
  const cleanUps = [];
  const cleanUp = async () => {
    while (cleanUps.length > 0) await cleanUps.pop()();
  };
  onCleanUp(cleanUp);
  try {
    const folder = mkdtempSync(join(tmpdir(), 'point-top-up-bench-'));
    cleanUps.push(async () => rmSync(folder, { recursive: true, force: true }));
    const start = async (program, more = {}) => {
      const logFile = join(folder, `${program}-${randomBytes(4).toString('hex')}.log`);
      const started = await startProgram(program, {
        workingFolder: folder,
        env: bareEnvironment(),
        logFile,
        ...more,
      });
      cleanUps.push(started.stop);
      return started;
    };
    const gateway = await start('gateway.mjs');
    const load = await start('load.mjs');
    const measured = [];
    const versions = {};
    for (const kind of options.databases) {
      const keep = cleanUps.length;
      const databases = await createDatabases(kind, folder, (end) => cleanUps.push(end));
      versions[kind] = databases.version;
      const jwtSecret = randomBytes(JWT_SECRET_BYTES).toString('base64url');
      const targets = {
        ours: await startOurs(start, databases.ours, gateway.url, jwtSecret, options.profileFolder),
        floor: await startFloor(start, databases.floor, gateway.url, jwtSecret),
      };
      for (const [name, target] of Object.entries(targets)) {
        target.name = name;
        target.rows = await openRows(databases[name]);
        cleanUps.push(target.rows.close);
      }
      for (const caseName of options.cases) {
        const context = { caseName, load, jwt: jwtOf(jwtSecret), options };
        measured.push({ database: kind, ...(await measureCase(context, targets, kind, show)) });
      }
      // The next database gets the machine for itself.
      while (cleanUps.length > keep) await cleanUps.pop()();
    }
    return { measured, versions };
  } finally {
    await cleanUp();
  }
}

/** Nothing of the developer's own settings. */
function bareEnvironment() {
  const { PATH, HOME, TMPDIR, TZ } = process.env;
  return { PATH, HOME, TMPDIR, TZ };
}

async function startOurs(start, databaseUrl, gatewayUrl, jwtSecret, profileFolder) {
  const port = await freePort();
  const started = await start('server.mjs', {
    nodeArguments: profileFolder ? ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`] : [],
    env: {
      ...bareEnvironment(),
      PORT: String(port),
      PUBLIC_URL: 'https://point.example.com',
      DATABASE_URL: databaseUrl,
      IAMPORT_API_KEY: 'bench',
      IAMPORT_API_SECRET: 'bench',
      IAMPORT_USER_CODE: 'imp00000000',
      IAMPORT_BASE_URL: gatewayUrl,
      JWT_SECRET: jwtSecret,
      // Everything comes from one address.
      RATE_LIMIT: 'off',
    },
  });
  return { ...started, url: `http://${HOST}:${port}` };
}

function startFloor(start, databaseUrl, gatewayUrl, jwtSecret) {
  return start('floor.mjs', {
    env: {
      ...bareEnvironment(),
      NODE_ENV: 'production',
      BENCH_FLOOR_DATABASE_URL: databaseUrl,
      BENCH_FLOOR_GATEWAY_URL: gatewayUrl,
      BENCH_FLOOR_JWT_SECRET: jwtSecret,
    },
  });
}

function jwtOf(secret) {
  const { algorithm, issuer, audience, lifetimeSeconds } = ACCESS_TOKEN;
  return new JwtService({
    secret,
    signOptions: { algorithm, issuer, audience, expiresIn: lifetimeSeconds },
  });
}

async function measureCase(context, targets, kind, show) {
  const { caseName, options } = context;
  const both = [targets.ours, targets.floor];
  show.begins(caseName, kind, 2 * (options.pairs + 1));
  try {
    const users = new Map();
    const fastest = new Map();
    for (const target of both) {
      users.set(target, await insertUsers(target.rows, CASES[caseName].users, CASES[caseName].history));
      fastest.set(target, await warmUp(context, target, users.get(target)));
      show.run();
    }
    const memoryMib = { before: residentMib(targets.ours.pid) };
    const pairs = [];
    for (let number = 1; number <= options.pairs; number += 1) {
      const runs = [];
      for (const target of both) {
        const run = await measure(context, target, users.get(target), fastest.get(target), options.seconds);
        fastest.set(target, Math.max(fastest.get(target), run.perSecond));
        runs.push(run);
        show.run();
      }
      const [ours, floor] = runs;
      pairs.push({ ours, floor, ratio: ours.perSecond / floor.perSecond });
    }
    memoryMib.after = residentMib(targets.ours.pid);
    for (const { rows } of both) await checkBooks(rows);
    show.ends(true);
    return { case: caseName, memoryMib, pairs };
  } catch (error) {
    show.ends(false);
    throw error;
  }
}

/** Until enough of the code is compiled that one run is like the next. @returns the highest speed, in requests per second. */
async function warmUp(context, target, userIds) {
  const { warmUpSeconds, warmUpRequests } = context.options;
  let fastest = 0;
  let requests = 0;
  for (let run = 1; run <= WARM_UP_RUNS_MAX && (run === 1 || requests < warmUpRequests); run += 1) {
    const supply = fastest || FIRST_SUPPLY_PER_SECOND;
    const warm = await measure(context, target, userIds, supply, warmUpSeconds);
    fastest = Math.max(fastest, warm.perSecond);
    requests += warm.requests;
  }
  return fastest;
}

/** One run. @throws when a single answer was wrong, or when the rows do not tell the same as the answers. */
async function measure({ caseName, load, jwt }, target, userIds, perSecond, seconds) {
  const { payments, writes } = CASES[caseName];
  const supply = Math.ceil(perSecond * SUPPLY_FACTOR * seconds) + CONNECTIONS;
  const tokens = new Map(userIds.map((sub) => [sub, jwt.sign({ sub, type: ACCESS_TOKEN.type })]));
  const items = await itemsOf(payments, target.rows, userIds, supply);
  const before = writes && (await countRows(target.rows, writes));

  const cpuBefore = cpuMs(target.pid);
  const result = await runLoad(load, {
    caseName,
    url: target.url,
    connections: CONNECTIONS,
    seconds,
    items: items.map(({ userId, impUid }) => ({ token: tokens.get(userId), impUid })),
  });
  const cpu = cpuMs(target.pid) - cpuBefore;
  if (result.faults > 0 || result.responses === 0) {
    throw new Error(
      `${caseName}: ${result.faults} wrong answers of ${target.name} among ${result.responses}, ` +
        `${JSON.stringify(result.statuses)}\n${result.wrong.join('\n')}\n${tailOf(target.logFile)}`,
    );
  }

  await sleep(SETTLE_MS);
  if (writes) {
    const written = (await countRows(target.rows, writes)) - before;
    // Those whose answers the load no longer waited for.
    if (written < result.responses || written > result.responses + CONNECTIONS) {
      throw new Error(`${caseName}: ${target.name} answered ${result.responses} and wrote ${written} rows`);
    }
    await endChecks(target.rows);
  }
  return {
    requests: result.responses,
    seconds: result.seconds,
    perSecond: result.responses / result.seconds,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    cpuMsPerRequest: Number.isNaN(cpu) ? undefined : cpu / result.responses,
  };
}

/** What the requests of a run are about, spread over the users. */
async function itemsOf(payments, rows, userIds, supply) {
  if (payments === undefined) return userIds.map((userId) => ({ userId }));
  const owners = Array.from({ length: supply }, (_, index) => userIds[index % userIds.length]);
  return payments === 'paid' ? insertPaid(rows, owners) : insertCredited(rows, owners);
}

async function runLoad({ child, logFile }, job) {
  const answered = new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the load did not end\n${tailOf(logFile)}`)),
      job.seconds * 1000 + LOAD_GRACE_MS,
    );
    child.once('message', (message) => {
      clearTimeout(timer);
      if (message.type === 'result') resolve(message.result);
      else reject(new Error(message.message));
    });
  });
  child.send(job);
  return answered;
}
