import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type RowDataPacket } from 'mysql2/promise';

const WAIT_TIMEOUT_MS = 20_000;
const POLL_INTERVAL_MS = 100;

/** Somebody else who is at work on the row of a user. */
export interface RowLock {
  /** Ends when so many transactions wait for the lock. */
  hasWaiters(count?: number): Promise<void>;
  release(): Promise<void>;
}

/** @param databaseUrl of a MariaDB whose user may look at the transactions of others. */
export async function lockUser(databaseUrl: string, userId: string): Promise<RowLock> {
  const connection = await createConnection(databaseUrl.replace('mariadb:', 'mysql:'));
  await connection.query('START TRANSACTION');
  await connection.query('SELECT id FROM user WHERE id = ? FOR UPDATE', [userId]);
  return {
    hasWaiters: async (count = 1) => {
      const deadline = Date.now() + WAIT_TIMEOUT_MS;
      while (Date.now() < deadline) {
        const [waiting] = await connection.query<RowDataPacket[]>(
          `SELECT DISTINCT w.requesting_trx_id FROM information_schema.INNODB_LOCK_WAITS w
           JOIN information_schema.INNODB_TRX holder ON holder.trx_id = w.blocking_trx_id
           WHERE holder.trx_mysql_thread_id = CONNECTION_ID()`,
        );
        if (waiting.length >= count) return;
        await sleep(POLL_INTERVAL_MS);
      }
      throw new Error(`fewer than ${count} came to wait for the locked row`);
    },
    release: async () => {
      await connection.query('ROLLBACK');
      await connection.end();
    },
  };
}
