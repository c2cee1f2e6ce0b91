// A long history, written by the database itself. Every key, foreign key and CHECK is on: the rows are as real as ours.
import { MERCHANT_UID_PREFIX } from './program.mjs';
import { balanceAccounts, LOT_LIFETIME_MS } from './rows.mjs';

/** One row of so many is the heavy user's. */
const HEAVY_EVERY = 10;
/** Small, so that the balance of the heavy user fits an INT with room for what a bench adds: 1,000,000 rows are half of it. */
const FILLED_AMOUNT = 1000;
const ROWS_PER_CHUNK = 20_000;
const SPAN_MS = 365 * 24 * 60 * 60_000;
const ORDER_LIFETIME_MS = 60 * 60_000;
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const ULID_TIME_CHARS = 10;
const ULID_RANDOM_CHARS = 16;
const BITS_PER_CHAR = 5;
/** A number that looks drawn and has ULID_RANDOM_CHARS digits at most for any number of rows. */
const SCATTER = 265_443_576;

export function chunksOf(count) {
  return Math.ceil(count / ROWS_PER_CHUNK);
}

export function heavyRowsOf(count) {
  return Math.floor(count / HEAVY_EVERY);
}

/**
 * `count` credits with their PAID orders, spread over the last year: a tenth of the first user, the others in turn.
 *
 * @param onChunk is told of each chunk of rows.
 */
export async function fillHistory(rows, userIds, count, onChunk) {
  await rows.query('CREATE TEMPORARY TABLE filled_user (position INT PRIMARY KEY, id VARCHAR(64) NOT NULL)');
  await rows.insert(
    'filled_user',
    ['position', 'id'],
    userIds.map((id, position) => [position, id]),
  );
  const stepMs = Math.floor(SPAN_MS / count);
  const startMs = Date.now() - SPAN_MS;
  for (let from = 1; from <= count; from += ROWS_PER_CHUNK) {
    const to = Math.min(from + ROWS_PER_CHUNK - 1, count);
    for (const statement of statementsOf(rows, from, to, userIds.length - 1, startMs, stepMs)) {
      await rows.query(statement);
    }
    onChunk();
  }
  await balanceAccounts(rows);
  await rows.query('DROP TABLE filled_user');
  for (const table of [
    'point_account',
    'point_payment_order',
    'point_payment',
    'point_transaction',
    'point_lot',
  ])
    await rows.query(rows.analyze(table));
}

/** The orders and payments of the rows `from` … `to`, and the rows. Row n came n steps after the start. */
function statementsOf(rows, from, to, otherUsers, startMs, stepMs) {
  const isHeavy = `n % ${HEAVY_EVERY} = 0`;
  const heavyBefore = wholeQuotient('n', HEAVY_EVERY);
  const other = `(n - ${heavyBefore} - 1)`;
  const position = `CASE WHEN ${isHeavy} THEN 0 ELSE 1 + ${other} % ${otherUsers} END`;
  const sequence = `CASE WHEN ${isHeavy} THEN ${heavyBefore} ELSE 1 + ${wholeQuotient(other, otherUsers)} END`;
  const ms = `${startMs} + n * ${stepMs}`;
  const createdAt = rows.timeOfMs(ms);
  const ulid = ulidOf(rows, ms);
  const until = rows.timeOfMs(`${ms} + ${LOT_LIFETIME_MS}`);
  const source = `FROM ${rows.numbers(from, to)} AS numbers JOIN filled_user ON filled_user.position = ${position} ORDER BY n`;
  return [
    'INSERT INTO point_payment_order (merchantUid, ownerId, gateway, amount, state, createdAt, expiresAt, paidAt) ' +
      `SELECT CONCAT('${MERCHANT_UID_PREFIX}', ${ulid}), filled_user.id, 'iamport', ${FILLED_AMOUNT}, 'PAID', ${createdAt}, ` +
      `${rows.timeOfMs(`${ms} + ${ORDER_LIFETIME_MS}`)}, ${createdAt} ${source}`,
    'INSERT INTO point_payment (id, gateway, gatewayPaymentId, merchantUid, ownerId, creditedOrder, state, amount, ' +
      `cancelledAmount, currency, isTest, paidAt, readAt) SELECT ${ulid}, 'iamport', CONCAT('imp_', ${ulid}), ` +
      `CONCAT('${MERCHANT_UID_PREFIX}', ${ulid}), filled_user.id, CONCAT('${MERCHANT_UID_PREFIX}', ${ulid}), 'PAID', ` +
      `${FILLED_AMOUNT}, 0, 'KRW', 0, ${createdAt}, ${createdAt} ${source}`,
    'INSERT INTO point_transaction (id, ownerId, reference, paymentId, status, amount, sequence, balanceAfter, createdAt) ' +
      `SELECT ${ulid}, filled_user.id, CONCAT('iamport:imp_', ${ulid}), ${ulid}, 'PAYMENT', ${FILLED_AMOUNT}, ${sequence}, ` +
      `${FILLED_AMOUNT} * ${sequence}, ${createdAt} ${source}`,
    'INSERT INTO point_lot (id, ownerId, kind, paymentId, initial, remaining, expiresAt, openUntil, nextExpiryAt) ' +
      `SELECT ${ulid}, filled_user.id, 'PAID', ${ulid}, ${FILLED_AMOUNT}, ${FILLED_AMOUNT}, ${until}, ${until}, ${until} ${source}`,
  ];
}

/** MariaDB would give a fraction. */
function wholeQuotient(number, divisor) {
  return `CAST((${number} - ${number} % ${divisor}) / ${divisor} AS INTEGER)`;
}

/** A ULID in SQL, which sorts by time like ours: the time in Crockford's base 32, and then digits. */
function ulidOf(rows, ms) {
  const time = Array.from({ length: ULID_TIME_CHARS }, (_, index) => {
    const shift = BITS_PER_CHAR * (ULID_TIME_CHARS - 1 - index);
    return `SUBSTR('${CROCKFORD}', (((${ms}) >> ${shift}) & ${CROCKFORD.length - 1}) + 1, 1)`;
  });
  return `CONCAT(${time.join(', ')}, ${rows.padded(`n * ${SCATTER}`, ULID_RANDOM_CHARS)})`;
}
