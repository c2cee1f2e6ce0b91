import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import Libsql from 'libsql';

export type Database = Libsql.Database;

/** The simulator cannot start; the message is one line that says what to do. */
export class StartFault extends Error {}

/**
 * Opens the simulator's file for this process alone. A committed change is on the disk before it is answered
 * (WAL, synchronous=FULL), so a kill loses nothing that was acknowledged.
 * @throws StartFault when another process has the file, or it cannot be written.
 */
export function openDatabase(file: string): Database {
  let database: Database | undefined;
  try {
    mkdirSync(dirname(resolve(file)), { recursive: true });
    database = new Libsql(file, { timeout: 0 });
    database.pragma('locking_mode = EXCLUSIVE');
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    // The exclusive lock is taken by the first write and then kept.
    database.exec(`BEGIN IMMEDIATE;${SCHEMA}COMMIT;`);
    addNoticeUrls(database);
    return database;
  } catch (error) {
    database?.close();
    throw startFault(file, error);
  }
}

/** Files from before there were webhooks lack the column. */
function addNoticeUrls(database: Database): void {
  const columns = database.prepare("SELECT name FROM pragma_table_info('payment')").all() as {
    name: string;
  }[];
  if (columns.some(({ name }) => name === 'notice_urls')) return;
  database.exec("ALTER TABLE payment ADD COLUMN notice_urls TEXT NOT NULL DEFAULT '[]'");
}

function startFault(file: string, error: unknown): StartFault {
  const path = resolve(file);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('SQLITE_BUSY')) {
    return new StartFault(
      `시뮬레이터가 이미 ${path} 파일로 실행 중입니다. 먼저 종료하거나 IAMPORT_SIMULATOR_DATA에 다른 파일을 지정하세요. / ` +
        `Another simulator is using ${path}. Stop it, or set IAMPORT_SIMULATOR_DATA to another file.`,
    );
  }
  const cause = error instanceof Error ? error.message : String(error);
  return new StartFault(
    `시뮬레이터 데이터 파일 ${path}을(를) 열 수 없습니다. 쓰기 권한을 확인하거나 IAMPORT_SIMULATOR_DATA를 바꾸세요. / ` +
      `Cannot open the simulator's data file ${path}. Check that it can be written, or change IAMPORT_SIMULATOR_DATA. (${cause})`,
  );
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS payment (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    imp_uid TEXT NOT NULL UNIQUE,
    merchant_uid TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    paid_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    status_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    checkout TEXT
  );
  CREATE INDEX IF NOT EXISTS payment_merchant_uid ON payment (merchant_uid);
  CREATE INDEX IF NOT EXISTS payment_status_at ON payment (status, status_at);
  CREATE INDEX IF NOT EXISTS payment_status_at_any ON payment (status_at);
  CREATE TABLE IF NOT EXISTS prepared_payment (
    merchant_uid TEXT PRIMARY KEY,
    amount REAL NOT NULL,
    currency TEXT
  );
  CREATE TABLE IF NOT EXISTS pending_refund (
    imp_uid TEXT PRIMARY KEY,
    amount REAL NOT NULL,
    reason TEXT
  );
  CREATE TABLE IF NOT EXISTS cash_receipt (
    imp_uid TEXT PRIMARY KEY,
    body TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS payment_tax (
    imp_uid TEXT PRIMARY KEY,
    tax_free INTEGER,
    vat_amount INTEGER,
    cancelled_tax_free INTEGER NOT NULL DEFAULT 0,
    cancelled_vat INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE IF NOT EXISTS access_token (
    rest_key TEXT PRIMARY KEY,
    token TEXT NOT NULL,
    expired_at INTEGER NOT NULL
  );
`;
