import mysql2, { type PoolOptions } from 'mysql2';

/** What a transaction has when it does not ask for another one. Saying it once saves each transaction a round trip. */
export const SESSION_ISOLATION = 'READ COMMITTED';

/** mysql2, whose pools say so on each new connection before anybody gets it. */
export const mysql2WithIsolation = {
  ...mysql2,
  createPool(options: PoolOptions) {
    const pool = mysql2.createPool(options);
    pool.on('connection', (connection) => {
      connection.query(`SET SESSION TRANSACTION ISOLATION LEVEL ${SESSION_ISOLATION}`, (error) => {
        if (error) connection.destroy();
      });
      // TypeORM asks for it at each statement, and mysql2 would load and build it anew each time.
      const promised = connection.promise();
      connection.promise = () => promised;
    });
    return pool;
  },
};
