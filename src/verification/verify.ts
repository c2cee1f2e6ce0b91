import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { loadEnvFile } from '../config/env-file.js';
import { readDatabaseSettings, readSettings, SettingsError } from '../config/settings.js';
import { createDataSource, dataSourceOptions } from '../database/data-source.js';
import { GatewayUnavailable } from '../iamport/gateway-error.js';
import { IamportClient } from '../iamport/iamport-client.js';
import { createLogger } from '../logging/logger.js';
import { proveBooks, WrongRow } from './books.js';
import { proveAgainstGateway } from './gateway.js';

/** Exit status for scripts: 0 proved, 1 a row is wrong, 2 nothing was proved. */
const WRONG = 1;
const NOT_RUN = 2;
const PROGRESS_EVERY_MS = 500;
const BAR_WIDTH = 30;

/** The program behind `npm run verify`: proves the books, and with `--gateway` also against the gateway. It writes nothing. */
async function main(): Promise<void> {
  // A misspelt --gateway is refused: it would prove less than was asked for.
  const asked = parseArgs({ options: { gateway: { type: 'boolean', default: false } } }).values;
  loadEnvFile(process.env);
  const { database } = readDatabaseSettings(process.env);
  const dataSource = createDataSource(await dataSourceOptions(database, 'takes-its-time'));
  await dataSource.initialize();
  try {
    const figures = await proveBooks(dataSource, progressBar('rows'));
    for (const [name, value] of Object.entries(figures)) print(`${name.padEnd(16)}${value}`);
    if (asked.gateway) {
      const settings = readSettings(process.env);
      const iamport = new IamportClient(settings, createLogger('silent'));
      print(
        `at the gateway  ${await proveAgainstGateway(dataSource, iamport, progressBar('payments', figures.payments))}`,
      );
    }
    print('PROVED: every won is accounted for.');
  } finally {
    await dataSource.destroy();
  }
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
    print(`WRONG: ${error.rule}`);
    for (const [name, value] of Object.entries(error.row)) print(`  ${name.padEnd(22)}${String(value)}`);
    process.exitCode = WRONG;
  } else if (error instanceof GatewayUnavailable) {
    print(`NOT PROVED: the gateway did not answer (${error.fault}).`);
    process.exitCode = NOT_RUN;
  } else {
    print(`NOT RUN: ${error instanceof SettingsError ? error.message : (error as Error).message}`);
    process.exitCode = NOT_RUN;
  }
}
