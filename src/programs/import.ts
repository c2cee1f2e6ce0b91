import 'reflect-metadata';
import { parseArgs } from 'node:util';
import type { DataSource } from 'typeorm';
import { readImportSettings } from '../config/settings.js';
import { inBothLanguages, StartError } from '../config/start-error.js';
import { withDatabase } from '../database/connect.js';
import { PaymentOrder } from '../payment/payment-order.entity.js';
import { Payment } from '../payment/payment.entity.js';
import { isOwnerId } from '../point-account/owner-id.js';
import { PointAccount } from '../point-account/point-account.entity.js';
import { type ImportTotals, type ImportWish, PointImport } from '../point-import/point-import.js';
import { COLUMNS } from '../point-import/row.js';
import { Lot, LotUse } from '../point-transaction/lot.entity.js';
import { PointTransaction } from '../point-transaction/point-transaction.entity.js';
import { peopleAmong } from '../user/people-among.js';
import { User } from '../user/user.entity.js';
import { openCsv } from './csv-file.js';
import { here } from './place.js';

/** Exit status for scripts: 0 all rows are there, 1 some do not fit, 2 not all rows were looked at. */
const REFUSED = 1;
const NOT_RUN = 2;
const ENTITIES = [User, PointAccount, PaymentOrder, Payment, PointTransaction, Lot, LotUse];
const USUAL_NAME = 'opening';
/** Part of the reference of each row in the ledger. */
const NAME = /^[A-Za-z0-9_-]{1,20}$/;
/** The ones after these are counted; the report has all of them. */
const LISTED_MAX = 100;
const PROGRESS_EVERY_MS = 500;

/** Whether rows may have been written. */
let hasBegun = false;

/** The program behind `npm run import`: brings the points of a shop's own table into the ledger, each row once. */
async function main(): Promise<void> {
  const { report: reportPath, ...wish } = readArguments();
  const environment = here().environment();
  const settings = readImportSettings(environment);
  await withDatabase(settings.database, 'takes-its-time', { entities: ENTITIES }, async (dataSource) => {
    await here().requireSchema(dataSource);
    const knownOwners =
      settings.hasHostLogin || here().isHostsApp ? EVERYBODY : { among: peopleOf(dataSource) };
    const report =
      reportPath === undefined ? undefined : await openCsv(reportPath, ['line', 'why', ...COLUMNS]);
    let listed = 0;
    const onProgress = progress();
    const totals = await new PointImport(dataSource, settings, knownOwners).run(wish, {
      onRefused: async ({ line, cells, why }) => {
        const text = inBothLanguages(why);
        if (listed === 0) print(`${'line'.padStart(8)}  ${'ownerId'.padEnd(26)}  why`);
        if (listed++ < LISTED_MAX) {
          print(`${String(line).padStart(8)}  ${inOneLine(cells.ownerId).padEnd(26)}  ${text}`);
        }
        await report?.write([line, text, ...COLUMNS.map((column) => cells[column] ?? null)]);
      },
      onProgress: (rows, total) => {
        hasBegun = true;
        onProgress(rows, total);
      },
    });
    await report?.close();
    if (listed > LISTED_MAX) print(`and ${listed - LISTED_MAX} more; --report file.csv has all of them`);
    tell(totals, wish);
  });
}

/** Where the login is the shop's own it alone knows who is there. */
const EVERYBODY = {
  among: async (ownerIds: readonly string[]) => new Set(ownerIds.filter(isOwnerId)),
};

function peopleOf({ manager }: DataSource) {
  return (ownerIds: readonly string[]) => peopleAmong(manager, ownerIds);
}

function readArguments(): ImportWish & { report: string | undefined } {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { name: text, report: text, 'dry-run': { type: 'boolean', default: false } },
  });
  const [path, ...more] = positionals;
  const name = values.name ?? USUAL_NAME;
  if (!path || more.length > 0 || !NAME.test(name)) {
    const use = here().command('import', 'file.csv [--dry-run] [--report refused.csv] [--name opening]');
    throw new StartError({ ko: `사용법: ${use}`, en: `usage: ${use}` });
  }
  return { path, name, isDryRun: values['dry-run'], report: values.report };
}

function tell(totals: ImportTotals, { isDryRun }: ImportWish): void {
  const { imported, there, empty, refused, rows } = totals;
  const line = (what: string, count: number, points: number | '') =>
    print(`${what.padEnd(24)}${String(count).padStart(10)}${String(points).padStart(18)}`);
  print(`${''.padEnd(24)}${'rows'.padStart(10)}${'points'.padStart(18)}`);
  for (const [kind, sum] of Object.entries(imported)) {
    line(`${isDryRun ? 'would import' : 'imported'} ${kind}`, sum.rows, sum.points);
  }
  line('imported before', there.rows, there.points);
  line('without points', empty, '');
  line('do not fit', refused, '');
  line('in the file', rows, '');
  if (refused > 0) process.exitCode = REFUSED;
  const verdict = isDryRun ? 'DRY RUN: nothing was written' : 'IMPORTED';
  print(
    refused > 0
      ? `${verdict}; ${refused} rows do not fit. Correct them and run the same again: no row is imported twice.`
      : `${verdict}; every row fits.${isDryRun ? '' : ` ${here().command('verify')} proves it.`}`,
  );
}

/** What somebody else wrote, in one line and not longer than its column. */
function inOneLine(text = ''): string {
  return text.replaceAll(/\s/g, ' ').slice(0, 64);
}

function print(line: string): void {
  process.stdout.write(`${line.trimEnd()}\n`);
}

/** Written to standard error, so that the result alone is on standard output. */
function progress(): (rows: number, total: number) => void {
  let shownAtMs = 0;
  return (rows, total) => {
    const now = performance.now();
    if (now - shownAtMs < PROGRESS_EVERY_MS) return;
    shownAtMs = now;
    const line = `${rows} of ${total} rows (${Math.floor((100 * rows) / total)} %)`;
    process.stderr.write(process.stderr.isTTY ? `\r${line} ` : `${line}\n`);
  };
}

try {
  await main();
} catch (error) {
  const what = hasBegun ? 'NOT ALL IMPORTED, run the same again' : 'NOT RUN';
  print(`${what}: ${(error as Error).message}`);
  process.exitCode = NOT_RUN;
}
