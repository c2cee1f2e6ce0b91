import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { type DataSource, MoreThan } from 'typeorm';
import { gatewaysOf } from '../adapters.js';
import { Attention } from '../attention/attention.entity.js';
import { Comparer } from '../comparison/comparer.js';
import { Comparison, ComparisonState } from '../comparison/comparison.entity.js';
import { Difference, DifferenceState } from '../comparison/difference.entity.js';
import { isKoreanDay, type KoreanDay, koreanDayOf } from '../calendar/korean-time.js';
import { daysFrom, firstDay } from '../comparison/schedule.js';
import { SettingsError } from '../config/settings.js';
import { StartError } from '../config/start-error.js';
import { withDatabase } from '../database/connect.js';
import { PointEvent } from '../event/event.entity.js';
import { storeEvents } from '../event/outbox.js';
import { createLogger } from '../logging/logger.js';
import { Cancellation } from '../payment/cancellation.entity.js';
import { CashReceiptRow } from '../payment/cash-receipt.entity.js';
import { PaymentOrder } from '../payment/payment-order.entity.js';
import { Payment } from '../payment/payment.entity.js';
import { SealedRefundAccount } from '../payment/refund-account.entity.js';
import { PointAccount } from '../point-account/point-account.entity.js';
import { Lot, LotUse } from '../point-transaction/lot.entity.js';
import { PointTransaction } from '../point-transaction/point-transaction.entity.js';
import { Reconciliation } from '../point-transaction/reconciliation.js';
import { type CsvFile, openCsv } from './csv-file.js';
import { here } from './place.js';

/** Exit status for scripts: 0 the same, 1 differences were found, 2 not all was compared and no difference was found. */
const DIFFERENT = 1;
const NOT_COMPARED = 2;
/** All that the comparison and what it heals read and write. */
const ENTITIES = [
  Attention,
  Comparison,
  Difference,
  Cancellation,
  SealedRefundAccount,
  CashReceiptRow,
  PaymentOrder,
  Payment,
  PointAccount,
  PointTransaction,
  Lot,
  LotUse,
  PointEvent,
];
/** Differences that are read at once, and of each day listed; a CSV file has all of them. */
const PAGE = 500;
const LISTED_MAX = 100;
const PROGRESS_EVERY_MS = 500;

const COLUMNS: [title: string, width: number, of: (comparison: Comparison) => unknown][] = [
  ['day', 10, ({ day }) => day],
  ['gateway', 8, ({ gateway }) => gateway],
  ['result', 12, ({ state }) => state],
  ['payments', 9, ({ payments }) => payments],
  ['matched', 9, ({ matched }) => matched],
  ['paidThere', 14, ({ paidThere }) => paidThere],
  ['creditedHere', 14, ({ creditedHere }) => creditedHere],
  ['cancelledThere', 14, ({ cancelledThere }) => cancelledThere],
  ['cancelledHere', 14, ({ cancelledHere }) => cancelledHere],
];
const CSV_COLUMNS = [
  'kind',
  'state',
  'gatewayPaymentId',
  'merchantUid',
  'ownerId',
  'paidThere',
  'cancelledThere',
  'creditedHere',
  'cancelledHere',
  'foundAt',
  'endedAt',
] as const;

/** The program behind `npm run compare`: compares days with the gateways, as the server does by itself. */
async function main(): Promise<void> {
  const { days, csv } = readArguments();
  const environment = here().environment();
  const settings = here().readSettings(environment);
  await withDatabase(settings.database, 'takes-its-time', { entities: ENTITIES }, async (dataSource) => {
    await here().requireSchema(dataSource);
    if (settings.events) storeEvents(dataSource);
    const logger = createLogger('silent');
    const gateways = gatewaysOf(settings, logger);
    const comparer = new Comparer(
      dataSource,
      settings,
      logger,
      gateways,
      new Reconciliation(dataSource, logger, gateways, settings),
    );
    const table = csv === undefined ? undefined : await openCsv(csv, ['day', 'gateway', ...CSV_COLUMNS]);
    print(COLUMNS.map(([title, width]) => title.padEnd(width)).join('  '));
    for (const day of days) {
      for (const { name } of gateways.all) {
        const onProgress = progress(`${day} ${name}`);
        const { comparison, healed } = await comparer.compare(name, day, { onProgress });
        print(COLUMNS.map(([, width, of]) => String(of(comparison)).padEnd(width)).join('  '));
        const { state, fault } = comparison;
        if (state === ComparisonState.NOT_COMPARED) {
          print(`  NOT COMPARED: ${fault ?? ''}`);
          process.exitCode ??= NOT_COMPARED;
        } else if (healed > 0 || state === ComparisonState.DIFFERENT) {
          process.exitCode = DIFFERENT;
        }
        await tellDifferences(dataSource, comparison, table);
      }
    }
    await table?.close();
  });
  print(
    process.exitCode === DIFFERENT
      ? 'DIFFERENT: see docs/comparison.md for what each kind asks of you.'
      : process.exitCode === NOT_COMPARED
        ? 'NOT COMPARED: run it again when the gateway answers.'
        : 'SAME: the gateway and the books agree.',
  );
}

function readArguments(): { days: KoreanDay[]; csv: string | undefined } {
  const text = { type: 'string' } as const;
  const { day, from, to, csv } = parseArgs({
    options: { day: text, from: text, to: text, csv: text },
  }).values;
  const now = new Date();
  const first = day ?? from;
  const last = day ?? to ?? koreanDayOf(now);
  if (!first || (day !== undefined && (from ?? to) !== undefined) || ![first, last].every(isKoreanDay)) {
    const days = here().command('compare', '--day 2026-11-25');
    throw new StartError({
      ko: `사용법: ${days} 또는 --from 2026-11-01 --to 2026-11-25 [--csv 파일]`,
      en: `usage: ${days}, or --from 2026-11-01 --to 2026-11-25 [--csv file]`,
    });
  }
  if (first < firstDay(now) || last > koreanDayOf(now) || first > last) {
    throw new StartError({
      ko: `날짜는 ${firstDay(now)}부터 ${koreanDayOf(now)}까지이고, 처음이 끝보다 늦을 수 없습니다`,
      en: `days are from ${firstDay(now)} to ${koreanDayOf(now)}, and the first is not after the last`,
    });
  }
  return { days: daysFrom(first, last), csv };
}

/** Those that are open or were healed on standard output, the first of them one by one; all of them into the CSV file. */
async function tellDifferences(
  { manager }: DataSource,
  comparison: Comparison,
  table: CsvFile | undefined,
): Promise<void> {
  let listed = 0;
  let unlisted = 0;
  let after = '';
  for (;;) {
    const differences = await manager.find(Difference, {
      where: { comparisonId: comparison.id, id: MoreThan(after) },
      order: { id: 'ASC' },
      take: PAGE,
    });
    for (const difference of differences) {
      const { state, kind, gatewayPaymentId, merchantUid } = difference;
      await table?.write([
        comparison.day,
        comparison.gateway,
        ...CSV_COLUMNS.map((name) => difference[name]),
      ]);
      if (state === DifferenceState.GONE) continue;
      if (listed++ < LISTED_MAX) {
        print(`  ${state.padEnd(6)}  ${kind.padEnd(17)}  ${gatewayPaymentId}  ${merchantUid}`);
      } else unlisted++;
    }
    if (differences.length < PAGE) break;
    after = differences.at(-1)?.id ?? '';
  }
  if (unlisted > 0) print(`  and ${unlisted} more`);
}

function print(line: string): void {
  process.stdout.write(`${line.trimEnd()}\n`);
}

/** Written to standard error, so that the result alone is on standard output. */
function progress(what: string): (payments: number) => void {
  let shownAtMs = 0;
  return (payments) => {
    const now = performance.now();
    if (now - shownAtMs < PROGRESS_EVERY_MS) return;
    shownAtMs = now;
    const line = `${what}: ${payments} payments`;
    process.stderr.write(process.stderr.isTTY ? `\r${line} ` : `${line}\n`);
  };
}

try {
  await main();
} catch (error) {
  print(`NOT RUN: ${error instanceof SettingsError ? error.message : (error as Error).message}`);
  process.exitCode = NOT_COMPARED;
}
