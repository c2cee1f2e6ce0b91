import Database from 'libsql';

const BUSY_TIMEOUT_MS = 5000;

/** The floor's database: prepared statements on one connection, with the pragmas of the server. */
export function openSqlite(url) {
  const connection = new Database(url.slice('sqlite:'.length), { timeout: BUSY_TIMEOUT_MS });
  connection.pragma('foreign_keys = ON');
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = FULL');
  connection.pragma('recursive_triggers = ON');
  const prepared = new Map();

  return {
    time: (date) => date.toISOString().replace('T', ' ').replace('Z', ''),
    run: async (sql, values) => run(sql, values),
    transaction: async (story) => transaction(story),
  };

  function run(sql, values) {
    let statement = prepared.get(sql);
    if (!statement) {
      statement = connection.prepare(sql);
      prepared.set(sql, statement);
    }
    return sql.startsWith('SELECT') ? statement.all(values) : statement.run(values).changes;
  }

  /** Nothing waits in here, so no two transactions meet on the connection. */
  function transaction(story) {
    connection.exec('BEGIN IMMEDIATE');
    try {
      let step = story.next();
      while (!step.done) step = story.next(run(...step.value));
      connection.exec('COMMIT');
      return step.value;
    } catch (error) {
      connection.exec('ROLLBACK');
      throw error;
    }
  }
}
