import { setTimeout as sleep } from 'node:timers/promises';
import { type DataSource, type EntityManager, In } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { StartError, type Texts } from '../config/start-error.js';
import { inTransaction } from '../database/transaction.js';
import { violatesUniqueKey } from '../database/unique-key.js';
import { openAndLockAccounts } from '../point-account/accounts.js';
import type { KnownOwners } from '../point-account/known-owners.js';
import { PointAccount } from '../point-account/point-account.entity.js';
import { bring } from '../point-transaction/ledger.js';
import { Lot, LotKind } from '../point-transaction/lot.entity.js';
import {
  PointTransaction,
  PointTransactionStatus,
  TRANSACTION_REFERENCE_UNIQUE,
} from '../point-transaction/point-transaction.entity.js';
import { importReference } from '../point-transaction/reference.js';
import { type Before, decide, type Decision } from './decision.js';
import { type Column, type Places, placesOf, type Row, rowOf } from './row.js';
import { type Line, readTable } from './table.js';

/** The keys of a file are remembered while it is read: of so many, about 200 MB. */
export const ROWS_MAX = 1_000_000;
/** Rows of one transaction. */
const BATCH = 500;
/** After each, on SQLite: a server at work on the same file looks this often whether it can write. */
const PAUSE_MS = 30;
/** A row that another import books at the same moment, of a file in which it is another owner's, is found the second time. */
const RUNS_MAX = 2;

/** Rows and whole points. */
export interface Sum {
  rows: number;
  points: number;
}

export interface ImportTotals {
  rows: number;
  imported: Record<LotKind, Sum>;
  /** Imported before. */
  there: Sum;
  /** Without points. */
  empty: number;
  /** Those that do not fit. */
  refused: number;
}

/** A row that was not imported, and why. */
export interface RefusedRow {
  line: number;
  /** As they stand in the file. */
  cells: Partial<Record<Column, string>>;
  why: Texts;
}

/** Told while an import goes on. */
export interface ImportListener {
  onRefused: (row: RefusedRow) => Promise<void> | void;
  onProgress: (rows: number, total: number) => void;
}

export interface ImportWish {
  path: string;
  /** Names the table in the ledger: the same rows of another file of this name are the same rows. */
  name: string;
  /** Says what would happen and writes nothing. */
  isDryRun: boolean;
}

/** What is known of a file before any of it is imported. */
interface Survey {
  rows: number;
  places: Places;
  /** Lines whose keys are the same: nobody knows which of them is meant. */
  repeated: Map<string, [line: number, line: number]>;
}

/**
 * Brings the points of a shop's own table into the ledger: each row once, as a lot of its own, however often the import is
 * run, killed and run again, by any number at once. What does not fit is told and left out.
 *
 * The file is read twice. Before anything is written all of it was looked at, so that one that cannot be read imports nothing.
 */
export class PointImport {
  /** In a dry run: points that would have been imported, by their owner. */
  private readonly foreseen = new Map<string, number>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly settings: Pick<Settings, 'pointMaxBalance' | 'pointValidity'>,
    private readonly knownOwners: KnownOwners,
  ) {}

  /** @throws {StartError} for a file that cannot be read; nothing was changed. */
  async run(wish: ImportWish, { onRefused, onProgress }: ImportListener): Promise<ImportTotals> {
    const survey = await lookAt(wish.path);
    const totals: ImportTotals = {
      rows: 0,
      imported: { PAID: nothing(), BONUS: nothing(), ADJUST: nothing() },
      there: nothing(),
      empty: 0,
      refused: 0,
    };
    const refuse = async ({ line, cells }: Line, why: Texts) => {
      totals.refused += 1;
      await onRefused({ line, cells: namedCells(cells, survey.places), why });
    };
    // In the order of the file, those that do not fit already as well, so that they are told in it.
    let batch: { line: Line; read: Row | Texts }[] = [];
    const bookBatch = async () => {
      const rows = batch.flatMap(({ read }) => (isRow(read) ? [read] : []));
      const decisions = await (wish.isDryRun ? this.foresee(wish.name, rows) : this.book(wish.name, rows));
      let next = 0;
      for (const { line, read } of batch) {
        const decision = isRow(read) ? decisions[next++] : read;
        if (isRow(read) && decision === 'IMPORT') add(totals.imported[read.kind], read);
        else if (isRow(read) && decision === 'THERE') add(totals.there, read);
        else await refuse(line, decision as Texts);
      }
      batch = [];
      onProgress(totals.rows, survey.rows);
    };
    for await (const line of rowsOf(wish.path)) {
      totals.rows += 1;
      const read = rowOf(line.cells, line.line, survey.places);
      if (read === 'EMPTY') {
        totals.empty += 1;
        continue;
      }
      const lines = isRow(read) ? survey.repeated.get(read.key) : undefined;
      batch.push({ line, read: isRow(read) && lines ? sameKey(read, lines) : read });
      if (batch.length === BATCH) await bookBatch();
    }
    if (batch.length > 0) await bookBatch();
    return totals;
  }

  /** Books rows of the file in one transaction: all that fit. */
  private async book(name: string, rows: readonly Row[]): Promise<Decision[]> {
    if (rows.length === 0) return [];
    const somebody = await this.somebodyOf(rows);
    // What is there never changes, so that a second run of the same file locks nobody.
    const before = await this.importedBefore(this.dataSource.manager, name, rows);
    if (rows.every(({ key }) => before.has(key))) {
      const now = new Date();
      return rows.map((row) => this.decide(row, before.get(row.key), undefined, now));
    }
    for (let run = 1; ; run++) {
      try {
        const decisions = await inTransaction(this.dataSource, 'READ COMMITTED', (manager) =>
          this.bookUnderLocks(manager, name, rows, somebody),
        );
        if (this.dataSource.options.type === 'better-sqlite3') await sleep(PAUSE_MS);
        return decisions;
      } catch (error) {
        const isSecond = violatesUniqueKey(this.dataSource, error, TRANSACTION_REFERENCE_UNIQUE);
        if (run === RUNS_MAX || !isSecond) throw error;
      }
    }
  }

  private async bookUnderLocks(
    manager: EntityManager,
    name: string,
    rows: readonly Row[],
    somebody: ReadonlySet<string>,
  ): Promise<Decision[]> {
    const owners = rows.map(({ ownerId }) => ownerId).filter((ownerId) => somebody.has(ownerId));
    const accounts = await openAndLockAccounts(manager, owners);
    // After the locks, so that what somebody else booked just now is seen.
    const before = await this.importedBefore(manager, name, rows);
    const decisions: Decision[] = [];
    const now = new Date();
    for (const row of rows) {
      const known = before.get(row.key);
      const found = accounts.get(row.ownerId);
      // They may have left since they were looked for.
      const account = found?.closedAt === null ? found : undefined;
      const decision = this.decide(row, known, account, now);
      decisions.push(decision);
      if (decision !== 'IMPORT' || known || !account) continue;
      const { id, points, kind, reference, reason } = row;
      const fact = {
        id,
        reference: importReference(name, row.key),
        status: PointTransactionStatus.IMPORT,
        amount: points,
        reason,
        purpose: reference,
      };
      bring(manager, account, fact, { kind, expiresAt: row.expiresAt ?? this.usualEnd(kind, now) });
    }
    return decisions;
  }

  /** What {@link book} would do now, after all rows before. */
  private async foresee(name: string, rows: readonly Row[]): Promise<Decision[]> {
    const { manager } = this.dataSource;
    const somebody = await this.somebodyOf(rows);
    const found = await manager.findBy(PointAccount, { ownerId: In(rows.map(({ ownerId }) => ownerId)) });
    const accounts = new Map(found.map(({ ownerId, point }) => [ownerId, point]));
    const before = await this.importedBefore(manager, name, rows);
    const now = new Date();
    return rows.map((row) => {
      const { ownerId, points } = row;
      const foreseen = this.foreseen.get(ownerId) ?? 0;
      const account = somebody.has(ownerId) ? { point: (accounts.get(ownerId) ?? 0) + foreseen } : undefined;
      const decision = this.decide(row, before.get(row.key), account, now);
      if (decision === 'IMPORT') this.foreseen.set(ownerId, foreseen + points);
      return decision;
    });
  }

  /** @param account undefined where the owner is nobody. */
  private decide(
    row: Row,
    before: Before | undefined,
    account: Pick<PointAccount, 'point'> | undefined,
    now: Date,
  ): Decision {
    const { pointMaxBalance: maxBalance } = this.settings;
    return decide(row, {
      before,
      isSomebody: account !== undefined,
      point: account?.point ?? 0,
      maxBalance,
      now,
    });
  }

  private async somebodyOf(rows: readonly Row[]): Promise<ReadonlySet<string>> {
    return this.knownOwners.among(rows.map(({ ownerId }) => ownerId));
  }

  /** By the keys of the rows. */
  private async importedBefore(
    manager: EntityManager,
    name: string,
    rows: readonly Row[],
  ): Promise<Map<string, Before>> {
    const keys = new Map(rows.map(({ key }) => [importReference(name, key), key]));
    const transactions = await manager.findBy(PointTransaction, { reference: In([...keys.keys()]) });
    if (transactions.length === 0) return new Map();
    const found = await manager.findBy(Lot, { id: In(transactions.map(({ id }) => id)) });
    const lots = new Map(found.map((lot) => [lot.id, lot]));
    return new Map(
      transactions.map(({ id, reference, ownerId, amount, reason }) => {
        const lot = lots.get(id);
        if (!lot) throw new Error('an imported row is without its lot');
        const { kind, expiresAt } = lot;
        return [keys.get(reference) ?? '', { id, ownerId, amount, reason, kind, expiresAt }];
      }),
    );
  }

  private usualEnd(kind: LotKind, now: Date): Date {
    const { paidMs, bonusMs } = this.settings.pointValidity;
    return new Date(now.getTime() + (kind === LotKind.PAID ? paidMs : bonusMs));
  }
}

/** Reads all of a file, with nothing of it done. @throws {StartError} */
async function lookAt(path: string): Promise<Survey> {
  let places: Places | undefined;
  let rows = 0;
  const lines = new Map<string, number>();
  const repeated: Survey['repeated'] = new Map();
  for await (const { line, cells } of readTable(path)) {
    if (!places) {
      const read = placesOf(cells);
      if (!(read instanceof Map)) throw new StartError(read as Texts);
      places = read;
      continue;
    }
    if (++rows > ROWS_MAX) {
      throw new StartError({
        ko: `${path} 에 ${ROWS_MAX}행이 넘게 있습니다. 파일을 나누어 같은 이름으로 가져오세요`,
        en: `${path} has more than ${ROWS_MAX} rows: split it, and import the parts under the same name`,
      });
    }
    const row = rowOf(cells, line, places);
    if (row === 'EMPTY' || !isRow(row)) continue;
    const first = lines.get(row.key);
    if (first === undefined) lines.set(row.key, line);
    else if (!repeated.has(row.key)) repeated.set(row.key, [first, line]);
  }
  if (!places) throw new StartError({ ko: `${path} 은(는) 비어 있습니다`, en: `${path} is empty` });
  return { rows, places, repeated };
}

/** All but the header. */
async function* rowsOf(path: string): AsyncGenerator<Line> {
  let isHeader = true;
  for await (const line of readTable(path)) {
    if (!isHeader) yield line;
    isHeader = false;
  }
}

function isRow(read: Row | Texts): read is Row {
  return 'key' in read;
}

function namedCells(cells: readonly string[], places: Places): RefusedRow['cells'] {
  return Object.fromEntries([...places].map(([column, index]) => [column, cells[index]]));
}

function sameKey({ reference }: Row, [first, second]: [number, number]): Texts {
  return reference === null
    ? {
        ko: `${first}번과 ${second}번 줄이 같은 회원의 같은 kind입니다. 행마다 다른 reference를 적거나 한 행으로 더하세요`,
        en: `lines ${first} and ${second} are of the same owner and kind: give each a reference of its own, or add them up`,
      }
    : {
        ko: `${first}번과 ${second}번 줄의 reference가 같습니다`,
        en: `lines ${first} and ${second} have the same reference`,
      };
}

function nothing(): Sum {
  return { rows: 0, points: 0 };
}

function add(sum: Sum, { points }: Row): void {
  sum.rows += 1;
  sum.points += points;
}
