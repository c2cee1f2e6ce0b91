// npm run migrate, verify, operator, simulator: installs and builds when needed, then runs one of our programs.
import './node-version.mjs';
import { spawn } from 'node:child_process';
import { onNpmGone } from './npm-parent.mjs';
import { loadDotenv, prepare, PROJECT, runScript } from './prepare.mjs';
import { needsSimulator, simulatorSettings, simulatorUrl } from './simulator-settings.mjs';

const [file, ...args] = process.argv.slice(2);

await runScript(async () => {
  await prepare();
  await loadDotenv();
  const child = spawn(process.execPath, ['--enable-source-maps', file, ...args], {
    cwd: PROJECT,
    stdio: 'inherit',
    // So that `verify -- --gateway` asks the gateway that `npm start` asks.
    env: needsSimulator() ? { ...process.env, ...simulatorSettings(simulatorUrl()) } : process.env,
  });
  // Ctrl-C reaches the program from the terminal; other signals are passed on.
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => {});
  onNpmGone(() => child.kill('SIGTERM'));
  child.on('exit', (code) => process.exit(code ?? 1));
});
