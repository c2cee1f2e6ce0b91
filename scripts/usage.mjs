// What `--help` prints. Node built-ins only: it answers before anything is installed.
const OPTIONS_OF_JEST = 'https://jestjs.io/docs/cli';

/** By the name that comes after `npm run`. */
const USAGES = {
  start: {
    use: 'npm start -- [--lan]',
    ko: '설치, 빌드, 마이그레이션 후 서버와 시뮬레이터를 실행합니다. --lan: 같은 네트워크의 휴대전화에서도 열 수 있게 하고 QR 코드를 출력합니다.',
    en: 'Installs, builds, migrates and starts the server and the simulator. --lan: also for phones of the same network, with a QR code.',
  },
  dev: {
    use: 'npm run dev -- [--lan]',
    ko: 'npm start 와 같고, 소스가 바뀔 때마다 서버를 다시 시작합니다.',
    en: 'As npm start, and starts the server again after each change of a source file.',
  },
  build: { use: 'npm run build', ko: 'dist/ 로 컴파일합니다.', en: 'Compiles into dist/.' },
  migrate: {
    use: 'npm run migrate',
    ko: '설정된 데이터베이스의 스키마를 최신으로 만듭니다.',
    en: 'Brings the schema of the configured database up to date.',
  },
  verify: {
    use: 'npm run verify -- [--gateway]',
    ko: '장부를 한 행씩 증명합니다. --gateway: 아임포트와도 비교합니다. 종료 코드 0 증명됨, 1 잘못된 행, 2 증명하지 못함.',
    en: 'Proves the books row by row. --gateway: also against iamport. Exit status 0 proved, 1 a row is wrong, 2 not proved.',
  },
  compare: {
    use: 'npm run compare -- --day 2026-11-25 | --from 2026-11-01 --to 2026-11-25 [--csv file]',
    ko: '결제대행의 목록과 장부를 하루씩 견주고, 안전한 차이는 고칩니다. 90일 전까지. 종료 코드 0 같음, 1 차이가 있음, 2 대사하지 못함: docs/comparison.ko.md',
    en: 'Compares days with the gateway and heals what is safe to heal, up to 90 days back. Exit status 0 same, 1 differences, 2 not compared: docs/comparison.md',
  },
  import: {
    use: 'npm run import -- file.csv [--dry-run] [--report refused.csv] [--name opening]',
    ko: '상점이 쓰던 표의 포인트를 가져옵니다. 몇 번을 실행해도 한 행은 한 번만 들어갑니다. --dry-run: 쓰지 않고 알려 주기만 합니다. 종료 코드 0 모두 맞음, 1 맞지 않는 행이 있음, 2 끝까지 못함: docs/adopt.ko.md',
    en: 'Brings the points of your own table in, each row once however often it runs. --dry-run: writes nothing and says what would happen. Exit status 0 every row fits, 1 some do not, 2 not all was run: docs/adopt.md',
  },
  operator: {
    use: 'npm run operator -- grant|revoke someone@example.com',
    ko: '모든 사용자에 관한 것을 보고 대신 결제를 취소할 수 있는 사람을 정합니다.',
    en: 'Says who may see what concerns all users and cancel payments for them.',
  },
  events: {
    use: 'npm run events -- state | list | replay [--from 2026-11-25] [--to 2026-11-26] [--owner id] [--state gave-up]',
    ko: '상점 서버에 보내는 이벤트의 수와 목록을 보고, 다시 보냅니다. replay 에는 --from 이나 --state 가 필요합니다: docs/events.ko.md',
    en: 'Counts and lists the events for your server, and sends them again. replay needs --from or --state: docs/events.md',
  },
  'service-key': {
    use: 'npm run service-key -- create --name shop --scopes spend,grant,read | list | revoke <id>',
    ko: '다른 서버가 쓰는 서비스 키를 만들고, 보고, 폐기합니다. 키는 만들 때 한 번만 보입니다: docs/adopt.ko.md',
    en: 'Makes, lists and revokes keys for other servers. A key is shown once, when it is made: docs/adopt.md',
  },
  simulator: {
    use: 'npm run simulator',
    ko: '아임포트 시뮬레이터만 실행합니다. IAMPORT_SIMULATOR_… 로 설정합니다: docs/simulator.md',
    en: 'Starts the iamport simulator alone. Set by IAMPORT_SIMULATOR_…: docs/simulator.md',
  },
  'start:prod': {
    use: 'npm run start:prod',
    ko: '빌드된 것을 NODE_ENV=production 으로 실행합니다. 설치, 빌드, 마이그레이션, 시뮬레이터는 없습니다.',
    en: 'Starts what was built with NODE_ENV=production: no installation, build, migration or simulator.',
  },
  check: { use: 'npm run check', ko: '서식, 린트, 타입을 검사합니다.', en: 'Format, lint, types.' },
  test: {
    use: 'npm test -- [--selectProjects unit e2e …] [--testPathPatterns ledger]',
    ko: `모든 테스트를 실행합니다. 나머지 옵션은 Jest 의 것입니다: ${OPTIONS_OF_JEST}`,
    en: `Runs every suite. All other options are Jest's: ${OPTIONS_OF_JEST}`,
  },
  'test:crash': {
    use: 'npm run test:crash -- [--kills 1000] [--seed N]',
    ko: '서버와 데이터베이스를 무작위로 강제 종료합니다. --seed 는 같은 순서를 되풀이합니다.',
    en: 'Kills servers and databases at random. --seed replays the decisions.',
  },
  'test:galera': {
    use: 'npm run test:galera -- [--operations 5000] [--seed N]',
    ko: 'Galera 클러스터 위의 서버 세 대를 시험합니다. --seed 는 같은 순서를 되풀이합니다.',
    en: 'Tries three servers on a Galera cluster. --seed replays the decisions.',
  },
  'test:planted-bugs': {
    use: 'npm run test:planted-bugs -- [part of a name]',
    ko: '소스 사본에 버그를 하나씩 심고 테스트가 알아채는지 확인합니다.',
    en: 'Plants one bug after the other into a copy of the sources and shows that the tests notice each.',
  },
  bench: {
    use:
      'npm run bench -- [--cases charge,me] [--pairs 5] [--seconds 5] [--database sqlite|mariadb] [--quick]\n' +
      '  npm run bench -- --history [--rows 3000000] | --memory [--requests 1000000] | --start 10 | --compare 10000',
    ko: '각 연산의 속도를 잽니다: docs/performance.md',
    en: 'Measures the speed of each operation: docs/performance.md',
  },
  schema: {
    use: 'npm run schema',
    ko: 'schema.graphql 을 새로 씁니다.',
    en: 'Writes schema.graphql anew.',
  },
  'pg-rules': {
    use: 'npm run pg-rules',
    ko: 'docs/pg-rules.md 를 PG 규칙표에서 새로 씁니다.',
    en: 'Writes docs/pg-rules.md anew from the table of PGs.',
  },
  release: {
    use: 'npm run release -- 0.1.0',
    ko: '모든 검사와 테스트 후 CHANGELOG.md 와 package.json 에 버전을 적고 커밋하고 태그를 답니다. 푸시하지 않습니다.',
    en: 'After all checks and tests writes the version into CHANGELOG.md and package.json, commits and tags. Pushes nothing.',
  },
};

/** Ends the program after its use when `--help` was asked for. npm says which of its scripts runs. */
export function showUsageWhenAsked() {
  if (!process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) return;
  const usage = USAGES[process.env.npm_lifecycle_event];
  if (!usage) return;
  process.stdout.write(`  ${usage.use}\n\n  ${usage.ko}\n  ${usage.en}\n`);
  process.exit(0);
}
