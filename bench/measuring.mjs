// One run under load, and runs in pairs.
import { setTimeout as sleep } from 'node:timers/promises';
import { ulid } from 'ulid';
import { cursorOf } from '../dist/graphql/connection.js';
import { CASES, PAGE_SIZE } from './cases.mjs';
import { cpuMs, residentMib } from './process-cost.mjs';
import { tailOf } from './program.mjs';
import {
  countNewRows,
  endChecks,
  insertCredited,
  insertPaid,
  insertUsers,
  transactionCountOf,
} from './rows.mjs';

const CONNECTIONS = 32;
/** Payments that are made for the warm-up, before anybody knows how fast this machine is. */
const FIRST_SUPPLY_PER_SECOND = 4000;
/** How much faster than ever before a run may be without using up its payments. */
const SUPPLY_FACTOR = 2;
const WARM_UP_RUNS_MAX = 12;
/** Requests on their way when the load ends are still carried out. */
const SETTLE_MS = 300;
const LOAD_GRACE_MS = 60_000;
/** A run of a number of requests is given up when it is slower. */
const SLOWEST_PER_SECOND = 10;

/** What a run asks for: a case, spread over users. */
export function workOfCase(caseName, rows, userIds) {
  const { payments, eachAnotherUser } = CASES[caseName];
  return {
    caseName,
    prepare: async (supply) => {
      if (eachAnotherUser)
        return { items: (await insertUsers(rows, supply)).map((ownerId) => ({ ownerId })) };
      if (payments === undefined) return { items: userIds.map((ownerId) => ({ ownerId })) };
      const owners = Array.from({ length: supply }, (_, index) => userIds[index % userIds.length]);
      return { items: await (payments === 'paid' ? insertPaid : insertCredited)(rows, owners) };
    },
  };
}

/** What a run asks for: always the same page of one user's history. */
export function workOfPage(rows, ownerId, number) {
  return {
    caseName: 'page',
    prepare: async () => {
      const newest = (await transactionCountOf(rows, ownerId)) - (number - 1) * PAGE_SIZE;
      const after = number === 1 ? undefined : cursorOf(newest + 1);
      // The page that is meant and no other.
      return { items: [{ ownerId, after }], expected: `"endCursor":"${cursorOf(newest - PAGE_SIZE + 1)}"` };
    },
  };
}

/**
 * Both sides in turn, again and again, each warmed up first.
 *
 * @param sides `{ target, work }`, two of them.
 * @param onRun is told of each run, the warm-up of a side among them.
 * @returns the two runs of each pair, and the memory of each target before and after the pairs.
 */
export async function measurePairs(tools, sides, options, onRun) {
  for (const side of sides) {
    side.fastest = await warmUp(tools, side, options);
    onRun();
  }
  const memoryMib = sides.map(({ target }) => ({ before: residentMib(target.pid) }));
  const pairs = [];
  for (let number = 1; number <= options.pairs; number += 1) {
    const runs = [];
    const ratePerSecond = await sharedRate(tools, sides, options);
    for (const side of sides) {
      const run = ratePerSecond
        ? await measureRate(tools, side, ratePerSecond, options.seconds)
        : await measureSeconds(tools, side, options.seconds);
      side.fastest = Math.max(side.fastest, run.perSecond);
      runs.push(run);
      onRun();
    }
    pairs.push(runs);
  }
  for (const [index, { target }] of sides.entries()) memoryMib[index].after = residentMib(target.pid);
  return { pairs, memoryMib };
}

/** So much of what the second side reaches when it is always asked; undefined for a case that asks always. */
async function sharedRate(tools, [, floor], { shareOfFloorsRate, seconds }) {
  if (!shareOfFloorsRate) return undefined;
  return shareOfFloorsRate * (await measureSeconds(tools, floor, seconds)).perSecond;
}

/** Until enough of the code is compiled that one run is like the next. @returns the highest speed, in requests per second. */
async function warmUp(tools, { target, work }, { warmUpSeconds, warmUpRequests }) {
  let fastest = 0;
  let requests = 0;
  for (let run = 1; run <= WARM_UP_RUNS_MAX && (run === 1 || requests < warmUpRequests); run += 1) {
    const side = { target, work, fastest: fastest || FIRST_SUPPLY_PER_SECOND };
    const warm = await measureSeconds(tools, side, warmUpSeconds);
    fastest = Math.max(fastest, warm.perSecond);
    requests += warm.requests;
  }
  return fastest;
}

function measureSeconds(tools, { target, work, fastest }, seconds) {
  const supply = Math.ceil(fastest * SUPPLY_FACTOR * seconds) + CONNECTIONS;
  return measure(tools, target, work, supply, { seconds, timeoutMs: seconds * 1000 + LOAD_GRACE_MS });
}

/** A run of requests that are due at a fixed rate, whether or not those before were answered. */
function measureRate(tools, { target, work }, ratePerSecond, seconds) {
  const requests = Math.ceil(ratePerSecond * seconds);
  const timeoutMs = (requests * 1000) / SLOWEST_PER_SECOND + LOAD_GRACE_MS;
  return measure(tools, target, work, requests, { requests, ratePerSecond, timeoutMs });
}

/** A run of so many requests, however long they take. */
export function measureRequests(tools, target, work, requests) {
  const timeoutMs = (requests * 1000) / SLOWEST_PER_SECOND + LOAD_GRACE_MS;
  const connections = Math.min(CONNECTIONS, requests);
  return measure(tools, target, work, requests, { requests, connections, timeoutMs });
}

/** One run. @throws when a single answer was wrong, or when the rows do not tell the same as the answers. */
async function measure({ load, tokens, serviceKey }, target, { caseName, prepare }, supply, how) {
  const { writes, isService } = CASES[caseName];
  const { items, expected } = await prepare(supply);
  const tokenOf = new Map(items.map(({ ownerId }) => [ownerId, undefined]));
  for (const ownerId of tokenOf.keys()) tokenOf.set(ownerId, tokens.of(ownerId));
  const since = ulid();

  const cpuBefore = cpuMs(target.pid);
  const databaseCpuBefore = target.databasePid && cpuMs(target.databasePid);
  const result = await runLoad(load, {
    caseName,
    expected,
    url: target.url,
    connections: CONNECTIONS,
    ...how,
    items: items.map(({ ownerId, ...about }) =>
      isService ? { ...about, ownerId, token: serviceKey.key } : { ...about, token: tokenOf.get(ownerId) },
    ),
  });
  const cpu = cpuMs(target.pid) - cpuBefore;
  const databaseCpu = target.databasePid && cpuMs(target.databasePid) - databaseCpuBefore;
  if (result.faults > 0 || result.responses === 0) {
    throw new Error(
      `${caseName}: ${result.faults} wrong answers of ${target.name} among ${result.responses}, ` +
        `${JSON.stringify(result.statuses)}\n${result.wrong.join('\n')}\n${tailOf(target.logFile)}`,
    );
  }

  await sleep(SETTLE_MS);
  if (writes) {
    const written = await countNewRows(target.rows, writes, since);
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
    cpuMsPerRequest: perRequest(cpu, result),
    databaseCpuMsPerRequest: perRequest(databaseCpu, result),
  };
}

/** Undefined where the processor time cannot be read. */
function perRequest(ms, { responses }) {
  return ms === undefined || Number.isNaN(ms) ? undefined : ms / responses;
}

async function runLoad({ child, logFile }, { timeoutMs, ...job }) {
  const answered = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the load did not end\n${tailOf(logFile)}`)), timeoutMs);
    child.once('message', (message) => {
      clearTimeout(timer);
      if (message.type === 'result') resolve(message.result);
      else reject(new Error(message.message));
    });
  });
  child.send(job);
  return answered;
}
