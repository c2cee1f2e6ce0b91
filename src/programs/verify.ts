import 'reflect-metadata';
import { parseArgs } from 'node:util';
import type { DataSource } from 'typeorm';
import { gatewaysOf } from '../adapters.js';
import { readDatabaseSettings, SettingsError } from '../config/settings.js';
import { withDatabase } from '../database/connect.js';
import { createLogger } from '../logging/logger.js';
import { type Figures, proveBooks, WrongRow } from '../verification/books.js';
import { type ComparedBooks, readComparisons } from '../verification/comparisons.js';
import { compareWithGateway } from '../verification/gateway.js';
import { here } from './place.js';

/** Exit status for scripts: 0 proved, 1 a row is wrong, 2 not all was proved and nothing is known to be wrong. */
const WRONG = 1;
const NOT_PROVED = 2;
/** The ones after these are counted: a wrong key makes all payments differ. */
const LISTED_MAX = 100;
const PROGRESS_EVERY_MS = 500;
const BAR_WIDTH = 30;

/** The program behind `npm run verify`: proves the books, and with `--gateway` also against the gateway. It writes nothing. */
async function main(): Promise<void> {
  // A misspelt --gateway is refused: it would prove less than was asked for.
  const asked = parseArgs({ options: { gateway: { type: 'boolean', default: false } } }).values;
  const environment = here().environment();
  const { database } = readDatabaseSettings(environment);
  await withDatabase(database, 'takes-its-time', {}, async (dataSource) => {
    await here().requireSchema(dataSource);
    const figures = await proveBooks(dataSource, progressBar('rows'));
    for (const [name, value] of Object.entries(figures)) print(`${name.padEnd(16)}${value}`);
    const comparisons = await tellComparisons(dataSource);
    if (asked.gateway) await proveAgainstGateway(dataSource, figures, environment);
    if (process.exitCode !== undefined) return;
    const { ofPayments } = figures;
    const compared = Math.min(comparisons.transactions, ofPayments);
    if (asked.gateway || compared === ofPayments) {
      print('PROVED: every won is accounted for.');
    } else {
      print(
        `PROVED as far as it was compared with the gateway: ${compared} of ${ofPayments} transactions of payments. ` +
          `The others are right in the books alone; ${here().command('verify', '--gateway')} compares each payment now.`,
      );
    }
  });
}

/** When the books were last compared with the gateway, and what of that still waits for a person. */
async function tellComparisons(dataSource: DataSource): Promise<ComparedBooks> {
  const comparisons = await readComparisons(dataSource, LISTED_MAX);
  print(`last comparison ${comparisons.lastAt?.toISOString() ?? 'never'}`);
  for (const difference of comparisons.open) {
    process.exitCode = WRONG;
    printWrongRow(new WrongRow('a comparison found a difference with the gateway that is open', difference));
  }
  return comparisons;
}

/** Names each payment that differs, and each that could not be read, as it is found; the exit status tells of them. */
async function proveAgainstGateway(
  dataSource: DataSource,
  { payments }: Figures,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const settings = here().readSettings(environment);
  const gateways = gatewaysOf(settings, createLogger('silent'));
  let differences = 0;
  let unread = 0;
  let lastFault = '';
  const { compared, isGivenUp } = await compareWithGateway(dataSource, gateways, {
    onDifference: (difference) => {
      process.exitCode = WRONG;
      if (++differences <= LISTED_MAX) printWrongRow(difference);
    },
    onUnread: (impUid, fault) => {
      lastFault = fault;
      if (++unread <= LISTED_MAX) print(`NOT COMPARED: ${impUid} (${fault})`);
    },
    onProgress: progressBar('payments', payments),
  });
  print(`at the gateway  ${compared}`);
  if (differences > 0) print(`differences     ${differences}${listed(differences)}`);
  if (unread === 0) return;
  process.exitCode ??= NOT_PROVED;
  print(`not compared    ${unread}${listed(unread)}`);
  const rest = isGivenUp ? ' It was away for so many in a row that the rest was not asked for.' : '';
  print(`NOT PROVED: the gateway did not answer (${lastFault}).${rest}`);
}

function listed(count: number): string {
  return count > LISTED_MAX ? `, of which the first ${LISTED_MAX} are listed` : '';
}

function printWrongRow({ rule, row }: WrongRow): void {
  print(`WRONG: ${rule}`);
  for (const [name, value] of Object.entries(row)) print(`  ${name.padEnd(24)}${String(value)}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Written to standard error, so that the verdict alone is on standard output. */
function progressBar(unit: string, total?: number): (done: number) => void {
  let shownAtMs = 0;
  return (done) => {
    const now = performance.now();
    if (now - shownAtMs < PROGRESS_EVERY_MS) return;
    shownAtMs = now;
    const share = total ? ` of ${total} (${Math.floor((100 * done) / total)} %)` : '';
    const line = `${bar(done, total)}${done}${share} ${unit}`;
    process.stderr.write(process.stderr.isTTY ? `\r${line} ` : `${line}\n`);
  };
}

function bar(done: number, total: number | undefined): string {
  if (!total || !process.stderr.isTTY) return '';
  const filled = Math.min(BAR_WIDTH, Math.floor((BAR_WIDTH * done) / total));
  return `[${'█'.repeat(filled)}${'·'.repeat(BAR_WIDTH - filled)}] `;
}

try {
  await main();
} catch (error) {
  if (error instanceof WrongRow) {
    printWrongRow(error);
    process.exitCode = WRONG;
  } else {
    print(`NOT RUN: ${error instanceof SettingsError ? error.message : (error as Error).message}`);
    process.exitCode ??= NOT_PROVED;
  }
}
