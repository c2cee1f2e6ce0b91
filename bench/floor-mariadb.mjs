import { createPool } from 'mysql2/promise';

/** As many as the server has by default (DATABASE_POOL_SIZE). */
const CONNECTIONS = 10;

/** The floor's database: prepared statements over a pool. */
export function openMariadb(url) {
  const pool = createPool({
    uri: url.replace('mariadb:', 'mysql:'),
    connectionLimit: CONNECTIONS,
    charset: 'utf8mb4',
    timezone: 'Z',
    // No stack of the caller for each statement.
    trace: false,
  });
  // Once for a connection and not for each transaction. Statements of one connection keep their order.
  pool.on('connection', (connection) => {
    void connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  });
  return {
    time: (date) => date,
    run: (sql, values) => run(pool, sql, values),
    transaction: (story) => transaction(pool, story),
  };
}

async function run(connection, sql, values) {
  const [result] = await connection.execute(sql, values);
  return Array.isArray(result) ? result : result.affectedRows;
}

async function transaction(pool, story) {
  const connection = await pool.getConnection();
  try {
    await connection.query('START TRANSACTION');
    let step = story.next();
    while (!step.done) step = story.next(await run(connection, ...step.value));
    await connection.query('COMMIT');
    connection.release();
    return step.value;
  } catch (error) {
    // The database rolls back.
    connection.destroy();
    throw error;
  }
}
