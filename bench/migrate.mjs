import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const MIGRATE = fileURLToPath(new URL('../dist/programs/migrate.js', import.meta.url));
const MIGRATE_TIMEOUT_MS = 60_000;

/** Gives a database our schema, by the program behind `npm run migrate`. */
export async function migrate(databaseUrl, workingFolder) {
  const { PATH, HOME, TMPDIR, TZ } = process.env;
  await promisify(execFile)(process.execPath, [MIGRATE], {
    cwd: workingFolder,
    env: { PATH, HOME, TMPDIR, TZ, NODE_ENV: 'production', DATABASE_URL: databaseUrl },
    timeout: MIGRATE_TIMEOUT_MS,
  });
}
