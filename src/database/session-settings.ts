import mysql2, { type PoolConnection, type PoolOptions } from 'mysql2';
import { SESSION_ISOLATION } from './transaction.js';

/**
 * On a node of a Galera cluster: before it reads (1, also at START TRANSACTION), changes (2) or inserts (4), the node
 * catches up with what the others had committed by then. Without it a user who wrote through one node would be told by
 * another that there is nothing. Elsewhere it means nothing.
 */
const WAIT_FOR_OTHER_NODES = 1 + 2 + 4;

/** mysql2, whose pools say so on each new connection before anybody gets it. */
export const mysql2WithSessionSettings = {
  ...mysql2,
  createPool(options: PoolOptions) {
    const pool = mysql2.createPool(options);
    pool.on('connection', (connection) => {
      set(connection, `TRANSACTION ISOLATION LEVEL ${SESSION_ISOLATION}`);
      // MySQL without Galera does not know it.
      set(connection, `wsrep_sync_wait = ${WAIT_FOR_OTHER_NODES}`, 'ER_UNKNOWN_SYSTEM_VARIABLE');
      // TypeORM asks for it at each statement, and mysql2 would load and build it anew each time.
      const promised = connection.promise();
      connection.promise = () => promised;
    });
    return pool;
  },
};

/** A connection that cannot be set up is not used. */
function set(connection: PoolConnection, setting: string, harmless?: string): void {
  connection.query(`SET SESSION ${setting}`, (error) => {
    if (error && error.code !== harmless) connection.destroy();
  });
}
