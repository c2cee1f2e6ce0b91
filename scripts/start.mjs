// npm start: everything a newcomer needs, in one command. `--watch` (npm run dev) compiles on every change.
import './node-version.mjs';
import { onNpmGone } from './npm-parent.mjs';
import { forgetBuild, loadDotenv, prepare, runScript } from './prepare.mjs';
import { startProgram, watchServer } from './programs.mjs';
import { needsSimulator, simulatorSettings } from './simulator-settings.mjs';

const watch = process.argv.includes('--watch');

await runScript(async () => {
  await prepare();
  await loadDotenv();

  /** In the order of their start; they end in the opposite order. */
  const programs = [];
  let ending = false;
  const end = async (exitCode) => {
    if (ending) return;
    ending = true;
    for (const program of programs.toReversed()) await program.stop();
    process.exit(exitCode);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));
  onNpmGone(() => void end(0));

  /** Resolves with the address, or not at all: a program that ends takes the others and us with it. */
  const started = async (program) => {
    programs.push(program);
    void program.ended.then((exitCode) => end(exitCode));
    return program.ready;
  };

  let simulatorUrl;
  if (needsSimulator()) {
    simulatorUrl = await started(startProgram('dist/iamport-simulator/main.js', process.env));
  }
  const settings = simulatorUrl ? { ...process.env, ...simulatorSettings(simulatorUrl) } : process.env;
  // Here and not earlier: a Ctrl-C while the simulator started must not be followed by a server.
  if (ending) return;
  if (watch) forgetBuild();
  const serverUrl = await started(
    watch ? watchServer(settings) : startProgram('dist/bundle/main.js', settings),
  );
  console.log(addresses(serverUrl, simulatorUrl));
});

function addresses(serverUrl, simulatorUrl) {
  const rows = [['결제 페이지', 'Checkout page', `${serverUrl}/payment.html`]];
  if (process.env.NODE_ENV !== 'production') rows.push(['GraphQL', 'GraphQL page', `${serverUrl}/graphql`]);
  if (simulatorUrl) rows.push(['시뮬레이터', 'Simulator console', `${simulatorUrl}/console`]);
  const bold = (text) => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text);
  return [
    '',
    `  ${bold('포인트 충전 서버가 준비되었습니다 / The point top-up server is ready')}`,
    '',
    ...rows.map(([korean, english, url]) => `  ${padded(korean, 13)}${padded(english, 20)}${bold(url)}`),
    '',
    '  끝내기: Ctrl-C / Ctrl-C ends it',
    '',
  ].join('\n');
}

/** A Korean syllable takes two columns of a terminal. */
function padded(text, columns) {
  const width = [...text].reduce((sum, character) => sum + (/[가-힣]/.test(character) ? 2 : 1), 0);
  return text + ' '.repeat(columns - width);
}
