// How long `npm run compare` takes for a day with differences of every kind that the gateway can show, and how much memory. Of a
// long day most of the time is the simulator's, which looks through all payments for each page; the processor time is ours.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ulid } from 'ulid';
import { createDatabases } from './databases.mjs';
import { freePort } from './program.mjs';
import { cpuMs, peakMib } from './process-cost.mjs';
import { withProgress } from './progress.mjs';
import { bareEnvironment, inWorkplace, openRowsIn, productionEnvironment } from './workplace.mjs';

const PROGRAM = fileURLToPath(new URL('../dist/programs/compare.js', import.meta.url));
const HOUR_MS = 60 * 60_000;
const LOOK_EVERY_MS = 50;
/** A tenth of the day first, which shows whether memory grows with it. */
const SHARES = [0.1, 1];
const PLANTED = [
  'PG_ONLY_OURS',
  'PG_ONLY_FOREIGN',
  'LOCAL_ONLY',
  'AMOUNT_DIFF',
  'CANCEL_PG_ONLY',
  'CANCEL_LOCAL_ONLY',
  'STATUS_LAG',
  'DATE_SHIFT',
  'TEST_IN_LIVE',
  'DUPLICATE_ORDER',
];
const PLANTED_EACH = 10;
/**
 * The first comparison heals, the second one finds nothing new. What they use is mostly garbage that V8 has no reason to
 * collect yet, and the longer they last the more of it is there. The third has just the heap that the program itself and a slice of the
 * day need: a part of it that grew with the day would end it.
 */
const RUNS = [
  { name: 'first', nodeArguments: [] },
  { name: 'second', nodeArguments: [] },
  { name: 'small heap', nodeArguments: ['--max-old-space-size=64', '--max-semi-space-size=2'] },
];

/**
 * @param options `{ databases, payments }`
 * @returns for each database and size the {@link RUNS}.
 */
export function runCompare(options, show, onCleanUp) {
  return inWorkplace(onCleanUp, async (place) => {
    const measured = [];
    const versions = {};
    for (const kind of options.databases) {
      for (const [index, share] of SHARES.entries()) {
        await place.alone(async () => {
          const payments = Math.round(options.payments * share);
          const name = `ours${index}`;
          const simulator = await place.start('../simulator/dist/main.js', {
            env: {
              ...bareEnvironment(),
              IAMPORT_SIMULATOR_PORT: String(await freePort()),
              IAMPORT_SIMULATOR_DATA: `${place.folder}/simulator-${kind}-${index}.db`,
              IAMPORT_SIMULATOR_WEBHOOKS: 'never',
            },
          });
          const databases = await createDatabases(kind, [name], place);
          versions[kind] = databases.version;
          const rows = await openRowsIn(place, databases.urls[name]);
          const day = new Date(Date.now() - 3 * 24 * HOUR_MS).toISOString().slice(0, 10);
          const made = await makeDay(simulator.url, day, payments);
          await writeBooks(rows, made, Date.parse(`${day}T12:00:00+09:00`));
          await withProgress(show, `compare ${payments}`, kind, RUNS.length, async () => {
            for (const { name: run, nodeArguments } of RUNS) {
              const result = await compare(databases.urls[name], simulator.url, day, nodeArguments);
              const planted = made.filter((one) => one.kind !== 'MATCHED');
              const missed = planted.filter(
                (one) => !result.output.includes(`${one.kind} `) || !result.output.includes(one.imp_uid),
              );
              if (missed.length > 0 || result.listed !== planted.length) {
                throw new Error(
                  `${planted.length} were planted and ${result.listed} found:\n${result.output}`,
                );
              }
              measured.push({
                database: kind,
                payments,
                run,
                seconds: result.seconds,
                cpuSeconds: result.cpuSeconds,
                peakMib: result.peakMib,
                found: result.listed,
              });
              show.step();
            }
          });
        });
      }
    }
    return { measured, versions };
  });
}

async function makeDay(url, day, payments) {
  const differences = Object.fromEntries(
    PLANTED.map((kind) => [kind, Math.min(PLANTED_EACH, Math.floor(payments / 50))]),
  );
  const response = await fetch(`${url}/_simulator/days`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ day, payments, seed: 7, differences }),
  });
  if (!response.ok) throw new Error(`the simulator made no day: ${await response.text()}`);
  return (await response.json()).payments;
}

async function compare(databaseUrl, simulatorUrl, day, nodeArguments) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...nodeArguments, PROGRAM, '--day', day], {
    env: {
      ...bareEnvironment(),
      ...productionEnvironment(),
      DATABASE_URL: databaseUrl,
      IAMPORT_API_KEY: 'simulator-key',
      IAMPORT_API_SECRET: 'simulator-secret',
      IAMPORT_USER_CODE: 'imp00000000',
      PAYMENT_METHODS: 'card',
      IAMPORT_BASE_URL: simulatorUrl,
      IAMPORT_TEST_MODE: 'true',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  let peak;
  let cpu;
  const looking = setInterval(() => {
    peak = peakMib(child.pid) ?? peak;
    cpu = cpuMs(child.pid) ?? cpu;
  }, LOOK_EVERY_MS);
  await once(child, 'close');
  clearInterval(looking);
  if (child.exitCode !== 1) {
    throw new Error(`npm run compare ended with ${child.exitCode ?? child.signalCode}:\n${output}`);
  }
  return {
    output,
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: cpu === undefined ? undefined : cpu / 1000,
    peakMib: peak,
    listed: output.match(/^ {2}(OPEN|HEALED|NOTED) /gm)?.length ?? 0,
  };
}

/** Our books of the day, as the simulator says that they have to be. */
async function writeBooks(rows, made, noonMs) {
  const accounts = [];
  const orders = [];
  const payments = [];
  const transactions = [];
  for (const { kind, imp_uid: impUid, merchant_uid: merchantUid, amount, paid_at: paidAt, books } of made) {
    const { ordered, credited, cancelled } = books;
    if (ordered === null || kind === 'DUPLICATE_ORDER') continue;
    const ms = paidAt > 0 ? paidAt * 1000 : books.credited_at > 0 ? books.credited_at * 1000 : noonMs;
    const at = rows.time(new Date(ms));
    const ownerId = ulid(ms);
    const isCredited = credited > 0;
    accounts.push([ownerId, credited - cancelled, Number(isCredited) + Number(cancelled > 0), at]);
    const expiresAt = rows.time(new Date(ms + HOUR_MS));
    orders.push([merchantUid, ownerId, 'iamport', ordered, isCredited ? 'PAID' : 'READY', at, expiresAt]);
    const isWaiting = kind === 'STATUS_LAG';
    if (!isCredited && !isWaiting) continue;
    const paymentId = ulid(ms);
    const state = isWaiting ? 'READY' : cancelled < ordered ? 'PAID' : 'CANCELLED';
    const isTest = kind === 'TEST_IN_LIVE' ? 0 : 1;
    payments.push([
      paymentId,
      'iamport',
      impUid,
      merchantUid,
      ownerId,
      isCredited ? merchantUid : null,
      state,
      ordered,
      cancelled,
      'KRW',
      isTest,
      amount === null || isWaiting ? null : at,
      at,
    ]);
    const add = (seconds, sequence, change, key) =>
      transactions.push([
        ulid(seconds * 1000),
        ownerId,
        `iamport:${impUid}${key}`,
        paymentId,
        change > 0 ? 'PAYMENT' : 'CANCEL',
        change,
        sequence,
        sequence === 1 ? change : credited + change,
        rows.time(new Date(seconds * 1000)),
      ]);
    if (isCredited) add(books.credited_at, 1, credited, '');
    if (cancelled > 0) add(books.cancelled_at, 2, -cancelled, `:${books.cancellation_id ?? 'unknown'}`);
  }
  await rows.insert('point_account', ['ownerId', 'point', 'transactionCount', 'createdAt'], accounts);
  await rows.insert(
    'point_payment_order',
    ['merchantUid', 'ownerId', 'gateway', 'amount', 'state', 'createdAt', 'expiresAt'],
    orders,
  );
  await rows.insert(
    'point_payment',
    [
      'id',
      'gateway',
      'gatewayPaymentId',
      'merchantUid',
      'ownerId',
      'creditedOrder',
      'state',
      'amount',
      'cancelledAmount',
      'currency',
      'isTest',
      'paidAt',
      'readAt',
    ],
    payments,
  );
  await rows.insert(
    'point_transaction',
    ['id', 'ownerId', 'reference', 'paymentId', 'status', 'amount', 'sequence', 'balanceAfter', 'createdAt'],
    transactions,
  );
}
