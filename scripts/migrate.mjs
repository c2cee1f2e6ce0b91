import './node-version.mjs';
import { spawn } from 'node:child_process';
import { loadDotenv, prepare, PROJECT, runScript } from './prepare.mjs';

await runScript(async () => {
  await prepare();
  await loadDotenv();
  const child = spawn(process.execPath, ['--enable-source-maps', 'dist/database/migrate.js'], {
    cwd: PROJECT,
    stdio: 'inherit',
  });
  child.on('exit', (code) => process.exit(code ?? 1));
});
