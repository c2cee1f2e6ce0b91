// The rows that a case needs, written straight into a database of the bench, and what a run left there.
import Database from 'libsql';
import { createConnection } from 'mysql2/promise';
import { ulid } from 'ulid';
import { AMOUNT } from './cases.mjs';
import { merchantUidOf } from './program.mjs';

const ROWS_PER_STATEMENT = 500;
const BUSY_TIMEOUT_MS = 5000;
const ORDER_LIFETIME_MS = 60 * 60_000;

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
    close: async () => connection.close(),
  };
}

async function inChunks(rows, insert) {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    await insert(rows.slice(from, from + ROWS_PER_STATEMENT));
  }
}

/** Users of a case, each with a history of `history` credited payments. @returns their ids. */
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
  await insertCredited(
    rows,
    ids.flatMap((id) => Array.from({ length: history }, () => id)),
  );
  return ids;
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
  const users = new Map(
    (await rows.query('SELECT id, point, transactionCount FROM `user`')).map((user) => [user.id, user]),
  );
  const credits = payments.map(({ userId, impUid }) => {
    const user = users.get(userId);
    user.transactionCount += 1;
    user.point += AMOUNT;
    const { transactionCount, point } = user;
    const merchantUid = merchantUidOf(impUid);
    return [ulid(), userId, merchantUid, impUid, 'PAYMENT', AMOUNT, '', transactionCount, point, createdAt];
  });
  await rows.insert(
    'point_transaction',
    [
      'id',
      'userId',
      'merchantUid',
      'impUid',
      'status',
      'amount',
      'cancellationKey',
      'sequence',
      'balanceAfter',
      'createdAt',
    ],
    credits,
  );
  await rows.query(
    'UPDATE `user` SET point = (SELECT COALESCE(SUM(amount), 0) FROM point_transaction WHERE userId = `user`.id), ' +
      'transactionCount = (SELECT COUNT(*) FROM point_transaction WHERE userId = `user`.id)',
  );
  return payments;
}

function newPayments(userIds) {
  return userIds.map((userId) => ({ userId, impUid: `imp_${ulid()}` }));
}

/** They are never due for a check: recovery would look at those that a run leaves unused. */
async function insertOrders(rows, payments, state) {
  const now = new Date();
  const createdAt = rows.time(now);
  const expiresAt = rows.time(new Date(now.getTime() + ORDER_LIFETIME_MS));
  const paidAt = state === 'PAID' ? createdAt : null;
  await rows.insert(
    'payment_order',
    ['merchantUid', 'userId', 'amount', 'state', 'createdAt', 'expiresAt', 'paidAt'],
    payments.map(({ userId, impUid }) => [
      merchantUidOf(impUid),
      userId,
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
  await rows.query('UPDATE payment_order SET nextCheckAt = NULL WHERE nextCheckAt IS NOT NULL');
}

export async function countRows(rows, { table, where }) {
  const [{ count }] = await rows.query(`SELECT COUNT(*) AS count FROM ${table} WHERE ${where}`);
  return Number(count);
}

/** @throws when the books of a database do not add up: figures of a server that loses money are worth nothing. */
export async function checkBooks(rows) {
  const [{ wrong }] = await rows.query(
    'SELECT COUNT(*) AS wrong FROM `user` WHERE heldPoint <> 0 OR ' +
      'point <> (SELECT COALESCE(SUM(amount), 0) FROM point_transaction WHERE userId = `user`.id) OR ' +
      'transactionCount <> (SELECT COUNT(*) FROM point_transaction WHERE userId = `user`.id)',
  );
  if (Number(wrong) !== 0) throw new Error(`the books of ${wrong} users do not add up`);
}
