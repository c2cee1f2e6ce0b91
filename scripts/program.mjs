// npm run migrate, verify, compare, import, operator, events, service-key, simulator: installs and builds when needed, then runs one of our programs.
import './node-version.mjs';
import './help.mjs';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { onNpmGone } from './npm-parent.mjs';
import { isInstalledAtAll, loadDotenv, prepare, PrepareError, PROJECT, runScript } from './prepare.mjs';
import { needsSimulator, simulatorSettings, simulatorUrl } from './simulator-settings.mjs';

const [file, ...args] = process.argv.slice(2);

await runScript(async () => {
  // Before anything else, because `.env` may say that this is a production machine.
  if (isInstalledAtAll()) await loadDotenv();
  if (process.env.NODE_ENV === 'production') requireBuilt();
  else {
    await prepare();
    await loadDotenv();
  }
  const child = spawn(process.execPath, ['--enable-source-maps', file, ...args], {
    cwd: PROJECT,
    stdio: 'inherit',
    // So that `verify -- --gateway` and `compare` ask the gateway that `npm start` asks.
    env: needsSimulator() ? { ...process.env, ...simulatorSettings(simulatorUrl()) } : process.env,
  });
  // Ctrl-C reaches the program from the terminal; other signals are passed on.
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => {});
  onNpmGone(() => child.kill('SIGTERM'));
  child.on('exit', (code) => process.exit(code ?? 1));
});

/** A server may be running from these folders: what it has not read yet must not vanish or change under it. */
function requireBuilt() {
  if (isInstalledAtAll() && existsSync(join(PROJECT, file))) return;
  throw new PrepareError(
    `${file} 또는 패키지가 없습니다. 운영에서는 설치나 빌드를 하지 않습니다. 먼저 npm ci, npm run build / ` +
      `${file} or its packages are missing, and with NODE_ENV=production nothing is installed or built: npm ci, npm run build first`,
  );
}
