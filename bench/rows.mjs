// The rows that a case needs, written straight into a database of the bench, and what a run left there.
import Database from 'libsql';
import { createConnection } from 'mysql2/promise';
import { ulid } from 'ulid';
import { AMOUNT } from './cases.mjs';
import { merchantUidOf } from './program.mjs';

const ROWS_PER_STATEMENT = 500;
const BUSY_TIMEOUT_MS = 5000;
const ORDER_LIFETIME_MS = 60 * 60_000;
export const LOT_LIFETIME_MS = 1827 * 24 * 60 * 60_000;

/** A connection with just `insert` and `query`, the same for both kinds of database. */
export async function openRows(url) {
  return url.startsWith('sqlite:') ? sqliteRows(url) : mariadbRows(url);
}

async function mariadbRows(url) {
  const connection = await createConnection({
    uri: url.replace('mariadb:', 'mysql:'),
    charset: 'utf8mb4',
    timezone: 'Z',
  });
  return {
    insert: (table, columns, rows) =>
      inChunks(rows, (chunk) =>
        connection.query(`INSERT INTO \`${table}\` (${columns.join(', ')}) VALUES ?`, [chunk]),
      ),
    query: async (sql) => (await connection.query(sql))[0],
    time: (date) => date,
    ...MARIADB_SQL,
    close: () => connection.end(),
  };
}

function sqliteRows(url) {
  const connection = new Database(url.slice('sqlite:'.length), { timeout: BUSY_TIMEOUT_MS });
  return {
    insert: (table, columns, rows) =>
      inChunks(rows, async (chunk) => {
        const row = `(${columns.map(() => '?').join(', ')})`;
        const sql = `INSERT INTO \`${table}\` (${columns.join(', ')}) VALUES ${chunk.map(() => row).join(', ')}`;
        connection.prepare(sql).run(chunk.flat());
      }),
    query: async (sql) => (sql.startsWith('SELECT') ? connection.prepare(sql).all([]) : connection.exec(sql)),
    time: (date) => date.toISOString().replace('T', ' ').replace('Z', ''),
    ...SQLITE_SQL,
    close: async () => connection.close(),
  };
}

/** What each database has its own words for. */
const MARIADB_SQL = {
  numbers: (from, to) => `(SELECT seq AS n FROM seq_${from}_to_${to})`,
  timeOfMs: (ms) => `TIMESTAMP'1970-01-01 00:00:00' + INTERVAL (${ms}) * 1000 MICROSECOND`,
  padded: (number, digits) => `LPAD(${number}, ${digits}, '0')`,
  analyze: (table) => `ANALYZE TABLE \`${table}\``,
};
const SQLITE_SQL = {
  numbers: (from, to) =>
    `(WITH RECURSIVE numbers(n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM numbers WHERE n < ${to}) SELECT n FROM numbers)`,
  timeOfMs: (ms) => `strftime('%Y-%m-%d %H:%M:%f', (${ms}) / 1000.0, 'unixepoch')`,
  padded: (number, digits) => `printf('%0${digits}d', ${number})`,
  analyze: (table) => `ANALYZE \`${table}\``,
};

async function inChunks(rows, insert) {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    await insert(rows.slice(from, from + ROWS_PER_STATEMENT));
  }
}

/** Users of a case, each with an account and a history of `history` credited payments. @returns their ids. */
export async function insertUsers(rows, count, history = 0) {
  const ids = Array.from({ length: count }, () => ulid());
  const columns = ['id', 'email', 'passwordHash', 'name', 'createdAt'];
  const createdAt = rows.time(new Date());
  await rows.insert(
    'user',
    columns,
    // Nobody logs in with it: the access tokens are made directly.
    ids.map((id) => [id, `${id.toLowerCase()}@example.com`, '-', '벤치 사용자', createdAt]),
  );
  await rows.insert(
    'point_account',
    ['ownerId', 'createdAt'],
    ids.map((id) => [id, createdAt]),
  );
  await insertCredited(
    rows,
    ids.flatMap((id) => Array.from({ length: history }, () => id)),
  );
  return ids;
}

export async function insertServiceKey(rows, { id, secretHash }) {
  const now = rows.time(new Date());
  await rows.insert(
    'point_service_key',
    ['id', 'name', 'secretHash', 'scopes', 'createdAt', 'lastUsedAt'],
    // Used just now: the first use is remembered, and the others of the hour are not.
    [[id, 'bench', secretHash, 'spend', now, now]],
  );
}

/** One paid payment for each of the users, as often as one is named, whose credit nobody asked for yet. */
export async function insertPaid(rows, userIds) {
  const payments = newPayments(userIds);
  await insertOrders(rows, payments, 'READY');
  return payments;
}

/** The same, credited. */
export async function insertCredited(rows, userIds) {
  const payments = newPayments(userIds);
  await insertOrders(rows, payments, 'PAID');
  const createdAt = rows.time(new Date());
  const accounts = new Map(
    (await rows.query('SELECT ownerId, point, transactionCount FROM point_account')).map((account) => [
      account.ownerId,
      account,
    ]),
  );
  const paid = payments.map((payment) => ({
    id: ulid(),
    ...payment,
    merchantUid: merchantUidOf(payment.impUid),
  }));
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
    paid.map(({ id, ownerId, impUid, merchantUid }) => [
      id,
      'iamport',
      impUid,
      merchantUid,
      ownerId,
      merchantUid,
      'PAID',
      AMOUNT,
      0,
      'KRW',
      0,
      createdAt,
      createdAt,
    ]),
  );
  const credits = paid.map(({ id, ownerId, impUid }) => {
    const account = accounts.get(ownerId);
    account.transactionCount += 1;
    account.point += AMOUNT;
    const { transactionCount, point } = account;
    return [ulid(), ownerId, `iamport:${impUid}`, id, 'PAYMENT', AMOUNT, transactionCount, point, createdAt];
  });
  await rows.insert(
    'point_transaction',
    ['id', 'ownerId', 'reference', 'paymentId', 'status', 'amount', 'sequence', 'balanceAfter', 'createdAt'],
    credits,
  );
  // Of each the points are unspent, as those of a cancel have to be.
  const until = rows.time(new Date(Date.now() + LOT_LIFETIME_MS));
  await rows.insert(
    'point_lot',
    ['id', 'ownerId', 'kind', 'paymentId', 'initial', 'remaining', 'expiresAt', 'openUntil', 'nextExpiryAt'],
    credits.map(([id, ownerId, , paymentId]) => [
      id,
      ownerId,
      'PAID',
      paymentId,
      AMOUNT,
      AMOUNT,
      until,
      until,
      until,
    ]),
  );
  await balanceAccounts(rows);
  return payments;
}

function newPayments(userIds) {
  return userIds.map((ownerId) => ({ ownerId, impUid: `imp_${ulid()}` }));
}

/** They are never due for a check: recovery would look at those that a run leaves unused. */
async function insertOrders(rows, payments, state) {
  const now = new Date();
  const createdAt = rows.time(now);
  const expiresAt = rows.time(new Date(now.getTime() + ORDER_LIFETIME_MS));
  const paidAt = state === 'PAID' ? createdAt : null;
  await rows.insert(
    'point_payment_order',
    ['merchantUid', 'ownerId', 'gateway', 'amount', 'state', 'createdAt', 'expiresAt', 'paidAt'],
    payments.map(({ ownerId, impUid }) => [
      merchantUidOf(impUid),
      ownerId,
      'iamport',
      AMOUNT,
      state,
      createdAt,
      expiresAt,
      paidAt,
    ]),
  );
}

/** Orders that a run has made are not to be looked at by recovery while the next run is measured. */
export async function endChecks(rows) {
  await rows.query('UPDATE point_payment_order SET nextCheckAt = NULL WHERE nextCheckAt IS NOT NULL');
}

/** Rows of `table` that were made after `since`, a ULID. */
export async function countNewRows(rows, { table, key, keyPrefix, where }, since) {
  const [{ count }] = await rows.query(
    `SELECT COUNT(*) AS count FROM ${table} WHERE ${key} > '${keyPrefix}${since}' AND ${where}`,
  );
  return Number(count);
}

export async function transactionCountOf(rows, ownerId) {
  const [{ transactionCount }] = await rows.query(
    `SELECT transactionCount FROM point_account WHERE ownerId = '${ownerId}'`,
  );
  return transactionCount;
}

/** As the ledger would have left the accounts, after rows were written past it. Costs the same for long histories. */
export async function balanceAccounts(rows) {
  await rows.query(
    `UPDATE point_account SET transactionCount = ${ofLastRow('sequence')}, point = ${ofLastRow('balanceAfter')}`,
  );
}

function ofLastRow(column) {
  return (
    `COALESCE((SELECT ${column} FROM point_transaction WHERE ownerId = point_account.ownerId ` +
    'ORDER BY sequence DESC LIMIT 1), 0)'
  );
}

/** @throws when the books of a database do not add up: figures of a server that loses money are worth nothing. */
export async function checkBooks(rows) {
  for (const [sums, wrong] of [
    [
      'SELECT ownerId, SUM(amount) AS amount, COUNT(*) AS entries, MAX(sequence) AS sequence FROM point_transaction GROUP BY ownerId',
      'point <> COALESCE(amount, 0) OR transactionCount <> COALESCE(entries, 0) OR transactionCount <> COALESCE(sequence, 0)',
    ],
    [
      `SELECT ownerId, SUM(amount) AS amount FROM point_hold WHERE state = 'HELD' GROUP BY ownerId`,
      'heldPoint <> COALESCE(amount, 0)',
    ],
    [
      // Not by the index of its owner: a long history is read faster as it lies.
      `SELECT CONCAT(ownerId, '') AS ownerId, SUM(remaining) AS amount FROM point_lot GROUP BY CONCAT(ownerId, '')`,
      'point - heldPoint <> COALESCE(amount, 0)',
    ],
  ]) {
    const [{ count }] = await rows.query(
      `SELECT COUNT(*) AS count FROM point_account LEFT JOIN (${sums}) AS sums ON sums.ownerId = point_account.ownerId WHERE ${wrong}`,
    );
    if (Number(count) !== 0) throw new Error(`the books of ${count} owners do not add up: ${wrong}`);
  }
}
