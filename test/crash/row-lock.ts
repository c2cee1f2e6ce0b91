import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';

const WAIT_TIMEOUT_MS = 20_000;
/** InnoDB goes on showing an old moment for as long as anybody asks more often than every 100 ms, so all ask together. */
const LOOK_EVERY_MS = 250;

/** Somebody else who is at work on the row of a user. */
export interface RowLock {
  /** Ends when so many transactions wait for the lock. */
  hasWaiters(count?: number): Promise<void>;
  release(): Promise<void>;
}

interface Wait extends RowDataPacket {
  /** Connection that has the lock. */
  holder: number;
  /** Transaction that waits for it. */
  waiter: string;
}

let lastLook: { atMs: number; waits: Promise<Wait[]> } | undefined;

function look(connection: Connection): Promise<Wait[]> {
  if (!lastLook || performance.now() - lastLook.atMs >= LOOK_EVERY_MS) {
    const waits = connection
      .query<Wait[]>(
        `SELECT holder.trx_mysql_thread_id AS holder, w.requesting_trx_id AS waiter FROM information_schema.INNODB_LOCK_WAITS w
         JOIN information_schema.INNODB_TRX holder ON holder.trx_id = w.blocking_trx_id`,
      )
      .then(([rows]) => rows);
    lastLook = { atMs: performance.now(), waits };
  }
  return lastLook.waits;
}

/** @param databaseUrl of a MariaDB whose user may look at the transactions of others. */
export async function lockAccount(databaseUrl: string, ownerId: string): Promise<RowLock> {
  const connection = await createConnection(databaseUrl.replace('mariadb:', 'mysql:'));
  await connection.query('START TRANSACTION');
  await connection.query('SELECT * FROM point_account WHERE ownerId = ? FOR UPDATE', [ownerId]);
  return {
    hasWaiters: async (count = 1) => {
      const deadline = Date.now() + WAIT_TIMEOUT_MS;
      while (Date.now() < deadline) {
        const ours = (await look(connection)).filter(({ holder }) => holder === connection.threadId);
        if (new Set(ours.map(({ waiter }) => waiter)).size >= count) return;
        await sleep(LOOK_EVERY_MS);
      }
      throw new Error(`fewer than ${count} came to wait for the locked row`);
    },
    release: async () => {
      await connection.query('ROLLBACK');
      await connection.end();
    },
  };
}
