// What a production machine runs: no installation, no build, no simulator. (A script, because Windows has no `NAME=value command`.)
import './node-version.mjs';
import './help.mjs';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadDotenv, PROJECT, runScript } from './prepare.mjs';

await runScript(async () => {
  if (!existsSync(join(PROJECT, 'dist', 'bundle', 'main.js'))) {
    process.stderr.write(
      'dist/bundle/main.js 가 없습니다. 먼저 npm run build / dist/bundle/main.js is missing: npm run build first\n',
    );
    process.exit(1);
  }
  await loadDotenv();
  process.env.NODE_ENV = 'production';
  process.chdir(PROJECT);
  await import('../dist/bundle/main.js');
});
