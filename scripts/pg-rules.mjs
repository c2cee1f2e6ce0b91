// npm run pg-rules: writes docs/pg-rules.md and docs/pg-rules.ko.md from the table of the built server.
import './node-version.mjs';
import './help.mjs';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, PROJECT, runScript } from './prepare.mjs';

await runScript(async () => {
  await prepare();
  // Not at the top: on a fresh clone these are there only now.
  const { format, resolveConfig } = await import('prettier');
  const { PG_TABLE } = await import('../dist/iamport/pg-rules.js');
  const { pgRulesPage } = await import('./pg-rules-pages.mjs');

  for (const [language, name] of [
    ['en', 'docs/pg-rules.md'],
    ['ko', 'docs/pg-rules.ko.md'],
  ]) {
    const path = join(PROJECT, name);
    const options = { ...(await resolveConfig(path)), filepath: path };
    writeFileSync(path, await format(pgRulesPage(language, PG_TABLE), options));
    console.log(name);
  }
});
