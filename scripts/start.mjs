// npm start: everything a newcomer needs, in one command. `--watch` (npm run dev) compiles on every change, `--lan` is for
// phones of the same network.
import './node-version.mjs';
import './help.mjs';
import { parseArgs } from 'node:util';
import { lanSettings } from './lan.mjs';
import { onNpmGone } from './npm-parent.mjs';
import { forgetBuild, loadDotenv, prepare, PrepareError, runScript } from './prepare.mjs';
import { startProgram, watchServer } from './programs.mjs';
import { needsSimulator, overruledBySimulator, simulatorSettings } from './simulator-settings.mjs';

const DEFAULT_PORT = '3000';
const FIRST_ANSWER_TIMEOUT_MS = 5000;

await runScript(async () => {
  const { watch, lan: isForLan } = parseArgs({
    options: { watch: { type: 'boolean', default: false }, lan: { type: 'boolean', default: false } },
  }).values;
  await prepare();
  await loadDotenv();
  await refuseSecondStart();
  const lan = isForLan ? lanSettings(process.env) : undefined;
  Object.assign(process.env, lan?.settings);

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
    simulatorUrl = await started(startProgram('simulator/dist/main.js', process.env));
  }
  const settings = simulatorUrl
    ? { ...process.env, ...simulatorSettings(simulatorUrl, lan?.simulatorUrl) }
    : process.env;
  if (simulatorUrl) tellWhoWins(simulatorUrl);
  // Here and not earlier: a Ctrl-C while the simulator started must not be followed by a server.
  if (ending) return;
  if (watch) forgetBuild();
  const program = watch
    ? watchServer(settings)
    : startProgram('dist/bundle/main.js', settings, { readable: isReadByPeople() });
  const serverUrl = await started(program);
  const shown = await addresses(settings, serverUrl, simulatorUrl, lan);
  console.log(shown);
  // The compiler's lines and the log have moved them away.
  program.onReadyAgain?.(() => console.log(shown));
});

/** Who collects a log, as in production or from a pipe, wants its JSON. */
function isReadByPeople() {
  return process.stdout.isTTY && process.env.NODE_ENV !== 'production';
}

/** @throws PrepareError when a server of ours answers where this one would listen. */
async function refuseSecondStart() {
  const url = `http://localhost:${process.env.PORT || DEFAULT_PORT}`;
  let answer;
  try {
    answer = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(FIRST_ANSWER_TIMEOUT_MS) });
  } catch {
    return; // Nobody is there, or somebody who speaks otherwise: the start itself says that the port is taken.
  }
  await answer.body?.cancel();
  // Every answer of ours has an id.
  if (!answer.ok || !answer.headers.has('x-request-id')) return;
  throw new PrepareError(
    `서버가 이미 실행 중입니다: ${url}/payment.html  그것을 쓰거나, 먼저 끝내거나, PORT 와 DATA_DIR 을 바꾸세요. / ` +
      `A server is already running at ${url}/payment.html. Use it, end it first, or set another PORT and DATA_DIR.`,
  );
}

function tellWhoWins(simulatorUrl) {
  const overruled = overruledBySimulator(simulatorUrl);
  if (overruled.length > 0) {
    console.log(
      `! IAMPORT_API_KEY 가 없어 시뮬레이터를 씁니다. 다음 설정은 쓰지 않습니다: ${overruled.join(', ')} / ` +
        `Without IAMPORT_API_KEY the simulator is used, and these settings are not: ${overruled.join(', ')}`,
    );
  }
  if (process.env.IAMPORT_SDK_URL) {
    console.log(
      '! 브라우저 스크립트는 시뮬레이터의 것이 아니라 IAMPORT_SDK_URL 의 주소에서 읽습니다. / ' +
        'Browsers load the script from IAMPORT_SDK_URL as it is set, not from the simulator’s own address.',
    );
  }
}

async function addresses(settings, serverUrl, simulatorUrl, lan) {
  const pageUrl = lan ? settings.PUBLIC_URL.replace(/\/+$/, '') : serverUrl;
  const consoleUrl = lan?.simulatorUrl ?? simulatorUrl;
  const rows = [['결제 페이지', 'Checkout page', `${pageUrl}/payment.html`]];
  if (process.env.NODE_ENV !== 'production') rows.push(['GraphQL', 'GraphQL page', `${pageUrl}/graphql`]);
  if (simulatorUrl) rows.push(['시뮬레이터', 'Simulator console', `${consoleUrl}/console`]);
  const bold = (text) => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text);
  return [
    '',
    `  ${bold('포인트 충전 서버가 준비되었습니다 / The point top-up server is ready')}`,
    '',
    ...rows.map(([korean, english, url]) => `  ${padded(korean, 13)}${padded(english, 20)}${bold(url)}`),
    '',
    ...(lan ? await linesForPhones(lan, `${pageUrl}/payment.html`, Boolean(simulatorUrl)) : []),
    '  끝내기: Ctrl-C / Ctrl-C ends it',
    '',
  ].join('\n');
}

async function linesForPhones({ others }, url, hasSimulator) {
  // Not before: it may just have been installed.
  const { renderUnicodeCompact } = await import('uqr');
  return [
    ...renderUnicodeCompact(url)
      .split('\n')
      .map((line) => `  ${line}`),
    '',
    '  같은 네트워크의 휴대전화로 찍으세요. / Point a phone of the same network at it.',
    ...(hasSimulator
      ? [
          '  ! 같은 네트워크의 누구나 시뮬레이터로 돈 없이 결제할 수 있습니다. / Whoever is in this network can pay for nothing at the simulator.',
        ]
      : []),
    ...(others.length > 0
      ? [
          `  이 컴퓨터의 다른 주소 / Other addresses of this machine: ${others.join(', ')}  (PUBLIC_URL, IAMPORT_SDK_URL)`,
        ]
      : []),
    '',
  ];
}

/** A Korean syllable takes two columns of a terminal. */
function padded(text, columns) {
  const width = [...text].reduce((sum, character) => sum + (/[가-힣]/.test(character) ? 2 : 1), 0);
  return text + ' '.repeat(columns - width);
}
