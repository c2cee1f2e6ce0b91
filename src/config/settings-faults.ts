import { namesVirtualAccounts } from './payment-methods.js';
import { type Values, vbankDueDaysUnsaid, WRITE_TIMEOUT_MIN_MS } from './settings-form.js';
import { inBothLanguages } from './start-error.js';

/*
 * What is wrong with settings that are each written rightly: they do not go together, or are missing.
 */

/** Who reads them. */
export type Runner = 'standalone server' | 'host’s app' | 'program of a host’s app';

/** @param values undefined where some are written wrongly, which their form says. */
export function faultsOf(given: NodeJS.ProcessEnv, values: Values | undefined, runner: Runner): string[] {
  const production = given.NODE_ENV === 'production';
  const ofAll = [
    ...(values ? faultsBetween(values, production) : []),
    ...missingKeys(given, production, runner),
    ...faultsOfEvents(given, production),
  ];
  if (runner === 'program of a host’s app') return ofAll;
  return [
    ...ofAll,
    ...missing(given),
    ...faultsOfVirtualAccounts(given, production),
    ...faultsOfLogin(given, production),
    ...(production ? faultsInProduction(given, runner) : []),
    ...(runner === 'host’s app' ? faultsInHost(given) : []),
  ];
}

function faultsBetween(values: Values, production: boolean): string[] {
  const faults: string[] = [];
  const tooLarge = values.POINT_PACKAGES.map(({ amount, bonus }) => amount + bonus).filter(
    (points) => points > values.POINT_MAX_BALANCE,
  );
  if (tooLarge.length > 0) {
    faults.push(
      inBothLanguages({
        ko: `POINT_PACKAGES 에 POINT_MAX_BALANCE 보다 큰 금액이 있습니다: ${tooLarge.join(', ')}`,
        en: `POINT_PACKAGES has amounts above POINT_MAX_BALANCE: ${tooLarge.join(', ')}`,
      }),
    );
  }
  // A cancel may ask for a token, be told that it has ended, and ask for another: each of these calls has its own limit.
  const longestCancelMs =
    2 * (values.IAMPORT_TIMEOUT_MS + Math.max(values.IAMPORT_TIMEOUT_MS, WRITE_TIMEOUT_MIN_MS));
  if (production && values.RECOVERY_GRACE_MS <= longestCancelMs) {
    faults.push(
      inBothLanguages({
        ko: `RECOVERY_GRACE_MS 값은 취소 한 번의 모든 호출이 걸릴 수 있는 시간(${longestCancelMs})보다 길어야 합니다`,
        en: `RECOVERY_GRACE_MS must be longer than all calls of a cancel together may take (${longestCancelMs})`,
      }),
    );
  }
  const ofUnknownPgs = (values.PAYMENT_METHODS ?? []).filter(({ pg }) => pg === undefined);
  if (values.TAX !== 'none' && ofUnknownPgs.length > 0) {
    const names = ofUnknownPgs.map(({ method }) => method).join(', ');
    faults.push(
      inBothLanguages({
        ko: `TAX 를 쓰려면 PAYMENT_METHODS 의 모든 결제수단에 PG를 적어야 합니다. 받는 항목이 PG마다 다릅니다. 예: card=channel-key-…@kcp. PG가 없는 것: ${names}`,
        en: `TAX needs the PG of each way to pay in PAYMENT_METHODS, such as card=channel-key-…@kcp, because not every PG takes every part. Without one: ${names}`,
      }),
    );
  }
  if (values.METRICS_PORT === values.PORT) {
    faults.push(
      inBothLanguages({
        ko: 'METRICS_PORT 값은 PORT 와 달라야 합니다. 지표는 공개하는 것이 아닙니다',
        en: 'METRICS_PORT must differ from PORT: the metrics are not for the public',
      }),
    );
  }
  return faults;
}

function missingKeys(given: NodeJS.ProcessEnv, production: boolean, runner: Runner): string[] {
  if (given.IAMPORT_API_KEY && given.IAMPORT_API_SECRET) return [];
  const fault = {
    ko: 'IAMPORT_API_KEY 와 IAMPORT_API_SECRET 이 없습니다',
    en: 'IAMPORT_API_KEY and IAMPORT_API_SECRET are not set',
  };
  if (production) {
    fault.ko = 'IAMPORT_API_KEY 와 IAMPORT_API_SECRET 은 운영에서 꼭 필요합니다';
    fault.en = 'IAMPORT_API_KEY and IAMPORT_API_SECRET are required in production';
  } else if (runner === 'standalone server') {
    fault.ko += '. `npm start` 는 시뮬레이터의 것을 씁니다';
    fault.en += '; `npm start` sets them for the simulator';
  } else {
    fault.ko += '. 키 없이 시험하려면 docs/adopt.ko.md 를 보세요';
    fault.en += '; docs/adopt.md says how to try it without keys';
  }
  return [inBothLanguages(fault)];
}

function missing(given: NodeJS.ProcessEnv): string[] {
  const faults: string[] = [];
  if (!given.IAMPORT_USER_CODE) {
    faults.push(
      inBothLanguages({
        ko: 'IAMPORT_USER_CODE 가 없습니다. 포트원 콘솔의 고객사 식별코드(imp00000000)입니다',
        en: 'IAMPORT_USER_CODE is not set; it is the code (imp00000000) in the PortOne console',
      }),
    );
  }
  if (!given.PAYMENT_METHODS) {
    faults.push(
      inBothLanguages({
        ko: 'PAYMENT_METHODS 가 없습니다. 받을 결제수단을 적으세요. 예: card,trans 또는 card=channel-key-…@html5_inicis,kakaopay=channel-key-…@kakaopay (docs/payment-methods.ko.md)',
        en: 'PAYMENT_METHODS is not set; name the ways to pay, such as card,trans or card=channel-key-…@html5_inicis,kakaopay=channel-key-…@kakaopay (docs/payment-methods.md)',
      }),
    );
  }
  return faults;
}

function faultsOfVirtualAccounts(given: NodeJS.ProcessEnv, production: boolean): string[] {
  const dueDays = Number(given.VBANK_DUE_DAYS ?? vbankDueDaysUnsaid(production));
  if (dueDays !== 0 || !namesVirtualAccounts(given.PAYMENT_METHODS ?? '')) return [];
  return [
    inBothLanguages({
      ko: 'PAYMENT_METHODS 에 vbank 가 있지만 VBANK_DUE_DAYS 가 0 입니다. 입금을 기다리는 날수(1-30)를 적거나 vbank 를 빼세요',
      en: 'PAYMENT_METHODS names vbank, but VBANK_DUE_DAYS is 0: set the days that an account waits (1 to 30), or leave vbank out',
    }),
  ];
}

function faultsInProduction(given: NodeJS.ProcessEnv, runner: Runner): string[] {
  const faults: string[] = [];
  const isHost = runner === 'host’s app';
  if (!isHost && !given.JWT_SECRET && !given.AUTH_JWKS_URL) {
    faults.push(
      inBothLanguages({
        ko: 'JWT_SECRET 은 운영에서 꼭 필요합니다',
        en: 'JWT_SECRET is required in production',
      }),
    );
  }
  if (!given.REFUND_ACCOUNT_KEYS && Number(given.VBANK_DUE_DAYS ?? 0) > 0) {
    faults.push(
      inBothLanguages({
        ko: 'REFUND_ACCOUNT_KEYS 는 운영에서 가상계좌를 쓸 때(VBANK_DUE_DAYS) 꼭 필요합니다. 예: a:$(openssl rand -base64 32)',
        en: 'REFUND_ACCOUNT_KEYS is required in production where virtual accounts are offered (VBANK_DUE_DAYS), such as a:$(openssl rand -base64 32)',
      }),
    );
  }
  if (!given.SHOP_FILE) {
    faults.push(
      inBothLanguages({
        ko: 'SHOP_FILE 은 운영에서 꼭 필요합니다. 상점 이름(name), 사업자 정보(business), 약관·개인정보·환불 규정(papers), 고객센터(customerService), 동의(consent)가 있는 파일입니다. 예: shop.example.json, 설명: docs/shop.ko.md',
        en: 'SHOP_FILE is required in production: a file with name, business, papers (TERMS, PRIVACY, REFUND), customerService and consent, such as shop.example.json; see docs/shop.md',
      }),
    );
  }
  if (!given.REFUND_ACCOUNT_KEYS && (given.CASH_RECEIPT ?? 'off') !== 'off') {
    faults.push(
      inBothLanguages({
        ko: 'REFUND_ACCOUNT_KEYS 는 운영에서 현금영수증을 발급할 때(CASH_RECEIPT) 꼭 필요합니다. 예: a:$(openssl rand -base64 32)',
        en: 'REFUND_ACCOUNT_KEYS is required in production where cash receipts are issued (CASH_RECEIPT), such as a:$(openssl rand -base64 32)',
      }),
    );
  }
  if (!given.PUBLIC_URL) {
    faults.push(
      inBothLanguages({
        ko: 'PUBLIC_URL 은 운영에서 꼭 필요합니다. 브라우저가 접속하는 https 주소입니다',
        en: 'PUBLIC_URL is required in production; it is the https address that browsers use',
      }),
    );
  }
  if (!isHost && !given.DATABASE_URL) {
    faults.push(
      inBothLanguages({
        ko: 'DATABASE_URL 은 운영에서 꼭 필요합니다. 그래도 내장 SQLite 로 실행하려면 DATABASE_URL=sqlite:data/point.db 로 밝히세요',
        en: 'DATABASE_URL is required in production; to run on the embedded SQLite all the same, say so with DATABASE_URL=sqlite:data/point.db',
      }),
    );
  }
  if (isOfSomebodyElse(given.IAMPORT_BASE_URL)) {
    faults.push(
      inBothLanguages({
        ko: 'IAMPORT_BASE_URL 은 운영에서 시뮬레이터가 아니라 실제 주소(https://api.iamport.kr)여야 합니다',
        en: 'IAMPORT_BASE_URL must be the real gateway (https://api.iamport.kr) in production, not a simulator',
      }),
    );
  }
  if (isOfSomebodyElse(given.IAMPORT_SDK_URL)) {
    faults.push(
      inBothLanguages({
        ko: 'IAMPORT_SDK_URL 은 운영에서 아임포트의 스크립트(https://cdn.iamport.kr/v1/iamport.js)여야 합니다',
        en: 'IAMPORT_SDK_URL must be iamport’s own script (https://cdn.iamport.kr/v1/iamport.js) in production',
      }),
    );
  }
  return faults;
}

/** In development, too, since no key is made and kept in a host's folders. */
function faultsInHost(given: NodeJS.ProcessEnv): string[] {
  const faults: string[] = [];
  if (!given.PUBLIC_URL && given.NODE_ENV !== 'production') {
    faults.push(inBothLanguages({ ko: 'PUBLIC_URL 이 없습니다', en: 'PUBLIC_URL is not set' }));
  }
  const needsKeys =
    namesVirtualAccounts(given.PAYMENT_METHODS ?? '') || (given.CASH_RECEIPT ?? 'off') !== 'off';
  if (needsKeys && !given.REFUND_ACCOUNT_KEYS) {
    faults.push(
      inBothLanguages({
        ko: 'REFUND_ACCOUNT_KEYS 는 가상계좌나 현금영수증을 쓸 때 꼭 필요합니다. 예: a:$(openssl rand -base64 32)',
        en: 'REFUND_ACCOUNT_KEYS is required where virtual accounts or cash receipts are offered, such as a:$(openssl rand -base64 32)',
      }),
    );
  }
  return faults;
}

const OF_HOST_LOGIN = [
  'AUTH_ISSUER',
  'AUTH_AUDIENCE',
  'AUTH_OWNER_CLAIM',
  'AUTH_OPERATOR_CLAIM',
  'AUTH_OPERATOR_VALUE',
  'AUTH_PAGE_SCRIPT_URL',
];

function faultsOfLogin(given: NodeJS.ProcessEnv, production: boolean): string[] {
  if (!given.AUTH_JWKS_URL) {
    // Half a login of the shop's would leave ours open beside it, and nobody would know.
    const alone = OF_HOST_LOGIN.filter((name) => given[name]);
    return alone.map((name) =>
      inBothLanguages({
        ko: `${name} 은(는) AUTH_JWKS_URL 과 함께 써야 합니다`,
        en: `${name} is of no use without AUTH_JWKS_URL`,
      }),
    );
  }
  const faults: string[] = [];
  for (const name of ['AUTH_ISSUER', 'AUTH_AUDIENCE']) {
    if (given[name]) continue;
    faults.push(
      inBothLanguages({
        ko: `${name} 이(가) 없습니다. AUTH_JWKS_URL 을 쓸 때는 꼭 필요합니다`,
        en: `${name} is not set; it is required with AUTH_JWKS_URL`,
      }),
    );
  }
  if (Boolean(given.AUTH_OPERATOR_CLAIM) !== Boolean(given.AUTH_OPERATOR_VALUE)) {
    faults.push(
      inBothLanguages({
        ko: 'AUTH_OPERATOR_CLAIM 과 AUTH_OPERATOR_VALUE 는 함께 써야 합니다',
        en: 'AUTH_OPERATOR_CLAIM and AUTH_OPERATOR_VALUE need each other',
      }),
    );
  }
  for (const name of production ? ['AUTH_JWKS_URL', 'AUTH_PAGE_SCRIPT_URL'] : []) {
    if (!given[name] || given[name].startsWith('https:')) continue;
    faults.push(
      inBothLanguages({
        ko: `${name} 은(는) 운영에서 https 주소여야 합니다`,
        en: `${name} must be an https address in production`,
      }),
    );
  }
  return faults;
}

function faultsOfEvents(given: NodeJS.ProcessEnv, production: boolean): string[] {
  const faults: string[] = [];
  for (const [name, other] of [
    ['EVENTS_URL', 'EVENTS_SECRETS'],
    ['EVENTS_SECRETS', 'EVENTS_URL'],
  ] as const) {
    if (given[name] || !given[other]) continue;
    faults.push(
      inBothLanguages({
        ko: `${name} 이(가) 없습니다. ${other} 을(를) 쓸 때는 꼭 필요합니다`,
        en: `${name} is not set; it is required with ${other}`,
      }),
    );
  }
  if (production && given.EVENTS_URL?.startsWith('http:')) {
    faults.push(
      inBothLanguages({
        ko: 'EVENTS_URL 은 운영에서 https 주소여야 합니다',
        en: 'EVENTS_URL must be an https address in production',
      }),
    );
  }
  return faults;
}

const LIVE_GATEWAY_HOST = /(^|\.)(iamport\.kr|portone\.io)$/;

/** False for what is not an address at all: the schema says that. */
function isOfSomebodyElse(address: string | undefined): boolean {
  if (address === undefined || !URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol !== 'https:' || !LIVE_GATEWAY_HOST.test(hostname);
}
