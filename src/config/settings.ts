import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { AddressFault, type DatabaseAddress, readDatabaseUrl } from './database-address.js';
import { EVENT_SECRET_BYTES_MIN, EVENT_SECRETS_MAX, readEventSecrets } from './event-secrets.js';
import { keptSecret } from './kept-secret.js';
import {
  type MethodSettings,
  namesVirtualAccounts,
  type PaymentLimits,
  type Read,
  readPaymentLimits,
  readPaymentMethods,
} from './payment-methods.js';
import { readSealingKeys, SEALING_KEY_BYTES, type SealingKey } from './sealing-keys.js';
import { POINT_PACKAGES_MAX, type PointPackage, readPointPackages } from './point-packages.js';
import { publicOrigin } from './public-origin.js';
import { readRefundPresets, type RefundPresetName } from './refund-presets.js';
import { inBothLanguages, StartError } from './start-error.js';

/** Everything the program was told from outside, read once and checked. Amounts are whole won, times milliseconds. */
export interface Settings {
  production: boolean;
  port: number;
  /** Origin under which browsers reach us, without a slash at the end. */
  publicUrl: string;
  /** Where the payment window of a phone goes back to. */
  checkoutPageUrl: string;
  /** Below it are the addresses that gateways send their notices to. */
  noticesUrl: string;
  /** How many proxies in front of us are trusted to name the caller's address. */
  trustedProxies: number;
  database: DatabaseSettings;
  iamport: IamportSettings;
  jwtSecret: string;
  /** The shop's own login, in the place of ours; undefined for ours. */
  hostLogin: HostLoginSettings | undefined;
  /** What may be bought, in the order in which it is shown. */
  pointPackages: readonly PointPackage[];
  pointMaxBalance: number;
  pointValidity: PointValidity;
  /** What may go back beyond what the shop's cancel policy gives. */
  refundPresets: readonly RefundPresetName[];
  /** What becomes of bonus that was spent when money of its payment goes back. */
  bonusOnRefund: BonusOnRefund;
  /** Whether people may spend their own points with their own token. */
  usersMaySpend: boolean;
  /** Ways to pay, in the order in which they are offered; one at least, and each once. */
  paymentMethods: readonly MethodSettings[];
  /** What one owner can pay by one of them. */
  paymentLimits: PaymentLimits;
  /** Days that a virtual account waits for its deposit; 0 offers none. */
  vbankDueDays: number;
  /** The shop's own words, in a file of its own; undefined for a page without a shop. */
  shopFile: string | undefined;
  /** What seals the accounts to which refunds go: the first one seals, all of them open. */
  refundAccountKeys: readonly SealingKey[];
  /** Whether cash receipts are issued for transfers and virtual accounts: never, for payers who ask, or for all. */
  cashReceipt: CashReceiptMode;
  /** What new orders are made of for the tax office. */
  tax: TaxMode;
  rateLimit: boolean;
  /** Where all servers count requests together; undefined lets each count its own. */
  redisUrl: string | undefined;
  /** How long a server that was told to stop goes on answering, so that balancers see it at `/health/ready`. */
  shutdownDrainMs: number;
  /** Addresses from which webhooks are taken; undefined takes them from everywhere. */
  webhookAddresses: string[] | undefined;
  recovery: RecoverySettings;
  comparison: ComparisonSettings;
  /** Who is told what happens; undefined: nobody, and nothing is stored for it. */
  events: EventSettings | undefined;
  /** Where the metrics are served; undefined serves none. */
  metrics: { port: number; host: string } | undefined;
  logLevel: string;
  /** Every line that a request causes has its id, and not only the lines about the request itself. */
  logRequestId: boolean;
}

export type DatabaseSettings =
  { kind: 'sqlite'; file: string } | ({ kind: 'mariadb' | 'mysql'; poolSize: number } & DatabaseAddress);

/** How long points can be spent. */
export interface PointValidity {
  /** Those that were bought. */
  paidMs: number;
  /** Bonus, and what was granted. */
  bonusMs: number;
  /** Those of a spend or hold that came back after their time; 0: they are lost. */
  graceMs: number;
}

export interface RecoverySettings {
  /** Pause between two looks for work. */
  intervalMs: number;
  /**
   * How long after it was sent a cancellation is not sent again, and what was refused is not released. It must be longer
   * than all calls of a cancel together can take, so that the earlier one can no longer run.
   */
  graceMs: number;
}

export interface ComparisonSettings {
  /** Pause between two comparisons of a day while it and the next one last. */
  intervalMs: number;
  /** What happened in the last of them is not compared yet: it may be seen on one side alone. */
  graceMs: number;
}

export interface EventSettings {
  url: string;
  /** As Standard Webhooks writes them. Each of them signs, so that a receiver may know either. */
  secrets: readonly string[];
}

export interface HostLoginSettings {
  /** Where its public keys are. */
  jwksUrl: string;
  issuer: string;
  audience: string;
  /** The claim that says whose points a caller means. */
  ownerClaim: string;
  /** Who has this value in this claim (or in a list there) is an operator; undefined lets nobody be one. */
  operator: { claim: string; value: string } | undefined;
  /** The script by which the checkout page gets a token; undefined leaves the page without one. */
  pageScriptUrl: string | undefined;
}

export interface IamportSettings {
  apiKey: string;
  apiSecret: string;
  baseUrl: string;
  sdkUrl: string;
  userCode: string;
  channelKey: string | undefined;
  /** True: payments of test channels are the expected ones and live ones are refused. False: the other way round. */
  testMode: boolean;
  readTimeoutMs: number;
  /** Calls that move money get longer: an answer that we did not wait for is a result that we do not know. */
  writeTimeoutMs: number;
}

export type CashReceiptMode = 'off' | 'ask' | 'auto';

/** Nothing is said of it; all is tax-free; all is taxed and its VAT is named. */
export type TaxMode = 'none' | 'tax_free' | 'vat';

/** `DEDUCT_FROM_REFUND`: it is taken from the paid points; `FORGIVE`: it is left; `REFUSE`: the shop's customer service decides. */
export type BonusOnRefund = 'DEDUCT_FROM_REFUND' | 'FORGIVE' | 'REFUSE';

/** Token under which the settings are injected. */
export const SETTINGS = Symbol('SETTINGS');

export const JWT_SECRET_MIN_BYTES = 32;
const DAY_MS = 24 * 60 * 60_000;
const VALID_DAYS_MAX = 36_500;
/** Korean consumer rules let paid points expire no sooner (docs/spending.md). */
const PAID_VALID_DAYS_MIN = 365;
const GRACE_DAYS_MAX = 365;
const VBANK_DUE_DAYS_MAX = 30;
/** In production somebody has to say so: it needs the PG's contract for refunds, and its deposit address (docs/virtual-accounts.md). */
const VBANK_DUE_DAYS_IN_DEVELOPMENT = 3;
const WRITE_TIMEOUT_MIN_MS = 30_000;
/** Behind a balancer that looks every second or two and believes the second look. */
const SHUTDOWN_DRAIN_IN_PRODUCTION_MS = 5000;
/** With the time for begun requests it is what a supervisor has to wait before it kills; see docker-compose.yaml. */
const SHUTDOWN_DRAIN_MAX_MS = 30_000;
/** Far enough from that end for what is credited above the limit: orders that were paid after their time. */
const POINT_MAX_BALANCE_MAX = 1_000_000_000;
const LIVE_GATEWAY_HOST = /(^|\.)(iamport\.kr|portone\.io)$/;

/** All that is wrong with the environment, one line each, so that it can be corrected in one go. */
export class SettingsError extends StartError {
  constructor(readonly faults: string[]) {
    const heading = inBothLanguages({ ko: '설정을 고치세요', en: 'The settings are not right:' });
    super([heading, ...faults.map((fault) => `  - ${fault}`)].join('\n'));
  }
}

const wholeNumber = (min: number, max: number) => {
  const fault = inBothLanguages({
    ko: `값은 ${min}에서 ${max} 사이의 정수여야 합니다`,
    en: `must be a whole number from ${min} to ${max}`,
  });
  return z
    .string()
    .regex(/^\d{1,10}$/, fault)
    .transform(Number)
    .refine((value) => value >= min && value <= max, fault);
};

const oneOf = <const Value extends string>(...values: Value[]) =>
  z.enum(
    values,
    inBothLanguages({
      ko: `값은 다음 중 하나여야 합니다: ${values.join(', ')}`,
      en: `must be one of: ${values.join(', ')}`,
    }),
  );

const exactUrl = z.url({
  protocol: /^https?$/,
  error: inBothLanguages({
    ko: '값은 http 또는 https 주소여야 합니다',
    en: 'must be an http or https address',
  }),
});

const httpUrl = exactUrl.transform((url) => url.replace(/\/+$/, ''));

/** Every fault of the text becomes one of the settings. */
const readingBy =
  <Value>(read: (text: string) => Read<Value>) =>
  (text: string, context: z.RefinementCtx): Value => {
    const { value, faults } = read(text);
    if (value !== undefined) return value;
    for (const fault of faults) context.addIssue(inBothLanguages(fault));
    return z.NEVER;
  };
const readBy = <Value>(read: (text: string) => Read<Value>) => z.string().transform(readingBy(read));

const databaseUrl = z.string().transform((text, context) => {
  try {
    return readDatabaseUrl(text);
  } catch (error) {
    if (!(error instanceof AddressFault)) throw error;
    context.addIssue(inBothLanguages(error.texts));
    return z.NEVER;
  }
});

const schema = z.object({
  NODE_ENV: z.string().default('development'),
  PORT: wholeNumber(1, 65_535).default(3000),
  PUBLIC_URL: publicOrigin.optional(),
  TRUSTED_PROXIES: wholeNumber(0, 10).default(0),
  DATA_DIR: z.string().default('data'),
  DATABASE_URL: databaseUrl.optional(),
  DATABASE_POOL_SIZE: wholeNumber(1, 1000).default(10),
  IAMPORT_API_KEY: z.string().optional(),
  IAMPORT_API_SECRET: z.string().optional(),
  IAMPORT_BASE_URL: httpUrl.default('https://api.iamport.kr'),
  IAMPORT_SDK_URL: httpUrl.default('https://cdn.iamport.kr/v1/iamport.js'),
  IAMPORT_USER_CODE: z.string().optional(),
  IAMPORT_CHANNEL_KEY: z.string().optional(),
  IAMPORT_TEST_MODE: oneOf('true', 'false')
    .default('false')
    .transform((value) => value === 'true'),
  IAMPORT_TIMEOUT_MS: wholeNumber(100, 120_000).default(10_000),
  JWT_SECRET: z
    .string()
    .refine(
      (secret) => Buffer.byteLength(secret) >= JWT_SECRET_MIN_BYTES,
      inBothLanguages({
        ko: `값은 ${JWT_SECRET_MIN_BYTES}바이트 이상이어야 합니다 (만들기: openssl rand -base64 48)`,
        en: `must be at least ${JWT_SECRET_MIN_BYTES} bytes long (make one with: openssl rand -base64 48)`,
      }),
    )
    .optional(),
  AUTH_JWKS_URL: httpUrl.optional(),
  AUTH_ISSUER: z.string().optional(),
  AUTH_AUDIENCE: z.string().optional(),
  AUTH_OWNER_CLAIM: z.string().default('sub'),
  AUTH_OPERATOR_CLAIM: z.string().optional(),
  AUTH_OPERATOR_VALUE: z.string().optional(),
  AUTH_PAGE_SCRIPT_URL: httpUrl.optional(),
  POINT_PACKAGES: z
    .string()
    .default('5000,10000,30000,50000,100000')
    .transform((text, context) => {
      const packages = readPointPackages(text);
      if (packages) return packages;
      const fault = {
        ko: `값은 쉼표로 나눈 원 단위의 정수 금액이어야 하고 ${POINT_PACKAGES_MAX}개까지입니다. 예: 5000,10000:+500,30000:+2000!`,
        en: `must be whole amounts of won with commas between them, at most ${POINT_PACKAGES_MAX}, such as 5000,10000:+500,30000:+2000!`,
      };
      context.addIssue(inBothLanguages(fault));
      return z.NEVER;
    })
    .refine(
      (packages) => new Set(packages.map(({ amount }) => amount)).size === packages.length,
      inBothLanguages({ ko: '값에 같은 금액이 두 번 있습니다', en: 'names an amount twice' }),
    ),
  POINT_MAX_BALANCE: wholeNumber(1, POINT_MAX_BALANCE_MAX).default(2_000_000),
  // Five years.
  POINT_VALID_DAYS: wholeNumber(PAID_VALID_DAYS_MIN, VALID_DAYS_MAX).default(1827),
  POINT_BONUS_VALID_DAYS: wholeNumber(1, VALID_DAYS_MAX).default(365),
  POINT_RETURN_GRACE_DAYS: wholeNumber(0, GRACE_DAYS_MAX).default(30),
  REFUND_PRESETS: z.string().default('UNUSED_7_DAYS').transform(readingBy(readRefundPresets)),
  BONUS_ON_REFUND: oneOf('DEDUCT_FROM_REFUND', 'FORGIVE', 'REFUSE').default('DEDUCT_FROM_REFUND'),
  USERS_MAY_SPEND: oneOf('true', 'false')
    .default('false')
    .transform((value) => value === 'true'),
  PAYMENT_METHODS: readBy(readPaymentMethods).optional(),
  PAYMENT_LIMITS: readBy(readPaymentLimits).optional(),
  SHOP_FILE: z.string().optional(),
  VBANK_DUE_DAYS: wholeNumber(0, VBANK_DUE_DAYS_MAX).optional(),
  CASH_RECEIPT: oneOf('off', 'ask', 'auto').default('off'),
  TAX: oneOf('none', 'tax_free', 'vat').default('none'),
  REFUND_ACCOUNT_KEYS: z
    .string()
    .transform(readSealingKeys)
    .refine(
      (keys) => keys !== undefined,
      inBothLanguages({
        ko: `값은 쉼표로 나눈 이름:키여야 합니다. 이름은 영문 소문자와 숫자 1-16자, 키는 base64로 쓴 ${SEALING_KEY_BYTES}바이트입니다 (만들기: openssl rand -base64 32)`,
        en: `must be id:key with commas between them: an id of 1 to 16 small letters and digits, a key of ${SEALING_KEY_BYTES} bytes in base64 (make one with: openssl rand -base64 32)`,
      }),
    )
    .optional(),
  RATE_LIMIT: oneOf('on', 'off')
    .default('on')
    .transform((value) => value === 'on'),
  REDIS_URL: z
    .string()
    .refine(
      (url) => /^rediss?:\/\/[^\s/]+(\/\d*)?$/.test(url) && URL.canParse(url),
      inBothLanguages({
        ko: '값은 redis://user:password@host:6379 또는 rediss://… 형식이어야 합니다',
        en: 'must look like redis://user:password@host:6379 or rediss://…',
      }),
    )
    .optional(),
  SHUTDOWN_DRAIN_MS: wholeNumber(0, SHUTDOWN_DRAIN_MAX_MS).optional(),
  WEBHOOK_ADDRESSES: z
    .string()
    .transform((list) => list.split(',').map((address) => address.trim()))
    .refine(
      (addresses) => addresses.every((address) => isIP(address) !== 0),
      inBothLanguages({
        ko: '값은 쉼표로 나눈 IP 주소여야 합니다',
        en: 'must be IP addresses with commas between them',
      }),
    )
    .optional(),
  RECOVERY_INTERVAL_MS: wholeNumber(10, 60_000).default(5000),
  RECOVERY_GRACE_MS: wholeNumber(0, 600_000).default(120_000),
  COMPARISON_INTERVAL_MS: wholeNumber(100, 86_400_000).default(3_000_000),
  COMPARISON_GRACE_MS: wholeNumber(0, 3_600_000).default(300_000),
  EVENTS_URL: exactUrl
    .refine(
      (url) => !URL.canParse(url) || (new URL(url).username === '' && new URL(url).password === ''),
      inBothLanguages({
        ko: '값에 사용자 이름과 암호를 적을 수 없습니다. 이벤트에는 서명이 있습니다',
        en: 'must have no user and password: events are signed',
      }),
    )
    .optional(),
  EVENTS_SECRETS: z
    .string()
    .transform(readEventSecrets)
    .refine(
      (secrets) => secrets !== undefined,
      inBothLanguages({
        ko: `값은 쉼표로 나눈 whsec_… 비밀이고 ${EVENT_SECRETS_MAX}개까지입니다. 각각 base64로 쓴 ${EVENT_SECRET_BYTES_MIN}바이트 이상입니다 (만들기: echo whsec_$(openssl rand -base64 32))`,
        en: `must be at most ${EVENT_SECRETS_MAX} secrets whsec_… with a comma between them, each of ${EVENT_SECRET_BYTES_MIN} bytes or more in base64 (make one with: echo whsec_$(openssl rand -base64 32))`,
      }),
    )
    .optional(),
  METRICS_PORT: wholeNumber(1, 65_535).optional(),
  METRICS_HOST: z
    .string()
    .refine(
      (host) => isIP(host) !== 0,
      inBothLanguages({
        ko: '값은 이 컴퓨터의 IP 주소여야 합니다. 예: 127.0.0.1, 0.0.0.0',
        en: 'must be an IP address of this machine, such as 127.0.0.1 or 0.0.0.0',
      }),
    )
    .default('127.0.0.1'),
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').default('info'),
  LOG_REQUEST_ID: oneOf('true', 'false')
    .default('true')
    .transform((value) => value === 'true'),
});

export type SettingName = keyof typeof schema.shape;

/** The names that the server reads. */
export const SETTING_NAMES: readonly string[] = Object.keys(schema.shape);

/**
 * Reads the environment. An empty variable counts as one that is not there, because containers pass them that way.
 *
 * @throws {SettingsError} with every fault at once; no value is repeated in it, since it might be a secret.
 */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  return read(environment, 'standalone server');
}

/**
 * The same for the points in the app of a host: its people, its log and its addresses are its own, and no file is made.
 *
 * @param given by the names of the environment. Without DATABASE_URL the database is the app's.
 * @throws {SettingsError}
 */
export function readHostSettings(given: NodeJS.ProcessEnv): HostSettings {
  const { database, ...settings } = read(given, 'host’s app');
  return { ...settings, database: given.DATABASE_URL ? database : undefined };
}

export type HostSettings = Omit<Settings, 'database'> & { database: DatabaseSettings | undefined };

/** It stands where the database is the host's own; nobody reads it. */
const NOT_OURS: DatabaseSettings = { kind: 'sqlite', file: '' };

type Runner = 'standalone server' | 'host’s app';

function read(environment: NodeJS.ProcessEnv, runner: Runner): Settings {
  const isHost = runner === 'host’s app';
  const given = withoutEmptyOnes(environment);
  const production = given.NODE_ENV === 'production';
  const parsed = schema.safeParse(given);
  const faults = [
    ...(parsed.success ? faultsBetween(parsed.data, production) : faultsOfForm(parsed.error)),
    ...missing(given, production),
    ...faultsOfVirtualAccounts(given, production),
    ...faultsOfLogin(given, production),
    ...faultsOfEvents(given, production),
    ...(production ? faultsInProduction(given, runner) : []),
    ...(isHost ? faultsInHost(given) : []),
  ];
  if (!parsed.success || faults.length > 0) throw new SettingsError(faults);
  const values = parsed.data;
  const publicUrl = values.PUBLIC_URL ?? `http://localhost:${values.PORT}`;

  return {
    production,
    port: values.PORT,
    publicUrl,
    checkoutPageUrl: `${publicUrl}/payment.html`,
    noticesUrl: `${publicUrl}/webhooks`,
    trustedProxies: values.TRUSTED_PROXIES,
    database:
      isHost && values.DATABASE_URL === undefined
        ? NOT_OURS
        : databaseOf(values.DATABASE_URL, values.DATA_DIR, values.DATABASE_POOL_SIZE),
    iamport: {
      apiKey: values.IAMPORT_API_KEY ?? '',
      apiSecret: values.IAMPORT_API_SECRET ?? '',
      baseUrl: values.IAMPORT_BASE_URL,
      sdkUrl: values.IAMPORT_SDK_URL,
      userCode: values.IAMPORT_USER_CODE ?? '',
      channelKey: values.IAMPORT_CHANNEL_KEY,
      testMode: values.IAMPORT_TEST_MODE,
      readTimeoutMs: values.IAMPORT_TIMEOUT_MS,
      writeTimeoutMs: Math.max(values.IAMPORT_TIMEOUT_MS, WRITE_TIMEOUT_MIN_MS),
    },
    jwtSecret: isHost ? '' : jwtSecretOf(values),
    cashReceipt: values.CASH_RECEIPT,
    tax: values.TAX,
    paymentMethods: values.PAYMENT_METHODS ?? [],
    paymentLimits: values.PAYMENT_LIMITS ?? {},
    vbankDueDays: values.VBANK_DUE_DAYS ?? vbankDueDaysUnsaid(production),
    shopFile: values.SHOP_FILE === undefined ? undefined : resolve(values.SHOP_FILE),
    hostLogin: hostLoginOf(values),
    refundAccountKeys: values.REFUND_ACCOUNT_KEYS ?? developmentKeys(production || isHost, values.DATA_DIR),
    pointPackages: values.POINT_PACKAGES,
    pointMaxBalance: values.POINT_MAX_BALANCE,
    pointValidity: validityOf(values),
    refundPresets: values.REFUND_PRESETS,
    bonusOnRefund: values.BONUS_ON_REFUND,
    usersMaySpend: values.USERS_MAY_SPEND,
    rateLimit: values.RATE_LIMIT,
    redisUrl: values.REDIS_URL,
    shutdownDrainMs: values.SHUTDOWN_DRAIN_MS ?? (production ? SHUTDOWN_DRAIN_IN_PRODUCTION_MS : 0),
    webhookAddresses: values.WEBHOOK_ADDRESSES,
    recovery: { intervalMs: values.RECOVERY_INTERVAL_MS, graceMs: values.RECOVERY_GRACE_MS },
    comparison: { intervalMs: values.COMPARISON_INTERVAL_MS, graceMs: values.COMPARISON_GRACE_MS },
    events:
      values.EVENTS_URL === undefined
        ? undefined
        : { url: values.EVENTS_URL, secrets: values.EVENTS_SECRETS ?? [] },
    metrics:
      values.METRICS_PORT === undefined
        ? undefined
        : { port: values.METRICS_PORT, host: values.METRICS_HOST },
    logLevel: values.LOG_LEVEL,
    logRequestId: values.LOG_REQUEST_ID,
  };
}

type Validity = Pick<
  z.infer<typeof schema>,
  'POINT_VALID_DAYS' | 'POINT_BONUS_VALID_DAYS' | 'POINT_RETURN_GRACE_DAYS'
>;

function validityOf(values: Validity): PointValidity {
  return {
    paidMs: values.POINT_VALID_DAYS * DAY_MS,
    bonusMs: values.POINT_BONUS_VALID_DAYS * DAY_MS,
    graceMs: values.POINT_RETURN_GRACE_DAYS * DAY_MS,
  };
}

/** What the program needs that imports points: nothing of a gateway. @throws {SettingsError} */
export function readImportSettings(
  environment: NodeJS.ProcessEnv,
): Pick<Settings, 'database' | 'pointMaxBalance' | 'pointValidity'> & { hasHostLogin: boolean } {
  const form = schema.pick({
    POINT_MAX_BALANCE: true,
    POINT_VALID_DAYS: true,
    POINT_BONUS_VALID_DAYS: true,
    POINT_RETURN_GRACE_DAYS: true,
    AUTH_JWKS_URL: true,
  });
  const parsed = form.safeParse(withoutEmptyOnes(environment));
  if (!parsed.success) throw new SettingsError(faultsOfForm(parsed.error));
  return {
    database: readDatabaseSettings(environment).database,
    pointMaxBalance: parsed.data.POINT_MAX_BALANCE,
    pointValidity: validityOf(parsed.data),
    hasHostLogin: parsed.data.AUTH_JWKS_URL !== undefined,
  };
}

/** The part that a program needs which works on the database alone. @throws {SettingsError} */
export function readDatabaseSettings(
  environment: NodeJS.ProcessEnv,
): Pick<Settings, 'database' | 'production'> {
  const form = schema.pick({ NODE_ENV: true, DATA_DIR: true, DATABASE_URL: true, DATABASE_POOL_SIZE: true });
  const parsed = form.safeParse(withoutEmptyOnes(environment));
  if (!parsed.success) throw new SettingsError(faultsOfForm(parsed.error));
  const values = parsed.data;
  return {
    production: values.NODE_ENV === 'production',
    database: databaseOf(values.DATABASE_URL, values.DATA_DIR, values.DATABASE_POOL_SIZE),
  };
}

function withoutEmptyOnes(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

function faultsOfForm(error: z.ZodError): string[] {
  return error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
}

function faultsBetween(values: z.infer<typeof schema>, production: boolean): string[] {
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

function missing(given: NodeJS.ProcessEnv, production: boolean): string[] {
  const faults: string[] = [];
  if (!given.IAMPORT_API_KEY || !given.IAMPORT_API_SECRET) {
    faults.push(
      production
        ? inBothLanguages({
            ko: 'IAMPORT_API_KEY 와 IAMPORT_API_SECRET 은 운영에서 꼭 필요합니다',
            en: 'IAMPORT_API_KEY and IAMPORT_API_SECRET are required in production',
          })
        : inBothLanguages({
            ko: 'IAMPORT_API_KEY 와 IAMPORT_API_SECRET 이 없습니다. `npm start` 는 시뮬레이터의 것을 씁니다',
            en: 'IAMPORT_API_KEY and IAMPORT_API_SECRET are not set; `npm start` sets them for the simulator',
          }),
    );
  }
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

function vbankDueDaysUnsaid(production: boolean): number {
  return production ? 0 : VBANK_DUE_DAYS_IN_DEVELOPMENT;
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

/** Where the login is the shop's own nothing is signed here, so no secret is made and kept for it. */
function jwtSecretOf(values: z.infer<typeof schema>): string {
  if (values.JWT_SECRET !== undefined) return values.JWT_SECRET;
  return values.AUTH_JWKS_URL === undefined ? keptSecret(folder(values.DATA_DIR), 'jwt-secret') : '';
}

/** @returns undefined where the login is ours; what is missing beside AUTH_JWKS_URL, `faultsOfLogin` has said. */
function hostLoginOf(values: z.infer<typeof schema>): HostLoginSettings | undefined {
  const { AUTH_JWKS_URL: jwksUrl, AUTH_OPERATOR_CLAIM: claim, AUTH_OPERATOR_VALUE: value } = values;
  if (jwksUrl === undefined) return undefined;
  return {
    jwksUrl,
    issuer: values.AUTH_ISSUER ?? '',
    audience: values.AUTH_AUDIENCE ?? '',
    ownerClaim: values.AUTH_OWNER_CLAIM,
    operator: claim !== undefined && value !== undefined ? { claim, value } : undefined,
    pageScriptUrl: values.AUTH_PAGE_SCRIPT_URL,
  };
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

/** Kept in the data folder as the other secrets of development are. */
function developmentKeys(production: boolean, dataDir: string): SealingKey[] {
  if (production) return [];
  const kept = keptSecret(folder(dataDir), 'refund-account-key');
  return [{ id: 'dev', key: createHash('sha256').update(kept).digest() }];
}

/** False for what is not an address at all: the schema says that. */
function isOfSomebodyElse(address: string | undefined): boolean {
  if (address === undefined || !URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol !== 'https:' || !LIVE_GATEWAY_HOST.test(hostname);
}

function databaseOf(
  url: z.infer<typeof databaseUrl> | undefined,
  dataDir: string,
  poolSize: number,
): DatabaseSettings {
  if (!url) return { kind: 'sqlite', file: join(folder(dataDir), 'point.db') };
  if (url.kind !== 'sqlite') return { ...url, poolSize };
  const file = resolve(url.file);
  folder(dirname(file));
  return { kind: 'sqlite', file };
}

/** @throws {SettingsError} when the folder cannot be made. */
function folder(path: string): string {
  const absolute = resolve(path);
  try {
    mkdirSync(absolute, { recursive: true });
  } catch (error) {
    throw new SettingsError([
      inBothLanguages({
        ko: `데이터 폴더 ${absolute} 을(를) 만들 수 없습니다. 이 사용자가 쓸 수 있는 폴더를 DATA_DIR 에 지정하세요`,
        en: `the data folder ${absolute} cannot be made (${(error as Error).message}); set DATA_DIR to a folder that this user may write`,
      }),
    ]);
  }
  return absolute;
}
