import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';

const LOOKS_MAX = 200;

/** Kills the connection of the statement that has `mark` in it, once it runs on this MariaDB. */
export async function killConnectionOf(killer: DataSource, mark: string): Promise<void> {
  for (let look = 0; look < LOOKS_MAX; look++) {
    const [found]: { id: number }[] = await killer.query(
      'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE INFO LIKE ? AND ID <> CONNECTION_ID()',
      [`%${mark}%`],
    );
    if (found) {
      await killer.query(`KILL ${found.id}`);
      return;
    }
    await sleep(1);
  }
  throw new Error(`no statement has ${mark} in it`);
}
