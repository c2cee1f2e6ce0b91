import Database from 'libsql';
import { DatabaseUnusable } from './database-unusable.js';

export interface ExclusiveUse {
  end(): void;
}

/**
 * Makes this process the only user of an embedded database file, until `end` or until the process dies: the lock is
 * the operating system's, so a killed process leaves none behind. It lies on a file beside the database, so that other
 * programs may still read the database itself.
 *
 * @throws {DatabaseUnusable} when another process uses the file or the folder is not writable.
 */
export function claimExclusiveUse(databaseFile: string): ExclusiveUse {
  const lockFile = `${databaseFile}.lock`;
  let lock: Database.Database | undefined;
  try {
    lock = new Database(lockFile, { timeout: 0 });
    lock.exec('PRAGMA locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    const { code, message } = error as Error & { code?: string };
    if (code === 'SQLITE_BUSY') {
      throw new DatabaseUnusable({
        ko: `${databaseFile} 은(는) 다른 프로세스가 쓰고 있습니다. 다른 서버를 끝내거나 DATA_DIR 에 다른 폴더를 지정하세요.`,
        en: `${databaseFile} is in use by another process: end the other server, or set DATA_DIR to another folder.`,
      });
    }
    throw new DatabaseUnusable({
      ko: `${databaseFile} 에 쓸 수 없습니다. 이 사용자에게 쓰기 권한을 주거나 DATA_DIR 에 다른 폴더를 지정하세요.`,
      en: `${databaseFile} cannot be written (${message}): give this user the right to write there, or set DATA_DIR to another folder.`,
    });
  }
  const held = lock;
  return { end: () => held.close() };
}
