import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SECRET_BYTES = 48;

/**
 * A secret of development, such as the one that signs access tokens: made at the first start and kept in the data folder, so
 * that a restart logs nobody out. Only the owner may read the file.
 */
export function keptSecret(dataFolder: string, name: string): string {
  const file = join(dataFolder, name);
  const draft = `${file}.${process.pid}`;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  // Written whole and then given its name: a start that dies half-way leaves no short secret, and of two starts at
  // once both end with the same one.
  writeFileSync(draft, randomBytes(SECRET_BYTES).toString('base64url'), { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
  return readFileSync(file, 'utf8');
}
