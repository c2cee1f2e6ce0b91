import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { findMariadb, isContinuousIntegration, MARIADB_HINT } from '../support/requirements.mjs';
import { randomRun, type RunReport } from './random-run.js';

/** Set by `npm run test:crash`; without it this is the short run that belongs to every test run. */
const SERVER_KILLS = Number(process.env.CRASH_KILLS ?? 60);
const DATABASE_KILLS = Math.max(10, Math.round(SERVER_KILLS / 6));
const SEED = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 2 ** 31));

const BEGINNING_AND_END_MS = 240_000;
/** A kill, the start of the next server, and its life, on a machine that does other things too. */
const KILL_MS = 12_000;

const SUITE = `a random run with ${SERVER_KILLS} kills, seed ${SEED}, on MariaDB`;

if (findMariadb()) describe(SUITE, suite);
else if (isContinuousIntegration()) throw new Error(`MariaDB is missing and CI=true: ${MARIADB_HINT}`);
else describe.skip(`${SUITE} (skipped, MariaDB is missing: ${MARIADB_HINT})`, suite);

function suite(): void {
  let report: RunReport;

  beforeAll(
    async () => {
      say(`random run: npm run test:crash -- --kills ${SERVER_KILLS} --seed ${SEED}`);
      report = await randomRun({
        seed: SEED,
        serverKills: SERVER_KILLS,
        databaseKills: DATABASE_KILLS,
        progress: say,
      });
      say(`what happened: ${JSON.stringify(report.activity)}`);
      if (report.findings.length > 0 || report.verification.exitCode !== 0) {
        const file = join(tmpdir(), `point-top-up-random-run-${SEED}.log`);
        writeFileSync(file, [...report.journal, '', ...report.findings].join('\n'));
        say(`seed ${SEED} found something; who decided what: ${file}`);
      }
    },
    BEGINNING_AND_END_MS + SERVER_KILLS * KILL_MS,
  );

  test('kills servers at work, and the database', () => {
    const { serverKills, killsInFlight, databaseKills } = report.activity;
    expect(serverKills).toBe(SERVER_KILLS);
    expect(databaseKills).toBe(DATABASE_KILLS);
    expect(killsInFlight).toBeGreaterThanOrEqual(SERVER_KILLS / 2);
  });

  test('is not idle: customers pay, cancel, repeat and vanish, and the gateway fails', () => {
    const leastPerKill: Partial<Record<keyof RunReport['activity'], number>> = {
      credits: 1,
      cancellationsDone: 0.4,
      cancellationsRefused: 0.02,
      givenBack: 0.1,
      consoleCancels: 0.1,
      vanished: 0.1,
      repetitions: 0.5,
      answersLost: 0.5,
      webhooks: 0.5,
      faults: 1,
    };
    const tooFew = Object.entries(leastPerKill).filter(
      ([what, perKill]) => report.activity[what as keyof RunReport['activity']] < SERVER_KILLS * perKill,
    );
    expect({ tooFew, activity: report.activity }).toEqual({ tooFew: [], activity: report.activity });
  });

  test('loses nothing, doubles nothing, leaves nothing stuck, and the gateway gave back what the books say', () => {
    expect(report.findings).toEqual([]);
  });

  test('ends with books that are proved against the gateway', () => {
    expect(report.verification.output).toContain('PROVED: ');
    expect(report.verification.exitCode).toBe(0);
  });
}

/** Past Jest, which shows the console of a test only at its end. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
