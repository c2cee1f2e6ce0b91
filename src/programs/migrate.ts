import { readDatabaseSettings } from '../config/settings.js';
import { StartError } from '../config/start-error.js';
import { withDatabase } from '../database/connect.js';
import { claimExclusiveUse } from '../database/exclusive-use.js';
import { prepareDatabase } from '../database/prepare-database.js';
import { here } from './place.js';

/** The program behind `npm run migrate`: brings the schema of the configured database up to date. */
async function main(): Promise<void> {
  const { environment, refuseDatabase, migrations: those } = here();
  const settings = readDatabaseSettings(environment());
  if (refuseDatabase) await withDatabase(settings.database, 'callers-wait', {}, refuseDatabase);
  const use = settings.database.kind === 'sqlite' ? claimExclusiveUse(settings.database.file) : undefined;
  const { migrations, warnings } = await prepareDatabase(settings, 'migrate', those);
  use?.end();
  for (const name of migrations) process.stdout.write(`migrated: ${name}\n`);
  if (migrations.length === 0) process.stdout.write('the schema is up to date\n');
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
